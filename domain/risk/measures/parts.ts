import { dot, quadraticForm, times, zeros } from "../../numeric/matrix.ts";
import { observe, returnsWithout, type ScenarioBook } from "./book.ts";
import type { MomentBook } from "./elliptical.ts";
import { measureMoments, measureObserved } from "./measure.ts";
import { isUnmeasurable, type Measured, type Unmeasurable, type VarSpec } from "./spec.ts";

export interface MeasuredParts {
  readonly whole: Measured;
  /** VaR less that of the book without the name, recomputed, one a name; NaN where the rest cannot be measured */
  readonly incremental: Float64Array | null;
}

/** A measure with what each name adds. @param isSplit false: the whole alone */
export function measureParts(
  book: ScenarioBook,
  spec: VarSpec,
  isSplit = true,
): MeasuredParts | Unmeasurable {
  const observed = observe(book);
  const whole = measureObserved(observed, spec, isSplit);
  if (isUnmeasurable(whole)) return whole;
  if (!isSplit) return { whole, incremental: null };
  const incremental = Float64Array.from(book.columns, (_, i) => {
    if ((book.weights[i] ?? 0) === 0) return 0;
    const rest = { columns: [], weights: [], returns: returnsWithout(observed, i) };
    return whole.var - varOf(measureObserved(rest, spec, false));
  });
  return { whole, incremental };
}

/** The same of moments alone: without a name mean and variance of the rest follow from its covariances. */
export function measureMomentParts(book: MomentBook, spec: VarSpec): MeasuredParts | Unmeasurable {
  const whole = measureMoments(book, spec);
  if (isUnmeasurable(whole)) return whole;
  const { weights, mean, covariance } = book;
  const variance = quadraticForm(covariance, weights);
  const along = times(covariance, weights);
  const centre = dot(weights, mean);
  const incremental = Float64Array.from(mean, (own, i) => {
    const weight = weights[i] ?? 0;
    if (weight === 0) return 0;
    const square = covariance.data[i * covariance.columns + i] ?? 0;
    const rest = zeros(1, 1);
    rest.data[0] = Math.max(0, variance - 2 * weight * (along[i] ?? 0) + weight * weight * square);
    const without = { weights: [1], mean: [centre - weight * own], covariance: rest };
    return whole.var - varOf(measureMoments(without, spec));
  });
  return { whole, incremental };
}

function varOf(found: Measured | Unmeasurable): number {
  return isUnmeasurable(found) ? Number.NaN : found.var;
}
