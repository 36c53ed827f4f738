import type { Pool } from "pg";
import type { SpecialBar, SpecialBarKind } from "../../domain/market/bars/special-bar.ts";
import type { DecimalString } from "../../domain/shared/decimal.ts";
import { invariant } from "../../domain/shared/errors.ts";
import type { Range } from "./series.ts";
import { type Db, type Session, withSession } from "./session.ts";
import { idOf, learnSymbols } from "./symbol-ids.ts";

export interface SpecialBarReport {
  readonly inserted: number;
  /** bars that were there with other values, which are replaced */
  readonly revised: number;
  readonly duplicates: number;
}

export interface SpecialBarQuery extends Range {
  readonly symbol: string;
  readonly kind: SpecialBarKind;
  readonly size: DecimalString;
  /** bars at most, 1 or more */
  readonly limit: number;
  readonly order: "asc" | "desc";
  /** goes on after the bar of this sequence, in the same order */
  readonly after?: number;
}

/** One INSERT takes so many; each is all or nothing. */
const BATCH = 1_000;

/**
 * Stores closed bars, of any series; a bar is known by symbol, kind, size and sequence, and a series that is built again
 * replaces what differs. Batches may not mention a bar twice.
 * @param knownAtMs when they were made, epoch ms
 */
export function storeSpecialBars(
  pool: Pool,
  bars: readonly SpecialBar[],
  knownAtMs: number,
): Promise<SpecialBarReport> {
  return withSession(pool, (session) => write(session, bars, knownAtMs));
}

async function write(
  session: Session,
  bars: readonly SpecialBar[],
  knownAtMs: number,
): Promise<SpecialBarReport> {
  await learnSymbols(session, bars);
  let [inserted, revised] = [0, 0];
  for (let at = 0; at < bars.length; at += BATCH) {
    const batch = bars.slice(at, at + BATCH);
    const [counts] = await session.query<Counts>(UPSERT, values(session, batch, knownAtMs));
    invariant(counts !== undefined, "an upsert of bars answers with one row, found none");
    inserted += counts.inserted;
    revised += counts.revised;
  }
  return { inserted, revised, duplicates: bars.length - inserted - revised };
}

interface Counts {
  readonly inserted: number;
  readonly revised: number;
}

const VALUES = "start_ts, end_ts, open, high, low, close, volume, vwap, trade_count, source";
const valuesOf = (row: string) =>
  VALUES.split(", ")
    .map((column) => `${row}.${column}`)
    .join(", ");

const UPSERT = `
  WITH given AS (
    SELECT symbol_id, kind, size, sequence,
      to_timestamp(start_ms / 1000) + start_micros * interval '1 microsecond' AS start_ts,
      to_timestamp(end_ms / 1000) + end_micros * interval '1 microsecond' AS end_ts,
      open, high, low, close, volume, vwap, trade_count, source
    FROM unnest($2::int[], $3::text[], $4::numeric[], $5::bigint[], $6::float8[], $7::int[], $8::float8[],
      $9::int[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[],
      $16::bigint[], $17::text[])
      AS g (symbol_id, kind, size, sequence, start_ms, start_micros, end_ms, end_micros, open, high, low,
        close, volume, vwap, trade_count, source)
  ), written AS (
    INSERT INTO md.special_bar AS b (symbol_id, kind, size, sequence, ${VALUES}, known_at)
    SELECT symbol_id, kind, size, sequence, ${VALUES}, to_timestamp($1::float8 / 1000) FROM given
    ORDER BY symbol_id, kind, size, sequence
    ON CONFLICT (symbol_id, kind, size, sequence) DO UPDATE SET
      (${VALUES}, known_at) = (${valuesOf("excluded")}, excluded.known_at)
    WHERE (${valuesOf("b")}) IS DISTINCT FROM (${valuesOf("excluded")})
    RETURNING (xmax = 0) AS is_new
  )
  SELECT count(*) FILTER (WHERE is_new)::int AS inserted,
    count(*) FILTER (WHERE NOT is_new)::int AS revised FROM written`;

