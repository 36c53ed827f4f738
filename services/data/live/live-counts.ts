import type { NodeContext } from "../../context.ts";
import type { MarketEvent, RefusedRow } from "../feeds/feed.ts";
import type { StreamKind, StreamState } from "../sources/source.ts";

/** What an operator is told of a live source. */
export interface LiveStatus {
  readonly sourceId: string;
  readonly symbols: readonly string[];
  readonly kinds: readonly StreamKind[];
  readonly state: StreamState;
  /** events over the last ten seconds, a second */
  readonly eventsPerSecond: number;
  /** arrival less event time of the newest event that has one of its own; below 0 where the venue's clock is ahead of ours */
  readonly lagMs: number | null;
  readonly lastEventMs: number | null;
  readonly lastErrors: readonly string[];
  readonly events: number;
  readonly reconnects: number;
  readonly cuts: number;
  readonly gaps: number;
  readonly gapsOpen: number;
  readonly gapsRepaired: number;
  readonly refused: number;
  /** trades and bars that wait for the store */
  readonly waiting: number;
  readonly conflated: number;
}

type Told = Pick<
  LiveStatus,
  "sourceId" | "symbols" | "kinds" | "state" | "waiting" | "conflated" | "gapsOpen" | "gapsRepaired"
>;

const WINDOW_S = 10;
const ERRORS_KEPT = 5;

/** Counts what one live source brings. */
export class LiveCounts {
  readonly #node: NodeContext;
  readonly #sourceId: string;
  /** events of each of the last seconds, by second modulo the window */
  readonly #perSecond = Array.from({ length: WINDOW_S }, () => 0);
  #second = 0;
  #events = 0;
  #refused = 0;
  #gaps = 0;
  #cuts = 0;
  #connections = 0;
  #lagMs: number | null = null;
  #lastEventMs: number | null = null;
  #lastErrors: readonly string[] = [];

  constructor(node: NodeContext, sourceId: string) {
    this.#node = node;
    this.#sourceId = sourceId;
  }

  heard(event: MarketEvent, nowMs: number): void {
    this.#turnTo(Math.floor(nowMs / 1_000));
    this.#perSecond[this.#second % WINDOW_S] = (this.#perSecond[this.#second % WINDOW_S] ?? 0) + 1;
    this.#events += 1;
    this.#lastEventMs = nowMs;
    const atMs = eventMs(event);
    if (atMs !== null) this.#lagMs = nowMs - atMs;
  }

  refused({ reason, detail }: RefusedRow): void {
    this.#refused += 1;
    this.failed(`${reason}: ${detail}`);
    this.#node.log.warn({ source: this.#sourceId, reason, detail }, "a row was refused");
  }

  /** What an operator should read of. */
  failed(error: string): void {
    this.#lastErrors = [...this.#lastErrors, error].slice(-ERRORS_KEPT);
  }

  gap(): void {
    this.#gaps += 1;
  }

  cut(): void {
    this.#cuts += 1;
  }

  became(state: StreamState): void {
    if (state === "live") this.#connections += 1;
  }

  status(told: Told): LiveStatus {
    this.#turnTo(Math.floor(this.#node.clock.now() / 1_000));
    const recent = this.#perSecond.reduce((sum, count) => sum + count, 0);
    return {
      ...told,
      eventsPerSecond: recent / WINDOW_S,
      lagMs: this.#lagMs,
      lastEventMs: this.#lastEventMs,
      lastErrors: this.#lastErrors,
      events: this.#events,
      reconnects: Math.max(0, this.#connections - 1),
      cuts: this.#cuts,
      gaps: this.#gaps,
      refused: this.#refused,
    };
  }

  #turnTo(second: number): void {
    const from = Math.max(this.#second + 1, second - WINDOW_S + 1);
    for (let at = from; at <= second; at += 1) this.#perSecond[at % WINDOW_S] = 0;
    this.#second = Math.max(this.#second, second);
  }
}

/** When it happened at the venue; a bar is told at its end, which says nothing of the line. */
function eventMs(event: MarketEvent): number | null {
  switch (event.kind) {
    case "bar":
      return null;
    case "trade":
      return event.trade.tsEventMs;
    case "quote":
      // A quote without a time of its own has that of its arrival.
      return event.quote.tsEventMs === event.quote.tsInitMs ? null : event.quote.tsEventMs;
    case "book":
      return event.book.tsEventMs;
  }
}
