import { normalCdf } from "../../numeric/distributions.ts";
import { excessKurtosis, mean, skewness } from "../../numeric/moments.ts";
import { andThen, NO_SPREAD, quotient, sumOf } from "./facts.ts";
import { metric, spreadMetric } from "./metric.ts";
import type { Facts, Finding } from "./metric.ts";

const NEVER_BELOW = "no return is below the minimum acceptable one";

/** Return for risk: the deviation's, and what lies below the minimum acceptable return. */
export const RATIO_METRICS = {
  sharpe: spreadMetric("mean excess return over standardDeviation, per period", sharpe),
  annualizedSharpe: spreadMetric("sharpe · √P", (facts) =>
    andThen(sharpe(facts), (value) => value * Math.sqrt(facts.periodsPerYear)),
  ),
  sharpeStandardError: spreadMetric(
    "of sharpe: √((1 − γ₃·S + (γ₄ − 1)/4·S²)/(n − 1)) with the skewness γ₃ and kurtosis γ₄ of the population (Mertens 2002)",
    sharpeError,
  ),
  probabilisticSharpe: spreadMetric(
    "probability that the true Sharpe ratio is above 0: Φ(sharpe / sharpeStandardError) (Bailey & López de Prado 2012)",
    (facts) =>
      andThen(sharpe(facts), (ratio) =>
        andThen(sharpeError(facts), (error) =>
          andThen(quotient(ratio, error, "the ratio has no error"), normalCdf),
        ),
      ),
  ),
  downsideDeviation: metric("√(Σ min(r − MAR, 0)² / n), over all n", (facts) =>
    lowerMoment(facts, 2),
  ),
  semiDeviation: metric(
    "√(Σ min(r − mean, 0)² / n), over all n",
    ({ returns, mean: centre, count }) =>
      Math.sqrt(sumOf(returns, (value) => Math.min(value - centre, 0) ** 2) / count),
  ),
  upsideRisk: metric("√(Σ max(r − MAR, 0)² / n), over all n", ({ returns, mar, count }) =>
    Math.sqrt(sumOf(returns, (value) => Math.max(value - mar, 0) ** 2) / count),
  ),
  sortino: metric("(mean − MAR) / downsideDeviation, per period", (facts) => kappa(facts, 2)),
  annualizedSortino: metric("sortino · √P", (facts) =>
    andThen(kappa(facts, 2), (value) => value * Math.sqrt(facts.periodsPerYear)),
  ),
  kappa: metric("of order 2: (mean − MAR) / √LPM₂, which is sortino", (facts) => kappa(facts, 2)),
  kappa3: metric("of order 3: (mean − MAR) / ∛LPM₃ (Kaplan & Knowles 2004)", (facts) =>
    kappa(facts, 3),
  ),
  omega: metric("Σ max(r − MAR, 0) / Σ max(MAR − r, 0) (Keating & Shadwick 2002)", omega),
  omegaSharpe: metric("omega − 1", (facts) => andThen(omega(facts), (value) => value - 1)),
  upsidePotential: metric("mean of max(r − MAR, 0) over downsideDeviation", (facts) =>
    quotient(
      sumOf(facts.returns, (value) => Math.max(value - facts.mar, 0)) / facts.count,
      lowerMoment(facts, 2),
      NEVER_BELOW,
    ),
  ),
} as const;

function sharpe({ excessMean, deviation }: Facts): Finding {
  return quotient(excessMean, deviation, NO_SPREAD);
}

function sharpeError(facts: Facts): Finding {
  return andThen(sharpe(facts), (ratio) => {
    const kurtosis = excessKurtosis(facts.returns) + 3;
    const within = 1 - skewness(facts.returns) * ratio + ((kurtosis - 1) / 4) * ratio ** 2;
    // Never negative but by rounding: γ₄ ≥ γ₃² + 1.
    return Math.sqrt(Math.max(within, 0) / (facts.count - 1));
  });
}

/** The root of the lower partial moment about the minimum acceptable return. */
function lowerMoment({ returns, mar, count }: Facts, order: 2 | 3): number {
  return (sumOf(returns, (value) => Math.max(mar - value, 0) ** order) / count) ** (1 / order);
}

function kappa(facts: Facts, order: 2 | 3): Finding {
  return quotient(mean(facts.returns) - facts.mar, lowerMoment(facts, order), NEVER_BELOW);
}

function omega({ returns, mar }: Facts): Finding {
  const gains = sumOf(returns, (value) => Math.max(value - mar, 0));
  const losses = sumOf(returns, (value) => Math.max(mar - value, 0));
  return quotient(gains, losses, NEVER_BELOW);
}
