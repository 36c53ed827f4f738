import type { ColumnsQuery } from "./bar-columns.ts";
import { priceColumnsIn } from "./bar-queries.ts";
import { type BarColumns, ColumnDecoder } from "./column-decoder.ts";
import { chooseSource, seriesOf, type Source } from "./series.ts";
import { bodyOf, type Db, type Session, withSession } from "./session.ts";

/**
 * The bars of a range as they were believed at an instant: a bar that was learnt later is not there, one that was revised
 * later has its earlier values. Otherwise as `readBarColumns`.
 * @param knownAtMs epoch ms
 */
export function readBarColumnsAsOf(
  db: Db,
  query: ColumnsQuery,
  knownAtMs: number,
): Promise<BarColumns> {
  return withSession(db, (session) => selectColumnsAsOf(session, query, knownAtMs));
}

/** What `readBarColumnsAsOf` does, on one session. */
export async function selectColumnsAsOf(
  session: Session,
  query: ColumnsQuery,
  knownAtMs: number,
): Promise<BarColumns> {
  let stored = await seriesOf(session, query.symbol);
  for (;;) {
    const source = chooseSource(stored, query.timeframe, query);
    if (source === null) return noColumns();
    const columns = await columnsOf(session, source, knownAtMs);
    if (columns.startMs.length > 0) return columns;
    // The timeframe itself may have been stored later than a finer one, which was known then.
    stored = stored.filter((series) => series !== source.series);
  }
}

async function columnsOf(session: Session, source: Source, knownAtMs: number): Promise<BarColumns> {
  const rows = believedAt(source, knownAtMs);
  const select = priceColumnsIn(await bodyOf(session), source, source, rows);
  const decoder = new ColumnDecoder();
  for await (const chunk of session.copyOut(`COPY (${select}) TO STDOUT (FORMAT binary)`)) {
    decoder.push(chunk);
  }
  return decoder.finish();
}

const COLUMNS =
  "symbol_id, timeframe, ts, open, high, low, close, volume, vwap, trade_count, source";

/**
 * Of each bar the last version that was known: the present one, or the latest of md.bar_revision where the present one came
 * later. Numbers of ours stand in the text, because COPY takes no parameters.
 */
function believedAt({ series, fromMs, untilMs }: Source, knownAtMs: number): string {
  const at = `to_timestamp(${integer(knownAtMs)} / 1000.0::float8)`;
  const ofSeries = (row: string) =>
    `${row}.symbol_id = ${integer(series.symbolId)} AND ${row}.timeframe = '${series.timeframe}'
     AND ${row}.ts >= to_timestamp(${integer(fromMs)} / 1000.0::float8)
     AND ${row}.ts < to_timestamp(${integer(untilMs)} / 1000.0::float8)
     AND ${row}.known_at <= ${at}`;
  return `(
    SELECT ${COLUMNS} FROM md.bar b WHERE ${ofSeries("b")}
    UNION ALL
    SELECT ${COLUMNS} FROM (
      SELECT DISTINCT ON (r.ts) r.* FROM md.bar_revision r
      WHERE ${ofSeries("r")} AND NOT EXISTS (
        SELECT FROM md.bar b WHERE b.symbol_id = r.symbol_id AND b.timeframe = r.timeframe
          AND b.ts = r.ts AND b.known_at <= ${at})
      ORDER BY r.ts, r.revision DESC
    ) AS earlier)`;
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`expected an integer, found ${value}`);
  return String(value);
}

function noColumns(): BarColumns {
  const none = new Float64Array(0);
  return { startMs: none, open: none, high: none, low: none, close: none, volume: none };
}
