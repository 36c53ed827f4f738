/**
 * Orders for the opening or the closing auction of a session. The print of the opening auction is the open of the session's
 * first bar that is offered to an order that came before the session opened; that of the closing auction is the close of the
 * bar with which the session ends. A daily bar has both. Quotes are no auction.
 */
import { type DecimalString, dec } from "../shared/decimal.ts";
import type { VenueOrder } from "./book.ts";
import type { Offer } from "./fill-models.ts";
import { type Market, beginsMs, endsMs, isMarketable, lastMs } from "./market.ts";
import { sessionOf, wholeOf } from "./sessions.ts";

export interface Auction {
  readonly price: DecimalString;
  readonly atMs: number;
}

export function isForAuction({ submitted: { timeInForce } }: VenueOrder): boolean {
  return timeInForce === "opg" || timeInForce === "cls";
}

/** The auction that an order takes part in with this; null while it waits for it. The order must be eligible. */
export function auctionOf(order: VenueOrder, { seen, range, isMovedTo }: Market): Auction | null {
  if (seen.by === "quote" || range === null) return null;
  const { timeInForce, calendar } = order.submitted;
  const { openMs, closeMs } = sessionOf(calendar, seen);
  if (timeInForce === "cls")
    return endsMs(seen) >= closeMs ? { price: range.close, atMs: lastMs(seen) } : null;
  if (isMovedTo) return null;
  const cameBefore = order.activeFromMs !== null && order.activeFromMs <= openMs;
  return cameBefore && wholeOf(seen).endMs > openMs
    ? { price: seen.open, atMs: beginsMs(seen) }
    : null;
}

/** What the auction gives the order; null when its limit is not met. */
export function auctionOffer(order: VenueOrder, { price, atMs }: Auction): Offer | null {
  return isMarketable(order.submitted, price)
    ? { price: dec(price), liquidity: "taker", atMs }
    : null;
}
