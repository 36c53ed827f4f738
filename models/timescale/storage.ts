import type { Pool } from "pg";
import { type Timeframe, TIMEFRAMES } from "../../domain/market/bar.ts";
import { dropTradesBefore } from "./partitions.ts";

export const STORED_KINDS = ["bars", "trades", "specialBars"] as const;
export type StoredKind = (typeof STORED_KINDS)[number];

/** What is stored of one symbol, of bars in one timeframe. */
export interface StorageUse {
  readonly kind: StoredKind;
  readonly symbol: string;
  /** of bars; null otherwise */
  readonly timeframe: Timeframe | null;
  readonly rows: number;
  /** its share by rows of the table's bytes with its indexes: what PostgreSQL counts is whole tables */
  readonly bytes: number;
  /** opening times or instants, epoch ms */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Where a page of the list ends. */
export interface UsePlace {
  readonly symbol: string;
  readonly kind: string;
  readonly timeframe: string;
}

/** By symbol, kind and timeframe. */
export async function storageUse(
  pool: Pool,
  { limit, after }: { readonly limit: number; readonly after?: UsePlace },
): Promise<readonly StorageUse[]> {
  const { rows } = await pool.query<StorageUse>(
    `WITH used AS (
       SELECT 'bars' AS kind, symbol_id, timeframe, bar_count AS rows, first_ts, last_ts FROM md.series
       UNION ALL
       SELECT 'trades', symbol_id, '', trade_count, first_ts, last_ts FROM md.trade_series
       UNION ALL
       SELECT 'specialBars', symbol_id, '', count(*), min(start_ts), max(end_ts) FROM md.special_bar GROUP BY symbol_id
     ), total AS (
       SELECT kind, sum(rows) AS rows, md.table_bytes(
         CASE kind WHEN 'bars' THEN 'md.bar' WHEN 'trades' THEN 'md.trade' ELSE 'md.special_bar' END) AS bytes
       FROM used GROUP BY kind
     )
     SELECT u.kind, y.symbol, nullif(u.timeframe, '') AS timeframe, u.rows::float8 AS rows,
       CASE WHEN t.rows > 0 THEN round(t.bytes * u.rows / t.rows) ELSE 0 END::float8 AS bytes,
       floor(extract(epoch FROM u.first_ts) * 1000)::float8 AS "firstMs",
       floor(extract(epoch FROM u.last_ts) * 1000)::float8 AS "lastMs"
     FROM used u JOIN total t USING (kind) JOIN md.symbol y USING (symbol_id)
     WHERE $2::text IS NULL
       OR (y.symbol, u.kind COLLATE "C", u.timeframe) > ($2::text, $3::text, $4::text)
     ORDER BY y.symbol, u.kind COLLATE "C", u.timeframe LIMIT $1::int`,
    [limit, after?.symbol ?? null, after?.kind ?? null, after?.timeframe ?? null],
  );
  return rows;
}

/** For how many days a kind is kept; null for ever. */
export interface RetentionRule {
  readonly kind: StoredKind;
  /** of bars; null otherwise */
  readonly timeframe: Timeframe | null;
  readonly days: number | null;
}

export async function retentionRules(pool: Pool): Promise<readonly RetentionRule[]> {
  const { rows } = await pool.query<RetentionRule>(
    "SELECT kind, nullif(timeframe, '') AS timeframe, days FROM md.retention",
  );
  return rows.toSorted((a, b) => placeOf(a) - placeOf(b));
}

function placeOf({ kind, timeframe }: RetentionRule): number {
  const within = timeframe === null ? 0 : TIMEFRAMES.indexOf(timeframe);
  return STORED_KINDS.indexOf(kind) * TIMEFRAMES.length + within;
}

/** Replaces the rules that are named, all or none. */
export async function setRetention(pool: Pool, rules: readonly RetentionRule[]): Promise<void> {
  await pool.query(
    `INSERT INTO md.retention (kind, timeframe, days)
     SELECT kind, timeframe, days FROM unnest($1::text[], $2::text[], $3::int[]) AS g (kind, timeframe, days)
     ORDER BY 1, 2
     ON CONFLICT (kind, timeframe) DO UPDATE SET days = excluded.days, updated_at = now()`,
    [
      rules.map(({ kind }) => kind),
      rules.map(({ timeframe }) => timeframe ?? ""),
      rules.map(({ days }) => days),
    ],
  );
}

const DAY_MS = 86_400_000;

/** What applying a rule has deleted. */
export interface Applied extends RetentionRule {
  readonly deleted: number;
}

/**
 * Deletes what the rules keep no longer, in whole UTC days. The newest bar of a series stays however old it is. Each series
 * is a transaction of its own, so that writers wait for one at most; repeating it changes nothing.
 */
export async function applyRetention(pool: Pool, nowMs: number): Promise<readonly Applied[]> {
  const applied: Applied[] = [];
  for (const rule of await retentionRules(pool)) {
    if (rule.days === null) continue;
    const cutoffMs = Math.floor(nowMs / DAY_MS) * DAY_MS - rule.days * DAY_MS;
    applied.push({ ...rule, deleted: await deleteBefore(pool, rule, cutoffMs) });
  }
  return applied;
}

async function deleteBefore(
  pool: Pool,
  { kind, timeframe }: RetentionRule,
  cutoffMs: number,
): Promise<number> {
  switch (kind) {
    case "bars":
      return trimBars(pool, timeframe ?? "", cutoffMs);
    case "trades":
      return dropTradesBefore(pool, cutoffMs);
    case "specialBars": {
      const { rowCount } = await pool.query(
        "DELETE FROM md.special_bar WHERE end_ts < to_timestamp($1::float8 / 1000)",
        [cutoffMs],
      );
      return rowCount ?? 0;
    }
  }
}

async function trimBars(pool: Pool, timeframe: string, cutoffMs: number): Promise<number> {
  const { rows: series } = await pool.query<{ id: number }>(
    `SELECT symbol_id AS id FROM md.series
     WHERE timeframe = $1 AND first_ts < to_timestamp($2::float8 / 1000) ORDER BY symbol_id`,
    [timeframe, cutoffMs],
  );
  let deleted = 0;
  for (const { id } of series) {
    const { rows } = await pool.query<{ n: number }>(
      "SELECT md.trim_series($1::int, $2::text, to_timestamp($3::float8 / 1000))::float8 AS n",
      [id, timeframe, cutoffMs],
    );
    deleted += rows[0]?.n ?? 0;
  }
  return deleted;
}
