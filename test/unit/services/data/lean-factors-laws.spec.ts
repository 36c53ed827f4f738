import { readFileSync } from "node:fs";
import { adjustBars } from "../../../../domain/market/adjust/adjust-bars.ts";
import { adjustColumns } from "../../../../domain/market/adjust/adjust-columns.ts";
import type { CorporateAction } from "../../../../domain/market/adjust/corporate-action.ts";
import { dayStartMs } from "../../../../domain/market/adjust/day-start.ts";
import {
  type Adjustment,
  factorAt,
  type Factors,
  factorsOf,
} from "../../../../domain/market/adjust/factors.ts";
import type { Bar, Timeframe } from "../../../../domain/market/bar.ts";
import { dayOfIso } from "../../../../domain/market/calendars/day-rules.ts";
import { NEW_YORK } from "../../../../domain/market/calendars/time-zone.ts";
import { XNYS } from "../../../../domain/market/calendars/xnys.ts";
import {
  actionsOfFactors,
  type LeanFactor,
  listingsOfMap,
  parseLeanFactorFile,
  parseLeanMapFile,
} from "../../../../services/data/corporate-actions/lean.ts";
import { dailyBars, minuteBars } from "./recorded-bars.ts";
import { describeWith, sharedFile } from "./shared-data.ts";

const LEAN = "equities_daily_lean";
const DAY_MS = 86_400_000;

const rowsOf = (ticker: string): readonly LeanFactor[] => {
  const path = sharedFile(`${LEAN}/factor_files/${ticker.toLowerCase()}.csv`);
  const file = parseLeanFactorFile(readFileSync(path, "utf8"));
  if ("refused" in file) throw new Error(file.refused.detail);
  return file.rows;
};
const actionsOf = (ticker: string) => actionsOfFactors(rowsOf(ticker), XNYS, "USD");
const rawOf = (ticker: string) => dailyBars(`${LEAN}/${ticker}.csv.gz`, ticker).bars;

function factors(
  actions: readonly CorporateAction[],
  adjust: Adjustment,
  { timeframe = "1d", bars = [] }: { timeframe?: Timeframe; bars?: readonly Bar[] } = {},
): Factors {
  const result = factorsOf(actions, {
    adjust,
    currency: "USD",
    exMs: (day) => dayStartMs(NEW_YORK, timeframe, day),
    closeBefore: (day) => bars.findLast(({ startMs }) => startMs < day * DAY_MS)?.close ?? null,
  });
  if ("refused" in result) throw new Error(result.refused.reason);
  return result.factors;
}

const on = (bars: readonly Bar[], date: string): Bar | undefined =>
  bars.find(({ startMs }) => startMs === Date.parse(`${date}T00:00:00Z`));

