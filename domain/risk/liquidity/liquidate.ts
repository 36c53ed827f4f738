/** What is known of a market's depth. */
export interface MarketDepth {
  /** units a day, on average */
  readonly averageVolume: number;
  /** deviation of daily returns */
  readonly dailyVolatility: number;
  /** the whole spread over the mid, a fraction; null: not known */
  readonly spread: number | null;
}

export interface LiquidityTerms {
  /** of the daily volume that one takes part in, in (0, 1] */
  readonly participation: number;
  readonly horizonDays: number;
  /** Y of the square-root law; about 1 */
  readonly impactCoefficient: number;
  /** of the loss while it is liquidated, in (0, 1): its normal quantile */
  readonly quantile: number;
}

export interface Liquidation {
  /** |q|/(participation · volume); null: nothing is traded, so that it never ends */
  readonly days: number | null;
  /** of the position, within the horizon, in [0, 1] */
  readonly liquidated: number;
  /** of value: half the spread; null where that is not known */
  readonly spreadCost: number | null;
  /** of value: Y·σ·√(q/V), the square-root law (Tóth et al. 2011; Almgren et al. 2005), a day's part at a time; null without volume */
  readonly impactCost: number | null;
  /**
   * Of value: z·σ·√(T/3), the loss not exceeded while the position shrinks evenly to nothing over T days (Jorion 2007, §13.1.3);
   * null without volume.
   */
  readonly liquidationVaR: number | null;
}

/** How long a position takes to be sold, and what that costs. @param quantity units, signed; 0 costs nothing */
export function liquidate(
  quantity: number,
  { averageVolume, dailyVolatility, spread }: MarketDepth,
  { participation, horizonDays, impactCoefficient, quantile }: LiquidityTerms,
): Liquidation {
  const units = Math.abs(quantity);
  const spreadCost = spread === null ? null : spread / 2;
  if (units === 0)
    return { days: 0, liquidated: 1, spreadCost: 0, impactCost: 0, liquidationVaR: 0 };
  const daily = participation * averageVolume;
  if (!(daily > 0))
    return { days: null, liquidated: 0, spreadCost, impactCost: null, liquidationVaR: null };
  const days = units / daily;
  // What is sold of it on one day, at most the day's part.
  const ofDay = Math.min(units, daily);
  return {
    days,
    liquidated: Math.min(1, horizonDays / days),
    spreadCost,
    impactCost: impactCoefficient * dailyVolatility * Math.sqrt(ofDay / averageVolume),
    liquidationVaR: quantile * dailyVolatility * Math.sqrt(days / 3),
  };
}
