import type { Timeframe } from "../../domain/market/bar.ts";
import type { Body } from "./session.ts";
import { type RollupLevel, rollupLevel } from "./rollup.ts";
import type { Source, StoredSeries } from "./series.ts";

const WIDTHS = {
  "1m": "1 minute",
  "5m": "5 minutes",
  "15m": "15 minutes",
  "30m": "30 minutes",
  "1h": "1 hour",
  "4h": "4 hours",
  "1d": "1 day",
  "1w": "7 days",
  "1mo": "1 month",
} as const satisfies Record<Timeframe, string>;

/** Half open, in opening times of stored rows, epoch ms. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * A subquery of the bars of one series in a span, aggregated where the asked timeframe is not the stored one:
 * ts, open, high, low, close, volume, vwap, turnover, trade_count, source. Everything in it is a number or a constant of
 * ours, because COPY takes no parameters. `turnover` is Σ vwap · volume, which the caller divides: SQL's division rounds.
 * @param rows what to read instead of md.bar, as SQL: other versions of the same bars, which nobody has rolled up
 */
export function barsIn(
  body: Body,
  { series, timeframe }: Source,
  span: Span,
  rows?: string,
): string {
  const where = `FROM ${rows ?? "md.bar"} AS bar WHERE ${inSpan(series, "timeframe", span)}`;
  if (series.timeframe === timeframe) {
    return `SELECT ts, open, high, low, close, volume, vwap, NULL::numeric AS turnover, trade_count, source
      ${where}`;
  }
  const level = rows === undefined ? rollupLevel(series.timeframe, timeframe) : null;
  const parts = level === null ? `SELECT ${PART} ${where}` : rolledUp(series, level, span);
  const { first, last } = bookends(body);
  return `SELECT ${body.functions}.time_bucket(interval '${WIDTHS[timeframe]}', part.ts) AS ts,
      ${first} AS open, max(high) AS high, min(low) AS low, ${last} AS close, sum(volume) AS volume,
      NULL::numeric AS vwap,
      CASE WHEN count(turnover) = count(*) THEN sum(turnover) END AS turnover,
      CASE WHEN count(trade_count) = count(*) THEN sum(trade_count) END AS trade_count,
      CASE WHEN min(source) = max(source) THEN min(source) ELSE 'mixed' END AS source
    FROM (${parts}) AS part GROUP BY 1`;
}

const PART = "ts, open, high, low, close, volume, vwap * volume AS turnover, trade_count, source";

/**
 * Hours or days as they were rolled up, but for the days that are due: their bars themselves. One statement reads both, and
 * a day becomes due in the commit that changes its bars, so nothing is counted twice or missed.
 */
function rolledUp(series: StoredSeries, level: RollupLevel, span: Span): string {
  const due = `d.symbol_id = ${integer(series.symbolId)} AND d.timeframe = '${series.timeframe}'`;
  return `SELECT ts, open, high, low, close, volume, turnover, trade_count, source FROM md.bar_rollup r
      WHERE ${inSpan(series, "base", span)} AND r.timeframe = '${level}'
        AND NOT EXISTS (SELECT FROM md.rollup_due d WHERE ${due} AND d.day = md.utc_day(r.ts))
    UNION ALL
    SELECT bar.* FROM md.rollup_due d CROSS JOIN LATERAL (
      SELECT ${PART} FROM md.bar
      WHERE ${inSpan(series, "timeframe", span)} AND ts >= d.day AND ts < d.day + interval '24 hours'
      OFFSET 0
    ) AS bar
    WHERE ${due} AND d.day >= md.utc_day(${instant(span.fromMs)}) AND d.day < ${instant(span.untilMs)}`;
}

function inSpan(series: StoredSeries, column: "timeframe" | "base", span: Span): string {
  return `symbol_id = ${integer(series.symbolId)} AND ${column} = '${series.timeframe}'
    AND ts >= ${instant(span.fromMs)} AND ts < ${instant(span.untilMs)}`;
}

/** The same bars, oldest first, as ts and five float8; PostgreSQL does not compute what is not selected. */
export function priceColumnsIn(body: Body, source: Source, span: Span, rows?: string): string {
  return `SELECT ts, open::float8, high::float8, low::float8, close::float8, volume::float8
    FROM (${barsIn(body, source, span, rows)}) AS b ORDER BY ts`;
}

/** first() and last() are native under TimescaleDB; without it array_agg is what measured fastest. */
function bookends({ isHypertable, functions }: Body): {
  readonly first: string;
  readonly last: string;
} {
  if (isHypertable) {
    return {
      first: `${functions}.first(open, part.ts)`,
      last: `${functions}.last(close, part.ts)`,
    };
  }
  return {
    first: "(array_agg(open ORDER BY part.ts))[1]",
    last: "(array_agg(close ORDER BY part.ts DESC))[1]",
  };
}

function instant(ms: number): string {
  return `to_timestamp(${integer(ms)} / 1000.0::float8)`;
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`expected an integer, found ${value}`);
  return String(value);
}
