import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  type FactorName,
  HISTORICAL,
  sourceOf,
} from "../../../../../domain/risk/stress/historical.ts";
import { historicalShocks, replayed } from "../../../../../domain/risk/stress/replay.ts";
import { SP500 } from "../../features/sp500-bars.ts";
import { describeWith, sharedFile } from "../../../services/data/shared-data.ts";
import { beta, changed, holding } from "./book.ts";

const scenarioOf = (id: string) => {
  const found = HISTORICAL.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

it("fifteen scenarios go from 1987 to 2022, by date", () => {
  expect(HISTORICAL).toHaveLength(15);
  expect(new Set(HISTORICAL.map(({ id }) => id)).size).toBe(15);
  expect(HISTORICAL[0]?.from).toBe("1987-10-16");
  expect(HISTORICAL.at(-1)?.to).toBe("2022-10-12");
  expect(HISTORICAL.every(({ from, to }) => from < to)).toBe(true);
});

/** Closes by date. */
type Series = ReadonlyMap<string, number>;

const INDEX = "equities_adjclose/sp500_index_1990_2022.csv.gz";
const VIX = "index_vol_rates/vix_daily_1990_2026.csv.gz";
const CURVE = "index_vol_rates/us_treasury_curve_1990_2017.csv.gz";
const WTI = "index_vol_rates/wti_daily.csv.gz";

function rows(file: string): string[][] {
  const lines = gunzipSync(readFileSync(sharedFile(file)))
    .toString("utf8")
    .trim()
    .split(/\r?\n/);
  return lines.map((line) => line.split(","));
}

function seriesOf(
  file: string,
  column: string,
  dateOf = (cell: string) => cell.slice(0, 10),
): Series {
  const [header = [], ...body] = rows(file);
  const at = header.indexOf(column);
  return new Map(
    body.flatMap((cells) => {
      const cell = cells[at] ?? "";
      return cell === "" || cell === "." ? [] : [[dateOf(cells[0] ?? ""), Number(cell)] as const];
    }),
  );
}

const american = (cell: string) => {
  const [month = "", day = "", year = ""] = cell.split("/");
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
};

describeWith([INDEX, VIX, CURVE, WTI], "computed factors of history", () => {
  it("are those of the series that they are computed from, to the digits printed", () => {
    const spx = seriesOf(INDEX, "SP500");
    const vix = seriesOf(VIX, "CLOSE");
    const wti = seriesOf(WTI, "DCOILWTICO", american);
    const yields = {
      ust3mBp: seriesOf(CURVE, "3month"),
      ust2yBp: seriesOf(CURVE, "2year"),
      ust10yBp: seriesOf(CURVE, "10year"),
    };
    let checked = 0;
    const expectAt = (name: string, found: number, printed: number, digits: number) => {
      checked += 1;
      expect([name, found]).toEqual([name, expect.closeTo(printed, digits)]);
    };
    for (const scenario of HISTORICAL) {
      const { id, from, to, factors } = scenario;
      const isComputed = (name: FactorName) => sourceOf(scenario, name) !== "published";
      const ends = (series: Series) => [series.get(from) ?? NaN, series.get(to) ?? NaN] as const;
      const move = (series: Series) => ends(series)[1] / ends(series)[0] - 1;
      if (isComputed("spx")) expectAt(`${id} spx`, move(spx), factors.spx, 3);
      if (factors.wti !== undefined && isComputed("wti"))
        expectAt(`${id} wti`, move(wti), factors.wti, 3);
      if (factors.vix !== undefined) {
        expectAt(`${id} vix`, ends(vix)[0], factors.vix[0], 6);
        expectAt(`${id} vix`, ends(vix)[1], factors.vix[1], 6);
      }
      for (const name of ["ust3mBp", "ust2yBp", "ust10yBp"] as const) {
        const printed = factors[name];
        const [first, last] = ends(yields[name]);
        if (printed !== undefined && isComputed(name))
          expectAt(`${id} ${name}`, (last - first) * 1e4, printed, 6);
      }
    }
    expect(checked).toBeGreaterThan(60);
  });
});

it("the packaged index fell over Lehman's month as the scenario says", () => {
  const closeOn = (date: string) =>
    SP500.find(({ startMs }) => new Date(startMs ?? 0).toISOString().startsWith(date))?.close ??
    NaN;
  for (const id of [
    "lehman-2008",
    "gfc-2008",
    "flash-crash-2010",
    "volmageddon-2018",
    "covid-2020",
  ]) {
    const { from, to, factors } = scenarioOf(id);
    expect(closeOn(to) / closeOn(from) - 1).toBeCloseTo(factors.spx, 3);
  }
});

describe("a position without prices of its own", () => {
  const nothing = { returns: new Map(), rates: new Map() };
  const { factors } = scenarioOf("ltcm-1998");
  const shocks = historicalShocks(factors);
  const at = (position: Parameters<typeof replayed>[0], base = "USD") =>
    replayed(position, nothing, shocks, base);

  it("moves by beta, duration, vega, or as oil does", () => {
    expect(changed(at(holding("A", 1000, { beta: beta(1.5) })))).toBeCloseTo(-289.5, 9);
    expect(at(holding("A", 1, { assetClass: "equity" }))).toMatchObject({ basis: "factor" });
    expect(changed(at(holding("B", 1000, { duration: 8, convexity: 80 })))).toBeCloseTo(
      1000 * (8 * 0.0046 + 40 * 0.0046 ** 2),
      9,
    );
    expect(changed(at(holding("O", 10, { beta: beta(0), vega: 3 })))).toBeCloseTo(3 * 28.05, 9);
    expect(changed(at(holding("OIL", 1000, { assetClass: "commodity" })))).toBeCloseTo(-52, 9);
    expect(changed(at(holding("^VIX", 100, { assetClass: "index" })))).toBeCloseTo(172.83, 1);
  });

  it("is not covered where its factor is not known", () => {
    expect(at(holding("C", 1, { assetClass: "crypto" }))).toMatchObject({ isCovered: false });
    expect(at(holding("S", 1, { beta: beta(1), currency: "EUR" }))).toMatchObject({
      reason: "the move of EUR against USD is not known",
    });
    const quiet = historicalShocks(scenarioOf("q4-2018").factors);
    const bond = replayed(holding("B", 1, { duration: 5 }), nothing, quiet, "USD");
    expect(bond).toMatchObject({ reason: "the move of yields is not known" });
  });

  it("has its currency moved too", () => {
    const swiss = historicalShocks(scenarioOf("chf-2015").factors);
    const franc = holding("NESN", 1000, { beta: beta(0), currency: "CHF" });
    // USDCHF fell by 18 %: a franc is worth 1/0.82 of what it was in dollars, and 1/0.81 in euros.
    expect(changed(replayed(franc, nothing, swiss, "USD"))).toBeCloseTo(1000 * (1 / 0.82 - 1), 9);
    expect(changed(replayed(franc, nothing, swiss, "EUR"))).toBeCloseTo(1000 * (1 / 0.81 - 1), 9);
    const pair = holding("EURCHF", 1000, { assetClass: "fx", currency: "CHF" });
    expect(changed(replayed(pair, nothing, swiss, "CHF"))).toBeCloseTo(-190, 9);
  });
});

it("a stored return takes the place of factors, and a stored rate that of theirs", () => {
  const stored = { move: -0.5, from: "2015-01-14", to: "2015-01-15" };
  const recorded = { returns: new Map([["N", stored]]), rates: new Map([["CHF", 0.2]]) };
  const shocks = historicalShocks(scenarioOf("chf-2015").factors);
  const outcome = replayed(
    holding("N", 100, { currency: "CHF", beta: beta(1) }),
    recorded,
    shocks,
    "USD",
  );
  expect(outcome).toMatchObject({ basis: "stored" });
  expect(changed(outcome)).toBeCloseTo(100 * (0.5 * 1.2 - 1), 9);
});
