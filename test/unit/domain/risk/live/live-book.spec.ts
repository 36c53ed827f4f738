import { type Exposure, LiveBook } from "../../../../../domain/risk/live/live-book.ts";
import { lossesOf } from "../../../../../domain/risk/live/losses.ts";
import { text } from "../../../../../domain/shared/decimal.ts";
import { facts, line } from "./facts.ts";

function measured(...asked: Parameters<LiveBook["measure"]>): Exposure {
  const found = new LiveBook().measure(...asked);
  if ("missing" in found) throw new Error(`nothing is known of ${found.missing.join()}`);
  return found;
}

const MARKS = { AAPL: "100", MSFT: "50", SAP: "10" };

describe("the exposure of a portfolio", () => {
  it("counts longs and shorts at the market, in the base currency, with their multipliers", () => {
    const lines = [
      line("AAPL", { long: "10", sector: "technology" }),
      line("MSFT", { short: "4", multiplier: "2", sector: "technology" }),
      line("SAP", { long: "100", currency: "EUR" }),
    ];
    const found = measured(lines, facts({ marks: MARKS, rates: { EUR: "1.1" } }));
    // 10 × 100, −4 × 50 × 2, 100 × 10 × 1.1
    expect(text(found.positionsValue)).toBe("1700");
    expect(text(found.gross)).toBe("2500");
    expect(text(found.net)).toBe("1700");
    expect([found.largest?.symbol, text(found.grossOf("SAP"))]).toEqual(["SAP", "1100"]);
    expect([...found.bySector].map(([sector, value]) => [sector, text(value)])).toEqual([
      ["technology", "1400"],
      ["none", "1100"],
    ]);
  });

  it.each([
    ["buys that add to a long", { long: "10", openBuy: "5" }, "1500", "1500"],
    ["sells that only reduce it", { long: "10", openSell: "10" }, "1000", "1000"],
    ["sells that go through it", { long: "10", openSell: "25" }, "1500", "1500"],
    ["both sides at once", { openBuy: "3", openSell: "7" }, "700", "700"],
    ["sides that stand side by side", { long: "5", short: "5", isHedged: true }, "1000", "0"],
  ])("takes the worse outcome of %s", (_, sides, gross, net) => {
    const found = measured([line("AAPL", sides)], facts({ marks: MARKS }));
    expect([text(found.gross), text(found.net)]).toEqual([gross, net]);
  });

  it("nets open buys of one symbol against nothing of another", () => {
    const lines = [line("AAPL", { openBuy: "10" }), line("MSFT", { openSell: "20" })];
    const found = measured(lines, facts({ marks: MARKS }));
    expect([text(found.gross), text(found.net)]).toEqual(["2000", "1000"]);
  });

  it("names prices and rates that are not known, sorted and once each", () => {
    const lines = [
      line("SAP", { long: "1", currency: "EUR" }),
      line("BMW", { long: "1", currency: "EUR" }),
      line("AAPL", { long: "1" }),
    ];
    expect(new LiveBook().measure(lines, facts({ marks: { SAP: "10", AAPL: "0" } }))).toEqual({
      missing: ["AAPL", "BMW", "EUR"],
    });
  });

  it("says what each past day would do to it, and of what there is no history", () => {
    const returns = {
      AAPL: Float64Array.of(0.01, -0.02, 0.03),
      MSFT: Float64Array.of(-0.01, 0.01, 0),
    };
    const lines = [line("AAPL", { long: "10" }), line("MSFT", { short: "10" })];
    const { pnl, withoutHistory } = measured(lines, facts({ marks: MARKS, returns }));
    // 1,000 × r − 500 × r
    [15, -25, 30].forEach((value, day) => expect(pnl[day]).toBeCloseTo(value, 10));
    expect(withoutHistory).toEqual([]);
    const more = [...lines, line("SAP", { long: "1" })];
    expect(measured(more, facts({ marks: MARKS, returns })).withoutHistory).toEqual(["SAP"]);
  });

  it("is nothing where nothing is held", () => {
    const found = measured([], facts({}));
    expect([text(found.gross), text(found.net), found.largest, found.pnl.length]).toEqual([
      "0",
      "0",
      null,
      0,
    ]);
  });
});

describe("losses of the past days", () => {
  it("are R's quantile of type 7, and the mean of what is at or below it", () => {
    // quantile(c(-5, -4, -1, 0, 1, 2, 3, 4, 5, 6, 7), 0.1, type = 7) is −4; two of eleven are at or below it.
    const pnl = Float64Array.of(7, -4, 3, -5, 1, 0, 2, 6, -1, 4, 5);
    expect(lossesOf(pnl, 0.9)).toEqual({ valueAtRisk: 4, expectedShortfall: 4.5 });
    // quantile(…, 0.05, type = 7) is −4.5.
    expect(lossesOf(pnl, 0.95)).toEqual({ valueAtRisk: 4.5, expectedShortfall: 5 });
  });

  it("are 0 where even the worst day gains", () => {
    const nothing = { valueAtRisk: 0, expectedShortfall: 0 };
    expect(lossesOf(Float64Array.of(1, 2, 3), 0.99)).toEqual(nothing);
    expect(lossesOf(Float64Array.of(0), 0.99)).toEqual(nothing);
  });
});
