import {
  type Coefficient,
  regress,
  type Regression,
  type RegressionTerms,
  type Singular,
} from "../../numeric/least-squares.ts";
import { covariance, variance } from "../../numeric/moments.ts";

export interface FactorExposure extends Coefficient {
  readonly factor: string;
}

/** What a factor contributes to the variance of a return. */
export interface RiskPart {
  readonly factor: string;
  /** β·cov(f, ŷ), of a period: of all factors with the residual they add up to the variance */
  readonly variance: number;
  /** of the variance */
  readonly percent: number | null;
  /** of the deviation, in its unit: variance over the deviation */
  readonly component: number;
}

export interface FactorFit {
  readonly alpha: Coefficient;
  readonly exposures: readonly FactorExposure[];
  readonly rSquared: number | null;
  readonly adjustedRSquared: number | null;
  /** √(SSR/(n − k)), of a period */
  readonly residualDeviation: number;
  readonly risk: FactorRisk;
  readonly residuals: Float64Array;
  readonly observations: number;
}

export interface FactorRisk {
  /** Σ(y − ȳ)²/(n − 1) */
  readonly variance: number;
  readonly factors: readonly RiskPart[];
  readonly residual: Omit<RiskPart, "factor">;
}

/**
 * A return explained by factors: y = α + Σβ·f + e by least squares, and its variance divided among them. As residuals do not
 * covary with factors within the sample, var(y) = Σ βₖ·cov(fₖ, ŷ) + var(e), exactly.
 * @param excess  returns less the riskless rate, oldest first
 * @param factors one column a name, of the same periods
 */
export function fitFactors(
  excess: ArrayLike<number>,
  names: readonly string[],
  factors: readonly ArrayLike<number>[],
  terms: Omit<RegressionTerms, "hasIntercept">,
): FactorFit | Singular {
  const found = regress(excess, factors, { ...terms, hasIntercept: true });
  if (typeof found === "string" || "dependent" in found) return found;
  const [alpha, ...betas] = found.coefficients;
  if (alpha === undefined) return "tooFew";
  return {
    alpha,
    exposures: betas.map((beta, i) => ({ factor: names[i] ?? "", ...beta })),
    rSquared: found.rSquared,
    adjustedRSquared: found.adjustedRSquared,
    residualDeviation: found.residualDeviation,
    risk: divideRisk(excess, names, factors, found),
    residuals: found.residuals,
    observations: found.observations,
  };
}

function divideRisk(
  excess: ArrayLike<number>,
  names: readonly string[],
  factors: readonly ArrayLike<number>[],
  { coefficients, residuals }: Regression,
): FactorRisk {
  const total = variance(excess);
  const fitted = residuals.map((residual, t) => (excess[t] ?? 0) - residual);
  const part = (value: number): Omit<RiskPart, "factor"> => ({
    variance: value,
    percent: total > 0 ? value / total : null,
    component: total > 0 ? value / Math.sqrt(total) : 0,
  });
  return {
    variance: total,
    factors: factors.map((factor, i) => ({
      factor: names[i] ?? "",
      ...part((coefficients[i + 1]?.estimate ?? 0) * covariance(factor, fitted)),
    })),
    residual: part(variance(residuals)),
  };
}
