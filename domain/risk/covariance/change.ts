import { cholesky, choleskySolve } from "../../numeric/cholesky.ts";
import { chiSquareTail, normalCdf } from "../../numeric/distributions.ts";
import { eigenSymmetric } from "../../numeric/eigen.ts";
import { at, type Matrix, multiply, zeros } from "../../numeric/matrix.ts";
import { symmetricOf } from "../../numeric/symmetric.ts";

export interface CorrelationChange {
  readonly change: number;
  /** standard normal when nothing has changed */
  readonly statistic: number;
  /** two-sided */
  readonly pValue: number;
}

/**
 * Whether two correlations of independent samples differ: Fisher's z (Metron 1 (1921) 3), atanh r of variance 1/(n − 3).
 * @returns null where a correlation is ±1, or a sample has fewer than 4 observations
 */
export function fisherTest(
  now: number,
  countNow: number,
  before: number,
  countBefore: number,
): CorrelationChange | null {
  if (Math.min(countNow, countBefore) < 4) return null;
  const deviation = Math.sqrt(1 / (countNow - 3) + 1 / (countBefore - 3));
  const statistic = (Math.atanh(now) - Math.atanh(before)) / deviation;
  if (!Number.isFinite(statistic)) return null;
  return { change: now - before, statistic, pValue: 2 * normalCdf(-Math.abs(statistic)) };
}

export interface EqualityTest {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly pValue: number;
}

/**
 * Whether two correlation matrices are of one population (Jennrich, J. Amer. Statist. Assoc. 65 (1970) 904): χ² with p(p − 1)/2
 * degrees of freedom.
 * @returns null where their mean cannot be inverted
 */
export function jennrichTest(
  now: Matrix,
  countNow: number,
  before: Matrix,
  countBefore: number,
): EqualityTest | null {
  const { rows: size } = now;
  const total = countNow + countBefore;
  const pooled = symmetricOf(
    size,
    (i, j) => (countNow * at(now, i, j) + countBefore * at(before, i, j)) / total,
  );
  const inverse = inverseOf(pooled);
  if (inverse === null || size < 2) return null;
  const root = Math.sqrt((countNow * countBefore) / total);
  const moved = symmetricOf(size, (i, j) => root * (at(now, i, j) - at(before, i, j)));
  const z = multiply(inverse, moved);
  const weight = cholesky(
    symmetricOf(size, (i, j) => (i === j ? 1 : 0) + at(pooled, i, j) * at(inverse, i, j)),
  );
  if (weight === null) return null;
  const diagonal = Float64Array.from({ length: size }, (_, i) => at(z, i, i));
  const explained = choleskySolve(weight, diagonal);
  let statistic = 0;
  for (let i = 0; i < size; i += 1) {
    statistic -= (diagonal[i] ?? 0) * (explained[i] ?? 0);
    for (let j = 0; j < size; j += 1) statistic += (at(z, i, j) * at(z, j, i)) / 2;
  }
  const degreesOfFreedom = (size * (size - 1)) / 2;
  return {
    statistic: Math.max(0, statistic),
    degreesOfFreedom,
    pValue: chiSquareTail(Math.max(0, statistic), degreesOfFreedom),
  };
}

function inverseOf(matrix: Matrix): Matrix | null {
  const lower = cholesky(matrix);
  if (lower === null) return null;
  const { rows: size } = matrix;
  const inverse = zeros(size, size);
  for (let j = 0; j < size; j += 1) {
    const unit = new Float64Array(size);
    unit[j] = 1;
    const column = choleskySolve(lower, unit);
    for (let i = 0; i < size; i += 1) inverse.data[i * size + j] = column[i] ?? 0;
  }
  return symmetricOf(size, (i, j) => at(inverse, i, j));
}

export interface Concentration {
  /** of all pairs; null of one name */
  readonly averageCorrelation: number | null;
  /** of the correlation matrix, descending, adding up to 1 */
  readonly eigenvalueShares: readonly number[];
  /** what the first fifth of the eigenvectors, rounded up, explains (Kritzman, Li, Page & Rigobon 2011) */
  readonly absorptionRatio: number;
}

/** How much of the whole moves together. */
export function concentrationOf(correlation: Matrix): Concentration {
  const { rows: size } = correlation;
  let sum = 0;
  for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) sum += at(correlation, i, j);
  const shares = Array.from(eigenSymmetric(correlation).values, (value) => value / size);
  const kept = Math.ceil(size / 5);
  return {
    averageCorrelation: size < 2 ? null : sum / ((size * (size - 1)) / 2),
    eigenvalueShares: shares,
    absorptionRatio: shares.slice(0, kept).reduce((total, share) => total + share, 0),
  };
}
