import { equityCurve } from "../../../../domain/portfolio/equity-curve.ts";
import { convert, deposit, keeping } from "./currency/currency-desk.ts";
import { Desk } from "./desk.ts";
import { fill, type LivePortfolio, opened } from "./given.ts";

const events = (live: LivePortfolio) => live.recorded.map(({ event }) => event);
const close = (closeMs: number, price: string, symbol = "AAPL") => ({
  symbol,
  closeMs,
  close: price,
});

function roundTrip(): LivePortfolio {
  const live = opened();
  live.when(fill({ execId: "1", price: "100", fees: "1", transactTimeMs: 150 }));
  live.when(fill({ execId: "2", side: "sell", price: "120", fees: "1", transactTimeMs: 350 }));
  return live;
}

describe("an equity curve", () => {
  it("has a point at each fill and at each close while something is held", () => {
    const closes = [close(100, "99"), close(200, "110"), close(300, "105"), close(400, "130")];
    expect(equityCurve(events(roundTrip()), closes)).toEqual([
      { timestampMs: 150, equity: "9999", cash: "8999", positionsValue: "1000" },
      { timestampMs: 200, equity: "10099", cash: "8999", positionsValue: "1100" },
      { timestampMs: 300, equity: "10049", cash: "8999", positionsValue: "1050" },
      { timestampMs: 350, equity: "10198", cash: "10198", positionsValue: "0" },
    ]);
  });

  it("values other currencies at the rates of its time, from when something of them is held", () => {
    const live = keeping();
    live.when({ ...deposit("1000", "EUR", "1.1"), effectiveAtMs: 100 });
    const bought = { symbol: "SAP", currency: "EUR", price: "50", transactTimeMs: 200 };
    live.when(fill({ execId: "1", ...bought }));
    live.when({ ...convert("EUR", "USD", "500", "1.3"), effectiveAtMs: 400 });
    const rates = new Map([
      [
        "EUR",
        [
          { closeMs: 50, rate: "1" },
          { closeMs: 150, rate: "1.2" },
          { closeMs: 500, rate: "1.4" },
        ],
      ],
    ]);
    expect(equityCurve(events(live), [close(300, "60", "SAP")], rates)).toEqual([
      { timestampMs: 100, equity: "11100", cash: "11100", positionsValue: "0" },
      { timestampMs: 150, equity: "11200", cash: "11200", positionsValue: "0" },
      // Booked at the last rate that the portfolio had heard of.
      { timestampMs: 200, equity: "11100", cash: "10550", positionsValue: "550" },
      { timestampMs: 300, equity: "11210", cash: "10550", positionsValue: "660" },
      { timestampMs: 400, equity: "11430", cash: "10650", positionsValue: "780" },
      { timestampMs: 500, equity: "11490", cash: "10650", positionsValue: "840" },
    ]);
  });

  it("is empty before the first fill", () => {
    expect(equityCurve(events(opened()), [close(100, "99")])).toEqual([]);
    expect(equityCurve([], [])).toEqual([]);
  });

  it("puts a fill that was reported late where it happened", () => {
    const live = opened();
    live.when(fill({ execId: "late", price: "120", transactTimeMs: 300 }));
    live.when(fill({ execId: "early", price: "100", transactTimeMs: 100 }));
    expect(equityCurve(events(live), [close(200, "110")]).map((point) => point.cash)).toEqual([
      "9000",
      "9000",
      "7800",
    ]);
  });

  it("takes the close of a bar before the fill at the same instant, as one point", () => {
    const live = opened();
    live.when(fill({ execId: "1", price: "100", transactTimeMs: 100 }));
    live.when(fill({ execId: "2", price: "104", transactTimeMs: 200 }));
    expect(equityCurve(events(live), [close(200, "90")]).slice(1)).toEqual([
      { timestampMs: 200, equity: "10040", cash: "7960", positionsValue: "2080" },
    ]);
  });

  it("marks each symbol at its own last price, multiplier included", () => {
    const live = opened();
    live.when(
      fill({ execId: "1", quantity: "1", price: "10", multiplier: "5", transactTimeMs: 1 }),
    );
    live.when(fill({ execId: "2", quantity: "2", symbol: "MSFT", price: "7", transactTimeMs: 2 }));
    const points = equityCurve(events(live), [close(3, "12"), close(3, "8", "MSFT")]);
    expect(points.at(-1)).toEqual({
      timestampMs: 3,
      equity: "10012",
      cash: "9936",
      positionsValue: "76",
    });
  });

  it("takes cash, dividends and splits when they count, at the price in new units until a close says more", () => {
    const live = opened();
    const at = (effectiveAtMs: number) => ({ memo: "", effectiveAtMs });
    live.when(fill({ execId: "1", price: "100", transactTimeMs: 100 }));
    live.when({ type: "MoveCash", direction: "deposit", amount: "500", ...at(200) });
    live.when({
      type: "PayDividend",
      symbol: "AAPL",
      perUnit: "1",
      withholdingRate: "0",
      ...at(300),
    });
    live.when({
      type: "SplitPosition",
      symbol: "AAPL",
      newUnits: 4,
      oldUnits: 1,
      lotSize: "1",
      cashInLieuPrice: null,
      ...at(400),
    });
    const points = equityCurve(events(live), [close(500, "26")]);
    expect(points.map(({ timestampMs, equity }) => [timestampMs, equity])).toEqual([
      [100, "10000"],
      [200, "10500"],
      [300, "10510"],
      [400, "10510"],
      [500, "10550"],
    ]);
  });

  it("has what was allocated away as if it had never been bought", () => {
    const desk = new Desk();
    const trade = desk.trade("buy", "10", "100");
    desk.allocate(trade, "10");
    desk.deliverAll();
    const [giver, taker] = [events(desk.of("pf-1")), events(desk.of("pf-2"))];
    const later = [close(2_000_000, "110")];
    expect(equityCurve(giver, later).at(-1)?.equity).toBe("10000");
    expect(equityCurve(taker, later).at(-1)?.equity).toBe("5100");
  });
});
