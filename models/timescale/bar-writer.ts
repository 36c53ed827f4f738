import type { Bar } from "../../domain/market/bar.ts";
import { invariant } from "../../domain/shared/errors.ts";
import { appendBars } from "./bar-append.ts";
import { copyBars } from "./bar-copy.ts";
import { BAR_COLUMNS, UPSERT_FEW, UPSERT_STAGED } from "./bar-upsert.ts";
import { ensurePartitions } from "./partitions.ts";
import { bodyOf, type Session } from "./session.ts";
import { lockSeries, type SeriesRun, seriesRuns } from "./series-lock.ts";
import { idOf, learnSymbols } from "./symbol-ids.ts";

export interface StoreReport {
  /** bars that were not there */
  readonly inserted: number;
  /** bars that were there with other values, which md.bar_revision now keeps */
  readonly revised: number;
  /** bars that changed nothing: the same values again, or an older version than the stored one */
  readonly duplicates: number;
}

/**
 * Up to here one INSERT is faster than a COPY and its transaction. Under TimescaleDB it stays within the 100,000 rows that
 * a statement may decompress: a compressed batch has 1,000.
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
    const write = round.length > FEW ? writeMany : writeFewAlone;
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

/** Whether each series stands together and rises, so that no bar can be mentioned twice. */
function isAscending(bars: readonly Bar[]): boolean {
  const ended = new Set<string>();
  return bars.every((bar, i) => {
    const before = bars[i - 1];
    if (before?.symbol === bar.symbol && before.timeframe === bar.timeframe) {
      return before.startMs < bar.startMs;
    }
    if (before) ended.add(`${before.timeframe} ${before.symbol}`);
    return !ended.has(`${bar.timeframe} ${bar.symbol}`);
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

/**
 * A series that is being born has no row yet that could be locked before its bars: whoever comes then may hold a bar and want the
 * row, while the next holds the row and wants the bar. Once it is there, that cannot happen again.
 */
async function writeFewAlone(
  session: Session,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<Counts> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writeFew(session, bars, knownAtMs);
    } catch (error) {
      if (codeOf(error) !== DEADLOCK || attempt === BIRTH_ATTEMPTS) throw error;
    }
  }
}

/** Of each deadlock all but one get through; the one may meet others that wait for the same birth. */
const BIRTH_ATTEMPTS = 10;

const DEADLOCK = "40P01";

/** Somebody wrote the same bars at the same time without the lock of their series, or holds locks in another order. */
const COLLISIONS = new Set(["23505", DEADLOCK]);

async function writeMany(
  session: Session,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<Counts> {
  const runs = seriesRuns(bars, (symbol) => idOf(session, symbol));
  try {
    return await inTransaction(session, () => appendNews(session, runs, knownAtMs));
  } catch (error) {
    if (!COLLISIONS.has(codeOf(error))) throw error;
    await session.query("ROLLBACK");
    return inTransaction(session, () => upsertMany(session, bars, knownAtMs));
  }
}

/** What lies beyond the end of its series cannot be there yet, and needs no comparison; the rest is upserted. */
async function appendNews(
  session: Session,
  runs: readonly SeriesRun[],
  knownAtMs: number,
): Promise<Counts> {
  const { news, overlap } = await lockSeries(session, runs);
  const appended = await appendBars(session, news, knownAtMs);
  if (overlap.length === 0) return { inserted: appended, revised: 0 };
  const write = overlap.length > FEW ? upsertMany : writeFew;
  const { inserted, revised } = await write(session, overlap, knownAtMs);
  return { inserted: appended + inserted, revised };
}

async function inTransaction(session: Session, work: () => Promise<Counts>): Promise<Counts> {
  const { isHypertable } = await bodyOf(session);
  await session.query("BEGIN");
  if (isHypertable) await session.query(DECOMPRESS_FREELY);
  const counts = await work();
  await session.query("COMMIT");
  return counts;
}

async function upsertMany(
  session: Session,
  bars: readonly Bar[],
  knownAtMs: number,
): Promise<Counts> {
  await session.query(STAGE);
  await session.copyIn(
    `COPY pg_temp.staged_bar (${BAR_COLUMNS}) FROM STDIN (FORMAT binary)`,
    copyBars(bars, (symbol) => idOf(session, symbol)),
  );
  return counted(await session.query<Counts>(UPSERT_STAGED, [knownAtMs]));
}

function counted(rows: readonly Counts[]): Counts {
  const [counts] = rows;
  invariant(counts !== undefined, "an upsert of bars answers with one row, found none");
  return counts;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** A back-fill that is repeated after its months were compressed has to compare itself with all of them. */
const DECOMPRESS_FREELY = "SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0";

const STAGE = `CREATE TEMPORARY TABLE staged_bar ON COMMIT DROP AS
  SELECT ${BAR_COLUMNS} FROM md.bar WITH NO DATA`;
