import { valuePortfolio } from "../../../../domain/portfolio/valuation.ts";
import { fill, holding, opened } from "./given.ts";

/** original-product.md §4.2, portfolio P3: AAPL 100 @150, MSFT 50 @250, GOOGL 20 @2800, cash 10,000. */
function p3() {
  const live = opened({ initialCash: "93500" });
  holding(live, "AAPL", "100", "150");
  holding(live, "MSFT", "50", "250");
  return holding(live, "GOOGL", "20", "2800").summary();
}

describe("a valuation", () => {
  it("of P3 is the known one", () => {
    // original-product.md §4.2 case 1: positions 87,000; total 97,000; unrealised 3,500 on cost 83,500
    const valuation = valuePortfolio(p3(), { AAPL: "160", MSFT: "260", GOOGL: "2900" });
    expect(valuation).toMatchObject({
      positionsValue: "87000",
      equity: "97000",
      unrealizedPnl: "3500",
      exposure: { long: "87000", short: "0", gross: "87000", net: "87000", leverage: "0.89690722" },
    });
    expect(valuation.positions).toContainEqual({
      symbol: "AAPL",
      mark: "160",
      marketValue: "16000",
      unrealizedPnl: "1000",
    });
  });

  it("of P2 is the known one", () => {
    // original-product.md §4.2 case 2: AAPL 100 @160, MSFT 50 @260, cash 10,000 are 39,000
    const live = opened({ initialCash: "39000" });
    const p2 = holding(holding(live, "AAPL", "100", "160"), "MSFT", "50", "260").summary();
    expect(valuePortfolio(p2, { AAPL: "160", MSFT: "260" }).equity).toBe("39000");
  });

  it("of P3 after the historical shock is the known one", () => {
    // original-product.md §4.2 case 11: prices 100/200/2300 give 76,000
    expect(valuePortfolio(p3(), { AAPL: "100", MSFT: "200", GOOGL: "2300" }).equity).toBe("76000");
  });

  it("without one mark has no total, never one at cost", () => {
    const valuation = valuePortfolio(p3(), { AAPL: "160", MSFT: null });
    expect(valuation).toMatchObject({
      positionsValue: null,
      equity: null,
      unrealizedPnl: null,
      exposure: null,
    });
    expect(valuation.positions.map(({ marketValue }) => marketValue)).toEqual([
      "16000",
      null,
      null,
    ]);
  });

  it("of cash alone needs no marks", () => {
    expect(valuePortfolio(opened().summary(), {})).toMatchObject({
      equity: "10000",
      positionsValue: "0",
      exposure: { gross: "0", leverage: "0" },
    });
  });

  it("counts shorts as negative and the multiplier in", () => {
    const live = opened();
    live.when(fill({ side: "sell", quantity: "2", price: "100", multiplier: "10" }));
    expect(valuePortfolio(live.summary(), { AAPL: "120" })).toMatchObject({
      positionsValue: "-2400",
      equity: "9600",
      unrealizedPnl: "-400",
      exposure: { long: "0", short: "2400", gross: "2400", net: "-2400", leverage: "0.25" },
    });
  });
});
