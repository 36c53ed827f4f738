import { RandomStream } from "../../numeric/random.ts";
import { shuffle } from "../../numeric/shuffle.ts";
import { FitRefused } from "../learning/algorithm.ts";
import type { Validation } from "../training/terms.ts";

/** The rows that may be learnt from and scored on, and when they were known and settled. */
export interface Timing {
  /** all with a label */
  readonly rows: Int32Array;
  /** by row of the sample */
  readonly closeMs: Float64Array;
  readonly labelEndMs: Float64Array;
  /** bars that a label looks ahead */
  readonly horizon: number;
}

/** Rows to learn from, and rows to be scored on, both ascending. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/** Fewer rows than these are no training part. */
const TRAIN_ROWS_MIN = 20;

const SHUFFLE_STREAM = 0x5f01d;

/**
 * The folds of a validation. Time is cut at the closes of bars, which all symbols share. No training row's label window
 * [close, end of its label] touches a test block's [first close, last end of a label], and the embargo lies between them beside it.
 * @throws FitRefused `LABELS_OVERLAP`: rows would be shuffled though their labels share bars; `TOO_FEW_ROWS`: a fold has nothing to
 *         learn from, or nothing to be scored on
 */
export function foldsOf(validation: Validation, timing: Timing, seed: number): readonly Fold[] {
  if (validation.scheme === "shuffledKFold" && timing.horizon > 1)
    throw new FitRefused(
      "LABELS_OVERLAP",
      `labels of ${timing.horizon} bars overlap: a shuffled row's neighbours would tell it its label; ask for purgedKFold or walkForward`,
    );
  const folds = cut(validation, timing, seed);
  for (const { train, test } of folds) refuseTooFew(train.length, test.length);
  return folds;
}

function cut(validation: Validation, timing: Timing, seed: number): readonly Fold[] {
  switch (validation.scheme) {
    case "walkForward":
      return walkForward(validation, timing);
    case "walkForwardEvery":
      return walkForwardEvery(validation, timing);
    case "purgedKFold":
      return purgedKFold(validation, timing);
    case "shuffledKFold":
      return shuffledKFold(validation.folds, timing.rows, seed);
  }
}

type Scheme<S extends Validation["scheme"]> = Extract<Validation, { readonly scheme: S }>;

function walkForward(
  { folds, embargo, window }: Scheme<"walkForward">,
  timing: Timing,
): readonly Fold[] {
  const moments = momentsOf(timing);
  const edges = edgesOf(moments.length, folds + 1);
  const first = edges[1] ?? 0;
  return pairs(edges.slice(1)).map(([from, to]) =>
    forwardFold(timing, moments, {
      from,
      to,
      embargo,
      trainBars: window === "rolling" ? first : null,
    }),
  );
}

function walkForwardEvery(
  { refitEvery, testStartMs, embargo, window, trainBars }: Scheme<"walkForwardEvery">,
  timing: Timing,
): readonly Fold[] {
  const moments = momentsOf(timing);
  const start = firstAtOrAfter(moments, testStartMs);
  if (start >= moments.length) refuseTooFew(start, 0);
  const bars = window === "rolling" ? (trainBars ?? start) : null;
  const count = Math.ceil((moments.length - start) / refitEvery);
  return Array.from({ length: count }, (_, k) => {
    const from = start + k * refitEvery;
    const to = Math.min(moments.length, from + refitEvery);
    return forwardFold(timing, moments, { from, to, embargo, trainBars: bars });
  });
}

/** A test block of the moments from `from` to before `to`. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly embargo: number;
  /** of moments, of a rolling window; null: all before */
  readonly trainBars: number | null;
}

function forwardFold(
  { rows, closeMs, labelEndMs }: Timing,
  moments: Float64Array,
  { from, to, embargo, trainBars }: Block,
): Fold {
  const settledBefore = moments[from - embargo] ?? -Infinity;
  const since = trainBars === null ? -Infinity : (moments[from - trainBars] ?? -Infinity);
  return {
    train: rows.filter((row) => {
      return (closeMs[row] ?? 0) >= since && (labelEndMs[row] ?? Infinity) < settledBefore;
    }),
    test: rowsWithin(rows, closeMs, moments, from, to),
  };
}

