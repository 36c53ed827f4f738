import type { Timeframe } from "../../domain/market/bar.ts";
import { atMostMs, chooseSource, type Range, type StoredSeries } from "./series.ts";
import type { Db } from "./session.ts";

interface Counted extends StoredSeries {
  readonly symbol: string;
  readonly bars: number;
}

/**
 * About how many bars a question would find under some tickers together, from what is kept of their series: no bar is read, and bars are
 * taken to lie evenly in their series.
 */
export async function estimateRows(
  db: Db,
  tickers: readonly string[],
  timeframe: Timeframe,
  range: Range,
): Promise<number> {
  const { rows } = await db.query<Counted>(
    `SELECT y.symbol, s.symbol_id AS "symbolId", s.timeframe, s.bar_count::float8 AS bars,
       (extract(epoch FROM s.first_ts) * 1000)::float8 AS "firstMs",
       (extract(epoch FROM s.last_ts) * 1000)::float8 AS "lastMs",
       (extract(epoch FROM s.known_at) * 1000)::float8 AS "knownAtMs"
     FROM md.series s JOIN md.symbol y USING (symbol_id) WHERE y.symbol = ANY ($1::text[])`,
    [tickers],
  );
  const bySymbol = Map.groupBy(rows, ({ symbol }) => symbol);
  let total = 0;
  for (const stored of bySymbol.values()) total += estimateOf(stored, timeframe, range);
  return total;
}

function estimateOf(stored: readonly Counted[], timeframe: Timeframe, range: Range): number {
  const finestFirst = stored.toSorted((a, b) => atMostMs(a.timeframe) - atMostMs(b.timeframe));
  const source = chooseSource(finestFirst, timeframe, range);
  const series = finestFirst.find(({ timeframe: one }) => one === source?.series.timeframe);
  if (source === null || series === undefined) return 0;
  const lengthMs = source.untilMs - source.fromMs;
  const share = lengthMs / (series.lastMs + 1 - series.firstMs);
  const rolledUp = atMostMs(series.timeframe) / atMostMs(timeframe);
  return Math.min(share, 1) * series.bars * rolledUp;
}
