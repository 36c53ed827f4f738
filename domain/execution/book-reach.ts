/**
 * Which orders of a book a bar or quote can do anything to, without a look at each: every bucket of the book's map knows the
 * price of its most eager order. 20,000 orders are 256 buckets; far from the market none of them is opened.
 */
import type { Side } from "../order/new-order.ts";
import type { BucketMap } from "../shared/bucket-map.ts";
import { type Book, type BookOrder, type VenueOrder, eagernessAt, inBook } from "./book.ts";
import {
  type Market,
  arrivalPrice,
  beginsMs,
  endOfDayMs,
  endsMs,
  isEligible,
  sessionDay,
} from "./market.ts";
import type { MarketSeen } from "./paper-messages.ts";

type Bucket = BucketMap<BookOrder>["buckets"][number];

interface Traits {
  /** of the most eager order */
  readonly eagerness: number;
  readonly hasDayOrders: boolean;
}

/**
 * A bucket never changes, so what was found of it stays true for as long as it lives. It is not kept in the state, where it
 * would have to be kept right.
 */
const traitsOfBucket = new WeakMap<Bucket, Traits>();

/** In no order. At least those that would trade or end; exact prices decide elsewhere. */
export function reached(book: Book, { seen, range }: Market, side: Side): readonly VenueOrder[] {
  if (book.orders.size === 0) return [];
  const arrival = arrivalPrice(seen, side);
  const extreme = range === null ? arrival : side === "buy" ? range.low : range.high;
  const isOffered = isEligible(book, seen) && arrival !== null && extreme !== null;
  const least = isOffered
    ? Math.min(eagernessAt(arrival, side), eagernessAt(extreme, side))
    : Infinity;
  return collect(book, least, endsASession(book, seen));
}

/** Those to which nothing was offered before this bar or quote, and that may be marketable on arrival. In no order. */
export function newlyMarketable(
  book: Book,
  seen: MarketSeen,
  side: Side,
  accepted: number,
): readonly VenueOrder[] {
  const arrival = arrivalPrice(seen, side);
  if (book.offeredBelow === accepted || arrival === null || !isEligible(book, seen)) return [];
  return collect(book, eagernessAt(arrival, side), false).filter(({ hasRested }) => !hasRested);
}

/** A day order to which nothing was offered yet may begin and end with one bar. */
function endsASession(book: Book, seen: MarketSeen): boolean {
  return endsMs(seen) >= endOfDayMs(book.sessionDay ?? sessionDay(beginsMs(seen)));
}

function collect(book: Book, least: number, withDayOrders: boolean): readonly VenueOrder[] {
  const isMeant = (eagerness: number, hasDayOrders: boolean) =>
    eagerness >= least || (withDayOrders && hasDayOrders);
  return book.orders.buckets
    .filter((bucket) => {
      const { eagerness, hasDayOrders } = traitsOf(bucket);
      return isMeant(eagerness, hasDayOrders);
    })
    .flatMap((bucket) => bucket.map(([, order]) => order))
    .filter(({ eagerness, submitted }) => isMeant(eagerness, submitted.timeInForce === "day"))
    .map((order) => inBook(book, order));
}

function traitsOf(bucket: Bucket): Traits {
  const known = traitsOfBucket.get(bucket);
  if (known !== undefined) return known;
  let eagerness = -Infinity;
  let hasDayOrders = false;
  // One loop that makes nothing: each order taken or ended has the rest of its bucket looked at again.
  for (const [, order] of bucket) {
    eagerness = Math.max(eagerness, order.eagerness);
    hasDayOrders ||= order.submitted.timeInForce === "day";
  }
  const traits = { eagerness, hasDayOrders };
  traitsOfBucket.set(bucket, traits);
  return traits;
}
