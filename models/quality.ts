import type { Timeframe } from "../domain/market/bar.ts";
import type { Db } from "./timescale/session.ts";

/** What came in and was not taken, or was there before, by who brought it and why. */
export interface RefusalCount {
  readonly source: string;
  /** a reason of docs/ERRORS.md, or DUPLICATE or OUT_OF_ORDER */
  readonly reason: string;
  readonly count: number;
  /** of the last one */
  readonly detail: string | null;
  readonly lastAtMs: number;
}

const DETAIL_LENGTH_MAX = 200;

/**
 * Counts rows that were refused, or that changed nothing, for the quality report. Whoever takes data in from outside calls
 * it once a batch and reason.
 * @param reason of MARKET_DATA_REFUSALS or FEED_REFUSALS; DUPLICATE for rows that were there, OUT_OF_ORDER for rows that came
 *   after later ones
 * @param n rows, 0 or more
 * @param detail of the last of them, as the check worded it
 */
export async function recordRefusals(
  db: Db,
  symbol: string,
  source: string,
  reason: string,
  n: number,
  detail: string | null = null,
): Promise<void> {
  if (n === 0) return;
  await db.query(
    `INSERT INTO md.quality_count AS q (symbol, source, reason, count, detail, last_at)
     VALUES ($1, $2, $3, $4, $5, now())
     ON CONFLICT (symbol, source, reason) DO UPDATE SET
       count = q.count + excluded.count, detail = coalesce(excluded.detail, q.detail), last_at = excluded.last_at`,
    [symbol, source, reason, n, detail?.slice(0, DETAIL_LENGTH_MAX) ?? null],
  );
}

/** Of all time, by source and reason. */
export async function refusalsOf(db: Db, symbol: string): Promise<readonly RefusalCount[]> {
  const { rows } = await db.query<RefusalCount>(
    `SELECT source, reason, count::float8 AS count, detail,
       (extract(epoch FROM last_at) * 1000)::float8 AS "lastAtMs"
     FROM md.quality_count WHERE symbol = $1 ORDER BY source, reason`,
    [symbol],
  );
  return rows;
}

/** Bars that open in [startMs, endMs), epoch ms, as they are stored. */
export interface StoredRange {
  /** under which they are stored */
  readonly ticker: string;
  readonly timeframe: Timeframe;
  readonly startMs: number;
  readonly endMs: number;
}

/** What one source brought, of the versions that are believed now. */
export interface SourceShare {
  readonly source: string;
  readonly bars: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** when the last of it became known, epoch ms */
  readonly lastUpdateMs: number;
}

const IN_RANGE = `b.symbol_id = (SELECT symbol_id FROM md.symbol WHERE symbol = $1) AND b.timeframe = $2
  AND b.ts >= to_timestamp($3::float8 / 1000) AND b.ts < to_timestamp($4::float8 / 1000)`;

export async function sourcesOf(db: Db, range: StoredRange): Promise<readonly SourceShare[]> {
  const { rows } = await db.query<SourceShare>(
    `SELECT b.source, count(*)::float8 AS bars,
       (extract(epoch FROM min(b.ts)) * 1000)::float8 AS "firstMs",
       (extract(epoch FROM max(b.ts)) * 1000)::float8 AS "lastMs",
       (extract(epoch FROM max(b.known_at)) * 1000)::float8 AS "lastUpdateMs"
     FROM md.bar b WHERE ${IN_RANGE} GROUP BY b.source ORDER BY b.source`,
    parametersOf(range),
  );
  return rows;
}

export interface RevisionCount {
  readonly count: number;
  /** when the last value that is no longer believed was replaced, epoch ms; null: none was */
  readonly lastMs: number | null;
}

export async function countRevisions(db: Db, range: StoredRange): Promise<RevisionCount> {
  const values = parametersOf(range);
  const { rows } = await db.query<{ readonly count: number }>(
    `SELECT count(*)::float8 AS count FROM md.bar_revision b WHERE ${IN_RANGE}`,
    values,
  );
  const count = rows[0]?.count ?? 0;
  // The join opens every month of the range; most series have nothing to join.
  return { count, lastMs: count === 0 ? null : await lastReplacedMs(db, values) };
}

async function lastReplacedMs(db: Db, values: unknown[]): Promise<number | null> {
  const { rows } = await db.query<{ readonly lastMs: number | null }>(
    `SELECT (extract(epoch FROM max(n.known_at)) * 1000)::float8 AS "lastMs"
     FROM md.bar_revision b
     JOIN md.bar n ON n.symbol_id = b.symbol_id AND n.timeframe = b.timeframe AND n.ts = b.ts
     WHERE ${IN_RANGE}`,
    values,
  );
  return rows[0]?.lastMs ?? null;
}

function parametersOf({ ticker, timeframe, startMs, endMs }: StoredRange): unknown[] {
  return [ticker, timeframe, startMs, endMs];
}
