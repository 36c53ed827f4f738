/**
 * Orders that rest until the price comes to them: limits, and stops and touched orders before they are set off. What an order
 * remembers of the market (`Walk`) is soon the same for all of them: a bar or quote that is offered to one is offered to all.
 * So it is kept once, beside the orders, and a bar changes none of them.
 */
import type { SubmitPayload } from "../order/messages.ts";
import type { Side } from "../order/new-order.ts";
import { type BucketMap, EMPTY_MAP } from "../shared/bucket-map.ts";
import type { DecimalString } from "../shared/decimal.ts";
import type { FeeSchedule } from "./fees.ts";
import { arrivalPrice, endsMs, isEligible, isMarketable } from "./market.ts";
import type { Amended, MarketSeen } from "./paper-messages.ts";
import { sessionOf, wholeOf } from "./sessions.ts";
import { isSetOffByRise, isTouched, isWaiting, trailedTo } from "./triggers.ts";

/** `buy` and `sell`: limits, and touched orders of that side; `buyStop` and `sellStop`: stops. */
export type BookName = Side | "buyStop" | "sellStop";

/** By whose price its orders go, and whether they trade when it rises. */
export const BOOKS: {
  readonly [name in BookName]: { readonly side: Side; readonly isRising: boolean };
} = {
  buy: { side: "buy", isRising: false },
  sell: { side: "sell", isRising: true },
  buyStop: { side: "buy", isRising: true },
  sellStop: { side: "sell", isRising: false },
};

export interface Book {
  /** of every order, as in Walk; means nothing while there are none */
  readonly activeFromMs: number | null;
  /** date of the session that was offered last: that of every day order, as one of an earlier date has ended */
  readonly sessionDay: number | null;
  /** by which sessions are counted; absent: UTC days */
  readonly calendar?: string;
  /** what was accepted before this number has rested; nothing was offered yet to later ones */
  readonly offeredBelow: number;
  /** by client id */
  readonly orders: BucketMap<BookOrder>;
}

interface OrderRecord {
  /** how many the venue had accepted before: time priority */
  readonly number: number;
  /** as it stands now, after all amendments */
  readonly submitted: SubmitPayload;
  readonly fees: FeeSchedule;
  readonly venueOrderId: string;
  readonly cumQty: DecimalString;
  /** exact, before rounding */
  readonly feesAccrued: DecimalString;
  readonly amended?: Amended;
  /** of stop, touched and trailing orders */
  readonly isSetOff?: true;
  /** of trailing orders: the best price since the acceptance */
  readonly trailBest?: DecimalString;
  /** a cancel is on its way and arrives then */
  readonly cancelAtMs?: number;
}

export interface BookOrder extends OrderRecord {
  /** of its limit or trigger; see `eagernessAt` */
  readonly eagerness: number;
}

interface Walk {
  /** no bar or quote that began before it is offered to the order; walks on with what has been offered */
  readonly activeFromMs: number | null;
  /** date of the session of the first bar or quote offered, days since the epoch; a day order ends with it */
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
  const { number, submitted, fees, venueOrderId, cumQty, feesAccrued, amended, isSetOff } = order;
  return {
    number,
    submitted,
    fees,
    venueOrderId,
    cumQty,
    feesAccrued,
    ...(amended !== undefined && { amended }),
    ...(isSetOff !== undefined && { isSetOff }),
  };
}

/** What the book says of an order. */
function walkOf({ activeFromMs, sessionDay: day, offeredBelow }: Book, order: OrderRecord): Walk {
  const hasRested = order.number < offeredBelow;
  return { activeFromMs, sessionDay: hasRested ? day : null, hasRested };
}

/** The book that an order belongs to; null for one that rests in none. */
export function bookNameOf(order: VenueOrder): BookName | null {
  const { ordType, side } = order.submitted;
  if (!mayRest(order) || keyOf(order) === null) return null;
  return isWaiting(order) && !isTouched(ordType) ? `${side}Stop` : side;
}

