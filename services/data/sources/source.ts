import type { CorporateAction } from "../../../domain/market/adjust/corporate-action.ts";
import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import type { TradeTick } from "../../../domain/market/quote.ts";
import type { MarketEvent, RefusedRow } from "../feeds/feed.ts";

/** What a source can be asked for. */
export interface SourceAbilities {
  /** of bars in the past; empty: none */
  readonly timeframes: readonly Timeframe[];
  readonly hasTrades: boolean;
  /** splits, dividends, changes of ticker */
  readonly hasCorporateActions: boolean;
  /** what it streams; empty: it has no stream */
  readonly streams: readonly StreamKind[];
}
export type StreamKind = "trades" | "quotes" | "bars" | "books";

/** Half open, epoch ms. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** A page of history as the vendor gave it, checked row by row. */
export interface HistoryPage<T> {
  readonly accepted: readonly T[];
  /** what was not understood; it is stored nowhere and counted by quality */
  readonly refused: readonly RefusedRow[];
  /** splits and dividends that the answer told of beside its rows, as they were declared */
  readonly actions?: readonly CorporateAction[];
}

export interface Ask {
  /** when we learn of it, for the check against the future */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * A vendor of market data. It speaks our symbols: its settings say what it calls them. Each request goes through the source's
 * own token bucket, breaker and timeout.
 */
export interface MarketDataSource {
  /** a row of `/api/data-sources`, and `source` of what comes from it, e.g. `binance` */
  readonly sourceId: string;
  readonly abilities: SourceAbilities;
  /**
   * Bars that open in the range, oldest first, page after page; only bars that have ended.
   * @throws SourceError when the vendor cannot or will not answer
   */
  bars(
    query: TimeRange & { readonly symbol: string; readonly timeframe: Timeframe },
    ask: Ask,
  ): AsyncIterable<HistoryPage<Bar>>;
  /** Trades of the range, oldest first. @throws SourceError */
  trades?(
    query: TimeRange & { readonly symbol: string },
    ask: Ask,
  ): AsyncIterable<HistoryPage<TradeTick>>;
  /** Begins to listen. The connection is its affair: it reconnects with growing pauses until it is closed. */
  stream?(subscription: StreamSubscription, sink: StreamSink): LiveStream;
}

export interface StreamSubscription {
  readonly symbols: readonly string[];
  readonly kinds: readonly StreamKind[];
}

/** What a stream tells, in its order. */
export interface StreamSink {
  /** What came in one message of the vendor. */
  readonly events: (events: readonly MarketEvent[]) => void;
  readonly refused: (row: RefusedRow & { readonly symbol: string }) => void;
  /**
   * Between these instants (epoch ms) something may have been missed, of every symbol or of those named: bars and trades are
   * to be filled in from history.
   */
  readonly gap: (
    gap: TimeRange & { readonly reason: string; readonly symbols?: readonly string[] },
  ) => void;
  readonly state: (state: StreamState) => void;
}
export type StreamState = "connecting" | "live" | "waiting" | "refused" | "closed";

export interface LiveStream {
  readonly state: StreamState;
  /** Ends for good; resolves when nothing more will be told. */
  close(): Promise<void>;
}

/** Why a source gave no data. Closed list, in docs/ERRORS.md. */
export const SOURCE_FAULTS = [
  /** no answer, or a 5xx */
  "SOURCE_UNAVAILABLE",
  /** the vendor says that we ask too often */
  "SOURCE_RATE_LIMITED",
  /** the vendor does not take our key, or none is configured */
  "SOURCE_UNAUTHORISED",
  /** the vendor does not know the symbol */
  "SOURCE_SYMBOL_UNKNOWN",
  /** the vendor will never answer this, e.g. a timeframe that it does not have */
  "SOURCE_UNSUPPORTED",
  /** the answer is not in the vendor's format, whatever its status */
  "SOURCE_ANSWER_MALFORMED",
] as const;
export type SourceFault = (typeof SOURCE_FAULTS)[number];

/** A source did not answer as it should; the next source in the order of fail-over is asked. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly fault: SourceFault;
  /** when it may be asked again, if the vendor said so */
  readonly retryAfterMs: number | null;

  constructor(fault: SourceFault, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.fault = fault;
    this.retryAfterMs = retryAfterMs;
  }
}
