import { covarianceMatrix } from "../covariance/sample.ts";
import { times } from "../../numeric/matrix.ts";
import { variance } from "../../numeric/moments.ts";
import type { FactorFit } from "./exposures.ts";

/** The risk of a book of assets, each explained by the same factors. */
export interface BookFactorRisk {
  /** Σ weight·exposure, by factor */
  readonly exposures: readonly number[];
  /** bᵀFb + Σ weight²·var(e): the residuals of assets are taken not to covary */
  readonly variance: number;
  /** by factor b_k·(Fb)_k: they add up to bᵀFb */
  readonly factorVariance: readonly number[];
  readonly specificVariance: number;
}

/**
 * @param fits of the assets, in the order of the weights
 * @param factors one column a factor, of the fits
 */
export function bookFactorRisk(
  weights: ArrayLike<number>,
  fits: readonly FactorFit[],
  factors: readonly ArrayLike<number>[],
): BookFactorRisk {
  const exposures = factors.map((_, k) => {
    let sum = 0;
    for (const [i, fit] of fits.entries())
      sum += (weights[i] ?? 0) * (fit.exposures[k]?.estimate ?? 0);
    return sum;
  });
  const along = times(covarianceMatrix(factors), exposures);
  const factorVariance = exposures.map((exposure, k) => exposure * (along[k] ?? 0));
  let specificVariance = 0;
  for (const [i, fit] of fits.entries())
    specificVariance += (weights[i] ?? 0) ** 2 * variance(fit.residuals);
  const explained = factorVariance.reduce((sum, value) => sum + value, 0);
  return { exposures, variance: explained + specificVariance, factorVariance, specificVariance };
}
