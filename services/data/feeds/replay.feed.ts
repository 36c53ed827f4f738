import type { Quote } from "../../../domain/market/quote.ts";
import type { Clock } from "../../../mixins/clock.ts";
import {
  FeedError,
  type Feed,
  type FeedItem,
  type FeedState,
  type MarketSource,
  type RowResult,
  type SourceRow,
} from "./feed.ts";
import { Pacer, type Pace } from "./pacer.ts";

export interface ReplayOptions {
  readonly source: MarketSource;
  readonly clock: ReplayClock;
  readonly pace: Pace;
  /** the position of the last item dealt with before; 0 or absent: from the beginning */
  readonly after?: number;
}

/** `now` stamps what is handed over, `monotonicMs` keeps the pace. */
type ReplayClock = Pick<Clock, "now" | "monotonicMs" | "sleep">;

/** Plays a recorded source as if it were live. Refused rows are handed over at once, at no cost to the pace. */
export class ReplayFeed implements Feed {
  readonly name: string;
  private readonly source: MarketSource;
  private readonly clock: ReplayClock;
  private readonly pacer: Pacer;
  private readonly stopping = new AbortController();
  private gate: PromiseWithResolvers<void> | null = null;
  private phase: Exclude<FeedState, "paused"> = "idle";
  private lastPosition: number;

  /** @throws RangeError when the pace or the position is not one */
  constructor({ source, clock, pace, after = 0 }: ReplayOptions) {
    if (!Number.isSafeInteger(after) || after < 0) {
      throw new RangeError(`expected a position ≥ 0, found ${String(after)}`);
    }
    this.name = source.name;
    this.source = source;
    this.clock = clock;
    this.pacer = new Pacer(pace);
    this.lastPosition = after;
  }

  get state(): FeedState {
    const isLive = this.phase === "idle" || this.phase === "running";
    return isLive && this.gate !== null ? "paused" : this.phase;
  }

  get position(): number {
    return this.lastPosition;
  }

  async *items(): AsyncGenerator<FeedItem, void, void> {
    if (this.phase === "stopped") return;
    if (this.phase !== "idle") throw new FeedError(`feed ${this.name} is being read already`);
    this.phase = "running";
    try {
      yield* this.play();
      if (!this.isStopped()) this.phase = "ended";
    } catch (error) {
      this.phase = "failed";
      throw this.failure(error);
    } finally {
      // Reached in this phase when the consumer walked away.
      if (this.phase === "running") this.phase = "stopped";
    }
  }

  pause(): void {
    this.gate ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.gate?.resolve();
    this.gate = null;
  }

  stop(): void {
    if (this.phase === "idle" || this.phase === "running") this.phase = "stopped";
    this.stopping.abort();
    this.resume();
  }

  private async *play(): AsyncGenerator<FeedItem, void, void> {
    for await (const row of this.source.rows(this.lastPosition, () => this.clock.now())) {
      await this.holdBack(row);
      if (this.isStopped()) return;
      this.lastPosition = row.row;
      yield handOver(row, this.clock.now());
    }
  }

  private async holdBack(row: SourceRow): Promise<void> {
    if ("event" in row) await this.sleep(this.pacer.waitMs(row.event, this.clock.monotonicMs()));
    while (this.gate !== null) await this.gate.promise;
  }

  private async sleep(ms: number): Promise<void> {
    if (ms === 0 || this.isStopped()) return;
    try {
      await this.clock.sleep(ms, this.stopping.signal);
    } catch (error) {
      if (!this.isStopped()) throw error;
    }
  }

  private isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private failure(error: unknown): FeedError {
    const said = error instanceof Error ? error.message : String(error);
    const place = `after row ${String(this.lastPosition)}`;
    return new FeedError(`feed ${this.name} failed ${place}: ${said}`, { cause: error });
  }
}

function handOver(row: SourceRow, tsInitMs: number): FeedItem {
  return { ...learnt(row, tsInitMs), position: row.row, tsInitMs };
}

// A quote carries the time at which we learnt of it, and that is now, not when the row was read.
function learnt(row: SourceRow, tsInitMs: number): RowResult {
  if ("refused" in row) return { refused: row.refused };
  if (row.event.kind !== "quote") return { event: row.event };
  const quote: Quote = { ...row.event.quote, tsInitMs };
  return { event: { kind: "quote", quote } };
}
