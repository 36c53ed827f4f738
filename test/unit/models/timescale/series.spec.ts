import type { Timeframe } from "../../../../domain/market/bar.ts";
import {
  chooseSource,
  nextBoundary,
  type StoredSeries,
} from "../../../../models/timescale/series.ts";

const DAY_MS = 86_400_000;

function series(timeframe: Timeframe, firstMs: number, lastMs: number): StoredSeries {
  return { symbolId: 1, timeframe, firstMs, lastMs, knownAtMs: lastMs };
}

const days = series("1d", Date.UTC(2000, 0, 3), Date.UTC(2020, 3, 17));
const minutes = series("1m", Date.UTC(2020, 3, 15, 13, 30), Date.UTC(2020, 3, 17, 19, 59));
const stored = [minutes, days];

describe("the choice of stored bars that answer a question", () => {
  it("takes the asked timeframe itself where it is stored", () => {
    expect(chooseSource(stored, "1d", {})).toMatchObject({
      series: days,
      fromMs: days.firstMs,
      untilMs: days.lastMs + 1,
    });
  });

  it("takes the finest that divides the asked timeframe where that is not stored", () => {
    expect(chooseSource(stored, "1w", {})?.series).toBe(minutes);
    expect(chooseSource(stored, "5m", {})?.series).toBe(minutes);
  });

  it("goes coarser where the finer timeframe has nothing in the range", () => {
    const range = { startMs: Date.UTC(2005, 0), endMs: Date.UTC(2006, 0) };
    expect(chooseSource(stored, "1w", range)?.series).toBe(days);
  });

  it("finds nothing in coarser timeframes, nor weeks within months", () => {
    expect(chooseSource([days], "1h", {})).toBeNull();
    expect(chooseSource([series("1w", 0, DAY_MS)], "1mo", {})).toBeNull();
  });

  it("finds nothing where the range is empty or beyond the data", () => {
    expect(chooseSource(stored, "1d", { startMs: 5, endMs: 5 })).toBeNull();
    expect(chooseSource(stored, "1d", { startMs: days.lastMs + 1 })).toBeNull();
    expect(chooseSource([], "1d", {})).toBeNull();
  });

  it("aggregates whole bars only: those that open inside the range, each to its end", () => {
    // A Wednesday to a Wednesday: one Monday between them, and its week reaches to the Monday after.
    const range = { startMs: Date.UTC(2019, 0, 2), endMs: Date.UTC(2019, 0, 9) };
    expect(chooseSource([days], "1w", range)).toMatchObject({
      fromMs: Date.UTC(2019, 0, 7),
      untilMs: Date.UTC(2019, 0, 14),
    });
  });

  it("includes the bar that contains the first stored row", () => {
    expect(chooseSource([days], "1mo", {})?.fromMs).toBe(Date.UTC(2000, 0, 1));
  });
});

describe("the next boundary of a timeframe", () => {
  it("is the instant itself where a bar opens", () => {
    expect(nextBoundary("1w", Date.UTC(2000, 0, 3))).toBe(Date.UTC(2000, 0, 3));
    expect(nextBoundary("1mo", Date.UTC(2020, 1, 1))).toBe(Date.UTC(2020, 1, 1));
  });

  it("is where the following bar opens otherwise", () => {
    expect(nextBoundary("1w", Date.UTC(2000, 0, 3) + 1)).toBe(Date.UTC(2000, 0, 10));
    expect(nextBoundary("1mo", Date.UTC(2020, 1, 29))).toBe(Date.UTC(2020, 2, 1));
    expect(nextBoundary("4h", Date.UTC(2020, 1, 29, 21))).toBe(Date.UTC(2020, 2, 1));
  });
});
