import type { FeatureMatrix } from "../../features/matrix.ts";
import { lowerBound } from "../../market/known-bars.ts";
import { inSpans, type Steps } from "../../shared/steps.ts";
import { logRatio } from "../labels/bars.ts";
import { type Labels, labelSteps } from "../labels/labels.ts";
import { varianceSteps } from "../labels/variance.ts";
import type { Target, VarianceMeasure } from "../model/definition.ts";

/** What is said of each bar beside its features: as believed at its close. */
export interface BarFacts {
  readonly closeMs: Float64Array;
  readonly logReturn: Float64Array;
  readonly variance: Float64Array;
}

export interface LabelledPart extends BarFacts, Labels {
  /** features, a column each */
  readonly values: readonly Float64Array[];
  /** opening times */
  readonly startMs: Float64Array;
}

/** By which measure the variances of a sample are taken. */
export function measureOf(target: Target): VarianceMeasure {
  return target.kind === "volatility" ? target.measure : "parkinson";
}

/** Of all rows of a matrix. */
export function* barFacts({ bars }: FeatureMatrix, measure: VarianceMeasure): Steps<BarFacts> {
  const { open, high, low, close, closeBefore, closeMs } = bars;
  const logReturn = new Float64Array(close.length);
  yield* inSpans(close.length, 1, (from, until) => {
    for (let i = from; i < until; i += 1) logReturn[i] = logRatio(close[i], closeBefore[i]);
  });
  if (measure !== "squaredReturn") {
    const variance = yield* varianceSteps({ open, high, low, close, closeMs }, measure);
    return { closeMs, logReturn, variance };
  }
  const variance = logReturn.map((value) => value * value);
  yield;
  return { closeMs, logReturn, variance };
}

/**
 * The rows of one symbol with their labels, from the first bar that opens at `startMs` or later and has a value of any feature. Labels
 * are made of the bars as they are believed in the end, and never of bars that the matrix does not have.
 */
export function* labelledPart(
  matrix: FeatureMatrix,
  target: Target,
  startMs: number,
): Steps<LabelledPart> {
  const { bars, values } = matrix;
  const { finalOpen: open, finalHigh: high, finalLow: low, finalClose: close, closeMs } = bars;
  const labels = yield* labelSteps({ open, high, low, close, closeMs }, target);
  const facts = yield* barFacts(matrix, measureOf(target));
  const first = Math.max(lowerBound(bars.startMs, startMs), firstWithValue(matrix));
  const rest = (column: Float64Array) => column.subarray(first);
  return {
    values: values.map(rest),
    startMs: rest(bars.startMs),
    closeMs: rest(facts.closeMs),
    logReturn: rest(facts.logReturn),
    variance: rest(facts.variance),
    y: rest(labels.y),
    labelEndMs: rest(labels.labelEndMs),
    forwardReturn: rest(labels.forwardReturn),
  };
}

/** The first row on which any feature has a value; 0 where there are no features, the number of rows where none ever has. */
export function firstWithValue({ values, rows }: FeatureMatrix): number {
  if (values.length === 0) return 0;
  let first = rows;
  for (const column of values) {
    const at = column.subarray(0, first).findIndex((value) => !Number.isNaN(value));
    if (at >= 0) first = at;
  }
  return first;
}

/**
 * Puts features into the rows of x, row by row.
 * @param x rows × columns numbers
 * @param at the row of x at which the first of the values goes
 */
export function putRows(x: Float64Array, at: number, values: readonly Float64Array[]): Steps<void> {
  const columns = values.length;
  return inSpans(values[0]?.length ?? 0, Math.max(1, columns), (from, until) => {
    for (const [j, column] of values.entries())
      for (let i = from; i < until; i += 1) x[(at + i) * columns + j] = column[i] ?? Number.NaN;
  });
}
