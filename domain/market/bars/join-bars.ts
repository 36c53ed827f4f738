import type { Bar } from "../bar.ts";
import { sumText } from "./fixed.ts";
import { pieceOf } from "./special-builder.ts";
import { merge, vwapOf } from "./tally.ts";

/** The bar that two make that follow one another; it has the first one's name and time. */
export function joinBars(first: Bar, second: Bar): Bar {
  const both = merge(pieceOf(first), pieceOf(second));
  const hasVwaps = first.vwap !== undefined && second.vwap !== undefined;
  const vwap = hasVwaps ? vwapOf(both) : null;
  const isCounted = first.tradeCount !== undefined && second.tradeCount !== undefined;
  return {
    symbol: first.symbol,
    timeframe: first.timeframe,
    startMs: first.startMs,
    open: first.open,
    high: both.high.text,
    low: both.low.text,
    close: second.close,
    volume: sumText(both.volume),
    ...(vwap !== null && { vwap }),
    ...(isCounted && { tradeCount: both.tradeCount }),
    source: first.source === second.source ? first.source : "mixed",
  };
}
