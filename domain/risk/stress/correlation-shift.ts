import { eigenSymmetric } from "../../numeric/eigen.ts";
import { at, type Matrix } from "../../numeric/matrix.ts";
import { correlationOf, deviationsOf, scaledBy, symmetricOf } from "../../numeric/symmetric.ts";
import { nearestCorrelation } from "../covariance/nearest.ts";

export const SHIFT_TARGETS = ["one", "zero", "minusOne", "matrix"] as const;
export type ShiftTarget = (typeof SHIFT_TARGETS)[number];

export interface ShiftAsked {
  readonly towards: ShiftTarget;
  /** how far, 0 to 1 */
  readonly amount: number;
  /** of `matrix`: symmetric, with 1 on the diagonal */
  readonly target: Matrix | null;
}

export interface Shifted {
  readonly covariance: Matrix;
  readonly correlation: Matrix;
  readonly minEigenvalue: number;
  /** of all pairs; null of one asset */
  readonly averageBefore: number | null;
  readonly averageAfter: number | null;
  /** the target was no correlation matrix, and the nearest one took its place */
  readonly isRepaired: boolean;
}

/**
 * Another correlation of the same deviations: (1 − a)·C + a·T. Both are positive semidefinite, and so is every point between
 * them; where C is positive definite so is all of the way but its end. T for −1 has −1/(n − 1) everywhere, which is the
 * correlation matrix nearest to a matrix of −1: more than two assets cannot all oppose each other.
 */
export function shiftCorrelation(
  covariance: Matrix,
  { towards, amount, target }: ShiftAsked,
): Shifted {
  const before = correlationOf(covariance);
  const { matrix, isRepaired } = targetOf(towards, target, covariance.rows);
  const correlation = symmetricOf(before.rows, (i, j) =>
    i === j ? 1 : (1 - amount) * at(before, i, j) + amount * at(matrix, i, j),
  );
  return {
    covariance: scaledBy(correlation, deviationsOf(covariance)),
    correlation,
    minEigenvalue: eigenSymmetric(correlation).values.at(-1) ?? 1,
    averageBefore: averageOf(before),
    averageAfter: averageOf(correlation),
    isRepaired,
  };
}

/** Below it an eigenvalue is negative, and not only rounded. */
const TOLERANCE = -1e-10;

function targetOf(towards: ShiftTarget, target: Matrix | null, size: number) {
  const constant = (value: number) => ({
    matrix: symmetricOf(size, (i, j) => (i === j ? 1 : value)),
    isRepaired: false,
  });
  switch (towards) {
    case "one":
      return constant(1);
    case "zero":
      return constant(0);
    case "minusOne":
      return constant(-1 / Math.max(1, size - 1));
    case "matrix": {
      if (target === null || target.rows !== size)
        throw new RangeError(`expected a target of ${size} assets`);
      const isSound = (eigenSymmetric(target).values.at(-1) ?? 1) >= TOLERANCE;
      return isSound
        ? { matrix: target, isRepaired: false }
        : { matrix: nearestCorrelation(target).matrix, isRepaired: true };
    }
  }
}

function averageOf(correlation: Matrix): number | null {
  const { rows: size } = correlation;
  if (size < 2) return null;
  let sum = 0;
  for (let i = 0; i < size; i += 1) for (let j = 0; j < i; j += 1) sum += at(correlation, i, j);
  return sum / ((size * (size - 1)) / 2);
}
