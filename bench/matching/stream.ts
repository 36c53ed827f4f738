import type { BookSink } from "../../domain/execution/engine/book-types.ts";
import { MatchingBook } from "../../domain/execution/engine/matching-book.ts";
import type { Side } from "../../domain/order/new-order.ts";

/** What is done with the book; the numbers stand in `Stream.kinds`. */
export const ADD = 0;
export const CANCEL = 1;
export const REPLACE = 2;
export const MARKET = 3;

/** Operations as columns. Side 0 buys, 1 sells; the price of CANCEL and MARKET, and the lots of CANCEL mean nothing. */
export interface Stream {
  readonly kinds: Uint8Array;
  readonly ids: Int32Array;
  readonly sides: Uint8Array;
  readonly prices: Int32Array;
  readonly lots: Int32Array;
  /** how many of the first operations fill the book, before the clock runs */
  readonly setUp: number;
  readonly highestId: number;
}

export interface Mix {
  readonly seed: number;
  readonly setUp: number;
  readonly operations: number;
  /** shares of the operations; the rest are resting limits */
  readonly cancels: number;
  readonly replaces: number;
  /** markets, and limits that reach the other side, half of each */
  readonly takers: number;
  /** mean distance of a limit from the touch, in ticks, geometrically distributed */
  readonly distance: number;
}

const MIDDLE = 1_000_000;

/**
 * A seeded stream of a mix. Our own book runs along, so that cancels and replaces name orders that are there: to all
 * contestants they are the same numbers. A replace changes the price or raises the quantity: there all of them agree that
 * priority is lost.
 */
export function makeStream(mix: Mix): Stream {
  const random = mulberry32(mix.seed);
  const length = mix.setUp + mix.operations;
  const stream = {
    kinds: new Uint8Array(length),
    ids: new Int32Array(length),
    sides: new Uint8Array(length),
    prices: new Int32Array(length),
    lots: new Int32Array(length),
  };
  const live = new Live();
  const book = new MatchingBook({ selfMatch: "none", cancellations: "conservative" }, live);
  let lastId = 0;
  for (let n = 0; n < length; n++) {
    const kind = n < mix.setUp ? ADD : kindOf(mix, random());
    const isNew = kind === ADD || kind === MARKET || live.size === 0;
    const id = isNew ? ++lastId : live.pick(random());
    const isTaker = n >= mix.setUp && random() < mix.takers / 2;
    const side = isNew ? (random() < 0.5 ? 0 : 1) : book.order(id)?.side === "buy" ? 0 : 1;
    stream.kinds[n] = isNew && kind !== MARKET ? ADD : kind;
    stream.ids[n] = id;
    stream.sides[n] = side;
    stream.prices[n] = priceOf(book, side, isTaker ? -2 : distance(mix, random()));
    stream.lots[n] = 1 + Math.floor(random() * 100);
    if (kind === REPLACE && stream.prices[n] === book.order(id)?.price) {
      stream.lots[n] = (book.order(id)?.lots ?? 0) + 1;
    }
    play(book, live, stream, n);
  }
  return { ...stream, setUp: mix.setUp, highestId: lastId };
}

function kindOf({ cancels, replaces, takers }: Mix, u: number): number {
  if (u < cancels) return CANCEL;
  if (u < cancels + replaces) return REPLACE;
  return u < cancels + replaces + takers / 2 ? MARKET : ADD;
}

function distance(mix: Mix, u: number): number {
  return Math.floor(Math.log(1 - u) / Math.log(1 - 1 / (1 + mix.distance)));
}

/** Behind the own side's best, so that the touch moves by what is taken and canceled there, and one tick closer at times. */
function priceOf(book: MatchingBook, side: number, behind: number): number {
  const { bestBid, bestAsk } = book;
  const bid = bestBid ?? (bestAsk ?? MIDDLE + 1) - 1;
  const ask = bestAsk ?? bid + 1;
  if (behind < 0) return side === 0 ? ask - behind : bid + behind;
  const inside = ask - bid > 1 ? 1 : 0;
  return side === 0 ? bid + inside - behind : ask - inside + behind;
}

function play(
  book: MatchingBook,
  live: Live,
  stream: Omit<Stream, "setUp" | "highestId">,
  n: number,
) {
  const id = stream.ids[n] ?? 0;
  const price = stream.prices[n] ?? 0;
  const lots = stream.lots[n] ?? 0;
  const kind = stream.kinds[n];
  if (kind === CANCEL) {
    book.cancel(id);
    live.remove(id);
  } else if (kind === REPLACE) {
    if (book.replace(id, price, lots) !== "rests") live.remove(id);
  } else if (
    book.submit(orderOf(id, stream.sides[n] ?? 0, kind === MARKET ? null : price, lots)) === "rests"
  ) {
    live.add(id);
  }
}

export function orderOf(id: number, side: number, price: number | null, lots: number) {
  const name: Side = side === 0 ? "buy" : "sell";
  return {
    id,
    side: name,
    price,
    lots,
    timeInForce: "gtc",
    isPostOnly: false,
    displayLots: null,
    owner: 0,
  } as const;
}

/** The ids on the book, of which any can be picked at once. */
class Live implements BookSink {
  readonly #ids: number[] = [];
  readonly #places = new Map<number, number>();

  get size(): number {
    return this.#ids.length;
  }

  pick(u: number): number {
    return this.#ids[Math.floor(u * this.#ids.length)] ?? 0;
  }

  add(id: number): void {
    this.#places.set(id, this.#ids.length);
    this.#ids.push(id);
  }

  remove(id: number): void {
    const place = this.#places.get(id);
    const last = this.#ids.pop();
    if (place === undefined || last === undefined) throw new Error(`order ${id} is not there`);
    this.#places.delete(id);
    if (last === id) return;
    this.#ids[place] = last;
    this.#places.set(last, place);
  }

  fill(makerId: number, _t: number, _s: Side, _p: number, _l: number, makerLeaves: number): void {
    if (makerLeaves === 0) this.remove(makerId);
  }

  canceled(): void {}

  decremented(): void {}
}

/** Public domain generator by Tommy Ettinger: 32 bits of state, uniform on [0, 1). */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
