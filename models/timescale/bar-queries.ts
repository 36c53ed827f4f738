import type { Timeframe } from "../../domain/market/bar.ts";
import type { Body } from "./session.ts";
import type { Source } from "./series.ts";

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
 */
export function barsIn(body: Body, { series, timeframe }: Source, span: Span): string {
  const where = `FROM md.bar
    WHERE symbol_id = ${integer(series.symbolId)} AND timeframe = '${series.timeframe}'
      AND ts >= ${instant(span.fromMs)} AND ts < ${instant(span.untilMs)}`;
  if (series.timeframe === timeframe) {
    return `SELECT ts, open, high, low, close, volume, vwap, NULL::numeric AS turnover, trade_count, source ${where}`;
  }
  const { first, last } = bookends(body);
  return `SELECT ${body.functions}.time_bucket(interval '${WIDTHS[timeframe]}', bar.ts) AS ts,
      ${first} AS open, max(high) AS high, min(low) AS low, ${last} AS close, sum(volume) AS volume,
      NULL::numeric AS vwap,
      CASE WHEN count(vwap) = count(*) THEN sum(vwap * volume) END AS turnover,
      CASE WHEN count(trade_count) = count(*) THEN sum(trade_count) END AS trade_count,
      CASE WHEN min(source) = max(source) THEN min(source) ELSE 'mixed' END AS source
    ${where} GROUP BY 1`;
}

/** The same bars, oldest first, as ts and five float8; PostgreSQL does not compute what is not selected. */
export function priceColumnsIn(body: Body, source: Source, span: Span): string {
  return `SELECT ts, open::float8, high::float8, low::float8, close::float8, volume::float8
    FROM (${barsIn(body, source, span)}) AS b ORDER BY ts`;
}

/** first() and last() are native under TimescaleDB; without it array_agg is what measured fastest. */
function bookends({ isHypertable, functions }: Body): {
  readonly first: string;
  readonly last: string;
} {
  if (isHypertable) {
    return { first: `${functions}.first(open, bar.ts)`, last: `${functions}.last(close, bar.ts)` };
  }
  return {
    first: "(array_agg(open ORDER BY bar.ts))[1]",
    last: "(array_agg(close ORDER BY bar.ts DESC))[1]",
  };
}

function instant(ms: number): string {
  return `to_timestamp(${integer(ms)} / 1000.0::float8)`;
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`expected an integer, found ${value}`);
  return String(value);
}