function values(
  session: Session,
  bars: readonly SpecialBar[],
  knownAtMs: number,
): readonly unknown[] {
  return [
    knownAtMs,
    bars.map(({ symbol }) => idOf(session, symbol)),
    bars.map(({ kind }) => kind),
    bars.map(({ size }) => size),
    bars.map(({ sequence }) => sequence),
    bars.map(({ startMs }) => startMs),
    bars.map(({ startMicros = 0 }) => startMicros),
    bars.map(({ endMs }) => endMs),
    bars.map(({ endMicros = 0 }) => endMicros),
    bars.map(({ open }) => open),
    bars.map(({ high }) => high),
    bars.map(({ low }) => low),
    bars.map(({ close }) => close),
    bars.map(({ volume }) => volume),
    bars.map(({ vwap = null }) => vwap),
    bars.map(({ tradeCount }) => tradeCount),
    bars.map(({ source }) => source),
  ];
}

/** Bars that begin in [startMs, endMs), in the order of their sequence. */
export function readSpecialBars(db: Db, query: SpecialBarQuery): Promise<readonly SpecialBar[]> {
  return withSession(db, (session) => select(session, query));
}

interface Row {
  readonly sequence: number;
  readonly startMs: number;
  readonly startMicros: number;
  readonly endMs: number;
  readonly endMicros: number;
  readonly open: DecimalString;
  readonly high: DecimalString;
  readonly low: DecimalString;
  readonly close: DecimalString;
  readonly volume: DecimalString;
  readonly vwap: DecimalString | null;
  readonly tradeCount: number;
  readonly source: string;
}

const DECIMALS = ["open", "high", "low", "close", "volume", "vwap"]
  .map((column) => `trim_scale(b.${column})::text AS ${column}`)
  .join(", ");

async function select(session: Session, query: SpecialBarQuery): Promise<readonly SpecialBar[]> {
  const { symbol, kind, size, startMs, endMs, limit, order, after } = query;
  const [way, beyond] = order === "asc" ? ["ASC", ">"] : ["DESC", "<"];
  const rows = await session.query<Row>(
    `SELECT b.sequence::float8 AS sequence, ${DECIMALS}, b.trade_count::float8 AS "tradeCount", b.source,
       floor(extract(epoch FROM b.start_ts) * 1000)::float8 AS "startMs",
       extract(microseconds FROM b.start_ts)::int % 1000 AS "startMicros",
       floor(extract(epoch FROM b.end_ts) * 1000)::float8 AS "endMs",
       extract(microseconds FROM b.end_ts)::int % 1000 AS "endMicros"
     FROM md.special_bar b JOIN md.symbol y USING (symbol_id)
     WHERE y.symbol = $1 AND b.kind = $2 AND b.size = $3::numeric
       AND ($4::float8 IS NULL OR b.start_ts >= to_timestamp($4::float8 / 1000))
       AND ($5::float8 IS NULL OR b.start_ts < to_timestamp($5::float8 / 1000))
       AND ($6::bigint IS NULL OR b.sequence ${beyond} $6::bigint)
     ORDER BY b.sequence ${way} LIMIT $7::int`,
    [symbol, kind, size, startMs ?? null, endMs ?? null, after ?? null, limit],
  );
  return rows.map((row) => barOf(row, query));
}

function barOf(row: Row, { symbol, kind, size }: SpecialBarQuery): SpecialBar {
  const { startMicros, endMicros, vwap } = row;
  return {
    symbol,
    kind,
    size,
    startMs: row.startMs,
    ...(startMicros !== 0 && { startMicros }),
    endMs: row.endMs,
    ...(endMicros !== 0 && { endMicros }),
    sequence: row.sequence,
    open: row.open,
    high: row.high,
    low: row.low,
    close: row.close,
    volume: row.volume,
    ...(vwap !== null && { vwap }),
    tradeCount: row.tradeCount,
    source: row.source,
  };
}
