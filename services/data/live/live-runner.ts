import type { BookSnapshot } from "../../../domain/market/book/snapshot.ts";
import { barStartMs } from "../../../domain/market/timeframe.ts";
import type { Work } from "../../../mixins/actor/duty.ts";
import type { Timer } from "../../../mixins/clock.ts";
import type { NodeContext } from "../../context.ts";
import type { MarketEvent, RefusedRow } from "../feeds/feed.ts";
import type { MarketChain } from "../market-chain.ts";
import type {
  LiveStream,
  MarketDataSource,
  StreamSink,
  StreamState,
  StreamSubscription,
} from "../sources/source.ts";
import { GapRepair } from "./gap-repair.ts";
import type { RepairKind } from "./gap-repair.ts";
import { Lane } from "./lane.ts";
import type { Task } from "./lane.ts";
import { LiveCounts } from "./live-counts.ts";
import type { LiveStatus } from "./live-counts.ts";
import { LiveRefusals } from "./live-refusals.ts";
import { quoteOfBook } from "./quote-of-book.ts";
import { storedUntil } from "./stored-until.ts";
import { fateReason, isTick, outcomeReason, symbolOf } from "./words.ts";

/** Books of one symbol are recorded and told this often at most. */
const BOOK_EVERY_MS = 100;
/** Trades on their way are waited for so long before a minute without a newer one is closed. */
const CLOSING_GRACE_MS = 2_000;
const CLOCK_EVERY_MS = 500;
const RETRY_MS = 500;
/** What may wait in memory for a slow store; beyond it the stream is cut, and what it misses is filled in from history. */
const WAITING_BYTES_MAX = 64 * 1_024 * 1_024;
/** A venue's clock may be off by so much. */
const VENUE_CLOCK_MS = 5_000;

/** Where news goes. */
export type LiveChain = Pick<
  MarketChain,
  "takeBar" | "takeTrades" | "takeQuote" | "takeBook" | "advance"
>;

export interface LiveOptions extends StreamSubscription {
  readonly node: NodeContext;
  readonly chain: LiveChain;
  readonly sourceId: string;
  readonly stream: NonNullable<MarketDataSource["stream"]>;
  /** what its history can fill in */
  readonly repairs: readonly RepairKind[];
  readonly waitingBytesMax?: number;
  /** as in `GapRepair` */
  readonly repairGraceMs?: number;
  readonly repairRetryMs?: number;
}

/**
 * Plays one source's stream into the symbols' actors and on along the chain: each symbol in its own lane, so that one that
 * waits does not hold up the others. It is the duty of one node at a time; two that overlap bring the same trades under the
 * same ids, which count once.
 */
