/**
 * Fills come from one source only, the account activities of type FILL, and an execution's id is its activity's id. The
 * stream tells of fills too, with an `execution_id`, but nothing in the documentation says how the two ids go together;
 * were they taken from both, one execution could be booked twice. So the stream only says that there is something to fetch:
 * it costs a query a burst of fills, and in return a fill is found in the same place whether the stream lived or not.
 */
import { dec } from "../../../domain/shared/decimal.ts";
import { bookedExecIds, findVenueOrder, newestExecutionMs } from "../../../models/venue-orders.ts";
import type { NodeContext } from "../../context.ts";
import type { AlpacaApi } from "./alpaca-api.ts";
import type { Breaks } from "./breaks.ts";
import type { AlpacaDesk } from "./alpaca-desk.ts";
import type { AlpacaFill, AlpacaOrder } from "./alpaca-messages.ts";
import { fillReport } from "./alpaca-reports.ts";
import { orderIdOf } from "./client-ids.ts";
import { isOfAnother } from "./reconciliation.ts";

/** Executions may become visible out of order: how far behind the newest one a fetch begins, by the broker's clock. */
const OVERLAP_MS = 2_000;
/** The same when the books are compared. */
const THOROUGH_OVERLAP_MS = 60_000;
/** How far a start without any record looks back. */
const FIRST_LOOK_MS = 86_400_000;
/** Executions and orders that are remembered, so that an overlap costs no turns. */
const REMEMBERED = 20_000;

const NOT_OURS = { currency: null, assetClass: null };

export class AlpacaFills {
  readonly #node: NodeContext;
  readonly #api: AlpacaApi;
  readonly #desk: AlpacaDesk;
  readonly #breaks: Breaks;
  #newestMs: number | null = null;
  /** how far the newest was when all was fetched last */
  #thoroughMs: number | null = null;
  readonly #told = new Set<string>();
  /** the broker's order id → ours; null: an order that is not ours */
  readonly #orders = new Map<string, string | null>();
  /** the broker's order id → how much of it is known to be filled, until the executions are here */
  readonly #owed = new Map<string, string>();

  constructor(node: NodeContext, api: AlpacaApi, desk: AlpacaDesk, breaks: Breaks) {
    this.#node = node;
    this.#api = api;
    this.#desk = desk;
    this.#breaks = breaks;
  }

  /** Whether the broker has spoken of executions that it has not shown yet. */
  get isOwed(): boolean {
    return this.#owed.size > 0;
  }

  /** The broker shows an order with so much filled: the executions have to come. */
  expect({ id, clientOrderId, filledQty }: AlpacaOrder): void {
    this.#remember(id, orderIdOf(clientOrderId));
    if (dec(filledQty).isZero()) return;
    if (dec(filledQty).greaterThan(this.#owed.get(id) ?? "0")) this.#owed.set(id, filledQty);
  }

  /** Stops waiting: the reconciliation looks whether something is missing. */
  giveUp(): void {
    this.#owed.clear();
  }

  /** Fetches what was executed since the last time and tells the orders of it. */
  async fetch(): Promise<void> {
    await this.#fetchAfter((await this.#reached()) - OVERLAP_MS);
  }

  /**
   * The same from further back: whatever became visible since the last time that this was asked.
   * @param sinceMs when something is known to be missing; Infinity when nothing is
   */
  async fetchThoroughly(sinceMs: number): Promise<void> {
    const reachedMs = await this.#reached();
    const fromMs = Math.min(sinceMs, this.#thoroughMs ?? reachedMs);
    await this.#fetchAfter(fromMs - THOROUGH_OVERLAP_MS);
    this.#thoroughMs = reachedMs;
  }

  async #fetchAfter(ms: number): Promise<void> {
    for await (const page of this.#api.fills(ms)) await this.#take(page);
  }

  /** What is in the book was fetched in order; before the first execution, a day. */
  async #reached(): Promise<number> {
    const { pool, clock } = this.#node;
    this.#newestMs ??=
      (await newestExecutionMs(pool, this.#breaks.venue)) ?? clock.now() - FIRST_LOOK_MS;
    return this.#newestMs;
  }

  async #take(page: readonly AlpacaFill[]): Promise<void> {
    const unseen = page.filter(({ id }) => !this.#told.has(id));
    const ids = unseen.map(({ id }) => id);
    const booked =
      ids.length === 0 ? new Set() : await bookedExecIds(this.#node.pool, this.#breaks.venue, ids);
    for (const fill of unseen) {
      if (booked.has(fill.id) || (await this.#tell(fill))) keep(this.#told, fill.id);
    }
    for (const { orderId, cumQty, transactTimeMs } of page) {
      const owed = this.#owed.get(orderId);
      if (owed !== undefined && dec(cumQty).greaterThanOrEqualTo(owed)) this.#owed.delete(orderId);
      this.#newestMs = Math.max(this.#newestMs ?? 0, transactTimeMs);
    }
  }

  /** @returns whether there is no more to do about it */
  async #tell(fill: AlpacaFill): Promise<boolean> {
    const orderId = await this.#orderOf(fill.orderId);
    if (orderId === null) return true;
    const order = await findVenueOrder(this.#node.pool, orderId);
    const { venue } = this.#breaks;
    if (isOfAnother(order, venue)) return true;
    const { currency, assetClass } = order ?? NOT_OURS;
    if (currency !== null && assetClass !== null)
      return this.#desk.tell(fillReport(venue, fill, { orderId, currency, assetClass }));
    this.#breaks.note("orderUnknown", orderId, { execId: fill.id });
    return false;
  }

  /** An activity names the broker's id only. */
  async #orderOf(id: string): Promise<string | null> {
    const known = this.#orders.get(id);
    if (known !== undefined) return known;
    const order = await this.#api.orderById(id);
    const orderId = order === null ? null : orderIdOf(order.clientOrderId);
    this.#remember(id, orderId);
    return orderId;
  }

  #remember(id: string, orderId: string | null): void {
    this.#orders.set(id, orderId);
    if (this.#orders.size <= REMEMBERED) return;
    const oldest = this.#orders.keys().next();
    if (!oldest.done) this.#orders.delete(oldest.value);
  }
}

function keep(ids: Set<string>, id: string): void {
  ids.add(id);
  if (ids.size <= REMEMBERED) return;
  const oldest = ids.values().next();
  if (!oldest.done) ids.delete(oldest.value);
}
