/**
 * One side's limits that rest. What an order remembers of the market (`Walk`) is soon the same for all of them: a bar or
 * quote that is offered to one is offered to all. So it is kept once, beside the orders, and a bar changes none of them.
 */
import type { SubmitPayload } from "../order/messages.ts";
import type { Side } from "../order/new-order.ts";
import { type BucketMap, EMPTY_MAP } from "../shared/bucket-map.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { FeeSchedule } from "./fees.ts";
import { arrivalPrice, beginsMs, endsMs, isEligible, isMarketable, sessionDay } from "./market.ts";
import type { MarketSeen } from "./paper-messages.ts";

export interface Book {
  /** of every order, as in Walk; means nothing while there are none */
  readonly activeFromMs: number | null;
  /** UTC date of what was offered last: the session of every day order, as one of an earlier date has ended */
  readonly sessionDay: number | null;
  /** what was accepted before this number has rested; nothing was offered yet to later ones */
  readonly offeredBelow: number;
  /** by client id */
  readonly orders: BucketMap<BookOrder>;
}

interface OrderRecord {
  /** how many the venue had accepted before: time priority */
  readonly number: number;
  readonly submitted: SubmitPayload;
  readonly fees: FeeSchedule;
  readonly venueOrderId: string;
  readonly cumQty: DecimalString;
  /** exact, before rounding */
  readonly feesAccrued: DecimalString;
}

export interface BookOrder extends OrderRecord {
  /** of its limit; see `eagernessAt` */
  readonly eagerness: number;
}

interface Walk {
  /** no bar or quote that began before it is offered to the order; walks on with what has been offered */
  readonly activeFromMs: number | null;
  /** UTC date (days since the epoch) of the first bar or quote offered; a day order ends with it */
  readonly sessionDay: number | null;
  /** a limit that was not marketable when it was offered a price: from then on it makes, before it takes */
  readonly hasRested: boolean;
}

/** An open order with all that the venue knows of it. */
export interface VenueOrder extends OrderRecord, Walk {}

export const EMPTY_BOOK: Book = {
  activeFromMs: null,
  sessionDay: null,
  offeredBelow: 0,
  orders: EMPTY_MAP,
};

export function inBook(book: Book, order: BookOrder): VenueOrder {
  return { ...record(order), ...walkOf(book, order) };
}

function record(order: OrderRecord): OrderRecord {
  const { number, submitted, fees, venueOrderId, cumQty, feesAccrued } = order;
  return { number, submitted, fees, venueOrderId, cumQty, feesAccrued };
}

/** What the book says of an order. */
function walkOf({ activeFromMs, sessionDay: day, offeredBelow }: Book, order: OrderRecord): Walk {
  const hasRested = order.number < offeredBelow;
  return { activeFromMs, sessionDay: hasRested ? day : null, hasRested };
}

/** The order as a book keeps it; null when it is none that may rest, or what the book says is not true of it. */
export function asBookOrder(book: Book, order: VenueOrder): BookOrder | null {
  const { price, side } = order.submitted;
  return price !== null && mayRest(order) && isTrueOf(walkOf(book, order), order)
    ? { ...record(order), eagerness: eagernessAt(price, side) }
    : null;
}

function mayRest({ submitted: { timeInForce } }: VenueOrder): boolean {
  return timeInForce !== "ioc" && timeInForce !== "fok";
}

/** The session means something to day orders only. */
function isTrueOf(said: Walk, order: VenueOrder): boolean {
  return (
    said.activeFromMs === order.activeFromMs &&
    said.hasRested === order.hasRested &&
    (said.sessionDay === order.sessionDay || order.submitted.timeInForce !== "day")
  );
}

/**
 * A price as float64, negated for sells: the greater, the sooner the order trades. To round to float64 never turns two
 * prices round, so that nothing is missed by it.
 */
export function eagernessAt(price: DecimalString, side: Side): number {
  // Subtracted, as minus zero would not survive JSON.
  return side === "buy" ? Number(price) : 0 - Number(price);
}

/** A book without orders walks with the first that comes. */
export function begunWith(book: Book, { activeFromMs, number }: VenueOrder): Book {
  if (book.orders.size > 0) return book;
  return { activeFromMs, sessionDay: null, offeredBelow: number, orders: book.orders };
}

/**
 * After a bar or quote: `walk` of every order at once. Orders to which nothing had been offered and that could have traded on
 * arrival have not rested, and must have been taken out.
 * @param accepted how many orders the venue has accepted
 */
export function walkBook(book: Book, seen: MarketSeen, isPriced: boolean, accepted: number): Book {
  const { orders } = book;
  const isOffered = isPriced && (isEligible(book, seen) || orders.size === 0);
  const session = sessionDay(beginsMs(seen));
  if (isOffered)
    return { activeFromMs: endsMs(seen), sessionDay: session, offeredBelow: accepted, orders };
  return book.activeFromMs === null ? { ...book, activeFromMs: endsMs(seen) } : book;
}

/** What has been offered is not offered again, nor anything that began before its end. */
export function walk(order: VenueOrder, seen: MarketSeen): VenueOrder {
  if (order.activeFromMs === null) return { ...order, activeFromMs: endsMs(seen) };
  const price = arrivalPrice(seen, order.submitted.side);
  if (price === null || !isEligible(order, seen)) return order;
  return {
    ...order,
    activeFromMs: endsMs(seen),
    sessionDay: order.sessionDay ?? sessionDay(beginsMs(seen)),
    hasRested: order.hasRested || !isMarketable(order.submitted, price),
  };
}
