import type { NodeContext } from "../../context.ts";
import type { CcxtApi } from "./ccxt-api.ts";
import { ccxtFailure } from "./ccxt-errors.ts";
import type { CcxtExchange, CcxtSetup } from "./ccxt-exchange.ts";
import { CcxtLine, StrangeAddress } from "./ccxt-line.ts";
import type { CcxtNews } from "./ccxt-news.ts";

const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 30_000;
/** Keys do not become right by trying often. */
const REFUSED_PAUSE_MS = 60_000;
/** A line that was up for so long had no fault of its own. */
const STEADY_MS = 60_000;

export interface CcxtStreamListener {
  /** what happened before has to be asked for */
  onOpen(): void;
  onNews(news: CcxtNews): void;
  onLost(): void;
}

export interface CcxtStreamParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly setup: CcxtSetup;
  /** whose markets are shared with each line */
  readonly exchange: CcxtExchange;
  readonly api: CcxtApi;
  readonly secrets: readonly string[];
}

/** Holds a line to an account's stream at an exchange, and takes a new one whenever it is lost. */
export class CcxtStream {
  readonly #parts: CcxtStreamParts;
  readonly #listener: CcxtStreamListener;
  #line: CcxtLine | null = null;
  /** epoch ms */
  #liveSinceMs: number | null = null;
  /** told once, for as long as it stands */
  #isRefused = false;
  /** lines lost since the last one that was of use */
  #losses = 0;
  #abort = new AbortController();
  #running: Promise<void> | null = null;

  constructor(parts: CcxtStreamParts, listener: CcxtStreamListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  /** Since when the line tells of the account's orders, epoch ms; null for one that is no more than an open socket. */
  get liveSinceMs(): number | null {
    return this.#liveSinceMs;
  }

  /** Does nothing while it runs. */
  start(): void {
    if (this.#running !== null) return;
    this.#abort = new AbortController();
    this.#losses = 0;
    this.#running = this.#run(this.#abort.signal);
  }

  /** Resolves when nothing of it is left. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error("the account is not followed here any more"));
    await this.#running;
    this.#running = null;
  }

  /** It has kept something back. */
  distrust(why: string): void {
    this.#line?.lose(new Error(why));
  }

  async #run(until: AbortSignal): Promise<void> {
    const { clock } = this.#parts.node;
    while (!until.aborted) {
      const startedMs = clock.monotonicMs();
      const why = await this.#follow(until).catch((error: unknown) => error);
      if (clock.monotonicMs() - startedMs > STEADY_MS) this.#losses = 0;
      this.#line = null;
      this.#liveSinceMs = null;
      if (until.aborted) return;
      this.#listener.onLost();
      const pauseMs = this.#pauseAfter(why);
      if (pauseMs === null) return;
      await clock.sleep(pauseMs, until).catch(() => undefined);
    }
  }

  /** @returns why the line has ended */
  async #follow(until: AbortSignal): Promise<unknown> {
    const { node, setup, exchange, api } = this.#parts;
    await api.ready();
    if (until.aborted) return null;
    this.#line = new CcxtLine(setup, exchange, node.clock, {
      onOpen: () => this.#listener.onOpen(),
      onNews: (news) => {
        this.#liveSinceMs ??= node.clock.now();
        this.#isRefused = false;
        this.#losses = 0;
        this.#listener.onNews(news);
      },
    });
    return this.#line.run(until);
  }

  /** @returns ms; null when no other line would be better */
  #pauseAfter(why: unknown): number | null {
    const { node, venue, secrets } = this.#parts;
    const trace = { sendByMs: 0, until: this.#abort.signal, wasSent: true, isVenuesWord: true };
    const { message, verdict } = ccxtFailure(why, trace, secrets);
    const reason = verdict.verdict === "rejected" ? verdict.reason : null;
    if (why instanceof StrangeAddress || reason === "notSupported" || reason === "invalidRequest") {
      node.log.warn({ why: message, venue }, "orders at the exchange are followed by asking alone");
      return null;
    }
    if (reason === "notAuthorized" || reason === "forbidden") return this.#refused(message);
    const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(this.#losses, 10));
    this.#losses += 1;
    node.log.warn({ why: message, venue, retryInMs: pauseMs }, "the exchange's stream is lost");
    return pauseMs;
  }

  #refused(why: string): number {
    const { node, venue } = this.#parts;
    const words = "the exchange refuses our keys for its stream: orders are followed by asking";
    if (this.#isRefused) node.log.warn({ why, venue }, words);
    else node.log.error({ why, venue }, words);
    this.#isRefused = true;
    return REFUSED_PAUSE_MS;
  }
}
