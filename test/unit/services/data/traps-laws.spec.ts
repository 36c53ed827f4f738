import { dayOfIso } from "../../../../domain/market/calendars/day-rules.ts";
import { checkBar } from "../../../../domain/market/check-bar.ts";
import { checkTick } from "../../../../domain/market/check-tick.ts";
import { XNYS } from "../../../../domain/market/calendars/xnys.ts";
import { CoverageCount } from "../../../../domain/market/quality/coverage.ts";
import { expectedBarStarts } from "../../../../domain/market/quality/expected-bars.ts";
import { dailyBars, type RecordedBars } from "./recorded-bars.ts";
import { describeWith } from "./shared-data.ts";

const DJIA = "equities_daily_djia";
const NASDAQ = ["AAPL", "AMZN", "GOOGL", "MSFT"];
const NYSE = ["BA", "CVX", "GS", "IBM", "JNJ", "JPM", "KO", "PG", "WMT", "XOM"];
const DAY_MS = 86_400_000;

const gapsOf = ({ bars }: RecordedBars, start: string, end: string) => {
  const count = new CoverageCount(
    Float64Array.from(bars, ({ startMs }) => startMs),
    "1d",
  );
  const range = { startMs: dayOfIso(start) * DAY_MS, endMs: dayOfIso(end) * DAY_MS };
  for (const startMs of expectedBarStarts(XNYS, "1d", range)) count.expect(startMs);
  return count.finish();
};
const date = (ms: number) => new Date(ms).toISOString().slice(0, 10);

describeWith(
  [`${DJIA}/AAPL.csv.gz`, `${DJIA}/IBM.csv.gz`],
  "twelve years of fourteen stocks",
  () => {
    const recorded = new Map(
      [...NASDAQ, ...NYSE].map((ticker) => [ticker, dailyBars(`${DJIA}/${ticker}.csv.gz`, ticker)]),
    );
    const of = (ticker: string): RecordedBars => recorded.get(ticker) ?? { bars: [], refused: [] };
    const coverage = (ticker: string) => gapsOf(of(ticker), "2006-01-03", "2017-12-30");

    it("have bars whose prices do not contain each other: each is refused by itself, with its date", () => {
      for (const { refused } of recorded.values()) {
        const broken = refused.filter(({ reason }) => reason !== "NOT_A_DECIMAL");
        expect(broken.length).toBeGreaterThan(0);
        expect(broken.length).toBeLessThan(12);
        for (const { reason } of broken)
          expect(reason).toMatch(/^(OPEN|CLOSE)_OUTSIDE_RANGE$|^HIGH_BELOW_LOW$/);
      }
    });

    it.each(NYSE)("%s has no prices on 2017-07-31: a refused row, and a gap of a day", (ticker) => {
      const empty = of(ticker).refused.filter(({ reason }) => reason === "NOT_A_DECIMAL");
      expect(empty.map((row) => row.date)).toEqual(["2017-07-31"]);
      const gap = coverage(ticker).gaps.find(({ startMs }) => date(startMs) === "2017-07-31");
      expect(gap?.missing).toBe(1);
    });

    it.each(NASDAQ)("%s has no row of 2010-04-01, which was a session", (ticker) => {
      const gap = coverage(ticker).gaps.find(
        ({ startMs, endMs }) => startMs <= Date.UTC(2010, 3, 1) && endMs > Date.UTC(2010, 3, 1),
      );
      expect(gap).toBeDefined();
    });

    it.each([...NASDAQ, ...NYSE])(
      "%s: what is missing is what was refused or is absent",
      (ticker) => {
        const { expected, present, unexpected, gaps } = coverage(ticker);
        const missing = gaps.reduce((sum, gap) => sum + gap.missing, 0);
        expect(expected - present).toBe(missing);
        expect(unexpected).toBe(0);
        const refusedDates = new Set(of(ticker).refused.map((row) => row.date));
        expect(missing - refusedDates.size).toBeLessThanOrEqual(2);
      },
    );
  },
);

describeWith(["equities_daily_lean/SPY.csv.gz"], "the calendar of New York", () => {
  it("expects the 5,849 days on which SPY traded from 1998 to March 2021, and no other", () => {
    const recorded = dailyBars("equities_daily_lean/SPY.csv.gz", "SPY");
    expect(gapsOf(recorded, "1998-01-02", "2021-04-01")).toEqual({
      expected: 5_849,
      present: 5_849,
      unexpected: 0,
      gaps: [],
    });
  });
});

describe("what looks wrong and is right", () => {
  it("oil settled at −37.63 on 2020-04-20", () => {
    const prices = { open: "17.73", high: "17.85", low: "-40.32", close: "-37.63" };
    const raw = { symbol: "CL", timeframe: "1d", startMs: Date.UTC(2020, 3, 20), volume: "1" };
    const checked = checkBar({ ...raw, ...prices, source: "test" }, { nowMs: Date.UTC(2026, 0) });
    expect(checked).toMatchObject({ accepted: prices });
  });

  it("a venue's clock may be 1.3 s ahead of ours, but not 6 s", () => {
    const trade = { symbol: "BTC-USD", price: "60000", size: "1", source: "test" };
    const at = (tsEventMs: number) => checkTick({ ...trade, tsEventMs }, { nowMs: 1_000_000 });
    expect(at(1_001_300)).toHaveProperty("accepted");
    expect(at(1_006_000)).toMatchObject({ refused: { reason: "TIME_IN_FUTURE" } });
  });
});
