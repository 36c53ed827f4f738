import { studentCdf } from "../../numeric/distributions.ts";
import { mean } from "../../numeric/moments.ts";

/** Below 0 the first of two losses is the smaller one. */
export interface LossTest {
  readonly statistic: number;
  /** of both sides, under Student's t with n − 1 degrees of freedom */
  readonly pValue: number;
  readonly observations: number;
}

export interface LossTestTerms {
  /** bars ahead of the forecasts */
  readonly horizon: number;
  /** of the differences that count as correlated, weighted as Bartlett does; absent: max(horizon − 1, ⌊4(n/100)^(2/9)⌋) (Newey & West 1994) */
  readonly lags?: number;
}

const OBSERVATIONS_MIN = 5;
/** A variance of differences below this part of their mean square is rounding. */
const FLAT = 1e-12;

/**
 * Diebold & Mariano's test (1995) that two forecasts lose alike: the mean of the differences d of their losses over its error by
 * Newey & West (1987), times √((n + 1 − 2h + h(h − 1)/n)/n) for small samples (Harvey, Leybourne & Newbold 1997).
 * @param losses  of the one, in order of time
 * @param others  of the other, as long
 * @returns null of fewer than 5 observations, not more than the horizon, or of differences that do not vary
 */
export function dieboldMariano(
  losses: ArrayLike<number>,
  others: ArrayLike<number>,
  { horizon, lags = usualLags(losses.length, horizon) }: LossTestTerms,
): LossTest | null {
  const differences = Float64Array.from(losses, (loss, i) => loss - (others[i] ?? Number.NaN));
  const n = differences.length;
  if (n < OBSERVATIONS_MIN || n <= horizon) return null;
  const centre = mean(differences);
  const longRun = longRunVariance(differences, centre, Math.min(lags, n - 1));
  const scale = differences.reduce((sum, d) => sum + d * d, 0) / n;
  if (!(longRun > FLAT * scale)) return null;
  const small = Math.sqrt(Math.max(0, n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n);
  const statistic = (small * centre) / Math.sqrt(longRun / n);
  const pValue = 2 * studentCdf(-Math.abs(statistic), n - 1);
  return { statistic, pValue: Math.min(1, pValue), observations: n };
}

/** Of Newey & West (1994), and no fewer than overlapping forecasts are correlated. */
export function usualLags(n: number, horizon: number): number {
  return Math.max(horizon - 1, Math.floor(4 * (n / 100) ** (2 / 9)));
}

/** γ₀ + 2·Σ(1 − k/(L + 1))·γₖ. */
export function longRunVariance(values: Float64Array, centre: number, lags: number): number {
  let sum = autocovariance(values, centre, 0);
  for (let k = 1; k <= lags; k += 1)
    sum += 2 * (1 - k / (lags + 1)) * autocovariance(values, centre, k);
  return sum;
}

function autocovariance(values: Float64Array, centre: number, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i += 1)
    sum += ((values[i] ?? 0) - centre) * ((values[i - lag] ?? 0) - centre);
  return sum / values.length;
}

/** The mean of losses at each moment, in order of time: symbols of one moment are one observation. */
export function lossesByMoment(
  closeMs: Float64Array,
  losses: Float64Array,
): Float64Array<ArrayBuffer> {
  const sums = new Map<number, { sum: number; count: number }>();
  closeMs.forEach((close, i) => {
    const found = sums.get(close) ?? { sum: 0, count: 0 };
    found.sum += losses[i] ?? Number.NaN;
    found.count += 1;
    sums.set(close, found);
  });
  return Float64Array.from(
    [...sums].toSorted(([a], [b]) => a - b),
    ([, { sum, count }]) => sum / count,
  );
}
