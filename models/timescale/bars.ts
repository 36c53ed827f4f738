import type { Pool } from "pg";
import type { Bar, Timeframe } from "../../domain/market/bar.ts";
import { type ColumnsQuery, selectColumns } from "./bar-columns.ts";
import { type BarQuery, selectBars } from "./bar-reader.ts";
import { type StoreReport, writeBars } from "./bar-writer.ts";
import type { BarColumns } from "./column-decoder.ts";
import { refreshRollup, rollupLevel } from "./rollup.ts";
import { chooseSource, type Series, seriesOf } from "./series.ts";
import { type Db, type Session, withSession } from "./session.ts";

export type { BarColumns, BarQuery, ColumnsQuery, Series, StoreReport };

/**
 * Stores closed bars, of any symbols and in any order. Storing a bar again changes nothing; a bar with other values
 * becomes its next revision, and what was believed before stays on record with the time since which it was. An older
 * version (`knownAtMs` before the stored one's) that arrives late changes nothing. Safe to repeat and to run concurrently.
 * Batches are not atomic when they mention a bar twice or fail between rounds; repeat them whole.
 * @param knownAtMs when these values were learnt, epoch ms
 * @throws DatabaseError when a value is not a finite decimal, `low > high` or the volume is negative: nothing is stored
 */
export function storeBars(
  pool: Pool,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<StoreReport> {
  return withSession(pool, (session) => writeBars(session, bars, knownAtMs));
}

/**
 * Bars that open in [startMs, endMs), as they are believed now. A timeframe that is not stored in the range is aggregated
 * from the finest stored one that divides it: UTC days, weeks from Monday, calendar months; `vwap` and `tradeCount` where
 * every bar has them; `source` "mixed" where they differ. The newest aggregate covers what is stored of it so far.
 * Pages: continue with `startMs` = last + 1 ascending, `endMs` = last descending.
 */
export function readBars(db: Db, query: BarQuery): Promise<readonly Bar[]> {
  return withSession(db, async (session) => {
    if (isPool(db)) await rollUp(session, query);
    return selectBars(session, query);
  });
}

export async function latestBar(db: Db, symbol: string, timeframe: Timeframe): Promise<Bar | null> {
  const [bar] = await readBars(db, { symbol, timeframe, limit: 1, order: "desc" });
  return bar ?? null;
}

/** The bars that open after an instant, oldest first. */
export function barsAfter(
  db: Db,
  symbol: string,
  timeframe: Timeframe,
  afterMs: number,
  limit: number,
): Promise<readonly Bar[]> {
  return readBars(db, { symbol, timeframe, startMs: afterMs + 1, limit, order: "asc" });
}

/**
 * All bars of a range as float64 columns, for computations: about five times as fast as `readBars`. The same bars, chosen
 * and aggregated by the same rules; each value is the float64 nearest to its decimal.
 */
export function readBarColumns(db: Db, query: ColumnsQuery): Promise<BarColumns> {
  return withSession(db, async (session) => {
    if (isPool(db)) await rollUp(session, query);
    return selectColumns(session, query);
  });
}

/** On a connection that the caller holds nothing is rolled up: it may be inside a transaction, and would keep writers waiting. */
function isPool(db: Db): boolean {
  return !("release" in db);
}

async function rollUp(session: Session, query: ColumnsQuery): Promise<void> {
  if (rollupLevel("1m", query.timeframe) === null) return;
  const source = chooseSource(await seriesOf(session, query.symbol), query.timeframe, query);
  if (source) await refreshRollup(session, source);
}

/** Whether any bar of the symbol is stored, in any timeframe. */
export async function hasBars(db: Db, symbol: string): Promise<boolean> {
  return (await lastKnown(db, symbol)).length > 0;
}

/** What is stored of a symbol: per timeframe, finest first, its first and last bar and when news of it last came. */
export function lastKnown(db: Db, symbol: string): Promise<readonly Series[]> {
  return withSession(db, async (session) =>
    (await seriesOf(session, symbol)).map(({ timeframe, firstMs, lastMs, knownAtMs }) => ({
      timeframe,
      firstMs,
      lastMs,
      knownAtMs,
    })),
  );
}
