import type { Denial, DenialCode } from "../../order/new-order.ts";
import { Decimal, dec, ZERO } from "../../shared/decimal.ts";
import type { Facts } from "../order-facts.ts";

/** One question about an order. Null: the rule is kept, or another rule's denial already says why it cannot be asked. */
export type OrderRule = (facts: Facts) => Denial | null;

export function deny(code: DenialCode, message: string, limit: string, observed: string): Denial {
  return { code, message, limit, observed };
}

export function unsupported(
  code: DenialCode,
  what: string,
  supported: readonly string[],
  observed: string,
): Denial {
  const limit = supported.length === 0 ? "none" : `one of ${supported.join(", ")}`;
  return deny(code, `the broker does not take this ${what}`, limit, observed);
}

export function highest(a: Decimal | null, b: Decimal | null): Decimal | null {
  if (a === null || b === null) return a ?? b;
  return Decimal.max(a, b);
}

export function lowest(values: readonly string[]): Decimal | null {
  return values.length === 0 ? null : Decimal.min(...values);
}

export function valueAt(
  price: Decimal | null,
  quantity: Decimal,
  { instrument }: Facts,
): Decimal | null {
  if (price === null || instrument === null) return null;
  return price.times(quantity).times(instrument.multiplier);
}

/** Whether the order can only make the position smaller. */
export function reduces(facts: Facts): boolean {
  return (
    facts.order.side === reducingSide(facts) && facts.quantity.lessThanOrEqualTo(reducible(facts))
  );
}

export function reducingSide({ context }: Facts): "buy" | "sell" {
  return dec(context.positionQty).isNegative() ? "buy" : "sell";
}

/** What of the position no open order offers yet. */
export function reducible({ context }: Facts): Decimal {
  const position = dec(context.positionQty);
  const offered = position.isNegative() ? context.openBuyQty : context.openSellQty;
  return Decimal.max(position.abs().minus(offered), ZERO);
}
