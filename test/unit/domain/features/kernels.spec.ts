import { KERNELS } from "../../../../domain/features/catalogue.ts";
import { parseFeature } from "../../../../domain/features/parse.ts";
import { computeSeries } from "../../../../domain/features/pipeline.ts";
import reference from "../../../fixtures/indicators/sp500-talib.json" with { type: "json" };
import stockcharts from "../../../fixtures/indicators/stockcharts.json" with { type: "json" };
import { DEFINITIONS } from "./definitions.ts";
import { columnsOf, SP500 } from "./sp500-bars.ts";

type Values = readonly (number | null)[];

function series(feature: string, closes: readonly number[]): Values {
  const columns = { open: closes, high: closes, low: closes, close: closes, volume: closes };
  return linesOf(computeSeries([feature], columns)[feature])[""] ?? [];
}

type Lines = { readonly [line: string]: Values };

// Array.isArray does not narrow a readonly array away from a record.
const isValues = (found: Values | Lines): found is Values => Array.isArray(found);

/** By line; the one line of a feature without lines has no name. */
const linesOf = (found: Values | Lines = []): Lines => (isValues(found) ? { "": found } : found);

const rounded = (values: Values, places: number) =>
  values.map((value) => (value === null ? null : Number(value.toFixed(places))));

/** The largest difference; infinite when one has a value where the other has null. */
function distance(found: Values, expected: Values): number {
  if (found.length !== expected.length) return Infinity;
  const gaps = expected.map((value, index) => {
    const other = found[index] ?? null;
    if (value === null || other === null) return value === other ? 0 : Infinity;
    return Math.abs(value - other);
  });
  return Math.max(0, ...gaps);
}

describe("published worked examples, sources in the fixture", () => {
  const { averages, strength } = stockcharts;

  it("sma_10 equals the StockCharts table", () => {
    expect(rounded(series("sma_10", averages.closes), 2)).toEqual(averages.sma_10);
  });

  it("ema_10 equals the StockCharts table", () => {
    expect(rounded(series("ema_10", averages.closes), 2)).toEqual(averages.ema_10);
  });

  it("rsi_14 equals the StockCharts table", () => {
    const values = series("rsi_14", strength.closes);
    expect(distance(values, strength.rsi_14)).toBeLessThanOrEqual(0.005);
  });
});

describe("400 closes of the S&P 500 from 2000-01-03", () => {
  it.each(["sma_20", "ema_12", "rsi_14"] as const)("%s equals TA-Lib at every bar", (feature) => {
    expect(distance(series(feature, reference.closes), reference[feature])).toBeLessThanOrEqual(
      1e-9,
    );
  });
});

const size = (line: Values) => Math.max(...line.map((value) => Math.abs(value ?? 0)));

describe("1,000 bars of the S&P 500 from 2000-01-03", () => {
  const columns = columnsOf(SP500.slice(0, 1000));

  it("every indicator has a definition to be compared with", () => {
    const compared = new Set(
      Object.keys(DEFINITIONS).map((name) => parseFeature(name).kernel.name),
    );
    expect([...KERNELS.keys()].filter((name) => !compared.has(name))).toEqual([]);
  });

  it.each(Object.keys(DEFINITIONS))("%s is what its definition says, at every bar", (name) => {
    const found = linesOf(computeSeries([name], columns)[name]);
    const expected = linesOf(DEFINITIONS[name]?.(columns));
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [line, values] of Object.entries(expected)) {
      expect([line, distance(found[line] ?? [], values) / size(values)]).toEqual([
        line,
        expect.closeTo(0, 9),
      ]);
    }
  });

  it("macd begins at bar 33, adx at 27 with its indicators at 14, as in TA-Lib", () => {
    const found = computeSeries(["macd", "adx"], columns);
    const first = (line: Values = []) => line.findIndex((value) => value !== null);
    const { macd, signal } = linesOf(found["macd_12_26_9"]);
    expect([first(macd), first(signal)]).toEqual([33, 33]);
    const { adx, plusDi } = linesOf(found["adx_14"]);
    expect([first(adx), first(plusDi)]).toEqual([27, 14]);
  });
});

const after = (closes: readonly number[]) => series("rsi_14", closes).at(-1);

describe("rsi at its edges", () => {
  const thirty = Array.from({ length: 30 }, (_, index) => index);

  it("is 0 in a market that never moved, as in TA-Lib", () => {
    expect(after(thirty.map(() => 5))).toBe(0);
  });

  it("is 100 without losses, 0 without gains, 50 when they are equal", () => {
    expect(after(thirty)).toBe(100);
    expect(after(thirty.map((index) => -index))).toBe(0);
    expect(series("rsi_2", [1, 2, 1]).at(-1)).toBe(50);
  });

  it("keeps its value, without NaN, when a moving market falls still for ever", () => {
    const still = [
      ...thirty.map((index) => (index % 3) - 50),
      ...Array.from({ length: 20_000 }, () => 7),
    ];
    const values = series("rsi_14", still).slice(14);
    expect(values.every((value) => value !== null && value >= 0 && value <= 100)).toBe(true);
    expect(values.at(-1)).toBe(0);
  });
});
