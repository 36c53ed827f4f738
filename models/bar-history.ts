import type { Bar, Timeframe } from "../domain/market/bar.ts";
import type { DecimalString } from "../domain/shared/decimal.ts";
import { type Page, pageOf } from "./timescale/page.ts";
import type { BarQuery } from "./timescale/bars.ts";
import type { Db } from "./timescale/session.ts";

/** A value of a bar that is no longer believed. */
export interface BarRevision {
  readonly bar: Bar;
  /** counts from 0 */
  readonly revision: number;
  /** believed from then, epoch ms */
  readonly knownAtMs: number;
  /** until then */
  readonly replacedAtMs: number;
}

export interface RevisionKey {
  readonly startMs: number;
  readonly revision: number;
}

export interface RevisionQuery {
  /** under which the bars are stored */
  readonly ticker: string;
  readonly timeframe: Timeframe;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly after?: RevisionKey;
  readonly limit: number;
}

interface ValueRow {
  readonly startMs: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
  readonly vwap: DecimalString | null;
  readonly tradeCount: number | null;
  readonly source: string;
}

const VALUES = `(extract(epoch FROM v.ts) * 1000)::float8 AS "startMs", trim_scale(v.open)::text AS open,
  trim_scale(v.high)::text AS high, trim_scale(v.low)::text AS low, trim_scale(v.close)::text AS close,
  trim_scale(v.volume)::text AS volume, trim_scale(v.vwap)::text AS vwap, v.trade_count AS "tradeCount", v.source`;

const MS = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** Earlier values in the order of their bars, oldest version first. */
export async function listRevisions(
  db: Db,
  { ticker, timeframe, startMs, endMs, after, limit }: RevisionQuery,
): Promise<Page<BarRevision, RevisionKey>> {
  const { rows } = await db.query<ValueRow & Omit<BarRevision, "bar">>(
    `SELECT ${VALUES}, v.revision, ${MS("v.known_at")} AS "knownAtMs", ${MS(`coalesce(
         (SELECT n.known_at FROM md.bar_revision n WHERE n.symbol_id = v.symbol_id AND n.timeframe = v.timeframe
            AND n.ts = v.ts AND n.revision = v.revision + 1),
         (SELECT b.known_at FROM md.bar b WHERE b.symbol_id = v.symbol_id AND b.timeframe = v.timeframe
            AND b.ts = v.ts))`)} AS "replacedAtMs"
     FROM md.bar_revision v JOIN md.symbol y USING (symbol_id)
     WHERE y.symbol = $1 AND v.timeframe = $2
       AND ($3::float8 IS NULL OR v.ts >= to_timestamp($3::float8 / 1000))
       AND ($4::float8 IS NULL OR v.ts < to_timestamp($4::float8 / 1000))
       AND ($5::float8 IS NULL OR (v.ts, v.revision) > (to_timestamp($5::float8 / 1000), $6::int))
     ORDER BY v.ts, v.revision LIMIT $7::int`,
    [
      ticker,
      timeframe,
      startMs ?? null,
      endMs ?? null,
      after?.startMs ?? null,
      after?.revision ?? null,
      limit + 1,
    ],
  );
  const revisions = rows.map((row) => ({
    bar: barOf(row, ticker, timeframe),
    revision: row.revision,
    knownAtMs: row.knownAtMs,
    replacedAtMs: row.replacedAtMs,
  }));
  return pageOf(revisions, limit, ({ bar, revision }) => ({ startMs: bar.startMs, revision }));
}

/** The versions in a table that were known at $5. */
const versions = (table: string) =>
  `SELECT v.ts, v.open, v.high, v.low, v.close, v.volume, v.vwap, v.trade_count, v.source, v.revision
     FROM ${table} v WHERE v.symbol_id = (SELECT symbol_id FROM md.symbol WHERE symbol = $1)
       AND v.timeframe = $2 AND v.known_at <= to_timestamp($5::float8 / 1000)
       AND ($3::float8 IS NULL OR v.ts >= to_timestamp($3::float8 / 1000))
       AND ($4::float8 IS NULL OR v.ts < to_timestamp($4::float8 / 1000))`;

