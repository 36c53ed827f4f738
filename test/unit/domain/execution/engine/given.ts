import * as fc from "fast-check";
import type {
  BookOptions,
  BookOrder,
  BookSink,
  CancelReason,
  MarketLevel,
} from "../../../../../domain/execution/engine/book-types.ts";
import { MatchingBook } from "../../../../../domain/execution/engine/matching-book.ts";
import type { Side } from "../../../../../domain/order/new-order.ts";

export type BookEvent =
  | readonly [
      what: "fill",
      makerId: number,
      takerId: number,
      takerSide: Side,
      price: number,
      lots: number,
      makerLeaves: number,
      takerLeaves: number,
    ]
  | readonly [what: "canceled", id: number, lots: number, reason: CancelReason]
  | readonly [
      what: "decremented",
      makerId: number,
      takerId: number,
      lots: number,
      makerLeaves: number,
      takerLeaves: number,
    ];

export class Recorder implements BookSink {
  readonly events: BookEvent[] = [];

  fill(...args: Parameters<BookSink["fill"]>): void {
    this.events.push(["fill", ...args]);
  }

  canceled(...args: Parameters<BookSink["canceled"]>): void {
    this.events.push(["canceled", ...args]);
  }

  decremented(...args: Parameters<BookSink["decremented"]>): void {
    this.events.push(["decremented", ...args]);
  }
}

export const PLAIN: BookOptions = { selfMatch: "none", cancellations: "conservative" };

export function openBook(options: Partial<BookOptions> = {}) {
  const sink = new Recorder();
  return { book: new MatchingBook({ ...PLAIN, ...options }, sink), events: sink.events };
}

export function limit(
  id: number,
  side: Side,
  price: number,
  lots: number,
  more: Partial<BookOrder> = {},
): BookOrder {
  return {
    id,
    side,
    price,
    lots,
    timeInForce: "gtc",
    isPostOnly: false,
    displayLots: null,
    owner: 0,
    ...more,
  };
}

export function market(
  id: number,
  side: Side,
  lots: number,
  more: Partial<BookOrder> = {},
): BookOrder {
  return { ...limit(id, side, 0, lots), price: null, ...more };
}

/** What the naive book and ours both understand. */
export type Target = Pick<
  MatchingBook,
  "submit" | "cancel" | "replace" | "setMarketLevel" | "setMarket" | "marketTrade"
>;

export type Operation =
  | { readonly op: "submit"; readonly order: BookOrder }
  | { readonly op: "cancel"; readonly id: number }
  | { readonly op: "replace"; readonly id: number; readonly price: number; readonly lots: number }
  | { readonly op: "level"; readonly side: Side; readonly price: number; readonly lots: number }
  | { readonly op: "print"; readonly side: Side; readonly price: number; readonly lots: number }
  | {
      readonly op: "market";
      readonly bids: readonly MarketLevel[];
      readonly asks: readonly MarketLevel[];
    };

export function apply(book: Target, operation: Operation): unknown {
  switch (operation.op) {
    case "submit":
      return book.submit(operation.order);
    case "cancel":
      return book.cancel(operation.id);
    case "replace":
      return book.replace(operation.id, operation.price, operation.lots);
    case "level":
      return book.setMarketLevel(operation.side, operation.price, operation.lots);
    case "print":
      return book.marketTrade(operation.price, operation.lots, operation.side);
    case "market":
      return book.setMarket(operation.bids, operation.asks);
  }
}

const side = fc.constantFrom<Side>("buy", "sell");
const lots = fc.integer({ min: 1, max: 20 });
const prices = (reach: number) => fc.integer({ min: -reach, max: reach });
const unless = (isLeftOut: boolean, weight: number) => (isLeftOut ? 0 : weight);

/** Which options, equally often. */
export const options: fc.Arbitrary<BookOptions> = fc.record({
  selfMatch: fc.constantFrom("cancelNewest", "cancelOldest", "decrement", "none"),
  cancellations: fc.constantFrom("conservative", "proportional"),
});

