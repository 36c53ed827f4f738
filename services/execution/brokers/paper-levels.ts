import type { FeeSchedule } from "../../../domain/execution/fees.ts";
import type { ExtraVenue } from "../../../domain/execution/paper-settings.ts";
import type { Level, Venue } from "../../../domain/execution/routing/venue.ts";
import type { DisplayedBook } from "../../../domain/market/displayed-book.ts";
import type { Quote } from "../../../domain/market/quote.ts";
import type { Side } from "../../../domain/order/new-order.ts";
import { dec, text } from "../../../domain/shared/decimal.ts";
import { bookAt, quoteAt } from "./paper-venues.ts";

interface Displayed {
  readonly quote: Quote;
  /** null where the market does not show one, or the quote is newer */
  readonly book: DisplayedBook | null;
  readonly side: Side;
  readonly multiplier: string;
}

/**
 * What a venue displays to an order of this side, as the router takes it. A quote without the size of a touch displays
 * nothing: how much there is must not be guessed. Fees are the taker's, at the price of the touch.
 * @param name       what an order names to go there
 * @param multiplier of the instrument
 */
export function levelsAt(
  venue: ExtraVenue,
  name: string,
  { quote, book, side, multiplier }: Displayed,
): Venue {
  const levels =
    book === null ? touchOf(quoteAt(venue, quote), side) : levelsOf(bookAt(venue, book), side);
  const [touch] = levels;
  const feePerUnit = touch === undefined ? "0" : feeOf(venue.fees, touch.price, multiplier);
  return { name, levels, feePerUnit, latencyMs: venue.latencyMs };
}

function levelsOf({ bids, asks }: DisplayedBook, side: Side): readonly Level[] {
  return side === "buy" ? asks : bids;
}

function touchOf({ bid, ask, bidSize, askSize }: Quote, side: Side): readonly Level[] {
  const [price, size] = side === "buy" ? [ask, askSize] : [bid, bidSize];
  return price === null || size === null || !dec(size).greaterThan(0) ? [] : [{ price, size }];
}

function feeOf({ takerBps, feePerUnit = "0" }: FeeSchedule, price: string, multiplier: string) {
  const ofNotional = dec(price).abs().times(multiplier).times(takerBps).dividedBy(10_000);
  return text(ofNotional.plus(feePerUnit));
}
