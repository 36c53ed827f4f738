import type { Bar } from "../../../domain/market/bar.ts";
import type { BookSnapshot } from "../../../domain/market/book/snapshot.ts";
import type { Quote, TradeTick } from "../../../domain/market/quote.ts";
import type { MarketDataRefusal } from "../../../domain/market/refusal.ts";

export type MarketEvent =
  | { readonly kind: "bar"; readonly bar: Bar }
  | { readonly kind: "trade"; readonly trade: TradeTick }
  | { readonly kind: "quote"; readonly quote: Quote }
  | { readonly kind: "book"; readonly book: BookSnapshot };

/** Why a row was not understood, beside the reasons of `domain/market/refusal`. Closed list, in docs/ERRORS.md. */
export const FEED_REFUSALS = [
  "ROW_MALFORMED",
  "TIME_UNREADABLE",
  "TIME_AMBIGUOUS",
  "TIME_SKIPPED",
  "MARKED_SUSPICIOUS",
] as const;
type FeedRefusal = (typeof FEED_REFUSALS)[number];

export interface RefusedRow {
  readonly reason: FeedRefusal | MarketDataRefusal;
  readonly detail: string;
}

/** What a row of a source turned out to be. */
export type RowResult = { readonly event: MarketEvent } | { readonly refused: RefusedRow };

/** `row` counts from 1, without the header; bad rows count too. */
export type SourceRow = RowResult & { readonly row: number };

/** Recorded market data in the order of its file. */
export interface MarketSource {
  readonly name: string;
  /**
   * The rows after row `after` (0: all). `now` is asked when a row is checked against the future.
   * @throws FeedError or the file system's error when the source cannot be read
   */
  rows(after: number, now: () => number): AsyncIterable<SourceRow>;
}

export type FeedItem = RowResult & {
  /** resume after this one once it is dealt with; positions rise */
  readonly position: number;
  /** when it was handed over, epoch ms: when we learnt of it */
  readonly tsInitMs: number;
};

export type FeedState = "idle" | "running" | "paused" | "stopped" | "ended" | "failed";

/**
 * A stream of market events. The consumer's pull drives it: nothing is read ahead and nothing dropped while the consumer
 * is busy. Refused data is handed over too, with its reason, so that whoever consumes can count it.
 */
export interface Feed {
  readonly name: string;
  readonly state: FeedState;
  /** of the last item handed over; 0 before the first, or where the feed was told to resume */
  readonly position: number;
  /** To be called once. Ends after the last item or after `stop`. @throws FeedError when the source fails */
  items(): AsyncIterable<FeedItem>;
  /** Holds the next item back until `resume`. No effect on a feed that is over. */
  pause(): void;
  resume(): void;
  /** Ends the feed for good, even in the middle of a wait. Another feed may resume from `position`. */
  stop(): void;
}

/** A feed cannot go on; `cause` holds what the source said. */
export class FeedError extends Error {
  override readonly name = "FeedError";
}
