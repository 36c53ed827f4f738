import * as fc from "fast-check";
import { catalogue } from "../../../../domain/features/catalogue.ts";
import type { BarFloats, FeatureValue } from "../../../../domain/features/kernel.ts";
import { parseFeature, parseFeatures } from "../../../../domain/features/parse.ts";
import {
  advanceFeatures,
  computeSeries,
  oneNumber,
  startFeatures,
  toFloats,
  warmupOf,
  type BarColumns,
  type FeatureSeries,
  type FeatureValues,
  type FeatureVector,
} from "../../../../domain/features/pipeline.ts";
import { Refusal } from "../../../../domain/shared/errors.ts";

const FEATURES = [
  "sma_3",
  "sma_20",
  "ema_5",
  "ema_12",
  "rsi_2",
  "rsi_14",
  "macd_3_5_2",
  "stoch_5_2_2",
];

const price = fc.double({ min: -1000, max: 1000, noNaN: true });
const bars = fc.array(
  fc.record({ open: price, high: price, low: price, close: price, volume: price }),
  { maxLength: 80 },
);

function columnsOf(list: readonly BarFloats[]): BarColumns {
  return {
    open: list.map((bar) => bar.open),
    high: list.map((bar) => bar.high),
    low: list.map((bar) => bar.low),
    close: Float64Array.from(list, (bar) => bar.close),
    volume: list.map((bar) => bar.volume),
  };
}

function live(list: readonly BarFloats[], between: (vector: FeatureVector) => FeatureVector) {
  let vector = startFeatures(FEATURES);
  const values: FeatureValues[] = [];
  for (const bar of list) {
    const step = advanceFeatures(between(vector), bar);
    vector = step.vector;
    values.push(step.values);
  }
  return values;
}

// JSON.parse gives back the vector that was put in.
const thaw: (vector: FeatureVector) => FeatureVector = (vector) =>
  JSON.parse(JSON.stringify(vector));

const batch = (list: readonly BarFloats[]) => {
  const series = computeSeries(FEATURES, columnsOf(list));
  return list.map((_, index) =>
    Object.fromEntries(FEATURES.map((name) => [name, valueAt(series[name], index)])),
  );
};

function valueAt(series: FeatureSeries = [], index: number): FeatureValue {
  const at = (line: readonly (number | null)[] = []) => line[index] ?? null;
  // Array.isArray does not narrow a readonly array away from a record.
  const isLine = (found: FeatureSeries): found is readonly (number | null)[] =>
    Array.isArray(found);
  if (isLine(series)) return at(series);
  return Object.fromEntries(Object.entries(series).map(([name, line]) => [name, at(line)]));
}

const numbersOf = (value: FeatureValue) =>
  typeof value === "object" && value !== null ? Object.values(value) : [value];

describe("the laws of features", () => {
  it("nothing looks ahead: a truncated history gives the same values up to its end", () => {
    fc.assert(
      fc.property(bars, (list) => {
        const whole = batch(list);
        for (let end = 0; end <= list.length; end += 1) {
          expect(batch(list.slice(0, end))).toEqual(whole.slice(0, end));
        }
      }),
      { numRuns: 30 },
    );
  });

  it("bar by bar equals all at once, to the last bit", () => {
    fc.assert(
      fc.property(bars, (list) => {
        expect(live(list, (vector) => vector)).toEqual(batch(list));
      }),
    );
  });

  it("a state that goes through JSON at every bar goes on identically", () => {
    fc.assert(
      fc.property(bars, (list) => {
        expect(live(list, thaw)).toEqual(batch(list));
      }),
    );
  });

  it("no value is ever NaN or infinite", () => {
    fc.assert(
      fc.property(bars, (list) => {
        const values = batch(list).flatMap((row) => Object.values(row).flatMap(numbersOf));
        expect(values.filter((value) => value !== null && !Number.isFinite(value))).toEqual([]);
      }),
    );
  });
});

describe("series", () => {
  it("are null in the warm-up and come under their canonical names", () => {
    const columns = columnsOf([1, 2, 3].map((close) => toFloatsOf(close)));
    expect(computeSeries(["sma_2", "rsi"], columns)).toEqual({
      sma_2: [null, 1.5, 2.5],
      rsi_14: [null, null, null],
    });
    expect(computeSeries(["sma_2"], columnsOf([]))).toEqual({ sma_2: [] });
  });

  it("are refused for columns of different lengths and for values that are no numbers", () => {
    const columns = columnsOf([toFloatsOf(1), toFloatsOf(2)]);
    expect(() => computeSeries(["sma_2"], { ...columns, low: [1] })).toThrow("expected one length");
    expect(() => computeSeries(["sma_2"], { ...columns, low: [1, Number.NaN] })).toThrow(
      "expected finite",
    );
  });

  it("have one list a line where a feature has lines", () => {
    const columns = columnsOf([1, 2, 4].map((close) => toFloatsOf(close)));
    const { bbands_2_1: found = [] } = computeSeries(["bbands_2_1"], columns);
    expect(found).toEqual({
      upper: [null, 2, 4],
      middle: [null, 1.5, 3],
      lower: [null, 1, 2],
    });
  });

  it("compare with a benchmark where one is given, and are null without it", () => {
    const columns = columnsOf([1, 2, 3, 6, 5].map((close) => toFloatsOf(close)));
    const compare = (benchmark: readonly number[]) =>
      computeSeries(["rollingbeta_3"], { ...columns, benchmark })["rollingbeta_3"];
    expect(compare([2, 4, 6, 12, 10])).toEqual([null, null, null, 1, 1]);
    expect(compare([2, 4, 6, 12, Number.NaN])).toEqual([null, null, null, 1, null]);
    expect(computeSeries(["rollingbeta_3"], columns)["rollingbeta_3"]).toEqual(
      [1, 2, 3, 4, 5].map(() => null),
    );
    expect(() => compare([1])).toThrow("expected one length");
  });

  it("say one number only of a feature without lines", () => {
    expect([1, null, undefined, { k: 1, d: 2 }].map(oneNumber)).toEqual([1, null, null, null]);
  });

  it("say how many bars they need", () => {
    expect(warmupOf(["sma_20", "rsi_14", "rsi_20"])).toBe(20);
    expect(warmupOf([])).toBe(0);
  });

  it("cross from decimals to floats in one place", () => {
    const bar = {
      symbol: "CL",
      timeframe: "1d",
      startMs: 0,
      open: "17.73",
      high: "17.85",
      low: "-40.32",
      close: "-37.63",
      volume: "247947",
      source: "test",
    } as const;
    expect(toFloats(bar)).toEqual({
      open: 17.73,
      high: 17.85,
      low: -40.32,
      close: -37.63,
      volume: 247947,
      startMs: 0,
    });
  });
});

