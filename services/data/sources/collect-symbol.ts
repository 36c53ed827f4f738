import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import type { Instrument } from "../../../domain/market/instrument.ts";
import { storedStarts } from "../../../models/data-sources.ts";
import { recordRefusals } from "../../../models/quality.ts";
import { latestBar, storeBars } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { tellStored } from "../store/tell-stored.ts";
import { missingBars } from "./gaps.ts";
import type { Missing } from "./gaps.ts";
import { recordActions } from "./record-actions.ts";
import type { KnownSource, SourceRegistry } from "./registry.ts";
import { SourceError } from "./source.ts";
import type { Ask, HistoryPage, TimeRange } from "./source.ts";

export interface CollectParts {
  readonly node: Pick<NodeContext, "pool" | "clock" | "log" | "newId" | "broker">;
  readonly market: Pick<Market, "record">;
  readonly registry: SourceRegistry;
}

export interface Wish extends TimeRange {
  readonly instrument: Instrument;
  readonly timeframe: Timeframe;
}

/** What came of one symbol. */
export interface Collected {
  readonly symbol: string;
  readonly stored: number;
  readonly revised: number;
  readonly duplicates: number;
  readonly refused: number;
  /** splits and dividends that were not on record */
  readonly corporateActions: number;
  /** runs of bars that the calendar expects and that are still not stored */
  readonly gapsLeft: number;
  readonly barsLeft: number;
  /** that gave the last of it; null: none gave any */
  readonly source: string | null;
  /** of sources that did not answer as they should */
  readonly faults: readonly {
    readonly source: string;
    readonly code: string;
    readonly message: string;
  }[];
}

/** A source that says when it may be asked again is waited for so long; then the next one is asked. */
const PATIENCE_MS = 30_000;
const WAITS_MAX = 3;

/**
 * Fills what is missing of one symbol's bars: from the first source that has them, and what that one cannot give from the
 * next. What is stored already is not asked for, so to do it again goes on where it stopped.
 * @param given sources that are out for the rest of the job; added to here
 */
export class SymbolCollection {
  readonly #parts: CollectParts;
  readonly #wish: Wish;
  readonly #given: Set<string>;
  readonly #signal: AbortSignal;
  #counts = { stored: 0, revised: 0, duplicates: 0, refused: 0 };
  #actions = 0;
  /** when the first bar opened of what was stored, epoch ms */
  #changedFromMs = Infinity;
  #source: string | null = null;
  readonly #faults: { source: string; code: string; message: string }[] = [];

  constructor(parts: CollectParts, wish: Wish, given: Set<string>, signal: AbortSignal) {
    this.#parts = parts;
    this.#wish = wish;
    this.#given = given;
    this.#signal = signal;
  }

  /** @param report how much of the range has been gone through, 0 to 1 */
  async from(sources: readonly KnownSource[], report: (part: number) => void): Promise<Collected> {
    const { node, market } = this.#parts;
    const { symbol } = this.#wish.instrument;
    const { timeframe } = this.#wish;
    let missing = await this.#missing();
    for (const source of sources) {
      if (missing.bars === 0) break;
      if (this.#given.has(source.definition.sourceId)) continue;
      const isAnswered = await this.#ask(source, missing, report);
      missing = await this.#missing();
      // A source that answered has what there is: others are not asked for minutes in which nothing was traded.
      if (isAnswered && this.#source === source.definition.sourceId) break;
    }
    if (this.#counts.stored + this.#counts.revised > 0) {
      const newest = await latestBar(node.pool, symbol, timeframe);
      if (newest !== null && newest.source !== "mixed")
        await market.record(symbol, { type: "Restore", bars: [newest], quote: null });
      await tellStored(node, { symbol, timeframe, fromMs: this.#changedFromMs });
    }
    return {
      symbol,
      ...this.#counts,
      corporateActions: this.#actions,
      gapsLeft: missing.gaps,
      barsLeft: missing.bars,
      source: this.#source,
      faults: this.#faults,
    };
  }

  async #missing(): Promise<Missing> {
    const { pool, clock } = this.#parts.node;
    const { instrument, timeframe } = this.#wish;
    const stored = await storedStarts(pool, instrument.symbol, timeframe, this.#wish);
    const breathe = (): Promise<void> => clock.sleep(0, this.#signal);
    return missingBars(instrument.calendar, timeframe, this.#wish, stored, clock.now(), breathe);
  }

  /** @returns whether it answered everything that it was asked */
  async #ask(
    source: KnownSource,
    { ranges }: Missing,
    report: (part: number) => void,
  ): Promise<boolean> {
    const { sourceId } = source.definition;
    let [next, waits] = [0, 0];
    while (next < ranges.length) {
      try {
        // sound: next is below the length
        await this.#fill(source, ranges[next] as TimeRange, report);
        next += 1;
      } catch (error) {
        if (!(error instanceof SourceError)) throw error;
        await this.#parts.registry.note(sourceId, error);
        const waitMs = error.fault === "SOURCE_RATE_LIMITED" ? error.retryAfterMs : null;
        if (waitMs !== null && waitMs <= PATIENCE_MS && waits < WAITS_MAX) {
          waits += 1;
          await this.#parts.node.clock.sleep(waitMs, this.#signal);
          continue;
        }
        this.#giveUp(sourceId, error);
        return false;
      }
    }
    await this.#parts.registry.note(sourceId, null);
    return true;
  }

  #giveUp(sourceId: string, { fault, message }: SourceError): void {
    this.#faults.push({ source: sourceId, code: fault, message });
    // The others concern this symbol alone.
    if (fault !== "SOURCE_SYMBOL_UNKNOWN" && fault !== "SOURCE_UNSUPPORTED")
      this.#given.add(sourceId);
  }

  async #fill(
    { history, definition }: KnownSource,
    range: TimeRange,
    report: (part: number) => void,
  ): Promise<void> {
    const { clock } = this.#parts.node;
    const { instrument, timeframe, startMs, endMs } = this.#wish;
    const ask: Ask = { now: () => clock.now(), signal: this.#signal };
    const query = { symbol: instrument.symbol, timeframe, ...range };
    for await (const page of history.bars(query, ask)) {
      this.#signal.throwIfAborted();
      await this.#store(definition.sourceId, page);
      const last = page.accepted.at(-1);
      if (last !== undefined) report((last.startMs - startMs) / (endMs - startMs));
    }
  }

  async #store(
    sourceId: string,
    { accepted, refused, actions = [] }: HistoryPage<Bar>,
  ): Promise<void> {
    const { pool, clock } = this.#parts.node;
    const { inserted, revised, duplicates } = await storeBars(pool, accepted, clock.now());
    this.#counts = {
      stored: this.#counts.stored + inserted,
      revised: this.#counts.revised + revised,
      duplicates: this.#counts.duplicates + duplicates,
      refused: this.#counts.refused + refused.length,
    };
    if (inserted + revised + duplicates > 0) this.#source = sourceId;
    if (inserted + revised > 0)
      this.#changedFromMs = Math.min(this.#changedFromMs, accepted[0]?.startMs ?? Infinity);
    const { symbol } = this.#wish.instrument;
    this.#actions += await recordActions(this.#parts.node, symbol, sourceId, actions);
    for (const [reason, rows] of Map.groupBy(refused, (row) => row.reason))
      await recordRefusals(pool, symbol, sourceId, reason, rows.length, rows.at(-1)?.detail);
  }
}
