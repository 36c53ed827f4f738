import type { Pool } from "pg";
import { checkedAndStored, copyAndUpsert, prepare, rawCopy } from "./ingest/contestants.ts";
import type { Prepared } from "./ingest/contestants.ts";
import { rawBars } from "./ingest/rows.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, percentile, round } from "./support.ts";

const SYMBOLS = 5;
const TARGET_RATIO = 0.45;

type Way = (pool: Pool, rows: Prepared) => Promise<unknown>;

const WAYS = {
  rawCopy,
  copyAndUpsert,
  checkedAndStored,
} as const satisfies Readonly<Record<string, Way>>;

/** Each in turn, several times over, into an empty table with its partitions; medians of rows a second. */
async function race(
  pool: Pool,
  rows: Prepared,
  rounds: number,
): Promise<Record<keyof typeof WAYS, number>> {
  const perSecond = { rawCopy: [], copyAndUpsert: [], checkedAndStored: [] } as Record<
    keyof typeof WAYS,
    number[]
  >;
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const name of ["rawCopy", "copyAndUpsert", "checkedAndStored"] as const) {
      await empty(pool);
      perSecond[name].push(await timed(rows, () => WAYS[name](pool, rows)));
      await hasAll(pool, rows);
    }
  }
  const median = (name: keyof typeof WAYS) => Math.round(percentile(perSecond[name], 50));
  return {
    rawCopy: median("rawCopy"),
    copyAndUpsert: median("copyAndUpsert"),
    checkedAndStored: median("checkedAndStored"),
  };
}

async function timed({ raw }: Prepared, work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return raw.length / ((performance.now() - startMs) / 1_000);
}

async function empty(pool: Pool): Promise<void> {
  await pool.query("TRUNCATE md.bar, md.bar_revision, md.series, md.rollup_due, md.bar_rollup");
  await pool.query("CHECKPOINT");
}

/** @throws Error when a way lost a row or made one twice */
async function hasAll(pool: Pool, { raw }: Prepared): Promise<void> {
  const { rows } = await pool.query<{ n: number }>("SELECT count(*)::int AS n FROM md.bar");
  if (rows[0]?.n !== raw.length)
    throw new Error(`expected ${raw.length} bars, found ${rows[0]?.n}`);
}

/** Gives the symbols their ids and the months their partitions. */
async function setUp(pool: Pool, minutes: number): Promise<Prepared> {
  const raw = rawBars(SYMBOLS, minutes);
  const rows = prepare(raw, new Map());
  await checkedAndStored(pool, rows);
  const { rows: known } = await pool.query<{ symbol: string; id: number }>(
    "SELECT symbol, symbol_id AS id FROM md.symbol",
  );
  return prepare(raw, new Map(known.map(({ symbol, id }) => [symbol, id])));
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const database = await openBenchDatabase();
  const { pool, description } = database;
  try {
    const rows = await setUp(pool, isQuick ? 4_000 : 60_000);
    const perSecond = await race(pool, rows, isQuick ? 2 : 3);
    const repeatedPerSecond = Math.round(await timed(rows, () => checkedAndStored(pool, rows)));
    await hasAll(pool, rows);
    console.log(`${rows.raw.length} bars of ${SYMBOLS} symbols; ${description}`);
    for (const [name, rate] of Object.entries(perSecond)) {
      console.log(`  ${name.padEnd(18)} ${rate}/s`);
    }
    console.log(`  the same again     ${repeatedPerSecond}/s`);
    return {
      name: "ingest",
      figures: {
        barsPerSecond: perSecond.checkedAndStored,
        repeatedPerSecond,
        ofRawCopy: round(perSecond.checkedAndStored / perSecond.rawCopy),
        target: { ofRawCopy: TARGET_RATIO, aheadOf: "copyAndUpsert" },
      },
      reference: {
        what: "bars/s of the same rows, encoded beforehand and unchecked: binary COPY, and COPY with an upsert",
        rawCopy: perSecond.rawCopy,
        copyAndUpsert: perSecond.copyAndUpsert,
      },
      ratio: round(perSecond.checkedAndStored / perSecond.copyAndUpsert),
    };
  } finally {
    await database.close();
  }
}
