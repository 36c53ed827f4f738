import type { Pool } from "pg";

export interface ServerInfo {
  /** As the server tells it: "18.4". */
  readonly version: string;
  readonly database: string;
  readonly maxConnections: number;
  /** Whether the TimescaleDB extension can be had, created in this database or not. */
  readonly hasTimescale: boolean;
}

/** Asks the server who it is and what it can do. */
export async function serverInfo(pool: Pool): Promise<ServerInfo> {
  const { rows } = await pool.query<ServerInfo>(`
    SELECT split_part(current_setting('server_version'), ' ', 1) AS version,
           current_database() AS database,
           current_setting('max_connections')::int AS "maxConnections",
           EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS "hasTimescale"`);
  const [info] = rows;
  if (!info) throw new Error("expected one row about the server, found none");
  return info;
}
