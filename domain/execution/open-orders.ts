/**
 * The open orders of the paper venue. There may be many thousands, nearly all of them limits far from the market, and no
 * turn can walk through them: those are in the books.
 *
 * An order of which what its book says is not true is kept apart, and looked at with every bar and quote: market orders,
 * ioc and fok, limits that have been marketable and wait for more volume, and limits that came with a market time that
 * their book has not reached. It joins its book with the first bar or quote after which it belongs there.
 */
import type { SubmitPayload } from "../order/messages.ts";
import type { Side } from "../order/new-order.ts";
import { type BucketMap, EMPTY_MAP, get, put, remove, values } from "../shared/bucket-map.ts";
import {
  type Book,
  type VenueOrder,
  EMPTY_BOOK,
  asBookOrder,
  begunWith,
  inBook,
  walk,
  walkBook,
} from "./book.ts";
import { newlyMarketable, reached } from "./book-reach.ts";
import { type Market, arrivalPrice } from "./market.ts";
import type { MarketSeen, PaperVenueEvent } from "./paper-messages.ts";

export interface OpenOrders {
  /** how many were ever accepted */
  readonly accepted: number;
  readonly books: { readonly [side in Side]: Book };
  /** by client id */
  readonly apart: BucketMap<VenueOrder>;
}

export const NO_ORDERS: OpenOrders = {
  accepted: 0,
  books: { buy: EMPTY_BOOK, sell: EMPTY_BOOK },
  apart: EMPTY_MAP,
};

export function countOrders({ books, apart }: OpenOrders): number {
  return books.buy.orders.size + books.sell.orders.size + apart.size;
}

export function findOpen({ books, apart }: OpenOrders, clOrdId: string): VenueOrder | undefined {
  return get(apart, clOrdId) ?? findIn(books.buy, clOrdId) ?? findIn(books.sell, clOrdId);
}

function findIn(book: Book, clOrdId: string): VenueOrder | undefined {
  const order = get(book.orders, clOrdId);
  return order === undefined ? undefined : inBook(book, order);
}

/** All that a bar or quote could fill or end, by time of acceptance. */
export function candidates({ books, apart }: OpenOrders, market: Market): readonly VenueOrder[] {
  const { buy, sell } = books;
  return [
    ...values(apart),
    ...reached(buy, market, "buy"),
    ...reached(sell, market, "sell"),
  ].toSorted((a, b) => a.number - b.number);
}

export function withAccepted(
  { accepted, books, apart }: OpenOrders,
  event: Extract<PaperVenueEvent, { readonly type: "VenueOrderAccepted" }>,
): OpenOrders {
  const { order: submitted, fees, activeFromMs, report } = event;
  const order: VenueOrder = {
    number: accepted,
    submitted,
    fees,
    venueOrderId: report.venueOrderId,
    activeFromMs,
    sessionDay: null,
    hasRested: false,
    cumQty: "0",
    feesAccrued: "0",
  };
  const book = begunWith(books[submitted.side], order);
  return place(
    { accepted: accepted + 1, books: withBook(books, submitted.side, book), apart },
    order,
  );
}

/** With this order in place of the one of its client id. */
export function place({ accepted, books, apart }: OpenOrders, order: VenueOrder): OpenOrders {
  const { clOrdId, side } = order.submitted;
  const book = books[side];
  const kept = asBookOrder(book, order);
  const orders = kept === null ? remove(book.orders, clOrdId) : put(book.orders, clOrdId, kept);
  return {
    accepted,
    books: withBook(books, side, { ...book, orders }),
    apart: kept === null ? put(apart, clOrdId, order) : remove(apart, clOrdId),
  };
}

export function without(
  { accepted, books, apart }: OpenOrders,
  { clOrdId, side }: SubmitPayload,
): OpenOrders {
  const book = books[side];
  const orders = remove(book.orders, clOrdId);
  return {
    accepted,
    books: withBook(books, side, { ...book, orders }),
    apart: remove(apart, clOrdId),
  };
}

function withBook(books: OpenOrders["books"], side: Side, book: Book): OpenOrders["books"] {
  return side === "buy" ? { buy: book, sell: books.sell } : { buy: books.buy, sell: book };
}

/** After a bar or quote, which was offered to every order that was active. */
export function walkOn({ accepted, books, apart }: OpenOrders, seen: MarketSeen): OpenOrders {
  const { buy, sell } = books;
  const leaving = [
    ...newlyMarketable(buy, seen, "buy", accepted),
    ...newlyMarketable(sell, seen, "sell", accepted),
  ];
  const isPriced = (side: Side) => arrivalPrice(seen, side) !== null;
  const walked = {
    buy: walkBook(buy, seen, isPriced("buy"), accepted),
    sell: walkBook(sell, seen, isPriced("sell"), accepted),
  };
  return [...values(apart), ...leaving]
    .map((order) => walk(order, seen))
    .reduce(place, { accepted, books: walked, apart });
}
