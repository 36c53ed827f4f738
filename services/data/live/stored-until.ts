import { lastKnown } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";

/** A source that was off for longer is not filled in by itself: that is what collecting is for. */
const CATCH_UP_MS = 86_400_000;
const MINUTE_MS = 60_000;

/**
 * Where each symbol's stored minutes end, epoch ms, a day ago at most: what came since is missing. A symbol that has none
 * misses nothing.
 */
export async function storedUntil(
  { pool, clock }: Pick<NodeContext, "pool" | "clock">,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const ends = new Map<string, number>();
  const earliestMs = clock.now() - CATCH_UP_MS;
  for (const symbol of symbols) {
    const series = await lastKnown(pool, symbol);
    const minutes = series.find(({ timeframe }) => timeframe === "1m");
    if (minutes === undefined) continue;
    ends.set(symbol, Math.max(minutes.lastMs + MINUTE_MS, earliestMs));
  }
  return ends;
}
