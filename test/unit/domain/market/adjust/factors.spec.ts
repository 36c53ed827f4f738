import * as fc from "fast-check";
import { adjustBars } from "../../../../../domain/market/adjust/adjust-bars.ts";
import type { CorporateAction } from "../../../../../domain/market/adjust/corporate-action.ts";
import { dayStartMs } from "../../../../../domain/market/adjust/day-start.ts";
import { factorsOf, type FactorTerms } from "../../../../../domain/market/adjust/factors.ts";
import { foldBars } from "../../../../../domain/market/adjust/fold-bars.ts";
import type { Bar } from "../../../../../domain/market/bar.ts";
import { dayOfIso } from "../../../../../domain/market/calendars/day-rules.ts";
import { NEW_YORK, UTC } from "../../../../../domain/market/calendars/time-zone.ts";
import { checkBar } from "../../../../../domain/market/check-bar.ts";

const DAY_MS = 86_400_000;
const MONDAY = dayOfIso("2024-03-04");

const terms: FactorTerms = {
  adjust: "all",
  currency: "USD",
  exMs: (day) => day * DAY_MS,
  closeBefore: () => null,
};
const split = (exDay: number, newUnits = "2", oldUnits = "1"): CorporateAction => ({
  kind: "split",
  exDay,
  newUnits,
  oldUnits,
});
const dividend = (exDay: number, amount: string, referencePrice: string | null = "100") =>
  ({ kind: "dividend", exDay, amount, currency: "USD", referencePrice }) as const;
const bar = (day: number, close: string, volume = "10"): Bar => ({
  symbol: "ACME",
  timeframe: "1d",
  startMs: day * DAY_MS,
  open: close,
  high: close,
  low: close,
  close,
  volume,
  vwap: close,
  tradeCount: 3,
  source: "test",
});

function factors(actions: readonly CorporateAction[], changes: Partial<FactorTerms> = {}) {
  const result = factorsOf(actions, { ...terms, ...changes });
  if ("refused" in result) throw new Error(result.refused.reason);
  return result.factors;
}

describe("factors", () => {
  it("multiply over dates, and actions of one date are one factor", () => {
    const found = factors([
      dividend(MONDAY, "2"),
      split(MONDAY),
      split(MONDAY + 7, "1", "10"),
      dividend(MONDAY + 7, "50"),
    ]);
    expect(
      found.map(({ beforeMs, price, volume }) => [beforeMs, price.toString(), volume.toString()]),
    ).toEqual([
      // 0.98 / 2 · 10 · 0.5
      [MONDAY * DAY_MS, "2.45", "0.2"],
      [(MONDAY + 7) * DAY_MS, "5", "0.1"],
    ]);
  });

  it("of splits alone leave dividends out, and of none are none", () => {
    const actions = [dividend(MONDAY, "2"), split(MONDAY)];
    expect(factors(actions, { adjust: "splits" })[0]?.price.toString()).toBe("0.5");
    expect(factors(actions, { adjust: "none" })).toEqual([]);
  });

  it.each([
    [dividend(MONDAY, "2", null), "the close before it is not known"],
    [dividend(MONDAY, "100"), "it is not below the close before it, 100"],
    [dividend(MONDAY, "2", "-37.63"), "it is not below the close before it, -37.63"],
    [{ ...dividend(MONDAY, "2"), currency: "EUR" }, "it was paid in EUR, and prices are in USD"],
  ])("are refused where a dividend cannot be one: %j", (action, reason) => {
    expect(factorsOf([action], terms)).toEqual({ refused: { dividend: action, reason } });
  });
});

describe("adjusted bars", () => {
  it("change before the ex-date and not from it on; vwap like prices, the count of trades not", () => {
    const bars = [bar(MONDAY - 1, "645.57"), bar(MONDAY, "93.7")];
    const [before, after] = adjustBars(bars, factors([split(MONDAY, "7")]));
    expect(before).toMatchObject({
      close: "92.224285714286",
      vwap: "92.224285714286",
      volume: "70",
    });
    expect(before?.tradeCount).toBe(3);
    expect(after).toBe(bars[1]);
  });

  it("of negative prices are scaled as others are", () => {
    const [before] = adjustBars([bar(MONDAY - 1, "-37.63")], factors([split(MONDAY, "1", "8")]));
    expect(before?.close).toBe("-301.04");
  });

  it("always pass the check that they passed before", () => {
    const price = fc
      .integer({ min: -1_000, max: 1_000_000 })
      .map((cents) => (cents / 100).toFixed(2));
    const units = fc.integer({ min: 1, max: 30 }).map(String);
    fc.assert(
      fc.property(price, price, price, price, units, units, (a, b, c, d, newUnits, oldUnits) => {
        const [low = "", open = "", close = "", high = ""] = [a, b, c, d].toSorted(
          (x, y) => Number(x) - Number(y),
        );
        const raw: Bar = { ...bar(MONDAY - 1, close), open, high, low };
        const [adjusted] = adjustBars([raw], factors([split(MONDAY, newUnits, oldUnits)]));
        expect(checkBar(adjusted, { nowMs: Date.UTC(2026, 0) })).toHaveProperty("accepted");
      }),
      { numRuns: 100 },
    );
  });
});

describe("bars that are folded after they were adjusted", () => {
  it("a week with a split in it is in one unit", () => {
    const days = [bar(MONDAY, "100"), bar(MONDAY + 1, "104", "30"), bar(MONDAY + 2, "51")];
    const [week] = foldBars(adjustBars(days, factors([split(MONDAY + 2)])), "1w");
    expect(week).toMatchObject({ open: "50", high: "52", low: "50", close: "51", volume: "90" });
    // (50 · 20 + 52 · 60 + 51 · 10) / 90
    expect(week).toMatchObject({ vwap: "51.4444444444", tradeCount: 9, timeframe: "1w" });
  });
});

describe("a date begins", () => {
  it("for days at 00:00 UTC, for finer bars at midnight of the market, on the grid of the bars", () => {
    const winter = dayOfIso("2024-01-16");
    const summer = dayOfIso("2024-07-16");
    expect(dayStartMs(NEW_YORK, "1d", winter)).toBe(winter * DAY_MS);
    expect(dayStartMs(NEW_YORK, "1m", winter)).toBe(Date.UTC(2024, 0, 16, 5));
    expect(dayStartMs(NEW_YORK, "1m", summer)).toBe(Date.UTC(2024, 6, 16, 4));
    expect(dayStartMs(NEW_YORK, "4h", winter)).toBe(Date.UTC(2024, 0, 16, 4));
    expect(dayStartMs(UTC, "1h", winter)).toBe(winter * DAY_MS);
  });
});
