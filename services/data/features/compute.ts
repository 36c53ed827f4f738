import { setImmediate } from "node:timers/promises";
import type { BarFloats, FeatureValue } from "../../../domain/features/kernel.ts";
import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { Json } from "../../../domain/shared/json.ts";
import type { ResolvedFeature } from "./resolve.ts";

export interface Inputs extends PriceColumns {
  /** closes of the benchmark at the same times, NaN where it has none */
  readonly benchmark?: Float64Array;
}

type Line = (number | null)[];
export type ComputedSeries = Line | { [line: string]: Line };

/**
 * So many bars at once, then whoever else waits for the node has a turn: the usual indicators take a few hundred nanoseconds
 * a bar, the most expensive formula some microseconds. A worker thread would cost the copy of the columns and its start,
 * which is more than most questions take.
 */
const BARS_PER_TURN = 1_024;

/**
 * The values of a feature from the bar at `first` on. All bars before are taken in: what a recursive indicator says depends on
 * its whole history, and so no value depends on where the question begins.
 */
export async function computeFrom(
  feature: ResolvedFeature,
  inputs: Inputs,
  first: number,
): Promise<readonly FeatureValue[]> {
  const values: FeatureValue[] = [];
  await runThrough(feature, inputs, (value, index) => {
    if (index >= first) values.push(value);
  });
  return values;
}

/** Where an earlier run ended: which bar comes next, and the state before it, which is used up. */
export interface Begun {
  readonly row: number;
  readonly state: Json;
}

/** Takes all bars in, telling the value at each, and gives the state after the last. */
export async function runThrough(
  { kernel, params }: ResolvedFeature,
  inputs: Inputs,
  tell: (value: FeatureValue, index: number) => void,
  begun?: Begun,
): Promise<Json> {
  let state = begun === undefined ? kernel.init(params) : begun.state;
  const first = begun?.row ?? 0;
  const count = inputs.startMs.length;
  // One object for all bars: a year of minutes would leave a hundred thousand of them to be swept up for each feature.
  const bar = blankBar();
  for (let from = first; from < count; from += BARS_PER_TURN) {
    if (from > first) await setImmediate();
    for (let i = from; i < Math.min(from + BARS_PER_TURN, count); i += 1) {
      const step = kernel.update(state, floatsAt(bar, inputs, i));
      state = step.state;
      tell(step.value, i);
    }
  }
  return state;
}

/** As a client reads them: one list, or one a line. */
export function byLine(
  { kernel: { lines } }: ResolvedFeature,
  values: readonly FeatureValue[],
): ComputedSeries {
  if (lines === null) return values.map((value) => numberOf(value));
  return Object.fromEntries(
    lines.map((line) => [
      line,
      values.map((value) => (value === null ? null : numberOf(lineOf(value, line)))),
    ]),
  );
}

/** The number of a feature that has one value. */
export function numberOf(value: FeatureValue): number | null {
  return typeof value === "number" ? value : null;
}

export function lineOf(value: Exclude<FeatureValue, null>, line: string): number | null {
  return typeof value === "number" ? null : (value[line] ?? null);
}

type Floats = { -readonly [field in keyof BarFloats]-?: number };

const NO_BAR: Floats = {
  open: Number.NaN,
  high: Number.NaN,
  low: Number.NaN,
  close: Number.NaN,
  volume: Number.NaN,
  startMs: Number.NaN,
  benchmark: Number.NaN,
};

/** One object that `floatsAt` fills again and again. */
export function blankBar(): Floats {
  return { ...NO_BAR };
}

/** The bar at a row, written into `bar`. */
export function floatsAt(bar: Floats, inputs: Inputs, i: number): BarFloats {
  bar.open = inputs.open[i] ?? Number.NaN;
  bar.high = inputs.high[i] ?? Number.NaN;
  bar.low = inputs.low[i] ?? Number.NaN;
  bar.close = inputs.close[i] ?? Number.NaN;
  bar.volume = inputs.volume[i] ?? Number.NaN;
  bar.startMs = inputs.startMs[i] ?? Number.NaN;
  bar.benchmark = inputs.benchmark?.[i] ?? Number.NaN;
  return bar;
}

/** The closes of another series at the times of this one; NaN where it has no bar of the time. */
export function alignedCloses(startMs: Float64Array, other: PriceColumns): Float64Array {
  const closes = new Float64Array(startMs.length).fill(Number.NaN);
  for (let i = 0, j = 0; i < startMs.length && j < other.startMs.length;) {
    const ahead = (startMs[i] ?? 0) - (other.startMs[j] ?? 0);
    if (ahead === 0) closes[i] = other.close[j] ?? Number.NaN;
    if (ahead <= 0) i += 1;
    if (ahead >= 0) j += 1;
  }
  return closes;
}

/** The index of the first bar that opens at `fromMs` or later. */
export function firstAt(startMs: ArrayLike<number>, fromMs: number): number {
  let [low, high] = [0, startMs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((startMs[middle] ?? 0) < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
