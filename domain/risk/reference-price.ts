import type { Quote } from "../market/quote.ts";
import type { Side } from "../order/new-order.ts";
import { type Decimal, dec, type DecimalString } from "../shared/decimal.ts";

/** What an order of this side would trade at now: the other side's best, else the last price; null when neither is known. */
export function touchPrice(quote: Quote | null, side: Side): Decimal | null {
  if (quote === null) return null;
  return usable(side === "buy" ? quote.ask : quote.bid) ?? usable(quote.last);
}

/** The last price, else the touch: what a limit price is compared with. */
export function lastPrice(quote: Quote | null, side: Side): Decimal | null {
  return usable(quote?.last ?? null) ?? touchPrice(quote, side);
}

/** What a holding is worth now, per unit: the last price, else the best price that someone offers or asks for it. */
export function markPrice(quote: Quote | null): Decimal | null {
  return lastPrice(quote, "sell") ?? touchPrice(quote, "buy");
}

/** A price that is not positive is no price. */
function usable(price: DecimalString | null): Decimal | null {
  if (price === null) return null;
  const value = dec(price);
  return value.isPositive() && !value.isZero() ? value : null;
}
