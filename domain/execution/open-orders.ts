/**
 * The open orders of the paper venue. There may be many thousands, nearly all of them far from the market, and no turn can
 * walk through them: those are in the books.
 *
 * An order of which what its book says is not true is kept apart, and looked at with every bar and quote: market orders,
 * trailing stops, orders for one moment (ioc, fok, opg, cls), limits that have been marketable and wait for more volume, orders
 * with a cancel on its way, and those that came with a market time that their book has not reached. It joins its book with the
 * first bar or quote after which it belongs there.
 */
import { type BucketMap, EMPTY_MAP, get, put, remove, values } from "../shared/bucket-map.ts";
import {
  BOOKS,
  type Book,
  type BookName,
  type VenueOrder,
  EMPTY_BOOK,
  asBookOrder,
  begunWith,
  bookNameOf,
  inBook,
  walk,
  walkBook,
} from "./book.ts";
import { newlyMarketable, reached } from "./book-reach.ts";
import { type Market, arrivalPrice } from "./market.ts";
import type { MarketSeen, PaperVenueEvent } from "./paper-messages.ts";

export interface OpenOrders {
  /** how many were ever accepted, or lost their place by an amendment */
  readonly accepted: number;
  readonly books: { readonly [name in BookName]: Book };
  /** by client id */
  readonly apart: BucketMap<VenueOrder>;
  /** client ids of the open legs, by the name of their group */
  readonly groups: BucketMap<readonly string[]>;
}

export const NO_ORDERS: OpenOrders = {
  accepted: 0,
  books: { buy: EMPTY_BOOK, sell: EMPTY_BOOK, buyStop: EMPTY_BOOK, sellStop: EMPTY_BOOK },
  apart: EMPTY_MAP,
  groups: EMPTY_MAP,
};

const BOOK_NAMES: readonly BookName[] = ["buy", "sell", "buyStop", "sellStop"];

export function countOrders({ books, apart }: OpenOrders): number {
  return BOOK_NAMES.reduce((count, name) => count + books[name].orders.size, apart.size);
}

export function findOpen({ books, apart }: OpenOrders, clOrdId: string): VenueOrder | undefined {
  const found = get(apart, clOrdId);
  if (found !== undefined) return found;
  for (const name of BOOK_NAMES) {
    const order = get(books[name].orders, clOrdId);
    if (order !== undefined) return inBook(books[name], order);
  }
  return undefined;
}

/** All that a bar or quote could fill or end, by time of acceptance. */
export function candidates({ books, apart }: OpenOrders, market: Market): readonly VenueOrder[] {
  const resting = BOOK_NAMES.flatMap((name) => reached(books[name], market, name));
  return [...values(apart), ...resting].toSorted((a, b) => a.number - b.number);
}

/** Every one, by time of acceptance. */
export function allOpen({ books, apart }: OpenOrders): readonly VenueOrder[] {
  const resting = BOOK_NAMES.flatMap((name) =>
    values(books[name].orders).map((order) => inBook(books[name], order)),
  );
  return [...values(apart), ...resting].toSorted((a, b) => a.number - b.number);
}

/** The open legs of an order's group, itself left out. */
export function otherLegs(open: OpenOrders, order: VenueOrder): readonly VenueOrder[] {
  const { ocoGroup, clOrdId } = order.submitted;
  if (ocoGroup === undefined) return [];
  return (get(open.groups, ocoGroup) ?? [])
    .filter((id) => id !== clOrdId)
    .map((id) => findOpen(open, id))
    .filter((leg) => leg !== undefined);
}

export function withAccepted(
  open: OpenOrders,
  event: Extract<PaperVenueEvent, { readonly type: "VenueOrderAccepted" }>,
): OpenOrders {
  const { order: submitted, fees, activeFromMs, report } = event;
  const order: VenueOrder = {
    number: open.accepted,
    submitted,
    fees,
    venueOrderId: report.venueOrderId,
    activeFromMs,
    sessionDay: null,
    hasRested: false,
    cumQty: "0",
    feesAccrued: "0",
  };
  const name = bookNameOf(order);
  const books =
    name === null ? open.books : { ...open.books, [name]: begunWith(open.books[name], order) };
  const groups = joined(open.groups, order);
  return place({ ...open, accepted: open.accepted + 1, books, groups }, order);
}

function joined(groups: OpenOrders["groups"], { submitted }: VenueOrder): OpenOrders["groups"] {
  const { ocoGroup, clOrdId } = submitted;
  return ocoGroup === undefined
    ? groups
    : put(groups, ocoGroup, [...(get(groups, ocoGroup) ?? []), clOrdId]);
}

function left(groups: OpenOrders["groups"], { submitted }: VenueOrder): OpenOrders["groups"] {
  const { ocoGroup, clOrdId } = submitted;
  if (ocoGroup === undefined) return groups;
  const rest = (get(groups, ocoGroup) ?? []).filter((id) => id !== clOrdId);
  return rest.length === 0 ? remove(groups, ocoGroup) : put(groups, ocoGroup, rest);
}

/** With this order in place of the one of its client id. */
export function place(open: OpenOrders, order: VenueOrder): OpenOrders {
  const name = bookNameOf(order);
  const { clOrdId } = order.submitted;
  const bare = taken(open, order);
  const kept = name === null ? null : asBookOrder(bare.books[name], order);
  if (name === null || kept === null) return { ...bare, apart: put(bare.apart, clOrdId, order) };
  const book = bare.books[name];
  const orders = put(book.orders, clOrdId, kept);
  return { ...bare, books: { ...bare.books, [name]: { ...book, orders } } };
}

/** Behind all that were accepted, as if it came now. */
export function placeLast(open: OpenOrders, order: VenueOrder): OpenOrders {
  const { accepted } = open;
  return place({ ...open, accepted: accepted + 1 }, { ...order, number: accepted });
}

export function without(open: OpenOrders, order: VenueOrder): OpenOrders {
  return { ...taken(open, order), groups: left(open.groups, order) };
}

/** Out of wherever it is; its group still knows it. */
function taken(open: OpenOrders, { submitted: { clOrdId, side } }: VenueOrder): OpenOrders {
  const stops: BookName = `${side}Stop`;
  const books = {
    ...open.books,
    [side]: withoutOrder(open.books[side], clOrdId),
    [stops]: withoutOrder(open.books[stops], clOrdId),
  };
  return { ...open, books, apart: remove(open.apart, clOrdId) };
}

function withoutOrder(book: Book, clOrdId: string): Book {
  const orders = remove(book.orders, clOrdId);
  return orders === book.orders ? book : { ...book, orders };
}

/** After a bar or quote, which was offered to every order that was active. */
export function walkOn(open: OpenOrders, seen: MarketSeen): OpenOrders {
  const { accepted, books, apart } = open;
  const leaving = BOOK_NAMES.flatMap((name) => newlyMarketable(books[name], seen, name, accepted));
  const walked = (name: BookName) => {
    const isPriced = arrivalPrice(seen, BOOKS[name].side) !== null;
    return walkBook(books[name], seen, isPriced, accepted);
  };
  const after = {
    buy: walked("buy"),
    sell: walked("sell"),
    buyStop: walked("buyStop"),
    sellStop: walked("sellStop"),
  };
  return [...values(apart), ...leaving]
    .map((order) => walk(order, seen))
    .reduce(place, { ...open, books: after });
}
