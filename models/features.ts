import type { FeatureValue } from "../domain/features/kernel.ts";
import type { Timeframe } from "../domain/market/bar.ts";
import type { Db } from "./timescale/session.ts";

/** A value at the close of one bar. */
export interface RecordedFeature {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** a name of the catalogue, or "= " and a formula */
  readonly key: string;
  /** when the bar opened, epoch ms */
  readonly startMs: number;
  readonly value: FeatureValue;
}

/**
 * Records values with the time at which they became known. The value that is on record already is not recorded again, so
 * that a repeat changes nothing.
 * @param knownAtMs epoch ms
 */
export async function recordFeatures(
  db: Db,
  features: readonly RecordedFeature[],
  knownAtMs: number,
): Promise<void> {
  await db.query(
    `INSERT INTO md.feature (symbol_id, timeframe, feature, ts, known_at, value)
     SELECT s.symbol_id, g.timeframe, g.feature, to_timestamp(g.start_ms / 1000),
       to_timestamp($6::float8 / 1000), g.value::jsonb
     FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::text[])
       AS g (symbol, timeframe, feature, start_ms, value)
     JOIN md.symbol s USING (symbol)
     WHERE g.value::jsonb IS DISTINCT FROM (
       SELECT f.value FROM md.feature f
       WHERE f.symbol_id = s.symbol_id AND f.timeframe = g.timeframe AND f.feature = g.feature
         AND f.ts = to_timestamp(g.start_ms / 1000)
       ORDER BY f.known_at DESC LIMIT 1)
     ON CONFLICT DO NOTHING`,
    [
      features.map(({ symbol }) => symbol),
      features.map(({ timeframe }) => timeframe),
      features.map(({ key }) => key),
      features.map(({ startMs }) => startMs),
      features.map(({ value }) => JSON.stringify(value)),
      knownAtMs,
    ],
  );
}

export interface RecordQuery {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly keys: readonly string[];
  /** bars that open in [startMs, endMs), epoch ms */
  readonly startMs?: number | undefined;
  readonly endMs?: number | undefined;
  /** what was recorded later is not there, epoch ms */
  readonly knownAtMs: number;
  /** bars at most, the last ones of the range */
  readonly limit: number;
}

export interface RecordedRow {
  readonly key: string;
  readonly startMs: number;
  readonly knownAtMs: number;
  readonly value: FeatureValue;
}

/** What was on record at an instant, one value a bar and feature, oldest first. */
export async function recordedFeatures(
  db: Db,
  query: RecordQuery,
): Promise<readonly RecordedRow[]> {
  const { symbol, timeframe, keys, startMs = null, endMs = null, knownAtMs, limit } = query;
  const { rows } = await db.query<RecordedRow>(
    `WITH known AS (
       SELECT f.feature, f.ts, f.known_at, f.value
       FROM md.feature f JOIN md.symbol s USING (symbol_id)
       WHERE s.symbol = $1 AND f.timeframe = $2 AND f.feature = ANY ($3::text[])
         AND ($4::float8 IS NULL OR f.ts >= to_timestamp($4::float8 / 1000))
         AND ($5::float8 IS NULL OR f.ts < to_timestamp($5::float8 / 1000))
         AND f.known_at <= to_timestamp($6::float8 / 1000)
     ),
     shown AS (SELECT DISTINCT ts FROM known ORDER BY ts DESC LIMIT $7::int)
     SELECT DISTINCT ON (ts, feature) feature AS key, ts AS "startMs", known_at AS "knownAtMs", value
     FROM known WHERE ts IN (SELECT ts FROM shown)
     ORDER BY ts, feature, known_at DESC`,
    [symbol, timeframe, keys, startMs, endMs, knownAtMs, limit],
  );
  return rows;
}

/** What lies before a bar, without reading it. */
export interface HistoryMark {
  /** of the bar's own ticker and timeframe, bars that open before it */
  readonly barsBefore: number;
  /** another text once a bar was revised, or one was stored before all others, or what the series is made of has changed */
  readonly mark: string;
}

/**
 * Where the history of a bar stands: what was computed of bars up to one before is still true if the mark is the same and
 * there are as many bars now as were taken in, so that one which fills a gap is noticed. A few index reads, however long the
 * history is: how many bars a series has is kept by whoever writes, and nothing but the bar itself opens as late as it does.
 */
export async function historyMark(
  db: Db,
  { symbol, timeframe, startMs }: Pick<RecordedFeature, "symbol" | "timeframe" | "startMs">,
): Promise<HistoryMark> {
  const { rows } = await db.query<HistoryMark>(HISTORY_MARK, [symbol, timeframe, startMs]);
  return rows[0] ?? { barsBefore: 0, mark: "" };
}

/** Under its other tickers a series grows no more, so that the number of bars belongs to the mark. */
const HISTORY_MARK = `
  WITH listed AS (
    SELECT l.ticker, l.symbol, l.from_date, l.until_date FROM md.listing l
    WHERE l.symbol IN (SELECT h.symbol FROM md.listing h WHERE h.ticker = $1)
  ),
  held AS (
    SELECT y.symbol_id, y.symbol FROM md.symbol y
    WHERE y.symbol = $1 OR y.symbol IN (SELECT ticker FROM listed)
  )
  SELECT coalesce((
      SELECT s.bar_count - (
        SELECT count(*) FROM md.bar b
        WHERE b.symbol_id = s.symbol_id AND b.timeframe = s.timeframe AND b.ts >= to_timestamp($3::float8 / 1000))
      FROM md.series s JOIN held USING (symbol_id)
      WHERE held.symbol = $1 AND s.timeframe = $2), 0)::float8 AS "barsBefore",
    concat_ws(' ',
      (SELECT count(*) FROM md.bar_revision r WHERE r.symbol_id IN (SELECT symbol_id FROM held)),
      (SELECT string_agg(concat_ws(' ', held.symbol, s.timeframe, extract(epoch FROM s.first_ts),
         CASE WHEN held.symbol <> $1 THEN s.bar_count END), ' ' ORDER BY held.symbol, s.timeframe)
       FROM md.series s JOIN held USING (symbol_id)),
      (SELECT string_agg(concat_ws(' ', ticker, symbol, from_date, until_date), ' ' ORDER BY ticker, from_date)
       FROM listed)) AS mark`;
