import { escapeIdentifier } from "pg";
import { startEmbeddedPostgres } from "../../models/postgres/embedded.ts";
import { migrate } from "../../models/postgres/migrate.ts";
import { createPool } from "../../models/postgres/pool.ts";
import { temporaryDirectory } from "./temporary.ts";
import {
  type TestServer,
  administer,
  databaseUrl,
  dropDatabases,
  newTestServer,
  publishTestServer,
} from "./test-server.ts";

declare global {
  /** How the global tear-down undoes what the global set-up did; both run in jest's main process. */
  var stopStores: (() => Promise<void>) | undefined;
}

/**
 * Starts what the suites need, once a run: PostgreSQL with a migrated template database. DATABASE_URL chooses a server
 * that is there already, on which only databases with a prefix of this run's own are made and dropped.
 */
export default async function startStores(): Promise<void> {
  const external = process.env["DATABASE_URL"];
  const { url, stop } = external ? await useExternal(external) : await startEmbedded();
  const server = newTestServer(url);
  globalThis.stopStores = () => stop(server);
  try {
    await makeTemplate(server);
  } catch (error) {
    await stop(server);
    throw error;
  }
  publishTestServer(server);
}

interface Source {
  readonly url: string;
  readonly stop: (server: TestServer) => Promise<void>;
}

function useExternal(url: string): Promise<Source> {
  return Promise.resolve({ url, stop: dropDatabases });
}

async function startEmbedded(): Promise<Source> {
  const { path: dataDir, remove } = await temporaryDirectory();
  const postgres = await startEmbeddedPostgres({
    dataDir,
    // Nothing here has to outlive the run; the tests of durability start servers of their own.
    settings: {
      fsync: "off",
      full_page_writes: "off",
      max_connections: "200",
      min_wal_size: "80MB",
      max_wal_size: "256MB",
    },
  });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      await remove();
    },
  };
}

async function makeTemplate(server: TestServer): Promise<void> {
  const name = escapeIdentifier(server.template);
  await administer(server, `CREATE DATABASE ${name} TEMPLATE template0`);
  const url = databaseUrl(server, server.template);
  const pool = createPool(url, {
    max: 1,
    applicationName: "test template",
    onError: () => undefined,
  });
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
  // Whoever connects to a template stops others from copying it.
  await administer(server, `ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
}
