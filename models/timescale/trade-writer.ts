import type { TradeTick } from "../../domain/market/quote.ts";
import { dec, text } from "../../domain/shared/decimal.ts";
import { invariant } from "../../domain/shared/errors.ts";
import { BinaryRows } from "./copy-binary.ts";
import { ensureTradePartitions } from "./partitions.ts";
import { bodyOf, type Session } from "./session.ts";
import { idOf, learnSymbols } from "./symbol-ids.ts";

export interface TradeReport {
  /** trades that were not there */
  readonly inserted: number;
  readonly duplicates: number;
}

/** Trades with what makes each one itself. */
interface Keyed {
  readonly trade: TradeTick;
  readonly key: string;
  /** among the trades of its symbol and instant, from 0 */
  readonly seq: number;
}

/** Up to here one INSERT is faster than making a temporary table for a COPY. */
const FEW = 100;
const COLUMNS = "symbol_id, ts, source, trade_key, seq, price, size, aggressor";

/** What `storeTrades` does, on one session that is not inside a transaction. */
export async function writeTrades(
  session: Session,
  trades: readonly TradeTick[],
  knownAtMs: number,
): Promise<TradeReport> {
  if (trades.length === 0) return { inserted: 0, duplicates: 0 };
  await learnSymbols(session, trades);
  await ensureTradePartitions(session, instantsOf(trades));
  const keyed = withKeys(trades);
  const inserted = await (keyed.length > FEW ? writeMany : writeFew)(session, keyed, knownAtMs);
  return { inserted, duplicates: trades.length - inserted };
}

function* instantsOf(trades: readonly TradeTick[]): Generator<number> {
  for (const { tsEventMs } of trades) yield tsEventMs;
}

function withKeys(trades: readonly TradeTick[]): readonly Keyed[] {
  const places = new Map<string, number>();
  const next = (name: string): number => {
    const place = places.get(name) ?? 0;
    places.set(name, place + 1);
    return place;
  };
  return trades.map((trade) => {
    const { symbol, source, tradeId, tsEventMs, tsEventMicros = 0 } = trade;
    const instant = `${symbol} ${tsEventMs} ${tsEventMicros}`;
    const seq = next(instant);
    if (tradeId !== undefined) return { trade, seq, key: `#${tradeId}` };
    const terms = `${text(dec(trade.price))}@${text(dec(trade.size))}`;
    return { trade, seq, key: `${terms}~${next(`${instant} ${terms} ${source}`)}` };
  });
}

async function writeFew(
  session: Session,
  keyed: readonly Keyed[],
  knownAtMs: number,
): Promise<number> {
  const of = <T>(read: (trade: TradeTick) => T): T[] => keyed.map(({ trade }) => read(trade));
  return counted(
    await session.query<Count>(
      INSERT_FEW,
      [
        knownAtMs,
        of(({ symbol }) => idOf(session, symbol)),
        of(({ tsEventMs }) => tsEventMs),
        of(({ tsEventMicros = 0 }) => tsEventMicros),
        of(({ source }) => source),
        keyed.map(({ key }) => key),
        keyed.map(({ seq }) => seq),
        of(({ price }) => price),
        of(({ size }) => size),
        of(({ aggressor = null }) => aggressor),
      ],
      "store-few-trades",
    ),
  );
}

async function writeMany(
  session: Session,
  keyed: readonly Keyed[],
  knownAtMs: number,
): Promise<number> {
  const { isHypertable } = await bodyOf(session);
  await session.query("BEGIN");
  if (isHypertable) {
    await session.query("SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0");
  }
  await session.query(
    `CREATE TEMPORARY TABLE staged_trade ON COMMIT DROP AS SELECT ${COLUMNS} FROM md.trade WITH NO DATA`,
  );
  await session.copyIn(
    `COPY pg_temp.staged_trade (${COLUMNS}) FROM STDIN (FORMAT binary)`,
    binaryTrades(session, keyed),
  );
  const inserted = counted(await session.query<Count>(INSERT_STAGED, [knownAtMs]));
  await session.query("COMMIT");
  return inserted;
}

interface Count {
  readonly inserted: number;
}

function counted([row]: readonly Count[]): number {
  invariant(row !== undefined, "an insert of trades answers with one row, found none");
  return row.inserted;
}

/** Rows are taken in the order of their key, trades before series, so that two writers wait for each other at worst. */
const insert = (given: string) => `
  WITH given AS (${given}),
  written AS (
    INSERT INTO md.trade (${COLUMNS}, known_at)
    SELECT ${COLUMNS}, to_timestamp($1::float8 / 1000) FROM given
    ORDER BY symbol_id, ts, source, trade_key
    ON CONFLICT DO NOTHING
    RETURNING symbol_id, ts
  ),
  covered AS (
    INSERT INTO md.trade_series AS s (symbol_id, first_ts, last_ts, trade_count)
    SELECT symbol_id, min(ts), max(ts), count(*) FROM written GROUP BY symbol_id ORDER BY symbol_id
    ON CONFLICT (symbol_id) DO UPDATE SET
      first_ts = least(s.first_ts, excluded.first_ts),
      last_ts = greatest(s.last_ts, excluded.last_ts),
      trade_count = s.trade_count + excluded.trade_count
  )
  SELECT count(*)::int AS inserted FROM written`;

const INSERT_STAGED = insert("SELECT * FROM pg_temp.staged_trade");

// The whole milliseconds are exact as float8, and so are the microseconds beside them; their sum as seconds would not be.
const INSERT_FEW = insert(`
  SELECT symbol_id, to_timestamp(event_ms / 1000) + micros * interval '1 microsecond' AS ts,
    source, trade_key, seq, price, size, aggressor
  FROM unnest($2::int[], $3::float8[], $4::int[], $5::text[], $6::text[], $7::int[], $8::numeric[],
    $9::numeric[], $10::text[])
    AS g (symbol_id, event_ms, micros, source, trade_key, seq, price, size, aggressor)`);

function* binaryTrades(session: Session, keyed: readonly Keyed[]): Generator<Buffer<ArrayBuffer>> {
  const rows = new BinaryRows();
  for (const { trade, key, seq } of keyed) {
    rows.row(8);
    rows.int4(idOf(session, trade.symbol));
    rows.timestamptz(trade.tsEventMs, trade.tsEventMicros);
    rows.text(trade.source);
    rows.text(key);
    rows.int4(seq);
    rows.numeric(trade.price);
    rows.numeric(trade.size);
    if (trade.aggressor === undefined) rows.null();
    else rows.text(trade.aggressor);
    const chunk = rows.chunk();
    if (chunk) yield chunk;
  }
  yield rows.end();
}