function purgedKFold({ folds, embargo }: Scheme<"purgedKFold">, timing: Timing): readonly Fold[] {
  const moments = momentsOf(timing);
  return pairs(edgesOf(moments.length, folds)).map(([from, to]) =>
    purgedFold(timing, moments, from, to, embargo),
  );
}

function purgedFold(
  { rows, closeMs, labelEndMs }: Timing,
  moments: Float64Array,
  from: number,
  to: number,
  embargo: number,
): Fold {
  const test = rowsWithin(rows, closeMs, moments, from, to);
  const firstMs = moments[from] ?? Infinity;
  const lastMs = test.reduce((last, row) => Math.max(last, labelEndMs[row] ?? 0), -Infinity);
  // The moment at which the last label ends, and as many as the embargo after it, stay out.
  const resume = firstAfter(moments, lastMs) + embargo;
  const resumeMs = moments[resume] ?? Infinity;
  return {
    train: rows.filter((row) => {
      return (labelEndMs[row] ?? Infinity) < firstMs || (closeMs[row] ?? 0) >= resumeMs;
    }),
    test,
  };
}

/** Rows dealt to folds at random. With overlapping labels it shows what a leak promises; `foldsOf` never asks for that. */
export function shuffledKFold(folds: number, rows: Int32Array, seed: number): readonly Fold[] {
  const dealt = shuffle(
    Int32Array.from(rows, (_row, index) => index % folds),
    RandomStream.of(seed, SHUFFLE_STREAM),
  );
  return Array.from({ length: folds }, (_, k) => ({
    train: rows.filter((_row, index) => dealt[index] !== k),
    test: rows.filter((_row, index) => dealt[index] === k),
  }));
}

/** The closes at which there are rows, ascending, each once. */
export function momentsOf({
  rows,
  closeMs,
}: Pick<Timing, "rows" | "closeMs">): Float64Array<ArrayBuffer> {
  const closes = Float64Array.from(rows, (row) => closeMs[row] ?? 0).toSorted();
  return closes.filter((close, index) => index === 0 || close !== closes[index - 1]);
}

/** The index of the first of ascending moments that is not before `atMs`; their number where there is none. */
export function firstAtOrAfter(moments: Float64Array, atMs: number): number {
  let [low, high] = [0, moments.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((moments[middle] ?? Infinity) < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstAfter(moments: Float64Array, atMs: number): number {
  const at = firstAtOrAfter(moments, atMs);
  return moments[at] === atMs ? at + 1 : at;
}

function rowsWithin(
  rows: Int32Array,
  closeMs: Float64Array,
  moments: Float64Array,
  from: number,
  to: number,
): Int32Array {
  const [firstMs, endMs] = [moments[from] ?? Infinity, moments[to] ?? Infinity];
  return rows.filter((row) => {
    const close = closeMs[row] ?? 0;
    return close >= firstMs && close < endMs;
  });
}

/** The bounds of `parts` parts of as near one size as whole numbers allow. */
function edgesOf(count: number, parts: number): readonly number[] {
  return Array.from({ length: parts + 1 }, (_, k) => Math.floor((k * count) / parts));
}

function pairs(edges: readonly number[]): readonly (readonly [number, number])[] {
  return edges.slice(1).map((to, k) => [edges[k] ?? 0, to] as const);
}

function refuseTooFew(train: number, test: number): void {
  if (train >= TRAIN_ROWS_MIN && test > 0) return;
  throw new FitRefused(
    "TOO_FEW_ROWS",
    `a fold has ${train} rows to learn from, at least ${TRAIN_ROWS_MIN} are needed, and ${test} to be scored on; ask for fewer folds, a later test or a longer history`,
  );
}
