import type { Json } from "../domain/shared/json.ts";
import type { Timeframe } from "../domain/market/bar.ts";
import type { Pool } from "./postgres/pool.ts";

/** What an operator has set for a source. */
export interface SourceSettings {
  readonly sourceId: string;
  readonly isEnabled: boolean;
  readonly priority: number;
  readonly symbols: { readonly [symbol: string]: string };
  readonly rateLimit: { readonly requests: number; readonly perSeconds: number } | null;
  readonly layouts: readonly Json[] | null;
  /** what is streamed; null: as the environment says */
  readonly liveSymbols: readonly string[] | null;
  readonly liveKinds: readonly LiveKind[] | null;
}
export type LiveKind = "trades" | "quotes" | "bars" | "books";

export async function sourceSettings(pool: Pool): Promise<ReadonlyMap<string, SourceSettings>> {
  const { rows } = await pool.query<SourceSettings>(
    `SELECT source_id AS "sourceId", is_enabled AS "isEnabled", priority, symbols, rate_limit AS "rateLimit", layouts,
            live_symbols AS "liveSymbols", live_kinds AS "liveKinds"
       FROM ops.data_source`,
  );
  return new Map(rows.map((row) => [row.sourceId, row]));
}

export async function putSourceSettings(pool: Pool, settings: SourceSettings): Promise<void> {
  const { sourceId, isEnabled, priority, symbols } = settings;
  const { rateLimit, layouts, liveSymbols, liveKinds } = settings;
  await pool.query(
    `INSERT INTO ops.data_source (source_id, is_enabled, priority, symbols, rate_limit, layouts, live_symbols, live_kinds)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (source_id) DO UPDATE SET is_enabled = excluded.is_enabled, priority = excluded.priority,
       symbols = excluded.symbols, rate_limit = excluded.rate_limit, layouts = excluded.layouts,
       live_symbols = excluded.live_symbols, live_kinds = excluded.live_kinds, updated_at = clock_timestamp()`,
    [
      sourceId,
      isEnabled,
      priority,
      JSON.stringify(symbols),
      jsonOrNull(rateLimit),
      jsonOrNull(layouts),
      jsonOrNull(liveSymbols),
      jsonOrNull(liveKinds),
    ],
  );
}

function jsonOrNull(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

export interface SourceHealth {
  readonly sourceId: string;
  readonly lastSuccessAtMs: number | null;
  readonly lastErrorAtMs: number | null;
  readonly lastErrorCode: string | null;
  readonly lastError: string | null;
}

export async function sourceHealth(pool: Pool): Promise<ReadonlyMap<string, SourceHealth>> {
  const { rows } = await pool.query<SourceHealth>(
    `SELECT source_id AS "sourceId", last_success_at AS "lastSuccessAtMs", last_error_at AS "lastErrorAtMs",
            last_error_code AS "lastErrorCode", last_error AS "lastError" FROM ops.data_source_health`,
  );
  return new Map(rows.map((row) => [row.sourceId, row]));
}

/** @param fault null: it answered as it should */
export async function recordSourceHealth(
  pool: Pool,
  sourceId: string,
  fault: { readonly code: string; readonly message: string } | null,
): Promise<void> {
  const at = "date_trunc('milliseconds', clock_timestamp())";
  await (fault === null
    ? pool.query(
        `INSERT INTO ops.data_source_health (source_id, last_success_at) VALUES ($1, ${at})
         ON CONFLICT (source_id) DO UPDATE SET last_success_at = excluded.last_success_at`,
        [sourceId],
      )
    : pool.query(
        `INSERT INTO ops.data_source_health (source_id, last_error_at, last_error_code, last_error)
           VALUES ($1, ${at}, $2, $3)
         ON CONFLICT (source_id) DO UPDATE SET last_error_at = excluded.last_error_at,
           last_error_code = excluded.last_error_code, last_error = excluded.last_error`,
        [sourceId, fault.code, fault.message.toWellFormed().replaceAll("\0", "").slice(0, 500)],
      ));
}

/** The opening times, epoch ms, of the bars of a timeframe that are stored themselves, not made from finer ones. */
export async function storedStarts(
  pool: Pool,
  symbol: string,
  timeframe: Timeframe,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): Promise<ReadonlySet<number>> {
  const { rows } = await pool.query<{ readonly starts: readonly number[] | null }>(
    `SELECT array_agg((extract(epoch FROM ts) * 1000)::float8) AS starts FROM md.bar
      WHERE symbol_id = (SELECT symbol_id FROM md.symbol WHERE symbol = $1) AND timeframe = $2
        AND ts >= to_timestamp($3::float8 / 1000) AND ts < to_timestamp($4::float8 / 1000)`,
    [symbol, timeframe, startMs, endMs],
  );
  return new Set(rows[0]?.starts ?? []);
}

/** When the newest bar opened that is stored of a timeframe itself, epoch ms; null: there is none. */
export async function newestStart(
  pool: Pool,
  symbol: string,
  timeframe: Timeframe,
): Promise<number | null> {
  const { rows } = await pool.query<{ readonly atMs: number | null }>(
    `SELECT s.last_ts AS "atMs" FROM md.series s JOIN md.symbol y USING (symbol_id)
      WHERE y.symbol = $1 AND s.timeframe = $2`,
    [symbol, timeframe],
  );
  return rows[0]?.atMs ?? null;
}
