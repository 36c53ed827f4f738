/**
 * Known answers. LEAN: the rules of Common/Orders/Fills/EquityFillModel.cs and FillModel.cs of QuantConnect/Lean, as its tests
 * state them (Tests/Common/Orders/Fills/EquityFillModelTests.cs, ImmediateFillModelTests.cs). NautilusTrader: the two worked
 * examples of "Stop order fill behavior with bar data" and the rules of "OHLC prices simulation" in its guide to backtesting
 * (https://nautilustrader.io/docs/latest/concepts/backtesting/).
 */
import type { PaperVenueCommand } from "../../../../domain/execution/paper-messages.ts";
import type { FillModel, Slippage } from "../../../../domain/execution/venue-rules.ts";
import type { SubmitPayload } from "../../../../domain/order/messages.ts";
import { type Prices, OPENED, barAt, limit, payload, reportsOf, submit } from "./given.ts";

const NONE: Slippage = { model: "none" };

function bars(fillModel: FillModel, slippage: Slippage, ...prices: readonly Prices[]) {
  const rules = { fillModel, slippage };
  return prices.map((each, index): PaperVenueCommand => ({
    type: "OnBar",
    bar: barAt(index, each),
    rules,
  }));
}

const SELL = { side: "sell" } as const;

describe("the fill model of LEAN", () => {
  const filled = (order: SubmitPayload, ...prices: readonly Prices[]) =>
    reportsOf(OPENED, submit(order), ...bars("lean", NONE, ...prices));

  it("fills a limit that the bar went through at the worse of the limit and the bar's other extreme", () => {
    expect(filled(limit("101.5"), ["102", "103", "101", "102.3"])).toEqual([
      "c-1 10 @ 101.5 maker",
    ]);
    expect(filled(limit("105"), ["102", "103", "101", "102.3"])).toEqual(["c-1 10 @ 103 taker"]);
    expect(filled(limit("101.5", SELL), ["101", "103", "100", "101"])).toEqual([
      "c-1 10 @ 101.5 maker",
    ]);
  });

  it("does not fill a limit that was only touched", () => {
    expect(filled(limit("101"), ["102", "103", "101", "102.3"])).toEqual([]);
  });

  it("fills a stop at the worse of the stop and the close, slippage included", () => {
    const stop = (stopPx: string, side: "buy" | "sell") =>
      payload({ ordType: "stop", stopPx, side });
    expect(filled(stop("101.5", "buy"), ["101", "103", "100", "102.5"])).toEqual([
      "triggered c-1",
      "c-1 10 @ 102.5 taker",
    ]);
    expect(filled(stop("101.5", "sell"), ["102", "103", "101", "102.3"])).toEqual([
      "triggered c-1",
      "c-1 10 @ 101.5 taker",
    ]);
    const slipped = bars("lean", { model: "fixed", amount: "0.2" }, ["101", "103", "100", "101.4"]);
    expect(reportsOf(OPENED, submit(stop("101.5", "buy")), ...slipped).at(-1)).toBe(
      "c-1 10 @ 101.6 taker",
    );
    expect(filled(stop("101", "sell"), ["102", "103", "101", "102.3"])).toEqual([]);
  });

  it("fills a stop limit by the close, in the bar that set it off or in any later one", () => {
    const order = limit("101.75", { ordType: "stopLimit", stopPx: "101.5" });
    expect(filled(order, ["100", "102", "100", "101.66"])).toEqual([
      "triggered c-1",
      "c-1 10 @ 101.75 maker",
    ]);
    const late: Prices = ["102", "103", "101", "102.5"];
    expect(filled(order, late)).toEqual(["triggered c-1"]);
    expect(filled(order, late, ["102", "103", "101", "101"])).toEqual([
      "triggered c-1",
      "c-1 10 @ 101.75 maker",
    ]);
  });

  it("fills a limit that was touched by the close", () => {
    const order = limit("100", { ordType: "limitIfTouched", stopPx: "101" });
    expect(filled(order, ["102", "103", "100.5", "102"], ["101", "101", "99", "99.5"])).toEqual([
      "triggered c-1",
      "c-1 10 @ 99.5 taker",
    ]);
  });

  it("tries a trailing stop against the stop of before, and only then moves it", () => {
    const order = payload({ ordType: "trailingStop", trail: { amount: "5" }, ...SELL });
    expect(filled(order, ["100", "110", "100", "101"])).toEqual([]);
    expect(filled(order, ["100", "110", "100", "101"], ["107", "108", "104", "106"])).toEqual([
      "triggered c-1",
      "c-1 10 @ 105 taker",
    ]);
  });
});

describe("the fill model of NautilusTrader", () => {
  const filled = (order: SubmitPayload, ...prices: readonly Prices[]) =>
    reportsOf(OPENED, submit(order), ...bars("nautilus", NONE, ...prices));
  const stop = payload({ ordType: "stop", stopPx: "100", ...SELL });

  it("fills a stop that the market gapped past at the open", () => {
    expect(filled(stop, ["105", "105", "105", "105"], ["90", "95", "89", "92"]).slice(1)).toEqual([
      "c-1 10 @ 90 taker",
    ]);
  });

  it("fills a stop that the bar moved through at its trigger", () => {
    expect(filled(stop, ["102", "103", "98", "99"]).slice(1)).toEqual(["c-1 10 @ 100 taker"]);
  });

  it("fills a limit at its price when touched, and one that rested also in a gap", () => {
    expect(filled(limit("99"), ["100", "101", "99", "100"])).toEqual(["c-1 10 @ 99 maker"]);
    expect(filled(limit("99"), ["100", "101", "99.5", "100"], ["90", "91", "89", "90"])).toEqual([
      "c-1 10 @ 99 maker",
    ]);
    expect(filled(limit("99"), ["90", "91", "89", "90"])).toEqual(["c-1 10 @ 90 taker"]);
  });

  it("goes to the extreme first that is nearer to the open", () => {
    const trailing = payload({ ordType: "trailingStop", trail: { amount: "5" }, ...SELL });
    expect(filled(trailing, ["100", "103", "96", "99"]).slice(1)).toEqual(["c-1 10 @ 98 taker"]);
    expect(filled(trailing, ["100", "105", "96", "101"])).toEqual([]);
  });

  it("gives each of the four prices a quarter of the volume", () => {
    const order = payload({ orderQty: "600" });
    expect(filled(order, ["100", "101", "98", "99"])).toEqual([
      "c-1 250 @ 100 taker",
      "c-1 250 @ 101 taker",
      "c-1 100 @ 98 taker",
    ]);
  });

  it("does not offer the rest of a bar to an order that came inside of it", () => {
    const quote: PaperVenueCommand = {
      type: "OnQuote",
      quote: {
        symbol: "AAPL",
        bid: "99",
        ask: null,
        bidSize: null,
        askSize: null,
        last: null,
        lastSize: null,
        tsEventMs: barAt(0, ["1", "1", "1", "1"]).startMs + 20_000,
        tsInitMs: 0,
      },
    };
    const [bar] = bars("nautilus", NONE, ["100", "101", "98", "99"]);
    expect(bar).toBeDefined();
    if (bar !== undefined) expect(reportsOf(OPENED, quote, submit(payload()), bar)).toEqual([]);
  });
});