/** How far prices reach around the middle of a side, and how far that is from the middle of all. */
type Scene = readonly [reach: number, apart: number];

/** Much crossing; long queues, with hardly any and with some; many levels. */
const SCENES: readonly Scene[] = [
  [4, 0],
  [1, 2],
  [2, 1],
  [40, 10],
];

/** The nth submission has the id n; cancels and replaces refer to some of these. */
export function sequences({ isWithoutReplaces = false } = {}): fc.Arbitrary<readonly Operation[]> {
  return fc.oneof(...SCENES.map((scene) => sequencesOf(scene, isWithoutReplaces)));
}

function sequencesOf(
  [reach, apart]: Scene,
  isWithoutReplaces: boolean,
): fc.Arbitrary<readonly Operation[]> {
  const price = prices(reach);
  const away = (of: Side, p: number) => (of === "buy" ? p - apart : p + apart);
  const submit = fc.record({
    op: fc.constant("submit" as const),
    order: fc
      .record({
        id: fc.constant(0),
        side,
        price: fc.oneof(
          { weight: 9, arbitrary: price },
          { weight: 1, arbitrary: fc.constant(null) },
        ),
        lots,
        timeInForce: fc.constantFrom("gtc" as const, "gtc", "gtc", "ioc", "fok"),
        isPostOnly: fc.nat(5).map((n) => n === 0),
        displayLots: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 3 }),
        owner: fc.nat(2),
      })
      .map((order) => {
        // One in seven comes from the other side of the market.
        const from = order.lots % 7 === 0 ? facing(order.side) : order.side;
        return { ...order, price: order.price === null ? null : away(from, order.price) };
      }),
  });
  const id = fc.nat(1_000);
  const cancel = fc.record({ op: fc.constant("cancel" as const), id });
  const replace = fc.record({
    op: fc.constant("replace" as const),
    id,
    price: prices(reach + apart),
    lots,
  });
  const level = fc
    .record({ op: fc.constant("level" as const), side, price, lots: fc.nat(30) })
    .map((change) => ({ ...change, price: away(change.side, change.price) }));
  const print = fc
    .record({ op: fc.constant("print" as const), side, price, lots })
    .map((trade) => ({ ...trade, price: away(facing(trade.side), trade.price) }));
  const levels = fc.uniqueArray(fc.tuple(price, lots), { selector: ([p]) => p, maxLength: 3 });
  const whole = fc
    .record({ op: fc.constant("market" as const), bids: levels, asks: levels })
    .map(({ op, bids, asks }) => ({
      op,
      bids: bids.map(([p, n]) => [away("buy", p), n] as const),
      asks: asks.map(([p, n]) => [away("sell", p), n] as const),
    }));
  const operation = fc.oneof(
    { weight: 8, arbitrary: submit },
    { weight: 2, arbitrary: cancel },
    { weight: unless(isWithoutReplaces, 3), arbitrary: replace },
    { weight: 6, arbitrary: level },
    { weight: 3, arbitrary: print },
    { weight: 1, arbitrary: whole },
  );
  return fc.array(operation, { minLength: 1, maxLength: 50 }).map(numbered);
}

function facing(of: Side): Side {
  return of === "buy" ? "sell" : "buy";
}

function numbered(operations: readonly Operation[]): readonly Operation[] {
  let last = 0;
  return operations.map((operation) => {
    if (operation.op === "submit")
      return { ...operation, order: { ...operation.order, id: ++last } };
    if (operation.op !== "cancel" && operation.op !== "replace") return operation;
    return { ...operation, id: 1 + (operation.id % Math.max(1, last)) };
  });
}

/** Everything that can be seen of a book, orders by id among 1 … `highestId`. */
export function seen(book: MatchingBook, highestId: number) {
  const ids = Array.from({ length: highestId }, (_, n) => n + 1);
  return {
    bids: book.depth("buy", 1_000),
    asks: book.depth("sell", 1_000),
    bestBid: book.bestBid,
    bestAsk: book.bestAsk,
    openOrders: book.openOrders,
    orders: ids.map((id) => [book.order(id), book.queueAhead(id)]),
  };
}
