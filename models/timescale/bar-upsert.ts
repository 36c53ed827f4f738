import { ROLLED_UP } from "./rollup.ts";

/** What is given of a bar, in order; known_at and revision come with the write. */
export const BAR_COLUMNS =
  "symbol_id, timeframe, ts, open, high, low, close, volume, vwap, trade_count, source";

const VALUES = "open, high, low, close, volume, vwap, trade_count";
const valuesOf = (row: string) =>
  VALUES.split(", ")
    .map((column) => `${row}.${column}`)
    .join(", ");

/**
 * Rows are taken in the order of their key, first of the series, then of the bars, then of the days: two writers wait for
 * each other at worst. ON CONFLICT sees the newest committed row, and the trigger keeps what it replaces: no reading
 * before writing, no race. A day that is due already is locked all the same, so that nobody rolls it up without us.
 */
const upsert = (given: string) => `
  WITH given AS MATERIALIZED (${given}),
  locked AS (
    SELECT FROM md.series s WHERE (s.symbol_id, s.timeframe) IN (SELECT symbol_id, timeframe FROM given)
    ORDER BY s.symbol_id, s.timeframe FOR UPDATE
  ),
  written AS (
    INSERT INTO md.bar AS b (${BAR_COLUMNS}, known_at)
    SELECT ${BAR_COLUMNS}, to_timestamp($1::float8 / 1000) FROM given
    WHERE (SELECT count(*) FROM locked) >= 0
    ORDER BY symbol_id, timeframe, ts
    ON CONFLICT (symbol_id, timeframe, ts) DO UPDATE SET
      (${VALUES}, source, known_at, revision)
        = (${valuesOf("excluded")}, excluded.source, excluded.known_at, b.revision + 1)
    WHERE excluded.known_at >= b.known_at
      AND (${valuesOf("b")}) IS DISTINCT FROM (${valuesOf("excluded")})
    RETURNING symbol_id, timeframe, ts, known_at, revision
  ),
  covered AS (
    INSERT INTO md.series AS s (symbol_id, timeframe, first_ts, last_ts, known_at, bar_count)
    SELECT symbol_id, timeframe, min(ts), max(ts), max(known_at), count(*) FILTER (WHERE revision = 0)
    FROM written GROUP BY symbol_id, timeframe ORDER BY symbol_id, timeframe
    ON CONFLICT (symbol_id, timeframe) DO UPDATE SET
      first_ts = least(s.first_ts, excluded.first_ts),
      last_ts = greatest(s.last_ts, excluded.last_ts),
      known_at = greatest(s.known_at, excluded.known_at),
      bar_count = s.bar_count + excluded.bar_count
    RETURNING symbol_id
  ),
  due AS (
    INSERT INTO md.rollup_due AS d (symbol_id, timeframe, day)
    SELECT DISTINCT symbol_id, timeframe, md.utc_day(ts) FROM written
    WHERE timeframe IN ${ROLLED_UP} AND (SELECT count(*) FROM covered) >= 0
    ORDER BY 1, 2, 3
    ON CONFLICT (symbol_id, timeframe, day) DO UPDATE SET day = excluded.day WHERE false
  )
  SELECT count(*) FILTER (WHERE revision = 0)::int AS inserted,
    count(*) FILTER (WHERE revision > 0)::int AS revised
  FROM written`;

export const UPSERT_STAGED = upsert("SELECT * FROM pg_temp.staged_bar");

export const UPSERT_FEW = upsert(`
  SELECT symbol_id, timeframe, to_timestamp(start_ms / 1000) AS ts, ${VALUES}, source
  FROM unnest($2::int[], $3::text[], $4::float8[], $5::numeric[], $6::numeric[], $7::numeric[],
    $8::numeric[], $9::numeric[], $10::numeric[], $11::int[], $12::text[])
    AS g (symbol_id, timeframe, start_ms, ${VALUES}, source)`);
