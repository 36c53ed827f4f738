import type { Bar, Timeframe } from "../bar.ts";
import type { Quote } from "../quote.ts";
import { dec, text, type DecimalString } from "../../shared/decimal.ts";
import { fixed, sumText } from "./fixed.ts";
import { type CountedTrade, countInto, type Tally, tallyOf, vwapOf } from "./tally.ts";

/** A bar of the clock under construction. Plain JSON. */
export interface OpenBar extends Tally {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** epoch ms */
  readonly startMs: number;
}

/** The bar that opens at `startMs` with what is counted first in it. */
export function openBar(
  symbol: string,
  timeframe: Timeframe,
  startMs: number,
  trade: CountedTrade,
): OpenBar {
  return withTally({ symbol, timeframe, startMs }, tallyOf(trade));
}

/** Counts a trade of the same bar. */
export function countInBar(bar: OpenBar, trade: CountedTrade): OpenBar {
  return withTally(bar, countInto(bar, trade));
}

// Every field by name: bars of one shape are what keeps the loop fast.
function withTally(
  { symbol, timeframe, startMs }: Pick<OpenBar, "symbol" | "timeframe" | "startMs">,
  tally: Tally,
): OpenBar {
  return {
    symbol,
    timeframe,
    startMs,
    open: tally.open,
    high: tally.high,
    low: tally.low,
    close: tally.close,
    volume: tally.volume,
    turnover: tally.turnover,
    tradeCount: tally.tradeCount,
    first: tally.first,
    last: tally.last,
    source: tally.source,
  };
}

/** The bar as it stands: whole once its time is over. Without volume there is no vwap. */
export function barOf(open: OpenBar): Bar {
  const vwap = vwapOf(open);
  return {
    symbol: open.symbol,
    timeframe: open.timeframe,
    startMs: open.startMs,
    open: open.open.text,
    high: open.high.text,
    low: open.low.text,
    close: open.close.text,
    volume: sumText(open.volume),
    ...(vwap === null ? {} : { vwap }),
    tradeCount: open.tradeCount,
    source: open.source,
  };
}

/** Which price of a quote counts, where a market has no trades. */
export const QUOTE_PRICES = ["mid", "bid", "ask"] as const;
export type QuotePrice = (typeof QUOTE_PRICES)[number];

/**
 * A quote as what a bar counts: a price without a size, so that the bar's volume is 0, it has no vwap, and `tradeCount` counts
 * quotes. The mid is exact. Null where the quote lacks a side that it takes.
 */
export function quoteAsTrade(quote: Quote, take: QuotePrice, source: string): CountedTrade | null {
  const price = priceOf(quote, take);
  if (price === null) return null;
  return {
    price: fixed(price),
    size: fixed("0"),
    at: { ms: quote.tsEventMs, micros: quote.tsEventMicros ?? 0 },
    source,
    aggressor: null,
  };
}

function priceOf({ bid, ask }: Quote, take: QuotePrice): DecimalString | null {
  if (take !== "mid") return take === "bid" ? bid : ask;
  return bid === null || ask === null ? null : text(dec(bid).plus(ask).dividedBy(2));
}