function toFloatsOf(close: number): BarFloats {
  return { open: close, high: close, low: close, close, volume: 0 };
}

describe("a live vector", () => {
  it("is still good after a bar that was refused", () => {
    const started = startFeatures(FEATURES);
    const first = advanceFeatures(started, toFloatsOf(1)).vector;
    const before = JSON.stringify(first);
    expect(() => advanceFeatures(first, toFloatsOf(Number.NaN))).toThrow(RangeError);
    expect(JSON.stringify(first)).toBe(before);
  });

  it("of an indicator that is not there any more is refused, not ignored", () => {
    const vector: FeatureVector = {
      version: 3,
      features: [{ name: "magic_1", indicator: "magic", state: null }],
    };
    expect(() => advanceFeatures(vector, toFloatsOf(1))).toThrow('no indicator is called "magic"');
  });
});

function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

describe("feature names", () => {
  it("read as indicator and parameters, and the bare name as its defaults", () => {
    expect(parseFeature("sma_50")).toMatchObject({ name: "sma_50", params: [50], warmup: 49 });
    expect(parseFeature("rsi")).toMatchObject({ name: "rsi_14", params: [14], warmup: 14 });
    expect(parseFeature("bbands_20_2.5")).toMatchObject({
      name: "bbands_20_2.5",
      params: [20, 2.5],
    });
    expect(parseFeature("psar").name).toBe("psar_0.02_0.2");
    expect(parseFeature("obv")).toMatchObject({ name: "obv", params: [], warmup: 0 });
    expect(parseFeatures(["ema_12", "sma", "sma_20"]).map(({ name }) => name)).toEqual([
      "ema_12",
      "sma_20",
    ]);
  });

  it.each([
    ["magic_20", "FEATURE_UNKNOWN"],
    ["", "FEATURE_UNKNOWN"],
    ["SMA_20", "FEATURE_UNKNOWN"],
    ["toString", "FEATURE_UNKNOWN"],
    ["sma_", "FEATURE_PARAMETER_INVALID"],
    ["sma_1", "FEATURE_PARAMETER_INVALID"],
    ["sma_1001", "FEATURE_PARAMETER_INVALID"],
    ["sma_020", "FEATURE_PARAMETER_INVALID"],
    ["sma_2e1", "FEATURE_PARAMETER_INVALID"],
    ["sma_20_5", "FEATURE_PARAMETER_INVALID"],
    ["rsi_x", "FEATURE_PARAMETER_INVALID"],
    ["rsi_14.5", "FEATURE_PARAMETER_INVALID"],
    ["bbands_20", "FEATURE_PARAMETER_INVALID"],
    ["bbands_20_2.0", "FEATURE_PARAMETER_INVALID"],
    ["bbands_20_.5", "FEATURE_PARAMETER_INVALID"],
    ["bbands_20_2.12345", "FEATURE_PARAMETER_INVALID"],
    ["macd_26_12_9", "FEATURE_PARAMETER_INVALID"],
    ["psar_0.3_0.2", "FEATURE_PARAMETER_INVALID"],
    ["obv_1", "FEATURE_PARAMETER_INVALID"],
  ])("%j are refused with %s, naming the feature", (name, code) => {
    const refused = refusalOf(() => parseFeatures(["sma_20", name]));
    expect(refused.code).toBe(code);
    expect(refused.kind).toBe("invalid");
    expect(refused.data["feature"]).toBe(name);
  });
});

describe("the catalogue", () => {
  const entries = new Map(catalogue().map((entry) => [entry.name, entry]));

  it("describes every indicator with its defaults, their warm-up and its lines", () => {
    expect(entries.size).toBeGreaterThanOrEqual(80);
    expect(entries.get("sma")).toMatchObject({ defaults: [20], warmup: 19, lines: null });
    expect(entries.get("macd")).toMatchObject({
      defaults: [12, 26, 9],
      warmup: 33,
      lines: ["macd", "signal", "histogram"],
    });
    expect(entries.get("rollingbeta")).toMatchObject({ input: "benchmark" });
  });

  it("has names that a feature's name can be made of", () => {
    for (const { name, defaults } of entries.values()) {
      const feature = [name, ...defaults].join("_");
      expect(feature).toMatch(/^[a-z][a-z0-9]*(_[0-9.]+)*$/);
      expect(feature.length).toBeLessThanOrEqual(60);
      expect(parseFeature(feature).name).toBe(feature);
    }
  });
});
