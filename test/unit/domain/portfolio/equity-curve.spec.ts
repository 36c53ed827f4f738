import { equityCurve } from "../../../../domain/portfolio/equity-curve.ts";
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
});
