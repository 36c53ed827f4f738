import { quantileOfSorted, sorted } from "../../numeric/quantile.ts";

export interface Losses {
  readonly valueAtRisk: number;
  readonly expectedShortfall: number;
}

/**
 * Historical value at risk and expected shortfall of profits and losses, in their unit; positive, 0 where even the tail gains.
 * The quantile is of type 7 (Hyndman & Fan 1996); the shortfall is the mean of what is at or below it.
 * @param pnl        one a day, in any order, not empty
 * @param confidence in (0, 1)
 * @throws RangeError of nothing
 */
export function lossesOf(pnl: Float64Array, confidence: number): Losses {
  const ascending = sorted(pnl);
  const quantile = quantileOfSorted(ascending, 1 - confidence);
  let [sum, count] = [0, 0];
  for (const value of ascending) {
    if (value > quantile) break;
    sum += value;
    count += 1;
  }
  // Interpolation may round the quantile to just below the least of them.
  const mean = count === 0 ? quantile : sum / count;
  return { valueAtRisk: Math.max(0, -quantile), expectedShortfall: Math.max(0, -mean) };
}
