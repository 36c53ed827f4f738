import type { DecimalString } from "../shared/decimal.ts";

export interface PositionSummary {
  readonly symbol: string;
  /** of a hedging portfolio, where several stand side by side; absent: the only one of its symbol */
  readonly positionId?: string;
  readonly currency: string;
  readonly quantity: DecimalString;
  readonly averagePrice: DecimalString;
  /** Σ cost of the open lots, multiplier included, fees not */
  readonly cost: DecimalString;
  /** the same in the portfolio's base currency, at the rates of the trades; absent: it is in the base currency */
  readonly baseCost?: DecimalString;
  readonly multiplier: DecimalString;
  readonly realizedPnl: DecimalString;
  readonly fees: DecimalString;
}

/** What a position is kept under. */
export function positionKey({
  symbol,
  positionId,
}: Pick<PositionSummary, "symbol" | "positionId">): string {
  return positionId ?? symbol;
}

/** A parcel of a position as it was bought: signed quantity, and its cost with the multiplier, without fees. */
export interface Lot {
  readonly quantity: DecimalString;
  readonly cost: DecimalString;
}

/** What a fill did to the lots of a position: so many taken away at one end, and others put in their place. */
export interface LotChange {
  readonly end: "front" | "back";
  readonly removed: number;
  readonly put: readonly Lot[];
}

/**
 * Booked because a fill is a fact, and to be looked at by a person. `BuyingPowerExceeded`: the fill cost more than its hold
 * and the free cash. `PositionOversold`: more was sold than was there, the position is short.
 */
export type FillAlarm = "BuyingPowerExceeded" | "PositionOversold";
