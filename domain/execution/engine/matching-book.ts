/**
 * One symbol's limit order book with price-time priority, for our own orders and, in a simulation, among the displayed
 * liquidity of a real market. Whole ticks and lots (units.ts); no clock, no chance, no I/O: the same calls make the same
 * fills. Changed in place for speed; `snapshot` and `restore` are exact, for an actor that is replayed.
 *
 * Own orders
 * - The best price first; at one price who came first. Trades are at the maker's price.
 * - Only what an order shows stands in the queue. The next part of a reserve goes to the back.
 * - ioc and market orders cancel what they cannot fill; fok fills all at once, across levels and hidden lots, or nothing.
 * - Less quantity keeps the place in the queue and comes out of the reserve first; another price or more quantity is a new
 *   arrival.
 *
 * The market (OUTSIDE)
 * - `setMarketLevel` says how much everybody else displays at a price. An order that joins stands behind it. More size is
 *   behind all, less is a cancellation (`CancellationModel`).
 * - `marketTrade` is a print. It takes what is ahead of our orders first, and then them, by no more than its size. At
 *   better prices than its own on the side that was hit nobody else can be left: what was displayed there is cleared, and
 *   our orders there are first to be filled, at their prices.
 * - A displayed price that reaches our orders on the other side fills them, at their prices, by no more than its size. What
 *   was displayed on the other side at such prices is out of date, and cleared.
 * - Our takers take what is displayed, and it is gone until the next `setMarketLevel` of that price: nothing is used twice.
 *   Filled size is likewise gone from a print, and from a display that filled us.
 * - So the book is never locked or crossed after an operation.
 */
import type { Side } from "../../order/new-order.ts";
import { invariant } from "../../shared/errors.ts";
import {
  type BookOptions,
  type BookOrder,
  type BookSink,
  type BookSnapshot,
  type DepthLevel,
  type MarketLevel,
  OUTSIDE,
  type OrderView,
  type ReplaceOutcome,
  type SubmitOutcome,
} from "./book-types.ts";
import { checkLots, checkOrder, checkPrice } from "./checks.ts";
import { Ladder } from "./ladder.ts";
import type { RestingOrder } from "./level.ts";
import { OrderTable } from "./order-table.ts";
import { clearOutside, setOutside } from "./outside.ts";
import { depthOf, restoreSide, snapshotOf, viewOf } from "./snapshot.ts";
import { type Taker, type Matching, fillable, sweep } from "./sweep.ts";

export class MatchingBook {
  readonly #options: BookOptions;
  readonly #bids = new Ladder("buy");
  readonly #asks = new Ladder("sell");
  readonly #orders = new OrderTable();
  readonly #matching: Matching;
  readonly #taker: Taker = { id: OUTSIDE, side: "buy", owner: 0, lots: 0, isStopped: false };

  constructor(options: BookOptions, sink: BookSink) {
    this.#options = options;
    this.#matching = { orders: this.#orders, sink, selfMatch: options.selfMatch };
  }

