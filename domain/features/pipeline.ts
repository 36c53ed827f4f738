import type { Bar } from "../market/bar.ts";
import type { Json } from "../shared/json.ts";
import { KERNELS } from "./catalogue.ts";
import type { BarFloats } from "./kernel.ts";
import { parseFeatures, type Feature } from "./parse.ts";

/** Bars by column, oldest first, all of one length: arrays or typed arrays of float64. */
export type BarColumns = { readonly [column in keyof BarFloats]: ArrayLike<number> };

/** Values by canonical feature name; null in the warm-up. */
export type FeatureValues = { readonly [feature: string]: number | null };

/**
 * The live state of several features of one symbol and timeframe: plain JSON, to be stored and resumed. Only the latest one
 * may be advanced (`Kernel.update` says why).
 */
export interface FeatureVector {
  /** of this layout; another version must be warmed up anew from bars */
  readonly version: 1;
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
): { readonly [feature: string]: readonly (number | null)[] } {
  const length = lengthOf(columns);
  const series = parseFeatures(features).map(
    (feature) => [feature.name, computeFeature(feature, columns, length)] as const,
  );
  return Object.fromEntries(series);
}

/**
 * Features that have seen no bar yet.
 * @throws Refusal as `computeSeries`
 */
export function startFeatures(features: readonly string[]): FeatureVector {
  return {
    version: 1,
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
    vector: { version: 1, features: steps.map((step) => step.feature) },
    values: Object.fromEntries(steps.map(({ feature, value }) => [feature.name, value])),
  };
}

/** How many bars must be seen before the last of the features has a value. */
export function warmupOf(features: readonly string[]): number {
  return Math.max(0, ...parseFeatures(features).map((feature) => feature.warmup));
}

function computeFeature(
  feature: Feature,
  columns: BarColumns,
  length: number,
): readonly (number | null)[] {
  const values: (number | null)[] = [];
  let state = feature.kernel.init(feature.params);
  for (let index = 0; index < length; index += 1) {
    const step = feature.kernel.update(state, barAt(columns, index));
    state = step.state;
    values.push(step.value);
  }
  return values;
}

function barAt(columns: BarColumns, index: number): BarFloats {
  return {
    open: columns.open[index] ?? Number.NaN,
    high: columns.high[index] ?? Number.NaN,
    low: columns.low[index] ?? Number.NaN,
    close: columns.close[index] ?? Number.NaN,
    volume: columns.volume[index] ?? Number.NaN,
  };
}

function lengthOf(columns: BarColumns): number {
  const { open, high, low, close, volume } = columns;
  const lengths = new Set([open, high, low, close, volume].map((column) => column.length));
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
