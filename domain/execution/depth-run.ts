/**
 * One command of a market that shows its book. Orders that work without a group stand in the matching book, each behind what was
 * displayed when it came, and are filled by price and time; the others (waiting to be set off, legs of a group, off the grid)
 * are matched at the touch, as on quotes.
 */
import type { Env } from "../shared/decider.ts";
import { Decimal, ZERO, dec, floorTo, text } from "../shared/decimal.ts";
import { invariant } from "../shared/errors.ts";
import { isForAuction } from "./auctions.ts";
import type { VenueOrder } from "./book.ts";
import type { Depth } from "./depth.ts";
import { type Close, endedBefore } from "./endings.ts";
import type { BookOptions, BookSnapshot, MarketLevel } from "./engine/book-types.ts";
import { MatchingBook } from "./engine/matching-book.ts";
import { type Grid, priceOf, quantityOf, toLots, toTicks } from "./engine/units.ts";
import { isEligible } from "./market.ts";
import { type Fill, leavesOf } from "./matching.ts";
import { allOpen, findOpen } from "./open-orders.ts";
import type { MarketSeen, PaperVenueEvent } from "./paper-messages.ts";
import { closing, outcomeEvents } from "./paper-reports.ts";
import { type PaperVenueState, evolve } from "./paper-state.ts";
import { isWaiting } from "./triggers.ts";

const OPTIONS: BookOptions = { selfMatch: "none", cancellations: "conservative" };

/** An execution or an end that the matching book told of, by the number of the order. */
type Told =
  | {
      readonly id: number;
      readonly ticks: number;
      readonly lots: number;
      readonly isMaker: boolean;
    }
  | { readonly id: number; readonly unfilled: number };

/** Lives for one command. */
export class DepthRun {
  readonly events: PaperVenueEvent[] = [];
  readonly #env: Env;
  readonly #seen: MarketSeen;
  readonly #grid: Grid;
  readonly #book: MatchingBook;
  readonly #ids: Map<number, string>;
  #told: Told[] = [];
  #state: PaperVenueState;

