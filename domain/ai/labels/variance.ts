import { finished, inSpans, type Steps } from "../../shared/steps.ts";
import type { VarianceMeasure } from "../model/definition.ts";
import { type LabelBars, logRatio } from "./bars.ts";

/**
 * The least variance whose logarithm is taken: a deviation of a millionth a bar, below the tick of any market. A bar on which
 * the price did not move has a variance of 0, which has no logarithm.
 */
export const VARIANCE_FLOOR = 1e-12;

const FOUR_LN_2 = 4 * Math.log(2);
const TWO_LN_2_MINUS_1 = 2 * Math.log(2) - 1;

/**
 * The variance of each bar's log price, never negative; NaN where a price is not positive, and for `squaredReturn` at the first.
 * `parkinson`: ln(H/L)² / (4 ln 2) (Parkinson 1980). `garmanKlass`: ½ ln(H/L)² − (2 ln 2 − 1) ln(C/O)² (Garman & Klass 1980), 0 where
 * a close outside of high and low makes it negative. `squaredReturn`: ln(C / C before)².
 */
export function barVariances(bars: LabelBars, measure: VarianceMeasure): Float64Array {
  return finished(varianceSteps(bars, measure));
}

/** What `barVariances` does, for long histories. */
export function* varianceSteps(bars: LabelBars, measure: VarianceMeasure): Steps<Float64Array> {
  const variances = new Float64Array(bars.close.length);
  yield* inSpans(variances.length, 1, (from, until) => {
    for (let i = from; i < until; i += 1) variances[i] = varianceOf(bars, i, measure);
  });
  return variances;
}

/** ln of a variance, or of the floor where it is less; NaN stays. */
export function logVariance(variance: number): number {
  return variance < VARIANCE_FLOOR ? Math.log(VARIANCE_FLOOR) : Math.log(variance);
}

function varianceOf(
  { open, high, low, close }: LabelBars,
  i: number,
  measure: VarianceMeasure,
): number {
  switch (measure) {
    case "parkinson":
      return logRatio(high[i], low[i]) ** 2 / FOUR_LN_2;
    case "garmanKlass": {
      const range = logRatio(high[i], low[i]) ** 2;
      const body = logRatio(close[i], open[i]) ** 2;
      return Math.max(0, range / 2 - TWO_LN_2_MINUS_1 * body);
    }
    case "squaredReturn":
      return logRatio(close[i], close[i - 1]) ** 2;
  }
}