describeWith([`${LEAN}/AAPL.csv.gz`, `${LEAN}/factor_files/aapl.csv`], "AAPL's splits", () => {
  const raw = rawOf("AAPL");
  const actions = actionsOf("AAPL");

  it("are read from the factor file: 2:1, 2:1, 7:1 and 4:1, on the sessions that they went ex", () => {
    const splits = actions.filter(({ kind }) => kind === "split");
    expect(splits).toEqual([
      { kind: "split", exDay: dayOfIso("2000-06-21"), newUnits: "2", oldUnits: "1" },
      { kind: "split", exDay: dayOfIso("2005-02-28"), newUnits: "2", oldUnits: "1" },
      { kind: "split", exDay: dayOfIso("2014-06-09"), newUnits: "7", oldUnits: "1" },
      { kind: "split", exDay: dayOfIso("2020-08-31"), newUnits: "4", oldUnits: "1" },
    ]);
  });

  it("show in raw prices as 645.57 to 93.70, and in adjusted ones as a gain of 1.6 %", () => {
    expect([on(raw, "2014-06-06")?.close, on(raw, "2014-06-09")?.close]).toEqual([
      "645.57",
      "93.7",
    ]);
    const adjusted = adjustBars(raw, factors(actions, "splits"));
    // 645.57 / 28 and 93.7 / 4
    expect(on(adjusted, "2014-06-06")?.close).toBe("23.056071428571");
    expect(on(adjusted, "2014-06-09")?.close).toBe("23.425");
    expect(Number(on(adjusted, "2014-06-09")?.close) / 23.056071428571 - 1).toBeCloseTo(0.016, 4);
    // 4:1 of the day's volume before, and none after
    const ratio =
      Number(on(adjusted, "2020-08-28")?.volume) / Number(on(raw, "2020-08-28")?.volume);
    expect(ratio).toBe(4);
    expect(on(adjusted, "2020-08-31")).toBe(on(raw, "2020-08-31"));
  });

  it("with dividends, the close before the 2014 split is 645.57 × 0.9011818 / 28 of LEAN's own factors", () => {
    const adjusted = adjustBars(raw, factors(actions, "all"));
    const close = Number(on(adjusted, "2014-06-06")?.close);
    expect(close).toBeCloseTo((645.57 * 0.9011818) / 28, 5);
  });

  it("the dividends are the announced ones: 2.65 in August 2012, 0.47 in August 2014, 0.82 in August 2020", () => {
    const amounts = new Map(
      actions.flatMap((one) => (one.kind === "dividend" ? [[one.exDay, one.amount]] : [])),
    );
    expect(amounts.get(dayOfIso("2012-08-09"))).toBe("2.65");
    expect(amounts.get(dayOfIso("2014-08-07"))).toBe("0.47");
    expect(amounts.get(dayOfIso("2020-08-07"))).toBe("0.82");
  });

  it("stored closes give the same factors as the file's reference prices", () => {
    const withoutReference = actions.map((action) =>
      action.kind === "dividend" ? { ...action, referencePrice: null } : action,
    );
    const [own, files] = [factors(withoutReference, "all", { bars: raw }), factors(actions, "all")];
    expect(own.map(({ price }) => price.toFixed(9))).toEqual(
      files.map(({ price }) => price.toFixed(9)),
    );
  });

  it("no return over a split is an outlier any more: the largest of 23 years is below 25 %", () => {
    const adjusted = adjustBars(raw, factors(actions, "splits"));
    const closes = adjusted.map(({ close }) => Number(close));
    const returns = closes.slice(1).map((close, i) => Math.abs(close / (closes[i] ?? 0) - 1));
    const worst = Math.max(...returns);
    // 2000-09-29, after a profit warning: −51.9 %; every other day is below 25 %
    const others = returns.filter((one) => one < worst);
    expect(worst).toBeCloseTo(0.519, 2);
    expect(Math.max(...others)).toBeLessThan(0.25);
  });

  it("columns are adjusted as the bars are, to float64", () => {
    const column = (name: "open" | "high" | "low" | "close" | "volume" | "startMs") =>
      Float64Array.from(raw, (bar) => Number(bar[name]));
    const columns = {
      startMs: column("startMs"),
      open: column("open"),
      high: column("high"),
      low: column("low"),
      close: column("close"),
      volume: column("volume"),
    };
    const all = factors(actions, "all");
    const adjusted = adjustColumns(columns, all);
    const exact = adjustBars(raw, all);
    const worst = Math.max(
      ...exact.map((bar, i) => Math.abs((adjusted.close[i] ?? 0) / Number(bar.close) - 1)),
    );
    expect(worst).toBeLessThan(1e-11);
    expect(columns.close[0]).toBe(16.25);
  });
});

describeWith(
  [`${LEAN}/AAPL.csv.gz`, "equities_daily_djia/AAPL.csv.gz", "equities_daily_djia/IBM.csv.gz"],
  "split-adjusted prices of another vendor",
  () => {
    const before2018 = (actions: readonly CorporateAction[]) =>
      actions.filter(({ exDay }) => exDay < dayOfIso("2018-01-01"));

    // The vendors count different venues' prints, so closes differ a little on most days; a wrong split factor would be
    // wrong by at least half.
    it.each(["AAPL", "IBM"])(
      "%s: all of 3,019 closes agree within 2 %, 95 % within 0.11 %",
      (ticker) => {
        const theirs = dailyBars(`equities_daily_djia/${ticker}.csv.gz`, ticker).bars;
        const ours = adjustBars(rawOf(ticker), factors(before2018(actionsOf(ticker)), "splits"));
        const closes = new Map(ours.map(({ startMs, close }) => [startMs, Number(close)]));
        const differences = theirs
          .map(({ startMs, close }) => Math.abs((closes.get(startMs) ?? 0) / Number(close) - 1))
          .toSorted((x, y) => x - y);
        expect(differences.length).toBeGreaterThan(3_000);
        expect(differences.at(-1)).toBeLessThan(0.02);
        expect(differences[Math.floor(differences.length * 0.95)]).toBeLessThan(0.0011);
      },
    );
  },
);

