import { createPool } from "../../models/postgres/pool.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { WORKLOADS } from "../driven/workloads.ts";
import type { Kept } from "./turn.ts";
import type { Tally, WorkloadName } from "../driven/workloads.ts";

/** What a service without actors keeps: the state, the events that led to it, and the ids of commands with their replies. */
export const SCHEMA = `
  CREATE TABLE IF NOT EXISTS state (id text PRIMARY KEY, version int NOT NULL, data json NOT NULL);
  CREATE TABLE IF NOT EXISTS event (id text, version int, data json NOT NULL, PRIMARY KEY (id, version));
  CREATE TABLE IF NOT EXISTS command (id text, command_id uuid, reply json NOT NULL, PRIMARY KEY (id, command_id))`;

export const LOCK = `SELECT version, data AS state FROM state WHERE id = $1 FOR UPDATE`;
export const LOOK = `SELECT version, data AS state FROM state WHERE id = $1`;
export const REPLY = `SELECT reply FROM command WHERE id = $1 AND command_id = $2`;

/**
 * Everything that a command changes, in one statement: a row unless the command was carried out before. Another writer that
 * recorded the same version first makes it fail.
 * Parameters: id, version, state, event, command id, reply.
 */
export const RECORD = `
  WITH taken AS (INSERT INTO command VALUES ($1, $5, $6) ON CONFLICT DO NOTHING RETURNING id),
       kept AS (INSERT INTO state SELECT id, $2, $3 FROM taken
                ON CONFLICT (id) DO UPDATE SET version = excluded.version, data = excluded.data)
  INSERT INTO event SELECT id, $2, $4 FROM taken RETURNING version`;

/** The contestant's database with these tables. */
export async function openStore(applicationName: string, max: number): Promise<Pool> {
  const { DATABASE_URL = "" } = process.env;
  const pool = createPool(DATABASE_URL, { max, applicationName, onError: () => undefined });
  await pool.query(SCHEMA);
  return pool;
}

export async function look(pool: Pool, workload: WorkloadName, key: string): Promise<Tally> {
  const { rows } = await pool.query<Kept>(LOOK, [rowId(workload, key)]);
  return tallyOf(workload, key, rows[0] ?? null);
}

export function rowId(workload: WorkloadName, key: string): string {
  return `${workload}:${key}`;
}

export function tallyOf(workload: WorkloadName, key: string, kept: Kept | null): Tally {
  const { kind } = WORKLOADS[workload];
  // sound: both kinds summarize to a tally
  return kind.summarize(key, kept?.state ?? kind.initial(key)) as unknown as Tally;
}
