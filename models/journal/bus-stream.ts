import type { Pool } from "pg";

/** Since when events have to be published again, epoch ms; −Infinity: all of them; null: none. */
export type Debt = number | null;

/**
 * Notes which stream is there under this name. One that is not the one on record has none of what was published before:
 * that is owed then, from `sinceMs` on.
 */
export async function noteStream(
  pool: Pool,
  name: string,
  created: string,
  sinceMs: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO act.bus_stream AS b (name, created, owed_from) VALUES ($1, $2, ${instant("$3")})
     ON CONFLICT (name) DO UPDATE SET created = excluded.created, owed_from = least(b.owed_from, excluded.owed_from)
      WHERE b.created <> excluded.created`,
    [name, created, sqlMs(sinceMs)],
  );
}

/** Adds to what is owed. */
export async function owe(pool: Pool, name: string, sinceMs: number): Promise<void> {
  await pool.query(
    `UPDATE act.bus_stream SET owed_from = least(owed_from, ${instant("$2")}) WHERE name = $1`,
    [name, sqlMs(sinceMs)],
  );
}

export async function findDebt(pool: Pool, name: string): Promise<Debt> {
  const answer = await pool.query<{ owed_from: number | null }>(
    "SELECT owed_from FROM act.bus_stream WHERE name = $1",
    [name],
  );
  return answer.rows[0]?.owed_from ?? null;
}

/** Nothing is owed any more, unless the stream was lost again, or more has come to be owed, in the meantime. */
export async function settleDebt(
  pool: Pool,
  name: string,
  created: string,
  paidSinceMs: number,
): Promise<boolean> {
  const answer = await pool.query(
    `UPDATE act.bus_stream SET owed_from = NULL
      WHERE name = $1 AND created = $2 AND owed_from >= ${instant("$3")}`,
    [name, created, sqlMs(paidSinceMs)],
  );
  return answer.rowCount === 1;
}

/** Runs `work` unless another session does the same just now: then null. The lock ends with the session. */
export async function alone<T>(
  pool: Pool,
  name: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T } | null> {
  const client = await pool.connect();
  try {
    const answer = await client.query<{ is_held: boolean }>(
      `SELECT pg_try_advisory_lock(${LOCK}) AS is_held`,
      [name],
    );
    if (answer.rows[0]?.is_held !== true) {
      client.release();
      return null;
    }
    const result = await work();
    await client.query(`SELECT pg_advisory_unlock(${LOCK})`, [name]);
    client.release();
    return { result };
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const LOCK = "hashtextextended('quantumalpha.republish:' || $1, 0)";

/** −Infinity is an instant to PostgreSQL, but not a number that to_timestamp takes exactly. */
function instant(parameter: string): string {
  return `CASE WHEN ${parameter}::numeric IS NULL THEN '-infinity' ELSE to_timestamp(${parameter}::numeric / 1000) END`;
}

function sqlMs(ms: number): number | null {
  return Number.isFinite(ms) ? Math.floor(ms) : null;
}
