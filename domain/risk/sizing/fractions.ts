import { cholesky, choleskySolve } from "../../numeric/cholesky.ts";
import { at, type Matrix } from "../../numeric/matrix.ts";

/**
 * Kelly's fraction of a bet that wins `payoff` times the stake with probability `winProbability` and else loses it: p − q/b
 * (Kelly 1956; Thorp 2006, eq. 2.1).
 * @param winProbability in [0, 1]
 * @param payoff         positive
 * @returns never negative: a bet without an edge is not taken
 */
export function kellyFraction(winProbability: number, payoff: number): number {
  return Math.max(0, winProbability - (1 - winProbability) / payoff);
}

/**
 * The weights that maximise the growth of several assets, C⁻¹(μ − r) (Thorp 2006, eq. 8.8). Weights may be negative (short) and
 * add up to more than 1 (borrowed); what is not in them is in the riskless asset.
 * @returns null where the covariance is not positive definite: two assets that are one have no single best mix
 */
export function kellyWeights(
  mean: readonly number[],
  covariance: Matrix,
  riskFree: number,
): Float64Array | null {
  const lower = cholesky(covariance);
  return (
    lower &&
    choleskySolve(
      lower,
      mean.map((value) => value - riskFree),
    )
  );
}

export interface OptimalF {
  /** in [0, 1]: the part of the worst loss's multiple that is risked; 0 where the trades lose on the whole */
  readonly fraction: number;
  /** terminal wealth relative: Π(1 + f·tᵢ/|worst|) */
  readonly terminalWealth: number;
  /** positive */
  readonly worstLoss: number;
}

/**
 * Vince's optimal f (1990): the fraction f that maximises the product of 1 + f·tᵢ/|worst| over the profits and losses of trades.
 * ln of it is concave on [0, 1), so that where its slope changes sign is the maximum.
 * @returns null where no trade lost: the product then has no maximum
 */
export function optimalF(trades: readonly number[]): OptimalF | null {
  const worstLoss = -Math.min(...trades);
  if (!(worstLoss > 0)) return null;
  const returns = trades.map((trade) => trade / worstLoss);
  const slope = (f: number) => returns.reduce((sum, r) => sum + r / (1 + f * r), 0);
  let [low, high] = [0, 1];
  if (slope(0) <= 0) high = 0;
  else
    for (let step = 0; step < 200 && high - low > 1e-16; step += 1) {
      const middle = (low + high) / 2;
      if (slope(middle) > 0) low = middle;
      else high = middle;
    }
  const fraction = (low + high) / 2;
  const lnWealth = returns.reduce((sum, r) => sum + Math.log1p(fraction * r), 0);
  return { fraction, terminalWealth: Math.exp(lnWealth), worstLoss };
}

/**
 * How much is held so that the position's volatility is the target: target over realised, never more than the cap.
 * @param realizedVol of the same period as the target; 0 gives the cap
 * @returns null where nothing caps it and the realised volatility is 0
 */
export function volatilityTarget(
  targetVol: number,
  realizedVol: number,
  maxLeverage: number | undefined,
): number | null {
  if (realizedVol === 0) return maxLeverage ?? null;
  return Math.min(targetVol / realizedVol, maxLeverage ?? Infinity);
}

/** Weights in inverse proportion to volatilities, which add up to 1. @param vols positive */
export function inverseVolatility(vols: readonly number[]): readonly number[] {
  const inverse = vols.map((vol) => 1 / vol);
  const total = inverse.reduce((sum, value) => sum + value, 0);
  return inverse.map((value) => value / total);
}

/**
 * Kelly under a limit on drawdown: the fraction is applied to the wealth above the floor that a drawdown from the peak leaves
 * (Grossman & Zhou 1993), so that the floor is approached and not reached.
 * @param kelly        the unconstrained fraction
 * @param maxDrawdown  in (0, 1), of the peak
 * @returns of wealth; 0 at the floor and below
 */
export function drawdownConstrained(
  kelly: number,
  maxDrawdown: number,
  wealth: number,
  peak: number,
): number {
  const floor = (1 - maxDrawdown) * peak;
  return Math.max(0, kelly) * Math.max(0, 1 - floor / wealth);
}

/**
 * Constant-proportion portfolio insurance (Black & Jones 1987): the exposure is a multiple of what lies above the floor.
 * @returns over value; never below 0, nor above the cap
 */
export function cppi(
  value: number,
  floor: number,
  multiplier: number,
  maxLeverage: number | undefined,
): number {
  const exposure = (multiplier * Math.max(0, value - floor)) / value;
  return Math.min(exposure, maxLeverage ?? Infinity);
}

/** Growth a period of log wealth at these weights, to second order: r + w·(μ − r) − ½·wᵀCw (Thorp 2006, eq. 8.7). */
export function growthRate(
  weights: ArrayLike<number>,
  mean: readonly number[],
  covariance: Matrix,
  riskFree: number,
): number {
  let growth = riskFree;
  for (let i = 0; i < mean.length; i += 1) {
    const weight = weights[i] ?? 0;
    growth += weight * ((mean[i] ?? 0) - riskFree);
    for (let j = 0; j < mean.length; j += 1)
      growth -= 0.5 * weight * at(covariance, i, j) * (weights[j] ?? 0);
  }
  return growth;
}
