import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import { joinBars } from "../../domain/market/bars/join-bars.ts";
import { barEndMs, barStartMs } from "../../domain/market/timeframe.ts";
import { readBars } from "../../models/timescale/bars.ts";
import type { NodeContext } from "../context.ts";
import type { Market } from "./market.ts";

/**
 * The bar of a timeframe that is not over: as its actor builds it, or, for a timeframe that it does not build, what is stored
 * of it and the finest open bar together. Null when nothing is known of it yet.
 */
export async function partialBar(
  node: NodeContext,
  market: Market,
  symbol: string,
  timeframe: Timeframe,
): Promise<Bar | null> {
  const { partial } = await market.describe(symbol);
  const own = partial.find((bar) => bar.timeframe === timeframe);
  if (own !== undefined) return own;
  const open = partial.find((bar) => isFiner(bar, timeframe));
  const atMs = open?.startMs ?? node.clock.now();
  const stored = await storedAt(node, symbol, timeframe, barStartMs(timeframe, atMs));
  if (open === undefined) return stored;
  const opened: Bar = { ...open, timeframe, startMs: barStartMs(timeframe, atMs) };
  return stored === null ? opened : joinBars(stored, open);
}

function isFiner(bar: Bar, timeframe: Timeframe): boolean {
  const startMs = barStartMs(timeframe, bar.startMs);
  const lengthMs = barEndMs(bar.timeframe, bar.startMs) - bar.startMs;
  return lengthMs < barEndMs(timeframe, startMs) - startMs;
}

async function storedAt(
  { pool }: NodeContext,
  symbol: string,
  timeframe: Timeframe,
  startMs: number,
): Promise<Bar | null> {
  const range = { startMs, endMs: startMs + 1, limit: 1, order: "asc" } as const;
  const [bar] = await readBars(pool, { symbol, timeframe, ...range });
  return bar ?? null;
}
