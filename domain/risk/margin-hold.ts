import type { Instrument } from "../market/instrument.ts";
import type { NewOrder } from "../order/new-order.ts";
import type { MarketView } from "../portfolio/market-view.ts";
import { Decimal, dec, ZERO } from "../shared/decimal.ts";
import { hasLimit, holdCash, holdTerms } from "./hold.ts";
import { touchPrice } from "./reference-price.ts";

/** How far below the market a sell without a limit is reckoned to be filled. No venue keeps to it. */
const MARKET_SELL_MARGIN = "0.95";

type Priced = Pick<NewOrder, "ordType" | "price" | "stopPx" | "trail" | "side">;

/**
 * What the filling of an order may cost a margin portfolio beside the margin of what it opens: fees, and what it is filled at
 * worse than the mark. A buy up to its worst price, which its venue keeps to; a sell down to its limit, and without one down
 * to 5 % below what sets it off or the best bid. Nothing is gained by a price that is better than the mark: it may get worse.
 * @param mark what a unit is valued at
 * @returns in the instrument's currency; null when a price is not known
 */
export function marginHold(
  order: Priced,
  quantity: Decimal,
  instrument: Instrument,
  market: Pick<MarketView, "quote" | "feeBps">,
  mark: Decimal,
): Decimal | null {
  // Of a sell for its fees alone: at its limit or at the bid, whichever is higher.
  const terms = holdTerms(order, instrument, market);
  const worst = order.side === "buy" ? (terms?.worstPrice ?? null) : worstSale(order, market);
  if (terms === null || worst === null) return null;
  const value = quantity.times(terms.worstPrice).times(terms.multiplier);
  const fees = holdCash(quantity, terms).minus(value);
  const slippage = order.side === "buy" ? worst.minus(mark) : mark.minus(worst);
  return fees.plus(Decimal.max(slippage, ZERO).times(quantity).times(terms.multiplier));
}

function worstSale(order: Priced, { quote }: Pick<MarketView, "quote">): Decimal | null {
  if (hasLimit(order)) return order.price === undefined ? null : dec(order.price);
  const touch = touchPrice(quote, "sell");
  if (touch === null) return null;
  const setOff = order.stopPx === undefined ? touch : Decimal.min(touch, order.stopPx);
  return setOff.times(MARKET_SELL_MARGIN);
}