  /** @throws Error when the snapshot is not one of a book: crossed, ids twice, lots that are none */
  static restore({ options, bids, asks }: BookSnapshot, sink: BookSink): MatchingBook {
    const book = new MatchingBook(options, sink);
    restoreSide(book.#bids, bids, book.#orders);
    restoreSide(book.#asks, asks, book.#orders);
    const { bestBid, bestAsk } = book;
    const isCrossed = bestBid !== null && bestAsk !== null && bestBid >= bestAsk;
    invariant(!isCrossed, `expected bid < ask, found bid ${bestBid}, ask ${bestAsk}`);
    return book;
  }

  snapshot(): BookSnapshot {
    return {
      options: this.#options,
      bids: snapshotOf(this.#bids),
      asks: snapshotOf(this.#asks),
    };
  }

  /**
   * @throws Error when the order is none: an id that is on the book, lots or prices that are not whole. Clients' orders are
   *         checked before, so that it is the caller's defect
   */
  submit(order: BookOrder): SubmitOutcome {
    checkOrder(order);
    const { id, side, price, lots, timeInForce, owner } = order;
    if (this.#orders.find(id) !== undefined) invariant(false, `order ${id}: it is on the book`);
    const facing = this.#facing(side);
    const limit = price === null ? -Infinity : facing.eagerness(price);
    if (order.isPostOnly && reaches(facing, limit)) return "wouldCross";
    const taker = this.#arrive(id, side, owner, lots);
    if (timeInForce === "fok" && !this.#canFill(facing, limit)) {
      this.#matching.sink.canceled(id, lots, "notFillable");
      return "canceled";
    }
    this.#take(facing, limit);
    if (taker.lots === 0) return "filled";
    if (taker.isStopped || price === null || timeInForce !== "gtc") return this.#giveUp();
    const resting = this.#orders.open(id);
    resting.owner = owner;
    resting.display = order.displayLots ?? Infinity;
    resting.isPostOnly = order.isPostOnly;
    this.#rest(resting, side, price, taker.lots);
    return "rests";
  }

  /** @returns the lots that were left of the order, hidden ones included; 0 when there is no such order on the book */
  cancel(id: number): number {
    const order = this.#orders.find(id);
    if (order === undefined) return 0;
    const { lots } = order;
    this.#leave(order);
    this.#orders.close(order);
    return lots;
  }

  /**
   * @param price ticks
   * @param lots  what is to be left of the order, not what it began with
   * @returns wouldCross when the order is post-only and would take; it stays as it was
   */
  replace(id: number, price: number, lots: number): ReplaceOutcome {
    checkLots(id, lots);
    checkPrice(id, price);
    const order = this.#orders.find(id);
    if (order === undefined) return "unknown";
    const { side, price: before } = order.level;
    if (price === before && lots <= order.lots) {
      order.level.reduce(order, lots);
      return "kept";
    }
    const facing = this.#facing(side);
    const limit = facing.eagerness(price);
    if (order.isPostOnly && reaches(facing, limit)) return "wouldCross";
    this.#leave(order);
    const taker = this.#arrive(id, side, order.owner, lots);
    this.#take(facing, limit);
    if (taker.lots > 0 && !taker.isStopped) {
      this.#rest(order, side, price, taker.lots);
      return "rests";
    }
    this.#orders.close(order);
    return taker.lots === 0 ? "filled" : this.#giveUp();
  }

  /** What everybody else displays at a price; 0 when nothing is left. */
  setMarketLevel(side: Side, price: number, lots: number): void {
    checkPrice(OUTSIDE, price);
    if (lots !== 0) checkLots(OUTSIDE, lots);
    const own = this.#ladder(side);
    const left = lots === 0 ? 0 : this.#display(side, price, lots);
    const level = left === 0 ? own.find(price) : own.findOrAdd(price);
    if (level === undefined) return;
    setOutside(level, left, this.#options.cancellations);
    own.dropIfEmpty(level);
  }

  /** The whole displayed market at once, as after a gap in the data: prices that are not given display nothing. */
  setMarket(bids: readonly MarketLevel[], asks: readonly MarketLevel[]): void {
    this.#endAbsent("buy", new Set(bids.map(([price]) => price)));
    this.#endAbsent("sell", new Set(asks.map(([price]) => price)));
    for (const [price, lots] of bids) this.setMarketLevel("buy", price, lots);
    for (const [price, lots] of asks) this.setMarketLevel("sell", price, lots);
  }

  /** A print. `aggressor` is the side of the order that took: a seller hits bids. */
  marketTrade(price: number, lots: number, aggressor: Side): void {
    checkPrice(OUTSIDE, price);
    checkLots(OUTSIDE, lots);
    const hit = this.#facing(aggressor);
    this.#arrive(OUTSIDE, aggressor, 0, lots);
    this.#tradeThrough(hit, hit.eagerness(price) + 1);
    const level = hit.find(price);
    if (level === undefined) return;
    sweep(level, this.#taker, this.#matching);
    hit.dropIfEmpty(level);
  }

  /**
   * The lots that trade before the order does: what others display ahead of it, and what our orders ahead of it show.
   * Takes time in proportion to our orders ahead. Null when there is no such order on the book.
   */
  queueAhead(id: number): number | null {
    const order = this.#orders.find(id);
    if (order === undefined) return null;
    let ahead = order.outsideAhead;
    for (let { prev } = order; prev !== null; { prev } = prev) {
      ahead += prev.outsideAhead + prev.shown;
    }
    return ahead;
  }

  order(id: number): OrderView | null {
    const order = this.#orders.find(id);
    return order === undefined ? null : viewOf(order);
  }

  /** Of our orders. */
  get openOrders(): number {
    return this.#orders.size;
  }

  /** Ours or anybody's, in ticks; null without bids. */
  get bestBid(): number | null {
    return this.#bids.best()?.price ?? null;
  }

  /** Ours or anybody's, in ticks; null without asks. */
  get bestAsk(): number | null {
    return this.#asks.best()?.price ?? null;
  }

  /** The best `count` prices, best first. */
  depth(side: Side, count: number): readonly DepthLevel[] {
    return depthOf(this.#ladder(side), count);
  }

  #ladder(side: Side): Ladder {
    return side === "buy" ? this.#bids : this.#asks;
  }

  #facing(side: Side): Ladder {
    return side === "buy" ? this.#asks : this.#bids;
  }

  #arrive(id: number, side: Side, owner: number, lots: number): Taker {
    const taker = this.#taker;
    taker.id = id;
    taker.side = side;
    taker.owner = owner;
    taker.lots = lots;
    taker.isStopped = false;
    return taker;
  }

  /** From the best level on, down to the eagerness `limit`. */
  #take(facing: Ladder, limit: number): void {
    const taker = this.#taker;
    while (taker.lots > 0 && !taker.isStopped && reaches(facing, limit)) {
      const level = facing.best();
      if (level === undefined) return;
      sweep(level, taker, this.#matching);
      facing.dropIfEmpty(level);
    }
  }

  #canFill(facing: Ladder, limit: number): boolean {
    const { owner } = this.#taker;
    let { lots: needed } = this.#taker;
    for (let rank = facing.size - 1; facing.eagernessAt(rank) >= limit; rank--) {
      const level = facing.at(rank);
      if (level === undefined) break;
      const { lots, isEnd } = fillable(level, owner, this.#options.selfMatch);
      needed -= lots;
      if (needed <= 0) return true;
      if (isEnd) return false;
    }
    return false;
  }

  #giveUp(): "canceled" {
    const { id, lots, isStopped } = this.#taker;
    this.#matching.sink.canceled(id, lots, isStopped ? "selfMatch" : "unfilled");
    return "canceled";
  }

  #rest(order: RestingOrder, side: Side, price: number, lots: number): void {
    order.lots = lots;
    order.shown = Math.min(order.display, lots);
    this.#ladder(side).findOrAdd(price).append(order);
  }

  #leave(order: RestingOrder): void {
    const { level } = order;
    level.remove(order);
    this.#ladder(level.side).dropIfEmpty(level);
  }

  /** @returns what is left of a newly displayed size after it has met our orders of the other side */
  #display(side: Side, price: number, lots: number): number {
    const facing = this.#facing(side);
    const limit = facing.eagerness(price);
    if (!reaches(facing, limit)) return lots;
    this.#arrive(OUTSIDE, side, 0, lots);
    this.#tradeThrough(facing, limit);
    return this.#taker.lots;
  }

  /** Down to `limit` others have nothing left, and ours are filled as far as the taker's lots go. */
  #tradeThrough(facing: Ladder, limit: number): void {
    for (let rank = facing.size - 1; facing.eagernessAt(rank) >= limit; rank--) {
      const level = facing.at(rank);
      if (level === undefined) return;
      clearOutside(level);
      sweep(level, this.#taker, this.#matching);
      facing.dropIfEmpty(level);
    }
  }

  #endAbsent(side: Side, given: ReadonlySet<number>): void {
    const ladder = this.#ladder(side);
    for (let rank = ladder.size - 1; rank >= 0; rank--) {
      const level = ladder.at(rank);
      if (level !== undefined && !given.has(level.price)) this.setMarketLevel(side, level.price, 0);
    }
  }
}

function reaches(facing: Ladder, limit: number): boolean {
  return facing.eagernessAt(facing.size - 1) >= limit;
}
