import type { Bar, Timeframe } from "./bar.ts";
import type { SpecialBar } from "./bars/special-bar.ts";
import type { SpecialBuilder } from "./bars/special-builder.ts";
import type { Sequences, SymbolBars, TradeFate } from "./bars/symbol-bars.ts";
import type { OpenBar } from "./bars/time-bar.ts";
import type { BarWatch } from "./bars/watch.ts";
import type { BookSnapshot } from "./book/snapshot.ts";
import type { Quote, TradeTick } from "./quote.ts";

/**
 * What a symbol's actor remembers. Soft: it is rebuilt from what is stored, bars and the trades since the last of them.
 * Plain JSON.
 */
export interface SymbolState extends SymbolBars {
  readonly symbol: string;
  readonly quote: Quote | null;
  /** event time of `quote.last`, of its sides; null before the first */
  readonly pricedAtMs: number | null;
  readonly quotedAtMs: number | null;
  /** the newest closed bar per timeframe */
  readonly lastBars: { readonly [T in Timeframe]?: Bar };
  /** the newest, at most 100 levels a side; null before the first */
  readonly book: BookSnapshot | null;
}

/** Bars, trades and quotes come from `checkBar`, `checkTick` and `checkQuote`; a book as `BookSnapshot` says. */
export type SymbolCommand =
  | { readonly type: "RecordBar"; readonly bar: Bar; readonly tsInitMs: number }
  | { readonly type: "RecordTrade"; readonly trade: TradeTick; readonly tsInitMs: number }
  /** trades that came together, in their order: one turn */
  | {
      readonly type: "RecordTrades";
      readonly trades: readonly TradeTick[];
      readonly tsInitMs: number;
    }
  | { readonly type: "RecordQuote"; readonly quote: Quote }
  | { readonly type: "RecordBook"; readonly book: BookSnapshot }
  /** asks for the book and the open bars, which are too much to be in every summary */
  | { readonly type: "Describe" }
  /** what is to be built from now on; checked by whoever sends it */
  | { readonly type: "WatchBars"; readonly watch: BarWatch; readonly sequences: Sequences }
  /**
   * The market's clock (the wall clock less a grace for trades on their way; the data's own clock in a replay): closes the
   * bars that ended, when no trade comes to do it.
   */
  | { readonly type: "AdvanceClock"; readonly nowMs: number }
  /** the newest stored bars, one a timeframe or more, in any order; what is newer in memory stays */
  | {
      readonly type: "Restore";
      readonly bars: readonly Bar[];
      readonly quote: Quote | null;
      readonly building?: SymbolBars;
    };

export type SymbolEvent =
  /** new: to be stored, and handed to the live chain. `built` when it was built here, absent when a vendor told it */
  | {
      readonly type: "BarClosed";
      readonly bar: Bar;
      readonly tsInitMs: number;
      readonly built?: OpenBar;
    }
  /** a correction or a straggler: to be stored, never handed to the live chain */
  | {
      readonly type: "BarRevised";
      readonly bar: Bar;
      readonly tsInitMs: number;
      readonly reason: "BAR_CHANGED" | "BAR_OLDER_THAN_LAST" | "TRADE_IN_CLOSED_BAR";
    }
  | { readonly type: "SpecialBarClosed"; readonly bar: SpecialBar; readonly tsInitMs: number }
  /**
   * To be stored, and what is being built after them. Events of a soft actor are never replayed, so that this one may carry the
   * outcome: counting a batch a second time would double its price.
   */
  | {
      readonly type: "TradesCounted";
      readonly trades: readonly TradeTick[];
      readonly tsInitMs: number;
      /** the series that something other than the clock closes, as they were before */
      readonly before: readonly SpecialBuilder[];
      readonly bars: SymbolBars;
    }
  | { readonly type: "QuoteCounted"; readonly bars: SymbolBars }
  /** `of` says which part is news, `atMs` when it happened at the venue */
  | {
      readonly type: "QuoteChanged";
      readonly quote: Quote;
      readonly of: "last" | "sides";
      readonly atMs: number;
    }
  | { readonly type: "BookChanged"; readonly book: BookSnapshot }
  | { readonly type: "BarsWatched"; readonly watch: BarWatch; readonly sequences: Sequences }
  | {
      readonly type: "Restored";
      readonly lastBars: SymbolState["lastBars"];
      readonly quote: Quote | null;
      readonly building: SymbolBars | null;
    };

export type SymbolReply =
  | {
      readonly outcome: "accepted";
      /** bars of the clock that closed by it and were built here, oldest first */
      readonly closed?: readonly Bar[];
      /** of `RecordTrades`: the fate of each, in their order */
      readonly fates?: readonly TradeFate[];
    }
  | {
      readonly outcome: "described";
      /** the bars of the clock as they stand, not over yet; finest first */
      readonly partial: readonly Bar[];
      readonly book: BookSnapshot | null;
      readonly watch: BarWatch;
    }
  | {
      readonly outcome: "duplicate";
      readonly reason: "BAR_REPEATED" | "QUOTE_REPEATED" | "TRADE_REPEATED" | "BOOK_REPEATED";
    }
  | { readonly outcome: "revised"; readonly reason: "BAR_CHANGED" }
  | {
      readonly outcome: "late";
      readonly reason:
        | "BAR_OLDER_THAN_LAST"
        /** its bar closed too long ago, or by a vendor: it is stored, and counted in no bar of the clock */
        | "TRADE_AFTER_CLOSE"
        /** its bar had closed, and was revised */
        | "TRADE_IN_CLOSED_BAR"
        /** counted in the open bar, but the last price stays that of the newer trade */
        | "TRADE_OUT_OF_ORDER"
        | "QUOTE_OLDER_THAN_LAST"
        | "BOOK_OLDER_THAN_LAST";
    };
