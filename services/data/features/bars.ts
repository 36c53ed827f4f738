import type { PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { Adjustment } from "../../../domain/market/adjust/factors.ts";
import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { dayOfIso } from "../../../domain/market/calendars/day-rules.ts";
import { DAY_MS } from "../../../domain/market/calendars/time-zone.ts";
import type { NodeContext } from "../../context.ts";
import type { Market } from "../market.ts";
import { adjustmentOf } from "../series/adjustment.ts";
import { findSeries, seriesOn } from "../series/holder.ts";
import { readSeriesColumns } from "../series/read-columns.ts";

export interface BarsAsked {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly adjust: Adjustment;
  /** of which day the holder of the ticker is meant, an ISO date; absent: today's */
  readonly on?: string | undefined;
  /** bars that open before, epoch ms; absent: all */
  readonly endMs?: number | undefined;
  /** what was known then, in its units, epoch ms; absent: now */
  readonly asOfMs?: number | undefined;
  /** the units of an earlier instant, epoch ms */
  readonly unitsOfMs?: number | undefined;
}

/**
 * The bars of whoever holds a ticker, adjusted as asked: by the same rules as GET /api/market-data/{symbol}.
 * @throws RestError 404, or 422 where they cannot be adjusted
 */
export async function barsAsked(
  node: NodeContext,
  market: Market,
  { symbol, timeframe, adjust, on, endMs, asOfMs, unitsOfMs }: BarsAsked,
): Promise<PriceColumns> {
  const series = await findSeries({ node, market }, symbol, on === undefined ? null : dayOfIso(on));
  const asOf = asOfMs === undefined ? {} : { asOfMs };
  const basisMs = Math.min(asOfMs ?? Infinity, unitsOfMs ?? Infinity, node.clock.now());
  const { factors } = await adjustmentOf(node, series, { adjust, timeframe, basisMs, ...asOf });
  const end = endMs === undefined ? {} : { endMs };
  return readSeriesColumns(node, series, { timeframe, factors, ...end, ...asOf });
}

/** All bars before this one of the series that it continues, as they were traded: what live features are made of. */
export async function barsBefore(
  node: NodeContext,
  market: Market,
  { symbol, timeframe, startMs: endMs }: Pick<Bar, "symbol" | "timeframe" | "startMs">,
): Promise<PriceColumns> {
  const series = await seriesOn({ node, market }, symbol, dayOf(endMs));
  return readSeriesColumns(node, series, { timeframe, factors: [], endMs });
}

export function dayOf(atMs: number): number {
  return Math.floor(atMs / DAY_MS);
}
