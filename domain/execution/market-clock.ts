import type { Quote } from "../market/quote.ts";

/** A quote that was heard of within this of its time is of now: its market goes by the clock of the wall. */
const LIVE_WITHIN_MS = 60_000;
/**
 * No exchange is closed for longer. After a restart a quote is made of the last bar that is stored, as heard when that ended:
 * of a replay of older data it would otherwise look live.
 */
const LIVE_FOR_MS = 10 * 86_400_000;

/**
 * The time of a market. Overnight it says nothing: one that is live has the wall's time, a replay that of its last price. A
 * replay of the last ten days is taken to be live between a restart and its next price.
 * @param marketMs the end of its newest bar, or the time of its newest quote
 */
export function marketClock(
  quote: Pick<Quote, "tsEventMs" | "tsInitMs"> | null,
  marketMs: number,
  nowMs: number,
): number {
  if (quote === null) return marketMs;
  const wasAtOnce = quote.tsInitMs - quote.tsEventMs <= LIVE_WITHIN_MS;
  const isOfNow = nowMs - quote.tsEventMs <= LIVE_FOR_MS;
  return wasAtOnce && isOfNow ? Math.max(marketMs, nowMs) : marketMs;
}
