import { Pool, type PoolConfig } from "pg";
import { typesOnPurpose } from "./types.ts";

export type { Pool } from "pg";

export interface PoolOptions {
  /** Connections at most. */
  readonly max: number;
  /** What pg_stat_activity shows. */
  readonly applicationName: string;
  /** Told of connections lost while no query ran: the pool replaces them, and queries report their own errors. */
  readonly onError: (error: Error) => void;
}

const CONNECT_MS = 10_000;

/**
 * A pool whose sessions count time in UTC and whose values arrive as `typesOnPurpose` says. It never ends the process:
 * `pg` throws the loss of a connection that nobody listens to.
 */
export function createPool(
  target: string | PoolConfig,
  { max, applicationName, onError }: PoolOptions,
): Pool {
  const pool = new Pool({
    ...(typeof target === "string" ? { connectionString: target } : target),
    max,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    options: "-c timezone=UTC -c datestyle=ISO",
    types: typesOnPurpose,
  });
  // The pool speaks for idle connections only, so each is heard itself; and one that is lost says so twice, once for
  // the server's last words and once for the socket.
  pool.on("connect", (client) => client.once("error", onError).on("error", ignore));
  pool.on("error", ignore);
  return pool;
}

function ignore(): void {
  // What is ignored here was told to onError before.
}
