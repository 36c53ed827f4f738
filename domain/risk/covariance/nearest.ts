import { eigenSymmetric } from "../../numeric/eigen.ts";
import { at, type Matrix, zeros } from "../../numeric/matrix.ts";
import { frobenius, spectral, symmetricOf } from "../../numeric/symmetric.ts";

export interface Nearest {
  readonly matrix: Matrix;
  /** from what was given, in the Frobenius norm */
  readonly distance: number;
  readonly iterations: number;
  /** false: a correlation matrix all the same, but not quite the nearest */
  readonly isConverged: boolean;
}

/** Of the largest element, from one round to the next. */
const TOLERANCE = 1e-12;
/** Rounds × n³ that may be spent: some seconds. */
const WORK_MAX = 1.5e9;
const ROUNDS_MAX = 5_000;

/**
 * The correlation matrix that is nearest to a symmetric one in the Frobenius norm: projections on the positive semidefinite
 * matrices and on those of unit diagonal by turns, with Dykstra's correction of the first (Higham, IMA J. Numer. Anal. 22
 * (2002) 329, algorithm 3.3). Eigenvalues that rounding leaves below zero are lifted at the end by a touch of the identity.
 */
export function nearestCorrelation(given: Matrix): Nearest {
  const { rows: size } = given;
  const roundsMax = Math.max(5, Math.min(ROUNDS_MAX, Math.floor(WORK_MAX / size ** 3)));
  let unit = given;
  let correction = zeros(size, size);
  let iterations = 0;
  let isConverged = false;
  while (!isConverged && iterations < roundsMax) {
    const target = difference(unit, correction);
    const positive = spectral(eigenSymmetric(target), (value) => Math.max(value, 0));
    correction = difference(positive, target);
    const next = symmetricOf(size, (i, j) => (i === j ? 1 : at(positive, i, j)));
    isConverged = largestChange(next, unit) <= TOLERANCE;
    unit = next;
    iterations += 1;
  }
  const matrix = lifted(unit);
  return { matrix, distance: frobenius(matrix, given), iterations, isConverged };
}

function difference(a: Matrix, b: Matrix): Matrix {
  return symmetricOf(a.rows, (i, j) => at(a, i, j) - at(b, i, j));
}

function largestChange(a: Matrix, b: Matrix): number {
  let largest = 0;
  for (const [k, value] of a.data.entries())
    largest = Math.max(largest, Math.abs(value - (b.data[k] ?? 0)));
  return largest;
}

function lifted(matrix: Matrix): Matrix {
  const smallest = eigenSymmetric(matrix).values.at(-1) ?? 0;
  if (smallest >= 0) return matrix;
  const factor = 1 / (1 - smallest * (1 + 1e-10) + 1e-15);
  return symmetricOf(matrix.rows, (i, j) => (i === j ? 1 : factor * at(matrix, i, j)));
}
