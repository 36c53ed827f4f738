/**
 * Which orders of a book a bar or quote can do anything to, without a look at each: every bucket of the book's map knows the
 * price of its most eager order. 20,000 orders are 512 buckets; far from the market none of them is opened.
 */
import type { BucketMap } from "../shared/bucket-map.ts";
import {
  BOOKS,
  type Book,
  type BookName,
  type BookOrder,
  type VenueOrder,
  eagernessAt,
  inBook,
} from "./book.ts";
import { type Market, arrivalPrice, endsMs, isEligible } from "./market.ts";
import type { MarketSeen } from "./paper-messages.ts";
import { closeOfDateMs, sessionOf } from "./sessions.ts";

type Bucket = BucketMap<BookOrder>["buckets"][number];

interface Traits {
  /** of the most eager order */
  readonly eagerness: number;
  readonly hasDayOrders: boolean;
  /** when the first gtd order ends */
  readonly expiresMs: number;
}

/** What is looked for: any of these is enough. */
interface Reach {
  readonly eagerness: number;
  readonly isEndOfDay: boolean;
  readonly endMs: number;
}

/**
 * A bucket never changes, so what was found of it stays true for as long as it lives. It is not kept in the state, where it
 * would have to be kept right.
 */
const traitsOfBucket = new WeakMap<Bucket, Traits>();

/** In no order. At least those that would trade or end; exact prices decide elsewhere. */
export function reached(
  book: Book,
  { seen, range }: Market,
  name: BookName,
): readonly VenueOrder[] {
  if (book.orders.size === 0) return [];
  const { side, isRising } = BOOKS[name];
  const arrival = arrivalPrice(seen, side);
  const extreme = range === null ? arrival : isRising ? range.high : range.low;
  const isOffered = isEligible(book, seen) && arrival !== null && extreme !== null;
  const eagerness = isOffered
    ? Math.min(eagernessAt(arrival, isRising), eagernessAt(extreme, isRising))
    : Infinity;
  return collect(book, { eagerness, isEndOfDay: endsASession(book, seen), endMs: endsMs(seen) });
}

/** Those to which nothing was offered before this bar or quote, and that may be marketable on arrival. In no order. */
export function newlyMarketable(
  book: Book,
  seen: MarketSeen,
  name: BookName,
  accepted: number,
): readonly VenueOrder[] {
  const { side, isRising } = BOOKS[name];
  const arrival = arrivalPrice(seen, side);
  if (book.offeredBelow === accepted || arrival === null || !isEligible(book, seen)) return [];
  const eagerness = eagernessAt(arrival, isRising);
  return collect(book, { eagerness, isEndOfDay: false, endMs: -Infinity }).filter(
    ({ hasRested }) => !hasRested,
  );
}

/** A day order to which nothing was offered yet may begin and end with one bar. */
function endsASession(book: Book, seen: MarketSeen): boolean {
  const session = sessionOf(book.calendar, seen).date;
  const last = book.sessionDay ?? session;
  return session > last || endsMs(seen) >= closeOfDateMs(book.calendar, last, seen);
}

function collect(book: Book, reach: Reach): readonly VenueOrder[] {
  return book.orders.buckets
    .filter((bucket) => isMeant(reach, traitsOf(bucket)))
    .flatMap((bucket) => bucket.map(([, order]) => order))
    .filter((order) => isMeant(reach, traitsOfOrder(order)))
    .map((order) => inBook(book, order));
}

function isMeant({ eagerness, isEndOfDay, endMs }: Reach, traits: Traits): boolean {
  return (
    traits.eagerness >= eagerness ||
    (isEndOfDay && traits.hasDayOrders) ||
    traits.expiresMs <= endMs
  );
}

function traitsOfOrder({ eagerness, submitted }: BookOrder): Traits {
  const { timeInForce, expireAtMs = Infinity } = submitted;
  const expiresMs = timeInForce === "gtd" ? expireAtMs : Infinity;
  return { eagerness, hasDayOrders: timeInForce === "day", expiresMs };
}

function traitsOf(bucket: Bucket): Traits {
  const known = traitsOfBucket.get(bucket);
  if (known !== undefined) return known;
  let eagerness = -Infinity;
  let hasDayOrders = false;
  let expiresMs = Infinity;
  // One loop that makes nothing: each order taken or ended has the rest of its bucket looked at again.
  for (const [, order] of bucket) {
    const { timeInForce, expireAtMs = Infinity } = order.submitted;
    eagerness = Math.max(eagerness, order.eagerness);
    hasDayOrders ||= timeInForce === "day";
    if (timeInForce === "gtd") expiresMs = Math.min(expiresMs, expireAtMs);
  }
  const traits = { eagerness, hasDayOrders, expiresMs };
  traitsOfBucket.set(bucket, traits);
  return traits;
}
