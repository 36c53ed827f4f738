import { dec } from "../../../domain/shared/decimal.ts";
import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import { findVenueOrder } from "../../../models/venue-orders.ts";
import type { NodeContext } from "../../context.ts";
import { AlpacaApi } from "./alpaca-api.ts";
import { type BrokerBreak, Breaks } from "./breaks.ts";
import { isOfAnother, reconcileBooks } from "./reconciliation.ts";
import { AlpacaDesk } from "./alpaca-desk.ts";
import { AlpacaFills } from "./alpaca-fills.ts";
import type { AlpacaHttp } from "./alpaca-http.ts";
import type { AlpacaOrder } from "./alpaca-messages.ts";
import { alpacaBooks } from "./alpaca-books.ts";
import { cancelRefusal, meaningOf } from "./alpaca-reports.ts";
import { orderIdOf } from "./client-ids.ts";
import type { AlpacaAccess } from "./alpaca-settings.ts";
import { AlpacaStream, type TradeUpdate } from "./alpaca-stream.ts";

const RECONCILE_MS = 60_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;
/** Executions are fetched at once when there is word of one, and no more often than this: 200 calls a minute are allowed. */
const FETCH_GAP_MS = 1_000;
/** An execution shows among the activities a moment after the stream tells of it. */
const OWED_TRIES = 20;

/**
 * Follows what becomes of orders at Alpaca: the stream says what happens, and after every new line and once a minute the
 * books are compared, which finds whatever the stream did not say.
 *
 * It is the duty of one node at a time. Should two overlap they harm nothing but the limit of calls: every report is told
 * apart by its execId, and counts once, whoever brings it.
 */
export class AlpacaUpdates implements Work {
  readonly #node: NodeContext;
  readonly #http: AlpacaHttp;
  readonly #api: AlpacaApi;
  readonly #desk: AlpacaDesk;
  readonly #breaks: Breaks;
  readonly #fills: AlpacaFills;
  readonly #stream: AlpacaStream;
  readonly #updates: TradeUpdate[] = [];
  #isRoundDue = false;
  #areFillsDue = false;
  /** by the monotonic clock */
  #nextFetchMs = 0;
  #owedTries = 0;
  /** in a row */
  #failures = 0;
  #running: Promise<void> | null = null;
  #roundTimer: Timer | null = null;
  #wakeTimer: Timer | null = null;
  #isStopped = true;

  #abort = new AbortController();