describeWith(
  [`${LEAN}/factor_files/aapl.csv`, "minute/AAPL_trade_1m.csv.gz"],
  "minutes over a split",
  () => {
    it("close in one unit before and after: 645.70 on Friday evening is 92.24, and Monday begins at 92.42", () => {
      const raw = minuteBars("minute/AAPL_trade_1m.csv.gz", "AAPL");
      const until2015 = actionsOf("AAPL").filter(({ exDay }) => exDay < dayOfIso("2015-01-01"));
      const adjusted = adjustBars(raw, factors(until2015, "splits", { timeframe: "1m" }));
      const isAfter = ({ startMs }: Bar) => startMs >= Date.UTC(2014, 5, 9);
      const [lastRaw, last] = [raw, adjusted].map((bars) => bars.findLast((one) => !isAfter(one)));
      const first = adjusted.find(isAfter);
      expect(Number(lastRaw?.close)).toBeGreaterThan(600);
      // Its open is not compared: the first print of that morning, 645.57, is in the units of Friday in the file itself.
      expect(first?.open).toBe("645.57");
      expect(Math.abs(Number(first?.close) / Number(last?.close) - 1)).toBeLessThan(0.02);
      expect(Number(last?.volume)).toBe(7 * Number(lastRaw?.volume));
      expect(first).toBe(raw.find(isAfter));
    });
  },
);

const TICKERS = [
  "AAPL",
  "AIG",
  "BAC",
  "EEM",
  "FB",
  "GOOG",
  "IBM",
  "IWM",
  "QQQ",
  "SPY",
  "USO",
  "WM",
];

describeWith(
  TICKERS.map((ticker) => `${LEAN}/factor_files/${ticker.toLowerCase()}.csv`),
  "LEAN's factor files",
  () => {
    // A file rounds each row to seven decimals, splits to fewer digits, so over eighty rows the last digit may be two off.
    it.each(TICKERS)("%s: our factors are the file's to their digits", (ticker) => {
      const actions = actionsOf(ticker);
      const [splits, all] = [factors(actions, "splits"), factors(actions, "all")];
      for (const { day, splitFactor, priceFactor } of rowsOf(ticker)) {
        const split = factorAt(splits, day * DAY_MS)?.price.toNumber() ?? 1;
        const price = (factorAt(all, day * DAY_MS)?.price.toNumber() ?? 1) / split;
        expect(Math.abs(split - Number(splitFactor))).toBeLessThan(1.5e-7 * Math.max(1, split));
        expect(Math.abs(price - Number(priceFactor))).toBeLessThan(2.5e-7);
      }
    });
  },
);

describeWith([`${LEAN}/map_files/qqq.csv`, `${LEAN}/map_files/wm.csv`], "LEAN's map files", () => {
  const listings = (ticker: string) => {
    const path = sharedFile(`${LEAN}/map_files/${ticker.toLowerCase()}.csv`);
    const file = parseLeanMapFile(readFileSync(path, "utf8"));
    if ("refused" in file) throw new Error(file.refused.detail);
    return listingsOfMap(file.rows, ticker).map(({ ticker: name, fromDay, untilDay }) => [
      name,
      dateOf(fromDay),
      untilDay === null ? null : dateOf(untilDay),
    ]);
  };
  const dateOf = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10);

  it.each([
    [
      "QQQ",
      [
        ["QQQ", "1999-03-10", "2004-11-30"],
        ["QQQQ", "2004-12-01", "2011-03-22"],
        ["QQQ", "2011-03-23", null],
      ],
    ],
    ["FB", [["FB", "2012-05-18", null]]],
    [
      "WM",
      [
        ["UW", "1998-01-02", "1998-07-16"],
        ["WMI", "1998-07-17", "2009-08-04"],
        ["WM", "2009-08-05", null],
      ],
    ],
    [
      "GOOG",
      [
        ["GOOCV", "2014-03-27", "2014-04-02"],
        ["GOOG", "2014-04-03", null],
      ],
    ],
  ])("%s: each ticker with its dates", (ticker, expected) => {
    expect(listings(ticker)).toEqual(expected);
  });
});

describe("files that are none of LEAN's", () => {
  it.each([
    ["20140606,0.9,0.25,645.57\n20140606,1,1,1", 2],
    ["20140631,0.9,0.25,645.57", 1],
    ["date,price,split", 1],
    ["20140606,0.9,0,645.57", 1],
    ["20140606,0.9,-1,645.57", 1],
    ["\n20140606,NaN,1,1", 2],
  ])("%j: the line is named", (text, line) => {
    expect(parseLeanFactorFile(text)).toMatchObject({ refused: { line } });
  });

  it("a ticker that is none is refused", () => {
    expect(parseLeanMapFile("20140606,../etc,Q")).toMatchObject({ refused: { line: 1 } });
  });
});