  constructor(state: PaperVenueState, seen: MarketSeen, grid: Grid, env: Env) {
    this.#state = state;
    this.#seen = seen;
    this.#grid = grid;
    this.#env = env;
    const open = allOpen(state.open);
    this.#ids = new Map(open.map(({ number, submitted }) => [idOf(number), submitted.clOrdId]));
    this.#book = MatchingBook.restore(snapshotOf(state.depth, grid), {
      fill: (makerId, takerId, _side, ticks, lots) => {
        this.#told.push({ id: makerId, ticks, lots, isMaker: true });
        this.#told.push({ id: takerId, ticks, lots, isMaker: false });
      },
      canceled: (id, unfilled) => this.#told.push({ id, unfilled }),
      decremented: () => invariant(false, "expected no prevention of self-matches"),
    });
    this.#catchUp();
  }

  get state(): PaperVenueState {
    return this.#state;
  }

  /** What others display now; our orders that it crosses are filled. */
  display(bids: readonly MarketLevel[], asks: readonly MarketLevel[]): void {
    this.#book.setMarket(bids, asks);
    this.#drain();
  }

  /** @returns false for a print between bid and ask: who took is not known, and nothing is made of it */
  print(price: string, size: string): boolean {
    const ticks = toTicks(price, this.#grid);
    const lots = toLots(floorTo(dec(size), this.#grid.lotSize).toFixed(), this.#grid);
    if (typeof ticks !== "number" || typeof lots !== "number" || lots === 0) return false;
    const { bestBid, bestAsk } = this.#book;
    const isBuy = bestAsk !== null && ticks >= bestAsk;
    if (!isBuy && (bestBid === null || ticks > bestBid)) return false;
    this.#book.marketTrade(ticks, lots, isBuy ? "buy" : "sell");
    this.#drain();
    return true;
  }

  /** Brings those to the book that came since the last one. */
  admit(): void {
    for (const order of allOpen(this.#state.open)) {
      const isNew = this.#book.order(idOf(order.number)) === null;
      if (isNew && isEligible(order, this.#seen) && this.isOfBook(order)) this.#submit(order);
    }
  }

  /** First of all: what is displayed now is none of the business of those whose time is over. */
  end(): void {
    for (const order of allOpen(this.#state.open)) {
      const close = endedBefore(order, this.#seen);
      if (close !== null) this.#close(order, close);
    }
    this.#catchUp();
  }

  /** Whether the order stands in the book rather than being matched at the touch. */
  isOfBook(order: VenueOrder): boolean {
    const isSingle = order.submitted.ocoGroup === undefined && !isForAuction(order);
    return isSingle && !isWaiting(order) && this.#terms(order) !== null;
  }

  /** What others did to orders that stand in the book, at the touch or by a bar. */
  add(events: readonly PaperVenueEvent[]): void {
    this.events.push(...events);
    for (const event of events) this.#evolve(event);
  }

  snapshot(): BookSnapshot {
    this.#catchUp();
    return this.#book.snapshot();
  }

  /** Orders that are gone leave the book, and those that are smaller shrink in their places. */
  #catchUp(): void {
    for (const id of idsOf(this.#book.snapshot())) {
      const order = this.#find(id);
      const view = this.#book.order(id);
      const terms = order === null ? null : this.#terms(order);
      if (terms === null || view === null) this.#book.cancel(id);
      else if (terms.lots < view.lots) this.#book.replace(id, view.price, terms.lots);
    }
    this.#drain();
  }

  #submit(order: VenueOrder): void {
    const terms = this.#terms(order);
    if (terms === null) return;
    const { side, timeInForce, postOnly } = order.submitted;
    const isImmediate = timeInForce === "ioc" || timeInForce === "fok";
    // A market order waits here for what is still to come; in the book it would wait at a price.
    const isNow = order.submitted.price === null && timeInForce !== "fok";
    const outcome = this.#book.submit({
      id: idOf(order.number),
      side,
      price: terms.price,
      lots: terms.lots,
      timeInForce: isNow ? "ioc" : isImmediate ? timeInForce : "gtc",
      isPostOnly: postOnly === true,
      displayLots: terms.display,
      owner: 0,
    });
    this.#drain();
    if (outcome === "wouldCross") this.#reject(order);
    else this.#endTooDear(order);
  }

  /** A buy without a limit goes no further than what is held for. */
  #endTooDear({ submitted: { clOrdId, price, worstPrice, side } }: VenueOrder): void {
    const { bestAsk } = this.#book;
    if (price !== null || worstPrice === null || side === "sell" || bestAsk === null) return;
    const ask = priceOf(bestAsk, this.#grid);
    const order = findOpen(this.#state.open, clOrdId);
    if (order === undefined || dec(ask).lessThanOrEqualTo(worstPrice)) return;
    const words = `market buy would fill at ${ask}, above ${worstPrice}, the worst price that is held for`;
    this.#close(order, { as: "canceled", text: words, atMs: this.#atMs });
  }

  #reject(order: VenueOrder): void {
    const words = "post only: it would take";
    this.#close(order, { as: "rejected", text: words, atMs: this.#atMs });
  }

  #drain(): void {
    const told = this.#told;
    this.#told = [];
    for (const each of told) {
      const order = this.#find(each.id);
      if (order === null) continue;
      if ("unfilled" in each) this.#cut(order, each.unfilled);
      else this.#fill(order, each);
    }
  }

  #fill(order: VenueOrder, told: Extract<Told, { readonly isMaker: boolean }>): void {
    const fill: Fill = {
      quantity: dec(quantityOf(told.lots, this.#grid)),
      price: dec(priceOf(told.ticks, this.#grid)),
      liquidity: told.isMaker ? "maker" : "taker",
      atMs: this.#atMs,
    };
    const outcome = { setOff: null, fill, close: null };
    this.add(outcomeEvents(order, outcome, this.#seen, this.#env));
  }

  #cut(order: VenueOrder, lots: number): void {
    const { timeInForce } = order.submitted;
    if (timeInForce !== "ioc" && timeInForce !== "fok") return;
    const had = leavesOf(order).minus(quantityOf(lots, this.#grid));
    const words = `${timeInForce}: ${text(Decimal.max(had, ZERO))} of ${text(leavesOf(order))} were to be had`;
    this.#close(order, { as: "canceled", text: words, atMs: this.#atMs });
  }

  #close({ submitted }: VenueOrder, close: Close): void {
    this.add([closing(submitted, close, this.#env)]);
  }

  #evolve(event: PaperVenueEvent): void {
    const { nowMs: atMs, commandId } = this.#env;
    this.#state = evolve(this.#state, { event, version: 0, atMs, commandId });
  }

  #find(id: number): VenueOrder | null {
    const clOrdId = this.#ids.get(id);
    return clOrdId === undefined ? null : (findOpen(this.#state.open, clOrdId) ?? null);
  }

  get #atMs(): number {
    return this.#seen.by === "quote" ? this.#seen.timeMs : this.#seen.startMs;
  }

  /** In whole ticks and lots; null for an order that is off the grid. */
  #terms(order: VenueOrder) {
    const { displayQty } = order.submitted;
    const lots = toLots(text(leavesOf(order)), this.#grid);
    const limit = limitOf(order, this.#grid);
    const price = limit === null ? null : toTicks(limit, this.#grid);
    const display = displayQty === undefined ? null : toLots(displayQty, this.#grid);
    const isOnGrid =
      typeof lots === "number" &&
      lots > 0 &&
      typeof price !== "string" &&
      typeof display !== "string";
    return isOnGrid ? { lots, price, display } : null;
  }
}

/** The limit, or for a buy without one the last tick that is held for. */
function limitOf({ submitted }: VenueOrder, { tickSize }: Grid): string | null {
  const { price, worstPrice, side } = submitted;
  if (side === "sell" || worstPrice === null) return price;
  const worst = text(floorTo(dec(worstPrice), tickSize));
  return price === null || dec(price).greaterThan(worst) ? worst : price;
}

/** Ids of the matching book begin with 1. */
function idOf(number: number): number {
  return number + 1;
}

function idsOf({ bids, asks }: BookSnapshot): readonly number[] {
  return [...bids, ...asks].flatMap(({ orders }) => orders.map(({ id }) => id));
}

/** A book on another grid is of no use: all begin anew behind what is displayed. */
function snapshotOf(depth: Depth | null, grid: Grid): BookSnapshot {
  const isSame =
    depth !== null &&
    dec(depth.grid.tickSize).equals(grid.tickSize) &&
    dec(depth.grid.lotSize).equals(grid.lotSize);
  return isSame ? depth.snapshot : { options: OPTIONS, bids: [], asks: [] };
}
