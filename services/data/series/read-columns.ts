import { adjustColumns, type PriceColumns } from "../../../domain/market/adjust/adjust-columns.ts";
import type { Factors } from "../../../domain/market/adjust/factors.ts";
import type { Bar, Timeframe } from "../../../domain/market/bar.ts";
import { readBarColumnsAsOf } from "../../../models/timescale/bars-as-of.ts";
import { readBarColumns } from "../../../models/timescale/bars.ts";
import type { NodeContext } from "../../context.ts";
import { type HeldSeries, spansOf, within } from "./holder.ts";
import { isCutByUnitsOrHolder, readSeries } from "./read-series.ts";

export interface ColumnsAsked {
  readonly timeframe: Timeframe;
  readonly factors: Factors;
  /** bars that open in [startMs, endMs), epoch ms; absent: unbounded */
  readonly startMs?: number;
  readonly endMs?: number;
  /** the values that were believed then; absent: those that are believed now */
  readonly asOfMs?: number;
}

/** More weeks than any calendar has. */
const COARSE_MAX = 1_000_000;

/**
 * The bars of a series as float64 columns, across the tickers that it had, adjusted: what `readSeries` reads, for
 * computations.
 * @throws RestError 422 where a stored week or month mixes units or holders and its days are not stored
 */
export async function readSeriesColumns(
  node: NodeContext,
  series: HeldSeries,
  { timeframe, factors, asOfMs, ...range }: ColumnsAsked,
): Promise<PriceColumns> {
  const spans = spansOf(series, timeframe);
  if (isCutByUnitsOrHolder({ timeframe, spans, factors })) {
    const query = { spans, factors, timeframe, limit: COARSE_MAX, order: "asc" } as const;
    const asOf = asOfMs === undefined ? {} : { asOfMs };
    return columnsOf(await readSeries(node, { ...query, ...range, ...asOf }));
  }
  const parts: PriceColumns[] = [];
  for (const { ticker, ...bounds } of within(spans, range)) {
    const query = { symbol: ticker, timeframe, ...bounds };
    const read =
      asOfMs === undefined
        ? readBarColumns(node.pool, query)
        : readBarColumnsAsOf(node.pool, query, asOfMs);
    parts.push(await read);
  }
  return adjustColumns(joined(parts), factors);
}

function joined(parts: readonly PriceColumns[]): PriceColumns {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const length = parts.reduce((sum, { startMs }) => sum + startMs.length, 0);
  return eachColumn((name) => {
    const column = new Float64Array(length);
    let at = 0;
    for (const part of parts) {
      column.set(part[name], at);
      at += part[name].length;
    }
    return column;
  });
}

function columnsOf(bars: readonly Bar[]): PriceColumns {
  return eachColumn((name) => Float64Array.from(bars, (bar) => Number(bar[name])));
}

function eachColumn(columnOf: (name: keyof PriceColumns) => Float64Array): PriceColumns {
  return {
    startMs: columnOf("startMs"),
    open: columnOf("open"),
    high: columnOf("high"),
    low: columnOf("low"),
    close: columnOf("close"),
    volume: columnOf("volume"),
  };
}
