import type { Matrix } from "../../numeric/matrix.ts";
import { covariance } from "../../numeric/moments.ts";
import { symmetricOf } from "../../numeric/symmetric.ts";
import { covarianceMatrix } from "./sample.ts";
import {
  ledoitWolfConstantCorrelation,
  ledoitWolfIdentity,
  ledoitWolfSingleFactor,
  oracleApproximating,
} from "./shrinkage.ts";

export const ESTIMATORS = [
  "sample",
  "ewma",
  "ledoitWolfIdentity",
  "ledoitWolfConstantCorrelation",
  "ledoitWolfSingleFactor",
  "oas",
] as const;
export type Estimator = (typeof ESTIMATORS)[number];

/** Daily data, as RiskMetrics 1996. */
export const DEFAULT_LAMBDA = 0.94;

interface Estimate {
  readonly covariance: Matrix;
  /** of the estimators that shrink */
  readonly shrinkage: number | null;
}

/**
 * @param columns series without gaps, one a name, oldest first, of at least 2 observations
 * @param lambda of `ewma`, in (0, 1): what a day's weight is of the next one's
 */
export function estimateCovariance(
  columns: readonly ArrayLike<number>[],
  estimator: Estimator,
  lambda = DEFAULT_LAMBDA,
): Estimate {
  switch (estimator) {
    case "sample":
      return { covariance: covarianceMatrix(columns), shrinkage: null };
    case "ewma":
      return { covariance: ewmaCovariance(columns, lambda), shrinkage: null };
    case "ledoitWolfIdentity":
      return ledoitWolfIdentity(columns);
    case "ledoitWolfConstantCorrelation":
      return ledoitWolfConstantCorrelation(columns);
    case "ledoitWolfSingleFactor":
      return ledoitWolfSingleFactor(columns);
    case "oas":
      return oracleApproximating(columns);
  }
}

/**
 * Σ λ^(T−t)·xₜyₜ / Σ λ^(T−t): weights that fall with age, about a mean of zero (RiskMetrics Technical Document, 1996, §5.2).
 */
function ewmaCovariance(columns: readonly ArrayLike<number>[], lambda: number): Matrix {
  const count = columns[0]?.length ?? 0;
  const weights = new Float64Array(count);
  let total = 0;
  for (let k = count - 1, weight = 1; k >= 0; k -= 1, weight *= lambda) {
    weights[k] = weight;
    total += weight;
  }
  return symmetricOf(columns.length, (i, j) => {
    const [x, y] = [columns[i] ?? [], columns[j] ?? []];
    let sum = 0;
    for (let k = 0; k < count; k += 1) sum += (weights[k] ?? 0) * (x[k] ?? 0) * (y[k] ?? 0);
    return sum / total;
  });
}

interface Pairwise {
  readonly covariance: Matrix;
  /** observations of the pair that has the fewest */
  readonly sampleSize: number;
}

/**
 * Each pair over the observations that both have (NaN: missing), divided by their number − 1. What comes of it need not be a
 * covariance: eigenvalues may be negative.
 * @returns the two indices of a pair with fewer than 2 observations in common, where there is one
 */
export function pairwiseCovariance(
  columns: readonly ArrayLike<number>[],
): Pairwise | { readonly lacking: readonly [number, number] } {
  let sampleSize = Infinity;
  let lacking: readonly [number, number] | null = null;
  const matrix = symmetricOf(columns.length, (i, j) => {
    const [x, y] = common(columns[i] ?? [], columns[j] ?? []);
    sampleSize = Math.min(sampleSize, x.length);
    if (x.length < 2) lacking ??= [j, i];
    return covariance(x, y);
  });
  return lacking === null ? { covariance: matrix, sampleSize } : { lacking };
}

function common(x: ArrayLike<number>, y: ArrayLike<number>): readonly [number[], number[]] {
  const pair: [number[], number[]] = [[], []];
  for (let k = 0; k < x.length; k += 1) {
    const [a, b] = [x[k] ?? Number.NaN, y[k] ?? Number.NaN];
    if (Number.isNaN(a) || Number.isNaN(b)) continue;
    pair[0].push(a);
    pair[1].push(b);
  }
  return pair;
}

/** The observations that all have. */
export function completeRows(columns: readonly ArrayLike<number>[]): readonly Float64Array[] {
  const kept: number[] = [];
  for (let k = 0; k < (columns[0]?.length ?? 0); k += 1)
    if (columns.every((column) => !Number.isNaN(column[k] ?? Number.NaN))) kept.push(k);
  return columns.map((column) => Float64Array.from(kept, (k) => column[k] ?? Number.NaN));
}
