import { join } from "node:path";
import { DatabaseError, type Pool, type PoolClient } from "pg";
import {
  type AppliedMigration,
  type Migration,
  pendingMigrations,
  readMigrations,
} from "./migrations.ts";

export interface MigrationReport {
  /** The names of the migrations applied just now, oldest first. */
  readonly applied: readonly string[];
  /** The number of the newest migration that the database has; 0 when none. */
  readonly version: number;
}

// Both Node and jest's CommonJS build know this directory.
const MIGRATIONS_DIRECTORY = join(import.meta.dirname, "..", "migrations");

// Any constant will do; it is ours alone within a database.
const LOCK = "hashtextextended('quantumalpha.schema_migration', 0)";

const HISTORY = `
  CREATE TABLE IF NOT EXISTS schema_migration (
    number int PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
  )`;

/**
 * Brings the database up to date. Each migration is applied in a transaction of its own together with its row in
 * schema_migration; of several processes that start at once one works and the others wait for it.
 * @throws when a migration fails (nothing of it stays, earlier ones do), or when files and history disagree
 */
export async function migrate(
  pool: Pool,
  directory: string = MIGRATIONS_DIRECTORY,
): Promise<MigrationReport> {
  const migrations = await readMigrations(directory);
  const client = await pool.connect();
  try {
    await client.query(`SELECT pg_advisory_lock(${LOCK})`);
    const report = await applyPending(client, migrations);
    await client.query(`SELECT pg_advisory_unlock(${LOCK})`);
    client.release();
    return report;
  } catch (error) {
    // Closing the session gives the lock back, whatever state the session is in.
    client.release(true);
    throw error;
  }
}

async function applyPending(
  client: PoolClient,
  migrations: readonly Migration[],
): Promise<MigrationReport> {
  await client.query(HISTORY);
  const { rows: applied } = await client.query<AppliedMigration>(
    "SELECT number, name, checksum FROM schema_migration ORDER BY number",
  );
  const pending = pendingMigrations(migrations, applied);
  for (const migration of pending) await apply(client, migration);
  return {
    applied: pending.map(({ name }) => name),
    version: pending.at(-1)?.number ?? applied.at(-1)?.number ?? 0,
  };
}

async function apply(
  client: PoolClient,
  { number, name, sql, checksum }: Migration,
): Promise<void> {
  await client.query("BEGIN");
  await client.query(sql).catch((cause: unknown) => {
    throw new Error(`migration ${name} failed${whereIn(sql, cause)}`, { cause });
  });
  if (client.getTransactionStatus() !== "T")
    throw new Error(`migration ${name} ended its transaction: leave out BEGIN and COMMIT`);
  await client.query("INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)", [
    number,
    name,
    checksum,
  ]);
  await client.query("COMMIT");
}

/** " at line 12: syntax error …" */
function whereIn(sql: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const position = error instanceof DatabaseError ? Number(error.position) : Number.NaN;
  if (Number.isNaN(position)) return `: ${message}`;
  return ` at line ${sql.slice(0, position).split("\n").length}: ${message}`;
}
