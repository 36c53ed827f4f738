import type { Bar } from "../../domain/market/bar.ts";
import { invariant } from "../../domain/shared/errors.ts";
import { COPY_COLUMNS, copyText } from "./copy-text.ts";
import { ensurePartitions } from "./partitions.ts";
import { bodyOf, type Session } from "./session.ts";

export interface StoreReport {
  /** bars that were not there */
  readonly inserted: number;
  /** bars that were there with other values, which md.bar_revision now keeps */
  readonly revised: number;
  /** bars that changed nothing: the same values again, or an older version than the stored one */
  readonly duplicates: number;
}

/**
 * Up to here one INSERT is faster than making a temporary table for a COPY. Under TimescaleDB it stays within the 100,000
 * rows that a statement may decompress: a compressed batch has 1,000.
 */
const FEW = 100;

/** What `storeBars` does, on one session that is not inside a transaction. */
export async function writeBars(
  session: Session,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<StoreReport> {
  if (bars.length === 0) return { inserted: 0, revised: 0, duplicates: 0 };
  await learnSymbols(session, bars);
  await ensurePartitions(session, startsOf(bars));
  let [inserted, revised] = [0, 0];
  // Each round is a transaction of its own: one that went on to a second round would hold rows that another wants.
  for (const round of rounds(bars)) {
    const write = round.length > FEW ? writeMany : writeFew;
    const counts = await write(session, round, knownAtMs);
    inserted += counts.inserted;
    revised += counts.revised;
  }
  return { inserted, revised, duplicates: bars.length - inserted - revised };
}

function* startsOf(bars: readonly Bar[]): Generator<number> {
  for (const bar of bars) yield bar.startMs;
}

/**
 * One statement may not touch a row twice, so the second mention of a bar waits for the second round: a batch means what
 * its bars would mean one after another.
 */
function rounds(bars: readonly Bar[]): readonly (readonly Bar[])[] {
  if (isAscending(bars)) return [bars];
  const mentions = new Map<string, number>();
  const result: Bar[][] = [];
  for (const bar of bars) {
    const key = `${bar.timeframe} ${bar.startMs} ${bar.symbol}`;
    const mention = mentions.get(key) ?? 0;
    mentions.set(key, mention + 1);
    (result[mention] ??= []).push(bar);
  }
  return result;
}

function isAscending(bars: readonly Bar[]): boolean {
  return bars.every((bar, i) => {
    const before = bars[i - 1];
    return (
      before === undefined ||
      (before.symbol === bar.symbol &&
        before.timeframe === bar.timeframe &&
        before.startMs < bar.startMs)
    );
  });
}

interface Counts {
  readonly inserted: number;
  readonly revised: number;
}

async function writeFew(
  session: Session,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<Counts> {
  const values = [
    knownAtMs,
    bars.map((bar) => idOf(session, bar.symbol)),
    bars.map((bar) => bar.timeframe),
    bars.map((bar) => bar.startMs),
    bars.map((bar) => bar.open),
    bars.map((bar) => bar.high),
    bars.map((bar) => bar.low),
    bars.map((bar) => bar.close),
    bars.map((bar) => bar.volume),
    bars.map((bar) => bar.vwap ?? null),
    bars.map((bar) => bar.tradeCount ?? null),
    bars.map((bar) => bar.source),
  ];
  return counted(await session.query<Counts>(UPSERT_FEW, values, "store-few-bars"));
}

async function writeMany(
  session: Session,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<Counts> {
  const { isHypertable } = await bodyOf(session);
  await session.query("BEGIN");
  if (isHypertable) await session.query(DECOMPRESS_FREELY);
  await session.query(STAGE);
  await session.copyIn(
    `COPY pg_temp.staged_bar (${COPY_COLUMNS}) FROM STDIN`,
    copyText(bars, (symbol) => idOf(session, symbol)),
  );
  const counts = counted(await session.query<Counts>(UPSERT_STAGED, [knownAtMs]));
  await session.query("COMMIT");
  return counts;
}

function counted(rows: readonly Counts[]): Counts {
  const [counts] = rows;
  invariant(counts !== undefined, "an upsert of bars answers with one row, found none");
  return counts;
}

/** A back-fill that is repeated after its months were compressed has to compare itself with all of them. */
const DECOMPRESS_FREELY = "SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0";

const STAGE = `CREATE TEMPORARY TABLE staged_bar ON COMMIT DROP AS
  SELECT ${COPY_COLUMNS} FROM md.bar WITH NO DATA`;

const VALUES = "open, high, low, close, volume, vwap, trade_count";
const valuesOf = (row: string) =>
  VALUES.split(", ")
    .map((column) => `${row}.${column}`)
    .join(", ");

/**
 * Rows are taken in the order of their key, bars before series, so that two writers wait for each other at worst. ON
 * CONFLICT sees the newest committed row, and the trigger keeps what it replaces: no reading before writing, no race.
 */
const upsert = (given: string) => `
  WITH given AS (${given}),
  written AS (
    INSERT INTO md.bar AS b (${COPY_COLUMNS}, known_at)
    SELECT ${COPY_COLUMNS}, to_timestamp($1::float8 / 1000) FROM given
    ORDER BY symbol_id, timeframe, ts
    ON CONFLICT (symbol_id, timeframe, ts) DO UPDATE SET
      (${VALUES}, source, known_at, revision)
        = (${valuesOf("excluded")}, excluded.source, excluded.known_at, b.revision + 1)
    WHERE excluded.known_at >= b.known_at
      AND (${valuesOf("b")}) IS DISTINCT FROM (${valuesOf("excluded")})
    RETURNING symbol_id, timeframe, ts, known_at, revision
  ),
  covered AS (
    INSERT INTO md.series AS s (symbol_id, timeframe, first_ts, last_ts, known_at)
    SELECT symbol_id, timeframe, min(ts), max(ts), max(known_at) FROM written
    GROUP BY symbol_id, timeframe ORDER BY symbol_id, timeframe
    ON CONFLICT (symbol_id, timeframe) DO UPDATE SET
      first_ts = least(s.first_ts, excluded.first_ts),
      last_ts = greatest(s.last_ts, excluded.last_ts),
      known_at = greatest(s.known_at, excluded.known_at)
  )
  SELECT count(*) FILTER (WHERE revision = 0)::int AS inserted,
    count(*) FILTER (WHERE revision > 0)::int AS revised
  FROM written`;

const UPSERT_STAGED = upsert("SELECT * FROM pg_temp.staged_bar");

const UPSERT_FEW = upsert(`
  SELECT symbol_id, timeframe, to_timestamp(start_ms / 1000) AS ts, ${VALUES}, source
  FROM unnest($2::int[], $3::text[], $4::float8[], $5::numeric[], $6::numeric[], $7::numeric[],
    $8::numeric[], $9::numeric[], $10::numeric[], $11::int[], $12::text[])
    AS g (symbol_id, timeframe, start_ms, ${VALUES}, source)`);

/** Gives ids to symbols that have none, outside any transaction: a remembered id must not roll back. */
async function learnSymbols(session: Session, bars: readonly Bar[]): Promise<void> {
  const { symbolIds } = session.known;
  const unknown = new Set<string>();
  for (const { symbol } of bars) if (!symbolIds.has(symbol)) unknown.add(symbol);
  if (unknown.size === 0) return;
  const symbols = [...unknown];
  await session.query(
    `INSERT INTO md.symbol (symbol)
     SELECT g.symbol FROM unnest($1::text[]) AS g (symbol)
     WHERE NOT EXISTS (SELECT FROM md.symbol s WHERE s.symbol = g.symbol)
     ORDER BY g.symbol COLLATE "C" ON CONFLICT DO NOTHING`,
    [symbols],
  );
  const rows = await session.query<{ symbol: string; id: number }>(
    "SELECT symbol, symbol_id AS id FROM md.symbol WHERE symbol = ANY ($1::text[])",
    [symbols],
  );
  for (const { symbol, id } of rows) symbolIds.set(symbol, id);
}

function idOf({ known }: Session, symbol: string): number {
  const id = known.symbolIds.get(symbol);
  invariant(id !== undefined, `symbol ${symbol}: expected an id, found none`);
  return id;
}