/** The order as a book keeps it; null when what the book says is not true of it. */
export function asBookOrder(book: Book, order: VenueOrder): BookOrder | null {
  const key = keyOf(order);
  if (key === null || !isTrueOf(book, order)) return null;
  const isRising = isWaiting(order)
    ? isSetOffByRise(order.submitted)
    : order.submitted.side === "sell";
  return { ...record(order), eagerness: eagernessAt(key, isRising) };
}

function mayRest({ submitted: { timeInForce }, cancelAtMs }: VenueOrder): boolean {
  const isResting = timeInForce === "day" || timeInForce === "gtc" || timeInForce === "gtd";
  return isResting && cancelAtMs === undefined;
}

/** The price at which something happens to it; null where that is any price, or one that moves. */
function keyOf(order: VenueOrder): DecimalString | null {
  const { ordType, price, stopPx = null } = order.submitted;
  if (!isWaiting(order)) return price;
  return ordType === "trailingStop" ? null : stopPx;
}

/** The session means something to day orders only. */
function isTrueOf(book: Book, order: VenueOrder): boolean {
  const said = walkOf(book, order);
  const { timeInForce, calendar } = order.submitted;
  return (
    said.activeFromMs === order.activeFromMs &&
    said.hasRested === order.hasRested &&
    (timeInForce !== "day" || (said.sessionDay === order.sessionDay && book.calendar === calendar))
  );
}

/**
 * A price as float64, negated for those who wait for it to rise: the greater, the sooner the order's time comes. To round to
 * float64 never turns two prices round, so that nothing is missed by it.
 */
export function eagernessAt(price: DecimalString, isRising: boolean): number {
  // Subtracted, as minus zero would not survive JSON.
  return isRising ? 0 - Number(price) : Number(price);
}

/** A book without orders walks with the first that comes. */
export function begunWith(book: Book, { activeFromMs, number, submitted }: VenueOrder): Book {
  const { orders } = book;
  if (orders.size > 0) return book;
  const { calendar } = submitted;
  const begun = { activeFromMs, sessionDay: null, offeredBelow: number, orders };
  return calendar === undefined ? begun : { ...begun, calendar };
}

/**
 * After a bar or quote: `walk` of every order at once. Orders to which nothing had been offered and that could have traded on
 * arrival have not rested, and must have been taken out.
 * @param accepted how many orders the venue has accepted
 */
export function walkBook(book: Book, seen: MarketSeen, isPriced: boolean, accepted: number): Book {
  const isOffered = isPriced && (isEligible(book, seen) || book.orders.size === 0);
  if (isOffered) {
    const session = sessionOf(book.calendar, seen).date;
    return { ...book, activeFromMs: endsMs(seen), sessionDay: session, offeredBelow: accepted };
  }
  return book.activeFromMs === null ? { ...book, activeFromMs: wholeOf(seen).endMs } : book;
}

/** What has been offered is not offered again, nor anything that began before its end. */
export function walk(order: VenueOrder, seen: MarketSeen): VenueOrder {
  if (order.activeFromMs === null) return { ...order, activeFromMs: wholeOf(seen).endMs };
  const price = arrivalPrice(seen, order.submitted.side);
  if (price === null || !isEligible(order, seen)) return order;
  const walked = {
    ...order,
    activeFromMs: endsMs(seen),
    sessionDay: order.sessionDay ?? sessionOf(order.submitted.calendar, seen).date,
    hasRested: order.hasRested || isWaiting(order) || !isMarketable(order.submitted, price),
  };
  const trailBest = follows(order) ? trailedTo(order, seen) : undefined;
  return trailBest === undefined ? walked : { ...walked, trailBest };
}

function follows(order: VenueOrder): boolean {
  return order.submitted.ordType === "trailingStop" && isWaiting(order);
}
