import { finished, inSpans, type Steps } from "../../shared/steps.ts";

/** Bars of one symbol, oldest first, all columns of one length; prices in one unit (adjusted for what changed it). */
export interface LabelBars {
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** epoch ms */
  readonly closeMs: Float64Array;
}

/** ln(close / the close before); NaN at the first bar, and where a price is not positive. */
export function logReturns(close: Float64Array): Float64Array {
  return finished(logReturnSteps(close));
}

/** What `logReturns` does, for long histories. */
export function* logReturnSteps(close: Float64Array): Steps<Float64Array> {
  const returns = new Float64Array(close.length);
  yield* inSpans(close.length, 1, (from, until) => {
    for (let i = from; i < until; i += 1)
      returns[i] = i === 0 ? Number.NaN : logRatio(close[i], close[i - 1]);
  });
  return returns;
}

/** ln(a / b), NaN unless both are positive and finite. */
export function logRatio(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined || !(a > 0) || !(b > 0)) return Number.NaN;
  const ratio = Math.log(a / b);
  return Number.isFinite(ratio) ? ratio : Number.NaN;
}

/** a / b − 1, NaN unless `b` is positive and `a` is not negative. */
export function simpleReturn(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined || !(a >= 0) || !(b > 0)) return Number.NaN;
  return a / b - 1;
}
