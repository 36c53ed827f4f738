import type { DecimalString } from "../shared/decimal.ts";
import { isCrossed } from "./check-quote.ts";
import type { Quote } from "./quote.ts";

/** A price at which the symbol traded, and when. A bar's close has no size of its own. */
export interface LastPrice {
  readonly symbol: string;
  readonly price: DecimalString;
  readonly size: DecimalString | null;
  readonly atMs: number;
  readonly tsInitMs: number;
}

/** Sets the last price; bid and ask stay as they were. The quote's event time never goes back. */
export function withLast(quote: Quote | null, last: LastPrice): Quote {
  return {
    symbol: last.symbol,
    bid: quote?.bid ?? null,
    ask: quote?.ask ?? null,
    bidSize: quote?.bidSize ?? null,
    askSize: quote?.askSize ?? null,
    last: last.price,
    lastSize: last.size,
    tsEventMs: Math.max(last.atMs, quote?.tsEventMs ?? last.atMs),
    tsInitMs: last.tsInitMs,
  };
}

/**
 * Sets the sides that `told` speaks of; a null side leaves the earlier one (vendors send one side a message). When the new
 * side crosses the kept one, the kept one is out of date and becomes null.
 */
export function withSides(quote: Quote | null, told: Quote): Quote {
  const bid = told.bid === null ? sideOf(quote, "bid") : { price: told.bid, size: told.bidSize };
  const ask = told.ask === null ? sideOf(quote, "ask") : { price: told.ask, size: told.askSize };
  const isStale = isCrossed(bid.price, ask.price);
  const keptBid = isStale && told.bid === null ? NO_SIDE : bid;
  const keptAsk = isStale && told.ask === null ? NO_SIDE : ask;
  return {
    symbol: told.symbol,
    bid: keptBid.price,
    ask: keptAsk.price,
    bidSize: keptBid.size,
    askSize: keptAsk.size,
    last: quote?.last ?? null,
    lastSize: quote?.lastSize ?? null,
    tsEventMs: Math.max(told.tsEventMs, quote?.tsEventMs ?? told.tsEventMs),
    tsInitMs: told.tsInitMs,
  };
}

/** Whether two quotes stand at the same prices and sizes at the same event time. */
export function isSameQuote(a: Quote | null, b: Quote): boolean {
  return (
    a !== null &&
    a.tsEventMs === b.tsEventMs &&
    a.bid === b.bid &&
    a.ask === b.ask &&
    a.bidSize === b.bidSize &&
    a.askSize === b.askSize
  );
}

interface Side {
  readonly price: DecimalString | null;
  readonly size: DecimalString | null;
}

const NO_SIDE: Side = { price: null, size: null };

function sideOf(quote: Quote | null, side: "bid" | "ask"): Side {
  if (quote === null) return NO_SIDE;
  return side === "bid"
    ? { price: quote.bid, size: quote.bidSize }
    : { price: quote.ask, size: quote.askSize };
}
