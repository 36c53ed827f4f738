import type { Side } from "../order/new-order.ts";
import { Decimal, dec, type DecimalString, ZERO } from "../shared/decimal.ts";

/** A position, and what open orders will add to it and take away. */
export interface Offered {
  readonly positionQty: DecimalString;
  readonly openBuyQty: DecimalString;
  readonly openSellQty: DecimalString;
}

/** The side on which an order makes the position smaller. */
export function sideThatReduces({ positionQty }: Pick<Offered, "positionQty">): Side {
  return dec(positionQty).isNegative() ? "buy" : "sell";
}

/** What of the position no open order offers yet. */
export function notOffered({ positionQty, openBuyQty, openSellQty }: Offered): Decimal {
  const position = dec(positionQty);
  const offered = position.isNegative() ? openBuyQty : openSellQty;
  return Decimal.max(position.abs().minus(offered), ZERO);
}

/** Whether such an order can only make the position smaller. */
export function onlyReduces(side: Side, quantity: Decimal, offered: Offered): boolean {
  return side === sideThatReduces(offered) && quantity.lessThanOrEqualTo(notOffered(offered));
}
