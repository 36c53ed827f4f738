import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pool } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { Bar } from "../../domain/market/bar.ts";
import { checkBar } from "../../domain/market/check-bar.ts";
import { copyBars } from "../../models/timescale/bar-copy.ts";
import { BAR_COLUMNS } from "../../models/timescale/bar-upsert.ts";
import { storeBars } from "../../models/timescale/bars.ts";
import type { RawBar } from "./rows.ts";

const KNOWN_MS = Date.UTC(2030, 0);
const NOW_MS = Date.UTC(2030, 0);
const BATCH = 20_000;

/** The rows as PostgreSQL takes them: made before the clock runs. */
export interface Prepared {
  readonly raw: readonly RawBar[];
  readonly ids: ReadonlyMap<string, number>;
  readonly withTime: readonly Uint8Array[];
  readonly staged: readonly Uint8Array[];
}

export function prepare(raw: readonly RawBar[], ids: ReadonlyMap<string, number>): Prepared {
  const idOf = (symbol: string): number => ids.get(symbol) ?? 0;
  return {
    raw,
    ids,
    withTime: [...copyBars(raw, idOf, KNOWN_MS)],
    staged: [...copyBars(raw, idOf)],
  };
}

/** Nothing but the transport: no checks of ours, no comparison, no record of what is stored. */
export async function rawCopy(pool: Pool, { withTime }: Prepared): Promise<void> {
  await copy(pool, `COPY md.bar (${BAR_COLUMNS}, known_at) FROM STDIN (FORMAT binary)`, withTime);
}

/** The usual idempotent way, without checks of ours. */
export async function copyAndUpsert(pool: Pool, { staged }: Prepared): Promise<void> {
  const client = await pool.connect();
  await client.query("BEGIN");
  await client.query(
    `CREATE TEMPORARY TABLE staged ON COMMIT DROP AS SELECT ${BAR_COLUMNS} FROM md.bar WITH NO DATA`,
  );
  const into = client.query(copyFrom(`COPY staged FROM STDIN (FORMAT binary)`));
  await pipeline(Readable.from(staged), into);
  await client.query(
    `INSERT INTO md.bar AS b (${BAR_COLUMNS}, known_at) SELECT ${BAR_COLUMNS}, now() FROM staged
     ON CONFLICT (symbol_id, timeframe, ts) DO UPDATE SET close = excluded.close, revision = b.revision + 1
     WHERE b.close IS DISTINCT FROM excluded.close`,
  );
  await client.query("COMMIT");
  client.release();
}

/** From what a source hands over to what is stored once: a batch is checked while the one before it is on its way. */
export async function checkedAndStored(pool: Pool, { raw }: Prepared): Promise<number> {
  let inserted = 0;
  let onItsWay: Promise<{ readonly inserted: number }> = Promise.resolve({ inserted: 0 });
  for (let at = 0; at < raw.length; at += BATCH) {
    const bars = checked(raw.slice(at, at + BATCH));
    inserted += (await onItsWay).inserted;
    onItsWay = storeBars(pool, bars, KNOWN_MS);
    // The first of its bytes go out now, not when the next batch is checked.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return inserted + (await onItsWay).inserted;
}

function checked(raw: readonly RawBar[]): readonly Bar[] {
  const bars: Bar[] = [];
  for (const row of raw) {
    const result = checkBar(row, { nowMs: NOW_MS });
    if ("refused" in result) throw new Error(`expected a bar, found ${result.refused.detail}`);
    bars.push(result.accepted);
  }
  return bars;
}

async function copy(pool: Pool, sql: string, chunks: readonly Uint8Array[]): Promise<void> {
  const client = await pool.connect();
  await pipeline(Readable.from(chunks), client.query(copyFrom(sql)));
  client.release();
}
