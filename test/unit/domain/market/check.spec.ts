import * as fc from "fast-check";
import { checkBar } from "../../../../domain/market/check-bar.ts";
import { checkQuote } from "../../../../domain/market/check-quote.ts";
import { checkTick } from "../../../../domain/market/check-tick.ts";
import type { Checked } from "../../../../domain/market/refusal.ts";

const nowMs = Date.parse("2020-04-22T00:00:00Z");
const limits = { nowMs };

const bar = {
  symbol: "CL",
  timeframe: "1d",
  startMs: Date.parse("2020-04-20T00:00:00Z"),
  open: "17.73",
  high: "17.85",
  low: "-40.32",
  close: "-37.63",
  volume: "247947",
  source: "test",
};
const tick = { symbol: "CL", price: "-37.63", size: "2", tsEventMs: nowMs, source: "test" };
const quote = {
  symbol: "CL",
  bid: "10.5",
  bidSize: "3",
  ask: "10.6",
  askSize: "4",
  tsEventMs: nowMs,
};

const reason = (checked: Checked<unknown>) =>
  "refused" in checked ? checked.refused.reason : "accepted";

describe("a bar from outside", () => {
  it("may have negative prices: oil on 2020-04-20", () => {
    expect(checkBar(bar, limits)).toEqual({ accepted: bar });
  });

  it("comes out in canonical decimals, from text or numbers, with its optional fields", () => {
    const loose = {
      ...bar,
      open: 17.73,
      high: "017.850",
      close: "-0.0",
      vwap: 1e-7,
      tradeCount: 5,
    };
    expect(checkBar(loose, limits)).toEqual({
      accepted: { ...bar, high: "17.85", close: "0", vwap: "0.0000001", tradeCount: 5 },
    });
  });

  it("stores no key for what it does not have", () => {
    const checked = checkBar({ ...bar, vwap: null, tradeCount: undefined }, limits);
    expect("accepted" in checked && Object.keys(checked.accepted)).toEqual(Object.keys(bar));
  });

  it.each([
    ["NOT_AN_OBJECT", null],
    ["NOT_AN_OBJECT", [bar]],
    ["SYMBOL_INVALID", { ...bar, symbol: "" }],
    ["SYMBOL_INVALID", { ...bar, symbol: "a b" }],
    ["TIMEFRAME_UNKNOWN", { ...bar, timeframe: "2m" }],
    ["TIME_INVALID", { ...bar, startMs: "2020-04-20" }],
    ["TIME_INVALID", { ...bar, startMs: 1.5 }],
    ["TIME_INVALID", { ...bar, startMs: 9e15 }],
    ["TIME_NOT_ALIGNED", { ...bar, startMs: bar.startMs + 1 }],
    ["TIME_IN_FUTURE", { ...bar, startMs: bar.startMs + 3 * 86_400_000 }],
    ["NOT_A_DECIMAL", { ...bar, open: Number.NaN }],
    ["NOT_A_DECIMAL", { ...bar, open: Infinity }],
    ["NOT_A_DECIMAL", { ...bar, open: "NaN" }],
    ["NOT_A_DECIMAL", { ...bar, open: "1e5" }],
    ["NOT_A_DECIMAL", { ...bar, open: "0x10" }],
    ["NOT_A_DECIMAL", { ...bar, open: "" }],
    ["NOT_A_DECIMAL", { ...bar, open: " 1" }],
    ["NOT_A_DECIMAL", { ...bar, open: undefined }],
    ["NUMBER_TOO_LONG", { ...bar, open: "1".repeat(1_000_000) }],
    ["NUMBER_TOO_LONG", { ...bar, open: "0." + "1".repeat(19) }],
    ["NUMBER_TOO_LONG", { ...bar, volume: 1e300 }],
    ["HIGH_BELOW_LOW", { ...bar, high: "-41" }],
    ["OPEN_OUTSIDE_RANGE", { ...bar, open: "17.86" }],
    ["CLOSE_OUTSIDE_RANGE", { ...bar, close: "-40.33" }],
    ["VOLUME_NEGATIVE", { ...bar, volume: "-1" }],
    ["COUNT_INVALID", { ...bar, tradeCount: -1 }],
    ["SOURCE_INVALID", { ...bar, source: "" }],
  ])("is refused with %s (case %#)", (expected, input) => {
    expect(reason(checkBar(input, limits))).toBe(expected);
  });

  it("may run ahead of the clock by the tolerance and no further", () => {
    const start = (startMs: number) =>
      reason(checkBar({ ...bar, timeframe: "1m", startMs }, { nowMs: nowMs - 5_000 }));
    expect(start(nowMs)).toBe("accepted");
    expect(start(nowMs + 60_000)).toBe("TIME_IN_FUTURE");
  });

  it("names the field and what was found", () => {
    expect(checkBar({ ...bar, low: "abc" }, limits)).toEqual({
      refused: {
        reason: "NOT_A_DECIMAL",
        detail: 'low: expected a plain decimal of at most 20.18 digits, found "abc"',
      },
    });
  });

  it("is accepted or refused, and never throws, whatever it is", () => {
    const field = fc.oneof(fc.anything(), fc.constantFrom(...Object.values(bar)));
    const anything = fc.record(
      {
        symbol: field,
        timeframe: field,
        startMs: field,
        open: field,
        high: field,
        low: field,
        close: field,
        volume: field,
        source: field,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), anything), (input) => {
        expect(Object.keys(checkBar(input, limits))).toHaveLength(1);
        expect(Object.keys(checkTick(input, limits))).toHaveLength(1);
        expect(Object.keys(checkQuote(input, limits))).toHaveLength(1);
      }),
    );
  });
});

