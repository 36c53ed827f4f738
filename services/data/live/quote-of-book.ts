import type { BookSnapshot } from "../../../domain/market/book/snapshot.ts";
import type { Quote } from "../../../domain/market/quote.ts";

/** The best level a side; null where a side is empty. */
export function quoteOfBook({ symbol, bids, asks, tsEventMs, tsInitMs }: BookSnapshot): Quote {
  const [bid, ask] = [bids[0], asks[0]];
  return {
    symbol,
    bid: bid?.price ?? null,
    bidSize: bid?.size ?? null,
    ask: ask?.price ?? null,
    askSize: ask?.size ?? null,
    last: null,
    lastSize: null,
    tsEventMs,
    tsInitMs,
  };
}