export class LiveRunner implements Work {
  readonly #options: LiveOptions;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #pumps = new Map<string, Promise<void>>();
  /** by the monotonic clock */
  readonly #bookAtMs = new Map<string, number>();
  readonly #counts: LiveCounts;
  readonly #refusals: LiveRefusals;
  #repair: GapRepair;
  #stream: LiveStream | null = null;
  #state: StreamState = "closed";
  #clockTimer: Timer | null = null;
  #closedMs = 0;
  #isStopped = true;
  #stopping = new AbortController();
  /** of each symbol, since when nothing was heard, epoch ms; for the gap that ends when the stream is live */
  #missedSince: ReadonlyMap<string, number> = new Map();
  /** the stream was cut because too much waits */
  #isCut = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#lanes = new Map(options.symbols.map((symbol) => [symbol, new Lane(symbol)]));
    this.#counts = new LiveCounts(options.node, options.sourceId);
    this.#refusals = new LiveRefusals(options.node, options.sourceId);
    this.#repair = this.#newRepair();
  }

  async start(): Promise<void> {
    const options = this.#options;
    this.#isStopped = false;
    this.#stopping = new AbortController();
    this.#repair = this.#newRepair();
    this.#missedSince = await storedUntil(options.node, options.symbols);
    await this.#repair.begin();
    this.#open();
    this.#tick();
  }

  /** Resolves once nothing goes on: what waits is given up, and filled in by whoever goes on. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopping.abort();
    this.#clockTimer?.cancel();
    await this.#stream?.close();
    await Promise.all([...this.#pumps.values(), this.#repair.stop()]);
    await this.#refusals.stop();
  }

  /** What befell the line, for whoever asks how the source does. */
  warn(error: string): void {
    this.#counts.failed(error);
  }

  get status(): LiveStatus {
    const { sourceId, symbols, kinds } = this.#options;
    const lanes = [...this.#lanes.values()];
    return this.#counts.status({
      sourceId,
      symbols,
      kinds,
      state: this.#isCut ? "waiting" : this.#state,
      waiting: lanes.reduce((sum, lane) => sum + lane.waiting, 0),
      conflated: lanes.reduce((sum, lane) => sum + lane.conflated, 0),
      gapsOpen: this.#repair.pending,
      gapsRepaired: this.#repair.repaired,
    });
  }

  #newRepair(): GapRepair {
    const { node, sourceId, kinds, repairs, repairGraceMs, repairRetryMs } = this.#options;
    const repaired = repairs.filter((kind) => kind === "bars" || kinds.includes(kind));
    return new GapRepair({
      node,
      sourceId,
      kinds: kinds.includes("bars") || kinds.includes("trades") ? repaired : [],
      ...(repairGraceMs !== undefined && { graceMs: repairGraceMs }),
      ...(repairRetryMs !== undefined && { retryMs: repairRetryMs }),
    });
  }

  #open(): void {
    const { stream, symbols, kinds } = this.#options;
    const sink: StreamSink = {
      events: (events) => this.#take(events),
      refused: (row) => this.#refused(row),
      gap: ({ startMs, endMs, reason, symbols: some = symbols }) => {
        this.#options.node.log.warn(
          { source: this.#options.sourceId, startMs, endMs, reason },
          "a gap",
        );
        this.#counts.gap();
        for (const symbol of some) this.#repair.add(symbol, { startMs, endMs });
      },
      state: (state) => this.#became(state),
    };
    this.#stream = stream({ symbols, kinds }, sink);
    this.#became(this.#stream.state);
  }

  #refused(row: RefusedRow & { readonly symbol: string }): void {
    this.#counts.refused(row);
    this.#refusals.add(row.symbol, row.reason, 1, row.detail);
  }

  #became(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#counts.became(state);
    if (state !== "live") return;
    const endMs = this.#options.node.clock.now() + VENUE_CLOCK_MS;
    for (const [symbol, startMs] of this.#missedSince) {
      this.#counts.gap();
      this.#repair.add(symbol, { startMs, endMs });
    }
    this.#missedSince = new Map();
  }

  #take(events: readonly MarketEvent[]): void {
    const nowMs = this.#options.node.clock.now();
    for (const event of events) {
      const symbol = symbolOf(event);
      this.#counts.heard(event, nowMs);
      this.#lanes.get(symbol)?.put(event, nowMs);
      this.#wake(symbol);
    }
    this.#checkBound();
  }

  #checkBound(): void {
    const { waitingBytesMax = WAITING_BYTES_MAX, node, sourceId } = this.#options;
    if (this.#isCut || this.#waitingBytes() <= waitingBytesMax) return;
    this.#isCut = true;
    this.#counts.cut();
    node.log.warn({ source: sourceId }, "too much waits: the stream is cut, and filled in later");
    const sinceMs = node.clock.now() - VENUE_CLOCK_MS;
    this.#missedSince = new Map(this.#options.symbols.map((symbol) => [symbol, sinceMs]));
    void this.#stream?.close();
    this.#became("closed");
  }

  #waitingBytes(): number {
    let bytes = 0;
    for (const lane of this.#lanes.values()) bytes += lane.waitingBytes;
    return bytes;
  }

  /** A stream that was cut is taken up again once half of what waited is done. */
  #reopenIfDone(): void {
    const { waitingBytesMax = WAITING_BYTES_MAX } = this.#options;
    if (!this.#isCut || this.#isStopped || this.#waitingBytes() > waitingBytesMax / 2) return;
    this.#isCut = false;
    this.#open();
  }

  #wake(symbol: string): void {
    const lane = this.#lanes.get(symbol);
    if (lane === undefined || this.#pumps.has(symbol) || this.#isStopped) return;
    const pump = this.#pump(lane).finally(() => {
      this.#pumps.delete(symbol);
      this.#reopenIfDone();
      if (lane.next(true) !== null) this.#wake(symbol);
    });
    this.#pumps.set(symbol, pump);
  }

  async #pump(lane: Lane): Promise<void> {
    for (;;) {
      const task = lane.next(this.#isBookDue(lane));
      if (this.#isStopped) return;
      if (task !== null) await this.#untilDone(lane, task);
      else if (lane.hasBook) await this.#sleep(BOOK_EVERY_MS / 4);
      else return;
    }
  }

  #isBookDue({ symbol }: Lane): boolean {
    const nowMs = this.#options.node.clock.monotonicMs();
    return nowMs - (this.#bookAtMs.get(symbol) ?? -Infinity) >= BOOK_EVERY_MS;
  }

  /** Trades and bars wait while a dependency is down; a quote or a book is given up, because the next one says more. */
  async #untilDone(lane: Lane, task: Task): Promise<void> {
    for (let attempt = 0; !this.#isStopped; attempt += 1) {
      try {
        const reasons = await this.#do(lane.symbol, task);
        // Of what is given again nobody can say whether it was a repeat before.
        if (attempt > 0) break;
        for (const [reason, rows] of Map.groupBy(reasons, (word) => word))
          this.#refusals.add(lane.symbol, reason, rows.length);
        break;
      } catch (err) {
        const { node, sourceId } = this.#options;
        node.log.warn({ source: sourceId, symbol: lane.symbol, task: task.is, err }, "news waits");
        await this.#sleep(RETRY_MS);
        if (task.is === "quote" || task.is === "book") break;
      }
    }
    if (!this.#isStopped) lane.done(task);
  }

  /** @returns of what changed nothing, or came too late: why, one a row */
  async #do(symbol: string, task: Task): Promise<readonly string[]> {
    const { chain, kinds } = this.#options;
    switch (task.is) {
      case "trades": {
        const fates = await chain.takeTrades(task.trades, task.tsInitMs);
        return fates.flatMap((fate) => fateReason(fate) ?? []);
      }
      case "bar": {
        const outcome = await chain.takeBar(task.bar, task.tsInitMs, kinds.some(isTick));
        return [outcomeReason(outcome) ?? []].flat();
      }
      case "clock":
        await chain.advance(symbol, task.nowMs);
        return [];
      case "quote":
        await chain.takeQuote(task.quote);
        return [];
      case "book":
        await this.#takeBook(task.book);
        return [];
    }
  }

  /** Where a vendor's quotes are not listened to, the best levels of its book are one. */
  async #takeBook(book: BookSnapshot): Promise<void> {
    const { chain, kinds, node } = this.#options;
    this.#bookAtMs.set(book.symbol, node.clock.monotonicMs());
    await chain.takeBook(book);
    if (!kinds.includes("quotes")) await chain.takeQuote(quoteOfBook(book));
  }

  /** Minutes without a trade after them are closed by the clock, while nothing is missing from them. */
  #tick(): void {
    const { clock } = this.#options.node;
    this.#clockTimer = clock.setTimer(CLOCK_EVERY_MS, () => {
      const reachedMs = barStartMs("1m", clock.now() - CLOSING_GRACE_MS);
      if (this.#state === "live" && !this.#isCut && reachedMs > this.#closedMs)
        this.#advance(reachedMs);
      this.#tick();
    });
  }

  #advance(reachedMs: number): void {
    this.#closedMs = reachedMs;
    if (!this.#options.kinds.includes("trades")) return;
    for (const lane of this.#lanes.values()) {
      lane.reach(reachedMs);
      this.#wake(lane.symbol);
    }
  }

  async #sleep(ms: number): Promise<void> {
    // A stop wakes it; whoever sleeps looks then.
    await this.#options.node.clock.sleep(ms, this.#stopping.signal).catch(() => undefined);
  }
}