/**
 * Bars as they were believed at an instant: of each the version that was known last, and none that became known later. Only
 * of a timeframe that is stored as such: nothing is aggregated.
 */
export async function readBarsKnownAt(
  db: Db,
  query: BarQuery,
  knownAtMs: number,
): Promise<readonly Bar[]> {
  const { symbol, timeframe, startMs, endMs, limit, order } = query;
  const { rows } = await db.query<ValueRow>(
    `SELECT ${VALUES} FROM (
       SELECT DISTINCT ON (u.ts) u.* FROM (${versions("md.bar")} UNION ALL ${versions("md.bar_revision")}) AS u
       ORDER BY u.ts ${order}, u.revision DESC
     ) AS v ORDER BY v.ts ${order} LIMIT $6::int`,
    [symbol, timeframe, startMs ?? null, endMs ?? null, knownAtMs, limit],
  );
  return rows.map((row) => barOf(row, symbol, timeframe));
}

function barOf({ vwap, tradeCount, ...row }: ValueRow, symbol: string, timeframe: Timeframe): Bar {
  return {
    symbol,
    timeframe,
    startMs: row.startMs,
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
    ...(vwap !== null && { vwap }),
    ...(tradeCount !== null && { tradeCount }),
    source: row.source,
  };
}

/** A close that is asked for: the last of a ticker before an instant. */
export interface CloseBefore {
  readonly ticker: string;
  /** of a stored series */
  readonly timeframe: Timeframe;
  /** epoch ms */
  readonly beforeMs: number;
}

/** Markets were closed for six days in a row at most; an older close is not the one before. */
const CLOSE_WITHIN_MS = 14 * 86_400_000;

/**
 * In the order in which they are asked; null where nothing opened within 14 days before.
 * @param knownAtMs the closes as they were believed then, epoch ms; absent: as they are believed now
 */
export async function closesBefore(
  db: Db,
  asked: readonly CloseBefore[],
  knownAtMs?: number,
): Promise<readonly (DecimalString | null)[]> {
  if (asked.length === 0) return [];
  // Constants, so that each part of the plan opens the partitions of its fortnight and no other.
  const of = (table: string, { beforeMs }: CloseBefore, index: number) =>
    `SELECT b.ts, b.revision, b.close FROM ${table} b
      WHERE b.symbol_id = (SELECT symbol_id FROM md.symbol WHERE symbol = ($1::text[])[${index + 1}])
        AND b.timeframe = ($2::text[])[${index + 1}]
        AND b.ts >= ${instant(beforeMs - CLOSE_WITHIN_MS)} AND b.ts < ${instant(beforeMs)}
        ${knownAtMs === undefined ? "" : `AND b.known_at <= ${instant(knownAtMs)}`}`;
  const one = (close: CloseBefore, index: number) => {
    const earlier =
      knownAtMs === undefined ? "" : `UNION ALL ${of("md.bar_revision", close, index)}`;
    return `(SELECT ${index} AS at, trim_scale(v.close)::text AS close
      FROM (${of("md.bar", close, index)} ${earlier}) AS v ORDER BY v.ts DESC, v.revision DESC LIMIT 1)`;
  };
  const { rows } = await db.query<{ readonly at: number; readonly close: DecimalString }>(
    asked.map(one).join(" UNION ALL "),
    [asked.map(({ ticker }) => ticker), asked.map(({ timeframe }) => timeframe)],
  );
  const closes = new Map(rows.map(({ at, close }) => [at, close]));
  return asked.map((_, index) => closes.get(index) ?? null);
}

function instant(ms: number): string {
  return `timestamptz '${new Date(ms).toISOString()}'`;
}
