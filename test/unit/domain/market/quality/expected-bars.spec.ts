import { ALWAYS, FX } from "../../../../../domain/market/calendars/calendars.ts";
import type { TradingCalendar } from "../../../../../domain/market/calendars/trading-calendar.ts";
import { XLON } from "../../../../../domain/market/calendars/xlon.ts";
import { XNYS } from "../../../../../domain/market/calendars/xnys.ts";
import type { Timeframe } from "../../../../../domain/market/bar.ts";
import { CoverageCount } from "../../../../../domain/market/quality/coverage.ts";
import { expectedBarStarts } from "../../../../../domain/market/quality/expected-bars.ts";

const expected = (
  calendar: TradingCalendar,
  timeframe: Timeframe,
  start: string,
  end: string,
  closedBy?: string,
) => {
  const range = { startMs: Date.parse(`${start}Z`), endMs: Date.parse(`${end}Z`) };
  const closed = closedBy === undefined ? {} : { closedByMs: Date.parse(`${closedBy}Z`) };
  return [...expectedBarStarts(calendar, timeframe, { ...range, ...closed })].map((ms) =>
    new Date(ms).toISOString().slice(0, 16),
  );
};

describe("the bars that a market should have printed", () => {
  it("are 390 minutes on a day of New York, 210 on a half day, none on a holiday", () => {
    expect(expected(XNYS, "1m", "2024-11-27T00:00", "2024-11-28T00:00")).toHaveLength(390);
    expect(expected(XNYS, "1m", "2024-11-28T00:00", "2024-11-29T00:00")).toEqual([]);
    const half = expected(XNYS, "1m", "2024-11-29T00:00", "2024-11-30T00:00");
    expect([half.length, half[0], half.at(-1)]).toEqual([
      210,
      "2024-11-29T14:30",
      "2024-11-29T17:59",
    ]);
  });

  it("follow the clock of the market through the year", () => {
    expect(expected(XNYS, "5m", "2024-07-01T00:00", "2024-07-02T00:00")[0]).toBe(
      "2024-07-01T13:30",
    );
    expect(expected(XLON, "5m", "2024-07-01T00:00", "2024-07-02T00:00")[0]).toBe(
      "2024-07-01T07:00",
    );
    expect(expected(XLON, "1m", "2024-12-24T00:00", "2024-12-25T00:00")).toHaveLength(270);
  });

  it("lie on the grid: the first hour of New York opens half an hour before the market", () => {
    expect(expected(XNYS, "1h", "2024-07-01T00:00", "2024-07-02T00:00")).toEqual(
      ["13", "14", "15", "16", "17", "18", "19"].map((hour) => `2024-07-01T${hour}:00`),
    );
    expect(expected(XNYS, "4h", "2024-07-01T00:00", "2024-07-02T00:00")).toEqual([
      "2024-07-01T12:00",
      "2024-07-01T16:00",
    ]);
  });

  it("are 252 days in 2024 and 248 in 2001, when the market was closed for four days in September", () => {
    expect(expected(XNYS, "1d", "2024-01-01T00:00", "2025-01-01T00:00")).toHaveLength(252);
    expect(expected(XNYS, "1d", "2001-01-01T00:00", "2002-01-01T00:00")).toHaveLength(248);
  });

  it("have each week and month once, from the range on", () => {
    expect(expected(XNYS, "1w", "2024-01-01T00:00", "2024-02-01T00:00")).toHaveLength(5);
    expect(expected(XNYS, "1mo", "2024-01-15T00:00", "2024-06-01T00:00")).toEqual(
      ["02", "03", "04", "05"].map((month) => `2024-${month}-01T00:00`),
    );
  });

  it("are every minute of a market that never closes, and none twice where sessions touch", () => {
    expect(expected(ALWAYS, "1m", "2024-01-01T00:00", "2024-01-03T00:00")).toHaveLength(2_880);
    const fx = expected(FX, "4h", "2024-01-08T00:00", "2024-01-12T00:00");
    expect(new Set(fx).size).toBe(fx.length);
    // 24 hours a day from Monday to Thursday
    expect(fx).toHaveLength(24);
  });

  it("are not those that are still open: a day is over when its session is, a week at its end", () => {
    const day = (at: string) => expected(XNYS, "1d", "2024-07-01T00:00", "2024-07-02T00:00", at);
    expect(day("2024-07-01T19:59")).toEqual([]);
    expect(day("2024-07-01T20:00")).toEqual(["2024-07-01T00:00"]);
    const minute = (at: string) =>
      expected(XNYS, "1m", "2024-07-01T00:00", "2024-07-02T00:00", at).length;
    expect([minute("2024-07-01T13:30"), minute("2024-07-01T13:31")]).toEqual([0, 1]);
    expect(
      expected(XNYS, "1w", "2024-07-01T00:00", "2024-07-08T00:00", "2024-07-06T00:00"),
    ).toEqual([]);
  });
});

describe("coverage", () => {
  const count = (starts: readonly number[], wanted: readonly number[]) => {
    const coverage = new CoverageCount(Float64Array.from(starts.map((i) => i * 60_000)), "1m");
    for (const start of wanted) coverage.expect(start * 60_000);
    return coverage.finish();
  };
  const gap = (start: number, end: number, missing: number) => ({
    startMs: start * 60_000,
    endMs: end * 60_000,
    missing,
  });

  it("merges what is missing in a row, over nights too", () => {
    expect(count([1, 2, 13], [1, 2, 3, 4, 11, 12, 13, 14])).toEqual({
      expected: 8,
      present: 3,
      unexpected: 0,
      gaps: [gap(3, 13, 4), gap(14, 15, 1)],
    });
  });

  it("tells bars that nobody expected from those that are missing", () => {
    expect(count([0, 1, 5, 9], [1, 2])).toMatchObject({
      expected: 2,
      present: 1,
      unexpected: 3,
      gaps: [gap(2, 3, 1)],
    });
  });

  it("of nothing is one gap, and of what expects nothing is none", () => {
    expect(count([], [1, 2]).gaps).toEqual([gap(1, 3, 2)]);
    expect(count([1], [])).toEqual({ expected: 0, present: 0, unexpected: 1, gaps: [] });
  });
});
