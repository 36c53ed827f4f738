import { type CcxtOrder, type CcxtTrade, readCcxtOrder, readCcxtTrade } from "./ccxt-messages.ts";

/** What a message has brought: each order as it stands now, and executions. */
export interface CcxtNews {
  readonly orders: readonly CcxtOrder[];
  readonly trades: readonly CcxtTrade[];
}

/** Tells what is new in ccxt's caches of one line: lists whose objects are changed in place. */
export class NewsReader {
  readonly #orders = new WeakMap<object, string>();
  readonly #trades = new WeakSet<object>();

  /**
   * @returns null when nothing is new
   * @throws UnreadableStructure
   */
  read(orders: unknown, trades: unknown): CcxtNews | null {
    const newTrades = objectsOf(trades).filter((trade) => !this.#trades.has(trade));
    const newOrders = objectsOf(orders).filter((order) => this.#isNew(order));
    for (const trade of newTrades) this.#trades.add(trade);
    if (newTrades.length === 0 && newOrders.length === 0) return null;
    return { orders: newOrders.map(readCcxtOrder), trades: newTrades.map(readCcxtTrade) };
  }

  #isNew(order: object): boolean {
    const now = JSON.stringify(FACTS.map((name) => Reflect.get(order, name) ?? null));
    if (this.#orders.get(order) === now) return false;
    this.#orders.set(order, now);
    return true;
  }
}

const FACTS = ["status", "filled", "amount", "price", "clientOrderId", "lastUpdateTimestamp"];

function objectsOf(list: unknown): readonly object[] {
  if (!Array.isArray(list)) return [];
  return list.filter((item: unknown) => typeof item === "object" && item !== null);
}
