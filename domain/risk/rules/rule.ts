import type { Denial, DenialCode } from "../../order/new-order.ts";
import { Decimal } from "../../shared/decimal.ts";
import { notOffered, onlyReduces, sideThatReduces } from "../reducing.ts";
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

export function lowest(values: readonly (string | Decimal)[]): Decimal | null {
  return values.length === 0 ? null : Decimal.min(...values);
}

/** In the instrument's currency. */
export function valueAt(
  price: Decimal | null,
  quantity: Decimal,
  { instrument }: Pick<Facts, "instrument">,
): Decimal | null {
  if (price === null || instrument === null) return null;
  return price.times(quantity).times(instrument.multiplier);
}

/** In the portfolio's base currency. */
export function baseValueAt(
  price: Decimal | null,
  quantity: Decimal,
  facts: Pick<Facts, "instrument" | "baseRate">,
): Decimal | null {
  const value = valueAt(price, quantity, facts);
  return value === null || facts.baseRate === null ? null : value.times(facts.baseRate);
}

/** Whether the order can only make the position smaller. */
export function reduces(facts: Facts): boolean {
  return onlyReduces(facts.order.side, facts.quantity, facts.context);
}

export function reducingSide({ context }: Facts): "buy" | "sell" {
  return sideThatReduces(context);
}

/** What of the position no open order offers yet. */
export function reducible({ context }: Facts): Decimal {
  return notOffered(context);
}
