import { isConstant, covariance, standardDeviation } from "../../numeric/moments.ts";

/** Null where one of the two does not vary, and before there are enough observations. */
export type CorrelationPath = readonly (number | null)[];

/** Of the `window` observations up to each. */
export function rollingCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  window: number,
): CorrelationPath {
  return Array.from({ length: x.length }, (_, end) => {
    if (end + 1 < window) return null;
    const [a, b] = [x, y].map((one) => slice(one, end + 1 - window, end + 1));
    return a === undefined || b === undefined ? null : correlation(a, b);
  });
}

/** Pearson's; null where one of the two does not vary. */
function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  if (x.length < 2 || isConstant(x) || isConstant(y)) return null;
  const value = covariance(x, y) / standardDeviation(x) / standardDeviation(y);
  return Number.isFinite(value) ? Math.min(1, Math.max(-1, value)) : null;
}

/** With weights that fall by λ an observation, about a mean of zero, from the second observation on. */
export function ewmaCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  lambda: number,
): CorrelationPath {
  let [xx, yy, xy] = [0, 0, 0];
  return Array.from({ length: x.length }, (_, k) => {
    const [a, b] = [x[k] ?? 0, y[k] ?? 0];
    xx = lambda * xx + a * a;
    yy = lambda * yy + b * b;
    xy = lambda * xy + a * b;
    const value = xy / Math.sqrt(xx) / Math.sqrt(yy);
    return k === 0 || !Number.isFinite(value) ? null : Math.min(1, Math.max(-1, value));
  });
}

function slice(values: ArrayLike<number>, from: number, to: number): Float64Array {
  return Float64Array.from({ length: to - from }, (_, k) => values[from + k] ?? Number.NaN);
}
