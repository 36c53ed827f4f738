import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import type { NodeContext } from "../../context.ts";
import { hasOpenOrders } from "../../../models/venue-trades.ts";
import type { BrokerBreak, Breaks } from "./breaks.ts";
import { OPEN_STATUSES, follow, reconcileBooks } from "./reconciliation.ts";
import type { BrokerBooks } from "./reconciliation.ts";
import { CcxtFailure } from "./ccxt-errors.ts";
import type { CcxtNews } from "./ccxt-news.ts";
import type { CcxtStream, CcxtStreamListener } from "./ccxt-stream.ts";
import type { Desk } from "./desk.ts";

const RECONCILE_MS = 60_000;
/** While orders of ours are open there; a look costs a call for each of their markets. */
const LOOK_MS = 2_000;
/** The same while the account's stream tells what happens to them: what it does not tell is found by then. */
const LIVE_LOOK_MS = 30_000;
/** After word of something that only asking explains; what comes along with it is asked for in one. */
const NEWS_MS = 50;
/** Until it is seen that another node has sent one. */
const IDLE_MS = 5_000;
/** After an order was sent, changed or canceled: most that happens to an order happens at once. */
const SOON_MS = 250;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

export interface CcxtUpdatesParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly desk: Desk;
  readonly breaks: Breaks;
  readonly books: (isThorough: boolean) => BrokerBooks;
  /** null where ccxt has none */
  readonly stream: ((listener: CcxtStreamListener) => CcxtStream) | null;
  /** Tells the orders what the stream has brought. @returns whether the exchange is to be asked now */
  readonly hear: (news: CcxtNews) => Promise<boolean>;
  /** when the newest execution happened that had to be asked for, although a stream had had the time to tell it; epoch ms */
  readonly lateMs: () => number;
}

/**
 * Follows what becomes of an account's orders: the exchange's stream says what happens, where it has one, and asking finds
 * whatever it did not say. Asked is every two seconds for orders that are open, or every thirty while the stream tells of them;
 * at once after each new line; soon after each call of ours; and once a minute for everything.
 *
 * It is the duty of one node at a time. Should two overlap they harm nothing but the limit of calls: every report is told apart
 * by its execId, and counts once, whoever brings it.
 */
export class CcxtUpdates implements Work {
  readonly #parts: CcxtUpdatesParts;
  #nextRoundMs = 0;
  #failures = 0;
  /** told once, for as long as it stands */
  #isRefused = false;
  #timer: Timer | null = null;
  #dueAtMs = Infinity;
  #running: Promise<void> | null = null;
  #isStopped = true;
  #abort = new AbortController();
  readonly #stream: CcxtStream | null;
  /** what the stream has brought is told one after another */
  #hearing: Promise<void> = Promise.resolve();

  constructor(parts: CcxtUpdatesParts) {
    this.#parts = parts;
    this.#stream =
      parts.stream?.({
        onOpen: () => this.#lookIn(0),
        onNews: (news) => this.#hear(news),
        onLost: () => this.#lookIn(LOOK_MS),
      }) ?? null;
  }

  /** Ends what merely looks, unlike the calls that orders wait for. */
  get until(): AbortSignal {
    return this.#abort.signal;
  }

  async start(): Promise<void> {
    this.#isStopped = false;
    this.#abort = new AbortController();
    this.#nextRoundMs = 0;
    this.#lookIn(0);
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#abort.abort(new Error("the account is not followed here any more"));
    await this.#stream?.stop();
    await this.#running;
    await this.#hearing;
  }

  /** Something was done that the venue will have an answer to. */
  expect(): void {
    // Then another node follows the account, and looks by itself.
    if (!this.#isStopped) this.#lookIn(SOON_MS);
  }

  /** One round now, whoever follows the account. */
  async reconcile(): Promise<readonly BrokerBreak[]> {
    const { node, venue, desk, breaks, books } = this.#parts;
    return reconcileBooks({ node, venue, desk, breaks, books: books(true) });
  }

  #hear(news: CcxtNews): void {
    const before = this.#hearing;
    this.#hearing = this.#hearAfter(before, news);
  }

  async #hearAfter(before: Promise<void>, news: CcxtNews): Promise<void> {
    await before;
    if (this.#isStopped) return;
    try {
      if (await this.#parts.hear(news)) this.#lookIn(NEWS_MS);
    } catch (err) {
      // An answer has the same news.
      this.#parts.node.log.warn({ err, venue: this.#parts.venue }, "the exchange's news failed");
      this.#nextRoundMs = 0;
      this.#lookIn(RETRY_MIN_MS);
    }
  }

  #lookIn(ms: number): void {
    const { clock } = this.#parts.node;
    const atMs = clock.monotonicMs() + ms;
    if (this.#isStopped || atMs >= this.#dueAtMs) return;
    this.#timer?.cancel();
    this.#dueAtMs = atMs;
    this.#timer = clock.setTimer(ms, () => this.#look());
  }

  /** One look after another: two at once would only tell the same orders the same. */
  #look(): void {
    if (this.#isStopped) return;
    this.#dueAtMs = Infinity;
    if (this.#running !== null) {
      this.#lookIn(SOON_MS);
      return;
    }
    this.#running = this.#round().finally(() => {
      this.#running = null;
    });
  }

  async #round(): Promise<void> {
    const { node, venue, desk, breaks, books } = this.#parts;
    const { clock, pool } = node;
    try {
      if (clock.monotonicMs() >= this.#nextRoundMs) {
        await this.reconcile();
        this.#nextRoundMs = clock.monotonicMs() + RECONCILE_MS;
      }
      const isOpen = await hasOpenOrders(pool, venue, OPEN_STATUSES);
      if (isOpen) await follow({ node, venue, desk, breaks, books: books(false) });
      this.#failures = 0;
      this.#isRefused = false;
      // A stream is not opened with keys that are no good.
      if (!this.#isStopped) this.#stream?.start();
      this.#lookIn(isOpen ? this.#pauseMs() : IDLE_MS);
    } catch (err) {
      if (!this.#isStopped) this.#failed(err);
    }
  }

  /** Until the next look while orders are open. */
  #pauseMs(): number {
    const liveSinceMs = this.#stream?.liveSinceMs ?? null;
    if (liveSinceMs === null) return LOOK_MS;
    if (this.#parts.lateMs() <= liveSinceMs) return LIVE_LOOK_MS;
    this.#stream?.distrust("it has kept an execution back");
    return LOOK_MS;
  }

  #failed(err: unknown): void {
    const retryInMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#nextRoundMs = 0;
    const { node, venue } = this.#parts;
    const isRefused = err instanceof CcxtFailure && err.verdict.verdict === "rejected";
    if (isRefused && !this.#isRefused)
      node.log.error(
        { err, venue },
        "the exchange refuses our keys: orders there are not followed",
      );
    else node.log.warn({ err, venue, retryInMs }, "orders at the exchange cannot be followed now");
    this.#isRefused = isRefused;
    this.#lookIn(retryInMs);
  }
}
