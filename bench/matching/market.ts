import type { BookSink } from "../../domain/execution/engine/book-types.ts";
import { MatchingBook } from "../../domain/execution/engine/matching-book.ts";
import { ADD, MARKET, mulberry32, orderOf } from "./stream.ts";

const MIDDLE = 1_000_000;
const REACH = 200;
const OWN_EVERY = 500;

export interface MarketResult {
  readonly perSecond: number;
  readonly ownOrders: number;
  readonly fills: number;
  readonly filledLots: number;
}

/**
 * What the libraries have not: market data as outside levels and prints around a price that walks, nine to one, among which
 * own orders join both touches every 500 operations and stand in the queue. Seeded; there is nothing to compare with.
 * @throws Error when the book is crossed, or an order was filled beyond its quantity
 */
export function timeMarket(seed: number, operations: number): MarketResult {
  const { kinds, sides, prices, lots } = makeData(seed, operations);
  const filled = new Map<number, number>();
  const sink = new Fills(filled);
  const book = new MatchingBook({ selfMatch: "none", cancellations: "proportional" }, sink);
  let id = 0;
  const startMs = performance.now();
  for (let n = 0; n < operations; n++) {
    const side = sides[n] === 0 ? "buy" : "sell";
    const price = prices[n] ?? 0;
    if (kinds[n] === MARKET) book.marketTrade(price, lots[n] ?? 1, side);
    else book.setMarketLevel(side, price, lots[n] ?? 0);
    if (n % OWN_EVERY !== 0) continue;
    const { bestBid, bestAsk } = book;
    if (bestBid !== null) book.submit(orderOf(++id, 0, bestBid, 50));
    if (bestAsk !== null) book.submit(orderOf(++id, 1, bestAsk, 50));
  }
  const seconds = (performance.now() - startMs) / 1_000;
  const { bestBid, bestAsk } = book;
  if ((bestBid ?? -Infinity) >= (bestAsk ?? Infinity)) throw new Error("the book is crossed");
  for (const [order, sum] of filled) {
    if (sum > 50) throw new Error(`order ${order}: expected at most 50 lots, found ${sum}`);
  }
  const filledLots = [...filled.values()].reduce((sum, lotsOfOne) => sum + lotsOfOne, 0);
  return {
    perSecond: Math.round(operations / seconds),
    ownOrders: id,
    fills: sink.fills,
    filledLots,
  };
}

function makeData(seed: number, operations: number) {
  const random = mulberry32(seed);
  const kinds = new Uint8Array(operations);
  const sides = new Uint8Array(operations);
  const prices = new Int32Array(operations);
  const lots = new Int32Array(operations);
  let middle = MIDDLE;
  for (let n = 0; n < operations; n++) {
    const isPrint = random() < 0.1;
    const side = random() < 0.5 ? 0 : 1;
    if (random() < 0.01) middle += random() < 0.5 ? -1 : 1;
    const away = isPrint ? 1 : 1 + Math.floor(REACH * random() ** 3);
    const isBid = isPrint ? side === 1 : side === 0;
    kinds[n] = isPrint ? MARKET : ADD;
    sides[n] = side;
    prices[n] = isBid ? middle - away : middle + away;
    lots[n] = isPrint ? 1 + Math.floor(random() * 20) : Math.floor(random() * 500);
  }
  return { kinds, sides, prices, lots };
}

class Fills implements BookSink {
  fills = 0;
  readonly #filled: Map<number, number>;

  constructor(filled: Map<number, number>) {
    this.#filled = filled;
  }

  fill(makerId: number, takerId: number, _s: string, _p: number, lots: number): void {
    this.fills++;
    const id = makerId === 0 ? takerId : makerId;
    this.#filled.set(id, (this.#filled.get(id) ?? 0) + lots);
  }

  canceled(): void {}

  decremented(): void {}
}
