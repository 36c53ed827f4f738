import type { Side } from "../../order/new-order.ts";
import { Decimal, dec, type DecimalString, floorTo } from "../../shared/decimal.ts";

/** What is held of a symbol, and what shall be. */
export interface RebalanceLine {
  readonly symbol: string;
  /** signed */
  readonly held: DecimalString;
  /** of equity less the buffer; negative to be short */
  readonly targetWeight: Decimal;
  /** of one unit, multiplier included, in the currency of the equity; positive */
  readonly unitValue: Decimal;
  readonly lotSize: DecimalString;
}

export interface RebalanceTerms {
  readonly equity: Decimal;
  /** of equity that is not invested, in [0, 1) */
  readonly cashBuffer: Decimal;
  /** in the currency of the equity: smaller trades are not worth their costs */
  readonly minTradeNotional: Decimal;
}

export interface RebalanceTrade {
  readonly symbol: string;
  readonly side: Side;
  /** positive, in whole lots */
  readonly quantity: Decimal;
  readonly notional: Decimal;
}

/** Why nothing is done about a symbol. */
export type Untraded = "ON_TARGET" | "BELOW_LOT" | "BELOW_MIN_NOTIONAL";

export interface RebalancePlan {
  /** sales before purchases, so that they pay for them; each in the order of the lines */
  readonly trades: readonly RebalanceTrade[];
  readonly untraded: readonly { readonly symbol: string; readonly reason: Untraded }[];
}

/**
 * The trades that bring holdings to their weights. The quantity to be held is rounded towards zero to the lot, and so is that
 * to be traded: neither the weights nor the buffer are ever exceeded by rounding.
 */
export function planRebalance(
  lines: readonly RebalanceLine[],
  { equity, cashBuffer, minTradeNotional }: RebalanceTerms,
): RebalancePlan {
  const invested = equity.times(dec(1).minus(cashBuffer));
  const trades: RebalanceTrade[] = [];
  const untraded: RebalancePlan["untraded"][number][] = [];
  for (const line of lines) {
    const trade = tradeOf(line, invested);
    if (typeof trade === "string") untraded.push({ symbol: line.symbol, reason: trade });
    else if (trade.notional.lessThan(minTradeNotional))
      untraded.push({ symbol: line.symbol, reason: "BELOW_MIN_NOTIONAL" });
    else trades.push(trade);
  }
  const of = (side: Side) => trades.filter((trade) => trade.side === side);
  return { trades: [...of("sell"), ...of("buy")], untraded };
}

function tradeOf(
  { symbol, held, targetWeight, unitValue, lotSize }: RebalanceLine,
  invested: Decimal,
): RebalanceTrade | Untraded {
  const wanted = towardsZero(targetWeight.times(invested).dividedBy(unitValue), lotSize);
  const change = wanted.minus(held);
  if (change.isZero()) return "ON_TARGET";
  const quantity = towardsZero(change, lotSize).abs();
  if (quantity.isZero()) return "BELOW_LOT";
  const side = change.isNegative() ? "sell" : "buy";
  return { symbol, side, quantity, notional: quantity.times(unitValue) };
}

function towardsZero(quantity: Decimal, lotSize: DecimalString): Decimal {
  const size = floorTo(quantity.abs(), lotSize);
  return quantity.isNegative() ? size.negated() : size;
}