describe("a trade from outside", () => {
  it("may be negative in price and zero in size, but not negative in size", () => {
    expect(checkTick(tick, limits)).toEqual({ accepted: tick });
    expect(reason(checkTick({ ...tick, size: 0 }, limits))).toBe("accepted");
    expect(reason(checkTick({ ...tick, size: "-1" }, limits))).toBe("SIZE_NEGATIVE");
  });

  it("is refused when it lies in the future or is no trade", () => {
    expect(reason(checkTick({ ...tick, tsEventMs: nowMs + 5_001 }, limits))).toBe("TIME_IN_FUTURE");
    expect(reason(checkTick({ ...tick, price: "1E2" }, limits))).toBe("NOT_A_DECIMAL");
    expect(reason(checkTick("trade", limits))).toBe("NOT_AN_OBJECT");
  });
});

const sides = (input: object) => {
  const checked = checkQuote({ ...quote, ...input }, limits);
  if ("refused" in checked) return checked.refused.reason;
  const { bid, bidSize, ask, askSize } = checked.accepted;
  return [bid, bidSize, ask, askSize];
};

describe("a quote from outside", () => {
  it("carries both sides and the time at which we learnt of it", () => {
    expect(checkQuote(quote, limits)).toEqual({
      accepted: { ...quote, last: null, lastSize: null, tsInitMs: nowMs },
    });
  });

  it("has a null side where nobody is: price missing or zero, or size zero", () => {
    const bidGone = [null, null, "10.6", "4"];
    expect(sides({ bid: null })).toEqual(bidGone);
    expect(sides({ bid: "" })).toEqual(bidGone);
    expect(sides({ bid: "0", bidSize: "0" })).toEqual(bidGone);
    expect(sides({ bidSize: 0 })).toEqual(bidGone);
    expect(sides({ bidSize: undefined })).toEqual(["10.5", null, "10.6", "4"]);
    expect(sides({ bid: null, ask: null })).toBe("QUOTE_EMPTY");
  });

  it("may be locked but not crossed, nor negative in size", () => {
    expect(sides({ bid: "10.6" })).toEqual(["10.6", "3", "10.6", "4"]);
    expect(sides({ bid: "10.61" })).toBe("QUOTE_CROSSED");
    expect(sides({ bid: "9.99", ask: "10" })).toEqual(["9.99", "3", "10", "4"]);
    expect(sides({ askSize: "-4" })).toBe("SIZE_NEGATIVE");
    expect(sides({ tsEventMs: nowMs + 6_000 })).toBe("TIME_IN_FUTURE");
  });
});
