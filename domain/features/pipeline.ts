import type { Bar } from "../market/bar.ts";
import type { Json } from "../shared/json.ts";
import { KERNELS } from "./catalogue.ts";
import type { BarFloats, FeatureValue, Kernel } from "./kernel.ts";
import { parseFeatures } from "./parse.ts";

/**
 * Bars by column, oldest first, all of one length: arrays or typed arrays of float64. `startMs` is needed by what is anchored
 * in time (`vwap`), `benchmark` by what compares with another series; NaN where the benchmark has no bar.
 */
export interface BarColumns {
  readonly open: ArrayLike<number>;
  readonly high: ArrayLike<number>;
  readonly low: ArrayLike<number>;
  readonly close: ArrayLike<number>;
  readonly volume: ArrayLike<number>;
  readonly startMs?: ArrayLike<number>;
  readonly benchmark?: ArrayLike<number>;
}

/** Values by canonical feature name; null in the warm-up, an object where a feature has lines. */
export type FeatureValues = { readonly [feature: string]: FeatureValue };

type Line = readonly (number | null)[];

/** One value a bar; a list for each line where a feature has lines. */
export type FeatureSeries = Line | { readonly [line: string]: Line };

/**
 * The live state of several features of one symbol and timeframe: plain JSON, to be stored and resumed. Only the latest one
 * may be advanced (`Kernel.update` says why).
 */
export interface FeatureVector {
  /** of this layout; another version must be warmed up anew from bars */
  readonly version: 3;
  readonly features: readonly FeatureState[];
}

interface FeatureState {
  readonly name: string;
  readonly indicator: string;
  readonly state: Json;
}

/** The named crossing from money to statistics: the nearest float64 of each decimal. */
export function toFloats(bar: Bar): BarFloats {
  return {
    open: Number(bar.open),
    high: Number(bar.high),
    low: Number(bar.low),
    close: Number(bar.close),
    volume: Number(bar.volume),
    startMs: bar.startMs,
  };
}

/**
 * Every feature over a whole history, by canonical name, one value a bar, null in the warm-up.
 * @throws Refusal when a feature is unknown or its parameters are out of bounds
 * @throws RangeError when a value is not finite or the columns differ in length
 */
export function computeSeries(
  features: readonly string[],
  columns: BarColumns,
): { readonly [feature: string]: FeatureSeries } {
  const length = lengthOf(columns);
  const parsed = parseFeatures(features);
  const found = parsed.map(({ kernel, params }) => valuesOf(kernel, params, columns, length));
  const series = parsed.map(
    ({ name, kernel }, index) => [name, byLine(kernel, found[index] ?? [])] as const,
  );
  return Object.fromEntries(series);
}

/** The number of a feature without lines; null for one with lines, and in the warm-up. */
export function oneNumber(value: FeatureValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/**
 * Features that have seen no bar yet.
 * @throws Refusal as `computeSeries`
 */
export function startFeatures(features: readonly string[]): FeatureVector {
  return {
    version: 3,
    features: parseFeatures(features).map(({ name, kernel, params }) => ({
      name,
      indicator: kernel.name,
      state: kernel.init(params),
    })),
  };
}

/**
 * Takes the next bar: the values at its close, and the vector that goes on from there. The vector given is used up.
 * @throws RangeError when a field of the bar is not finite; the vector given is then still good
 */
export function advanceFeatures(
  vector: FeatureVector,
  bar: BarFloats,
): { readonly vector: FeatureVector; readonly values: FeatureValues } {
  const steps = vector.features.map(({ name, indicator, state }) => {
    const step = kernelOf(indicator).update(state, bar);
    return { feature: { name, indicator, state: step.state }, value: step.value };
  });
  return {
    vector: { version: 3, features: steps.map((step) => step.feature) },
    values: Object.fromEntries(steps.map(({ feature, value }) => [feature.name, value])),
  };
}

/** How many bars must be seen before the last of the features has a value. */
export function warmupOf(features: readonly string[]): number {
  return Math.max(0, ...parseFeatures(features).map((feature) => feature.warmup));
}

function valuesOf(
  kernel: Kernel,
  params: readonly number[],
  columns: BarColumns,
  length: number,
): readonly FeatureValue[] {
  const values: FeatureValue[] = [];
  let state = kernel.init(params);
  for (let index = 0; index < length; index += 1) {
    const step = kernel.update(state, barAt(columns, index));
    state = step.state;
    values.push(step.value);
  }
  return values;
}

function byLine({ lines }: Kernel, values: readonly FeatureValue[]): FeatureSeries {
  if (lines === null) return values.map(oneNumber);
  const line = (name: string) =>
    values.map((value) => (typeof value === "object" ? (value?.[name] ?? null) : null));
  return Object.fromEntries(lines.map((name) => [name, line(name)]));
}

function barAt(columns: BarColumns, index: number): BarFloats {
  return {
    open: columns.open[index] ?? Number.NaN,
    high: columns.high[index] ?? Number.NaN,
    low: columns.low[index] ?? Number.NaN,
    close: columns.close[index] ?? Number.NaN,
    volume: columns.volume[index] ?? Number.NaN,
    startMs: columns.startMs?.[index],
    benchmark: columns.benchmark?.[index],
  };
}

function lengthOf(columns: BarColumns): number {
  const { open, high, low, close, volume, startMs, benchmark } = columns;
  const given = [open, high, low, close, volume, startMs, benchmark];
  const lengths = new Set(given.flatMap((column) => column?.length ?? []));
  if (lengths.size === 1) return close.length;
  throw new RangeError(
    `columns: expected one length, found ${[...lengths].map(String).join(", ")}`,
  );
}

function kernelOf(indicator: string) {
  const kernel = KERNELS.get(indicator);
  if (kernel !== undefined) return kernel;
  throw new RangeError(`feature vector: no indicator is called ${JSON.stringify(indicator)}`);
}
