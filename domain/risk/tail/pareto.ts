import { minimise } from "../../numeric/minimise.ts";
import { mean, variance } from "../../numeric/moments.ts";

/** A generalised Pareto distribution of what losses exceed a threshold by. */
export interface ParetoTail {
  /** losses above it count */
  readonly threshold: number;
  /** of losses in all */
  readonly observations: number;
  /** of losses above the threshold */
  readonly exceedances: number;
  /** the shape; the tail is heavy where it is positive */
  readonly xi: number;
  /** the scale, positive */
  readonly beta: number;
}

export interface ParetoFit extends ParetoTail {
  readonly logLikelihood: number;
  /** of a large sample: (1 + ξ)/√N and β√(2(1 + ξ)/N) (Smith 1987); null where ξ ≤ −½, for which they do not hold */
  readonly standardErrors: { readonly xi: number; readonly beta: number } | null;
  readonly isConverged: boolean;
}

/** Fewer exceedances fix no shape. */
export const EXCEEDANCES_MIN = 10;

/**
 * Peaks over a threshold (McNeil 1997; McNeil, Frey & Embrechts 2015, §5.2): the excesses fitted by maximum likelihood.
 * @param losses positive where something is lost, finite, in any order
 * @returns null where fewer than `EXCEEDANCES_MIN` exceed the threshold, or all by the same
 */
export function fitPareto(losses: ArrayLike<number>, threshold: number): ParetoFit | null {
  const excesses = Float64Array.from(losses)
    .filter((loss) => loss > threshold)
    .map((loss) => loss - threshold);
  if (excesses.length < EXCEEDANCES_MIN) return null;
  const scale = mean(excesses);
  const spread = variance(excesses);
  if (!(spread > 0) || !(scale > 0)) return null;
  const unit = excesses.map((excess) => excess / scale);
  // By moments (Hosking & Wallis 1987) to begin with.
  const ratio = (scale * scale) / spread;
  const xi = Math.max(-0.4, Math.min(0.9, 0.5 * (1 - ratio)));
  const start = [xi, Math.log(Math.max(0.05, 0.5 * (1 + ratio)))];
  const found = minimise(
    ([shape = 0, lnBeta = 0]) => -paretoLikelihood(unit, shape, Math.exp(lnBeta)),
    -paretoLikelihood(unit, xi, Math.exp(start[1] ?? 0)) < Infinity ? start : [0.1, 0],
    { steps: [0.1, 0.1] },
  );
  const [shape = 0, lnBeta = 0] = found.x;
  const beta = Math.exp(lnBeta) * scale;
  return {
    threshold,
    observations: losses.length,
    exceedances: excesses.length,
    xi: shape,
    beta,
    standardErrors: errorsOf(shape, beta, excesses.length),
    logLikelihood: -found.value - excesses.length * Math.log(scale),
    isConverged: found.isConverged,
  };
}

function errorsOf(xi: number, beta: number, count: number): ParetoFit["standardErrors"] {
  if (xi <= -0.5) return null;
  return { xi: (1 + xi) / Math.sqrt(count), beta: beta * Math.sqrt((2 * (1 + xi)) / count) };
}

/** Without a bound for ξ below −1, where it grows without end: such shapes count as impossible. */
function paretoLikelihood(excesses: ArrayLike<number>, xi: number, beta: number): number {
  if (xi < -1) return -Infinity;
  let sum = 0;
  const isExponential = Math.abs(xi) < 1e-9;
  for (let i = 0; i < excesses.length; i += 1) {
    const y = (excesses[i] ?? 0) / beta;
    if (isExponential) {
      sum += y;
      continue;
    }
    const inner = 1 + xi * y;
    if (inner <= 0) return -Infinity;
    sum += (1 + 1 / xi) * Math.log1p(xi * y);
  }
  return -excesses.length * Math.log(beta) - sum;
}

/**
 * The loss that is not exceeded with a confidence: u + β/ξ·((n/N_u·(1 − c))^−ξ − 1).
 * @returns null where the confidence lies below the threshold, of which the tail says nothing
 */
export function paretoQuantile(tail: ParetoTail, confidence: number): number | null {
  const { threshold, observations, exceedances, xi, beta } = tail;
  const ratio = (observations / exceedances) * (1 - confidence);
  if (ratio > 1) return null;
  return Math.abs(xi) < 1e-9
    ? threshold - beta * Math.log(ratio)
    : threshold + (beta / xi) * Math.expm1(-xi * Math.log(ratio));
}

/** The mean of the losses beyond a quantile: (q + β − ξ·u)/(1 − ξ). Null where ξ ≥ 1: there is none. */
export function paretoShortfall(
  { threshold, xi, beta }: ParetoTail,
  quantile: number,
): number | null {
  return xi < 1 ? (quantile + beta - xi * threshold) / (1 - xi) : null;
}