  constructor(node: NodeContext, config: AlpacaAccess, http: AlpacaHttp) {
    this.#node = node;
    this.#http = http;
    // Unlike the calls that orders wait for, what merely looks is cut off by a stop.
    this.#api = new AlpacaApi((call) => http(call, this.#abort.signal));
    this.#breaks = new Breaks(node, config.venue);
    this.#desk = new AlpacaDesk(node, this.#breaks, this.#api, config.venue);
    this.#fills = new AlpacaFills(node, this.#api, this.#desk, this.#breaks);
    this.#stream = new AlpacaStream(config, node.clock, node.log, {
      onListening: () => this.#dueRound(),
      onUpdate: (update) => {
        this.#updates.push(update);
        this.#wake();
      },
    });
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    this.#abort = new AbortController();
    this.#stream.start();
    this.#dueRound();
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#roundTimer?.cancel();
    this.#wakeTimer?.cancel();
    this.#stream.stop();
    this.#abort.abort();
    await this.#running;
  }

  /** The broker shows an order of ours; its executions, if it has any, are to be fetched. */
  expect(order: AlpacaOrder): void {
    // Then another node follows the account, and hears of it itself.
    if (this.#isStopped) return;
    this.#fills.expect(order);
    if (!this.#fills.isOwed) return;
    this.#owedTries = 0;
    this.#areFillsDue = true;
    this.#wake();
  }

  /** Compares the books now, whether this node follows the account or not: what two of them find is found once. */
  async reconcile(): Promise<readonly BrokerBreak[]> {
    const api = new AlpacaApi(this.#http);
    const { venue } = this.#breaks;
    const breaks = new Breaks(this.#node, venue);
    const desk = new AlpacaDesk(this.#node, breaks, api, venue);
    const fills = new AlpacaFills(this.#node, api, desk, breaks);
    return this.#compare(api, desk, fills, breaks);
  }

  #compare(api: AlpacaApi, desk: AlpacaDesk, fills: AlpacaFills, breaks: Breaks) {
    const node = this.#node;
    const books = alpacaBooks({ node, api, fills, breaks });
    return reconcileBooks({ node, venue: breaks.venue, books, desk, breaks });
  }

  #dueRound(): void {
    this.#isRoundDue = true;
    this.#wake();
  }

  #wake(): void {
    if (this.#isStopped || this.#running !== null) return;
    if (this.#isBusy()) this.#running = this.#run();
    else this.#awaitFetch();
  }

  /** One thing after another: two at once would only tell the same orders the same. */
  async #run(): Promise<void> {
    try {
      while (!this.#isStopped && this.#isBusy()) await this.#step();
      this.#awaitFetch();
    } catch (err) {
      if (!this.#isStopped) this.#failed(err);
    }
    this.#running = null;
  }

  /** An update that was lost in this is found by comparing. */
  #failed(err: unknown): void {
    const retryInMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#isRoundDue = true;
    this.#node.log.warn({ err, retryInMs }, "orders at Alpaca cannot be followed now");
    this.#wakeIn(retryInMs);
  }

  #isBusy(): boolean {
    return this.#updates.length > 0 || this.#mayFetch() || this.#isRoundDue;
  }

  #mayFetch(): boolean {
    return this.#areFillsDue && this.#node.clock.monotonicMs() >= this.#nextFetchMs;
  }

  async #step(): Promise<void> {
    const update = this.#updates.shift();
    if (update !== undefined) await this.#heed(update);
    else if (this.#mayFetch()) await this.#fetch();
    else await this.#round();
  }

  async #round(): Promise<void> {
    this.#isRoundDue = false;
    await this.#compare(this.#api, this.#desk, this.#fills, this.#breaks);
    this.#failures = 0;
    this.#roundTimer?.cancel();
    if (!this.#isStopped)
      this.#roundTimer = this.#node.clock.setTimer(RECONCILE_MS, () => this.#dueRound());
  }

  async #fetch(): Promise<void> {
    this.#areFillsDue = false;
    this.#nextFetchMs = this.#node.clock.monotonicMs() + FETCH_GAP_MS;
    await this.#fills.fetch();
    if (!this.#fills.isOwed) return;
    this.#owedTries += 1;
    if (this.#owedTries < OWED_TRIES) this.#areFillsDue = true;
    else {
      this.#fills.giveUp();
      this.#isRoundDue = true;
    }
  }

  async #heed({ event, order, timestamp }: TradeUpdate): Promise<void> {
    const orderId = orderIdOf(order.clientOrderId);
    if (orderId === null) return;
    if (isOfAnother(await findVenueOrder(this.#node.pool, orderId), this.#breaks.venue)) return;
    if (event === "trade_bust" || event === "trade_correct") {
      this.#breaks.note("tradeCorrected", order.clientOrderId, { event });
      return;
    }
    this.expect(order);
    // Fills first: what closes an order gives back its hold, which they are to be paid from.
    if (meaningOf(order) !== "live" && !dec(order.filledQty).isZero()) await this.#fetch();
    await this.#desk.tellStatus(order);
    if (event !== "order_cancel_rejected") return;
    const occasion = timestamp ?? order.updatedAt;
    await this.#desk.tell(
      cancelRefusal(this.#breaks.venue, order, occasion, "the venue refused the cancel"),
    );
  }

  #awaitFetch(): void {
    if (this.#areFillsDue) this.#wakeIn(this.#nextFetchMs - this.#node.clock.monotonicMs());
  }

  #wakeIn(ms: number): void {
    this.#wakeTimer?.cancel();
    if (!this.#isStopped) this.#wakeTimer = this.#node.clock.setTimer(ms, () => this.#wake());
  }
}
