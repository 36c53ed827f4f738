import { eigenSymmetric } from "../../numeric/eigen.ts";
import { at, type Matrix } from "../../numeric/matrix.ts";
import { correlationOf, deviationsOf, scaledBy } from "../../numeric/symmetric.ts";
import { nearestCorrelation } from "./nearest.ts";

/** What a covariance is fit for. */
export interface Diagnosis {
  readonly covariance: Matrix;
  readonly correlation: Matrix;
  /** of the covariance, after repair */
  readonly minEigenvalue: number;
  /** largest over smallest eigenvalue; null where that is not positive */
  readonly conditionNumber: number | null;
  /** no eigenvalue is below 0 by more than rounding */
  readonly isPositiveSemidefinite: boolean;
  /** of the correlations, where they had to be repaired */
  readonly repair: {
    readonly distance: number;
    readonly iterations: number;
    readonly isConverged: boolean;
  } | null;
}

/** Beside the largest eigenvalue. */
const ROUNDING = 1e-12;

/** @param isRepaired take the nearest correlation matrix where there are negative eigenvalues; deviations stay */
export function diagnose(covariance: Matrix, isRepaired: boolean): Diagnosis {
  const found = spectrumOf(covariance);
  const correlation = correlationOf(covariance);
  return found.isPositiveSemidefinite || !isRepaired
    ? { covariance, correlation, ...found, repair: null }
    : mended(correlation, deviationsOf(covariance));
}

/** The same of correlations and deviations; one whose diagonal is not 1 is repaired too. */
export function diagnoseCorrelation(
  correlation: Matrix,
  deviations: Float64Array,
  isRepaired: boolean,
): Diagnosis {
  let isUnit = true;
  for (let i = 0; i < correlation.rows; i += 1) if (at(correlation, i, i) !== 1) isUnit = false;
  const covariance = scaledBy(correlation, deviations);
  const { isPositiveSemidefinite } = spectrumOf(correlation);
  return (isPositiveSemidefinite && isUnit) || !isRepaired
    ? { covariance, correlation, ...spectrumOf(covariance), isPositiveSemidefinite, repair: null }
    : mended(correlation, deviations);
}

function mended(correlation: Matrix, deviations: Float64Array): Diagnosis {
  const { matrix, distance, iterations, isConverged } = nearestCorrelation(correlation);
  const covariance = scaledBy(matrix, deviations);
  return {
    covariance,
    correlation: matrix,
    ...spectrumOf(covariance),
    repair: { distance, iterations, isConverged },
  };
}

function spectrumOf(matrix: Matrix) {
  const { values } = eigenSymmetric(matrix);
  const [largest, smallest] = [values[0] ?? 0, values.at(-1) ?? 0];
  const condition = smallest > 0 ? largest / smallest : Infinity;
  return {
    minEigenvalue: smallest,
    conditionNumber: Number.isFinite(condition) ? condition : null,
    isPositiveSemidefinite: smallest >= -ROUNDING * largest * matrix.rows,
  };
}
