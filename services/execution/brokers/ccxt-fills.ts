/**
 * Executions are asked for by market, from a time on: the newest one in the book says how far we are, so that nothing has to
 * be kept besides. Whatever shows late is found by overlapping, and counts once by its execId.
 */
import {
  bookedExecIds,
  findVenueOrder,
  newestExecutionMs,
  type VenueOrder,
} from "../../../models/venue-orders.ts";
import { symbolsInUse } from "../../../models/venue-trades.ts";
import type { NodeContext } from "../../context.ts";
import type { Breaks } from "./breaks.ts";
import type { CcxtApi } from "./ccxt-api.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtTrade } from "./ccxt-messages.ts";
import { foreignFees, tradeExecId, tradeReport } from "./ccxt-reports.ts";
import type { CcxtSymbols } from "./ccxt-symbols.ts";
import type { Desk } from "./desk.ts";
import { OPEN_STATUSES, isOfAnother } from "./reconciliation.ts";

/** Executions may become visible out of order: how far behind the newest one a fetch begins, by the venue's clock. */
const OVERLAP_MS = 60_000;
/** How far a start without any record looks back, and for how long the market of a closed order is still asked for. */
const LOOK_MS = 86_400_000;
/** What the account's stream has not told by then, it keeps back. */
const LATE_MS = 5_000;
/** Executions and orders that are remembered, so that an overlap costs no turns. */
const REMEMBERED = 20_000;

export interface CcxtFillsParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly api: CcxtApi;
  readonly family: CcxtFamily;
  readonly symbols: CcxtSymbols;
  readonly desk: Desk;
  readonly breaks: Breaks;
}

export class CcxtFills {
  readonly #parts: CcxtFillsParts;
  #newestMs: number | null = null;
  /** how far the newest was when all was fetched last */
  #thoroughMs: number | null = null;
  readonly #told = new Set<string>();
  /** under way: the stream and an answer may bring the same one at once */
  readonly #telling = new Map<string, Promise<boolean>>();
  /** the venue's order id → ours; null: an order that is not ours */
  readonly #orders = new Map<string, string | null>();

  constructor(parts: CcxtFillsParts) {
    this.#parts = parts;
  }

  /** when the newest execution happened that had to be asked for, although a stream had had the time to tell it */
  #lateMs = 0;

  get lateMs(): number {
    return this.#lateMs;
  }

  /** The venue shows this order of ours. */
  remember(venueOrderId: string, orderId: string | null): void {
    keep(this.#orders, venueOrderId, orderId);
  }

  /** What the account's stream tells. */
  async hear(trades: readonly CcxtTrade[]): Promise<void> {
    await this.#take(trades);
  }

  /** What is known to be missing. */
  async fetch(missing: readonly VenueOrder[], sinceMs: number): Promise<void> {
    for (const symbol of new Set(missing.map((order) => order.symbol)))
      await this.#fetchSymbol(symbol, sinceMs - OVERLAP_MS);
  }

  /** The same, and whatever became visible since the last time that this was asked. */
  async fetchThoroughly(sinceMs: number): Promise<void> {
    const { node, venue } = this.#parts;
    const reachedMs = await this.#reached();
    const fromMs = Math.min(sinceMs, this.#thoroughMs ?? reachedMs) - OVERLAP_MS;
    const usedSinceMs = node.clock.now() - LOOK_MS;
    for (const symbol of await symbolsInUse(node.pool, venue, OPEN_STATUSES, usedSinceMs))
      await this.#fetchSymbol(symbol, fromMs);
    this.#thoroughMs = reachedMs;
  }

  /** What is in the book was fetched in order; before the first execution, a day. */
  async #reached(): Promise<number> {
    const { node, venue } = this.#parts;
    this.#newestMs ??= (await newestExecutionMs(node.pool, venue)) ?? node.clock.now() - LOOK_MS;
    return this.#newestMs;
  }

  async #fetchSymbol(symbol: string, sinceMs: number): Promise<void> {
    const { api, symbols } = this.#parts;
    for await (const page of api.trades(symbols.theirs(symbol), sinceMs)) {
      const told = await this.#take(page);
      const lateByMs = this.#parts.node.clock.now() - LATE_MS;
      for (const { timestampMs } of told)
        if (timestampMs < lateByMs) this.#lateMs = Math.max(this.#lateMs, timestampMs);
    }
  }

  /** @returns those that were news */
  async #take(page: readonly CcxtTrade[]): Promise<readonly CcxtTrade[]> {
    const { node, venue } = this.#parts;
    const unseen = page.filter((trade) => !this.#told.has(tradeExecId(trade)));
    const ids = unseen.map(tradeExecId);
    const booked = ids.length === 0 ? new Set() : await bookedExecIds(node.pool, venue, ids);
    const news: CcxtTrade[] = [];
    for (const trade of unseen) {
      const execId = tradeExecId(trade);
      if (booked.has(execId)) keepIn(this.#told, execId);
      else if (!this.#told.has(execId) && (await this.#tellOnce(trade))) news.push(trade);
    }
    for (const { timestampMs } of page) this.#newestMs = Math.max(this.#newestMs ?? 0, timestampMs);
    return news;
  }

  /** Two tellers at once may have it in other words, which would be a contradiction. */
  async #tellOnce(trade: CcxtTrade): Promise<boolean> {
    const execId = tradeExecId(trade);
    const underWay = this.#telling.get(execId);
    if (underWay !== undefined) return underWay;
    const telling = this.#tell(trade).finally(() => this.#telling.delete(execId));
    this.#telling.set(execId, telling);
    const isDone = await telling;
    if (isDone) keepIn(this.#told, execId);
    return isDone;
  }

  /** @returns whether there is no more to do about it */
  async #tell(trade: CcxtTrade): Promise<boolean> {
    const { node, venue, desk, breaks } = this.#parts;
    const orderId = await this.#orderOf(trade);
    if (orderId === null) return true;
    const ours = await findVenueOrder(node.pool, orderId);
    if (isOfAnother(ours, venue)) return true;
    if (ours === null || ours.currency === null || ours.assetClass === null) {
      breaks.note("orderUnknown", orderId, { execId: tradeExecId(trade) });
      return false;
    }
    const { currency, assetClass } = ours;
    const isTold = await desk.tell(tradeReport(trade, { orderId, venue, currency, assetClass }));
    if (isTold) this.#noteFees(trade, orderId, currency);
    return isTold;
  }

  /** What nobody here can book, a person has to. */
  #noteFees(trade: CcxtTrade, orderId: string, currency: string): void {
    for (const fee of foreignFees(trade, currency)) {
      const facts = { execId: tradeExecId(trade), fee: fee.cost, currency: fee.currency };
      this.#parts.breaks.note("feeNotBooked", orderId, facts);
    }
  }

  /** A trade names the venue's id of its order only. */
  async #orderOf({ orderId: venueOrderId, symbol }: CcxtTrade): Promise<string | null> {
    const known = this.#orders.get(venueOrderId);
    if (known !== undefined) return known;
    const order = await this.#parts.api.orderById(venueOrderId, symbol);
    const { family } = this.#parts;
    const clientId = order?.clientId ?? null;
    const orderId = clientId === null ? null : family.orderIdOf(clientId);
    this.remember(venueOrderId, orderId);
    return orderId;
  }
}

function keep(map: Map<string, string | null>, key: string, value: string | null): void {
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

function keepIn(ids: Set<string>, id: string): void {
  ids.add(id);
  if (ids.size <= REMEMBERED) return;
  const oldest = ids.values().next();
  if (!oldest.done) ids.delete(oldest.value);
}
