import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, escapeIdentifier } from "pg";
import { packageDirectory, prepareBinaries } from "./embedded/binaries.ts";
import { type Cluster, SUPERUSER, ensureCluster } from "./embedded/cluster.ts";
import { findPostmaster } from "./embedded/postmaster.ts";
import type { Toolbox } from "./embedded/run.ts";
import { type RunAs, chooseRunAs } from "./embedded/run-as.ts";
import { type OnLog, type Server, startServer } from "./embedded/server.ts";
import { type Settings, isDurable } from "./embedded/settings.ts";
import { errorCode } from "./error-code.ts";

export interface EmbeddedOptions {
  /** Where the cluster lives; made when missing. It belongs to the user who starts first. */
  readonly dataDir: string;
  /** PostgreSQL settings that differ from ours. They have no effect when the server runs already. */
  readonly settings?: Settings;
  /** Told every line of the server's log. */
  readonly onLog?: OnLog;
  /** The npm package with the binaries, when it is not to be looked up. */
  readonly packageDir?: string;
  /** How to run the server, when it is not to be found out. */
  readonly runAs?: (dataDir: string) => Promise<RunAs>;
}

export interface EmbeddedPostgres {
  /** Connection string with password, for the database that the application owns. */
  readonly url: string;
  /** True when another process started the server. It ends with that process, whoever else is attached. */
  readonly isAttached: boolean;
  /** As the server tells it: "18.4". */
  readonly version: string;
  /** Stops the server and waits for its end; when attached, does nothing. */
  readonly stop: () => Promise<void>;
}

const RETRY_MS = 25;
const CONNECT_MS = 10_000;
const PATIENCE_MS = 120_000;

/**
 * Starts a real PostgreSQL on the cluster in `dataDir`, or attaches to the one that runs there. Any number of processes
 * may do so at once on one directory. A server started here ends with this process, even when that is killed.
 * @throws when no server can be had, saying what PostgreSQL said
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { settings = {}, onLog = () => undefined } = options;
  const toolbox = await prepare(options);
  const cluster = await ensureCluster(toolbox, isDurable(settings));
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  // Starting and attaching are tried in turn, since another process may start or stop the server at any moment. The
  // server's own lock decides.
  while (Date.now() < giveUpAtMs) {
    const attached = await attach(cluster);
    if (attached) return attached;
    const server =
      (await findPostmaster(cluster.directory)) === undefined
        ? await startServer(toolbox, cluster.directory, settings, onLog)
        : undefined;
    if (server) return await describeOrStop(cluster, server);
    await sleep(RETRY_MS);
  }
  const found = JSON.stringify(await findPostmaster(cluster.directory));
  throw new Error(
    `the PostgreSQL on ${cluster.directory} took no connection for ${PATIENCE_MS} ms; found ${found}`,
  );
}

async function prepare(options: EmbeddedOptions): Promise<Toolbox> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const runAs = await (options.runAs ?? chooseRunAs)(dataDir);
  const packageDir = options.packageDir ?? packageDirectory();
  return { dataDir, runAs, binaries: await prepareBinaries(packageDir, join(dataDir, "lib")) };
}

async function attach(cluster: Cluster): Promise<EmbeddedPostgres | undefined> {
  const postmaster = await findPostmaster(cluster.directory);
  if (!postmaster?.isReady) return undefined;
  try {
    return await describe(cluster, { port: postmaster.port, stop: () => Promise.resolve() }, true);
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw error;
  }
}

async function describeOrStop(cluster: Cluster, server: Server): Promise<EmbeddedPostgres> {
  try {
    return await describe(cluster, server);
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function describe(
  { password }: Cluster,
  { port, stop }: Server,
  isAttached = false,
): Promise<EmbeddedPostgres> {
  const address = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}`;
  const version = await ensureDatabase(`${address}/postgres`);
  return { url: `${address}/${SUPERUSER}`, isAttached, version, stop };
}

/** Makes the application's database on first use. Returns the server's version. */
async function ensureDatabase(url: string): Promise<string> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  // The connection may break between queries; the next query tells.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const found = await client.query("SELECT FROM pg_database WHERE datname = $1", [SUPERUSER]);
    if (found.rowCount === 0) await createDatabase(client);
    const { rows } = await client.query<{ version: string }>(
      "SELECT split_part(current_setting('server_version'), ' ', 1) AS version",
    );
    return rows[0]?.version ?? "unknown";
  } finally {
    await client.end();
  }
}

async function createDatabase(client: Client): Promise<void> {
  try {
    await client.query(`CREATE DATABASE ${escapeIdentifier(SUPERUSER)}`);
  } catch (error) {
    // Another process that starts at the same time was first.
    if (!["42P04", "23505"].includes(errorCode(error) ?? "")) throw error;
  }
}

/** Whether the server went away while we asked, as opposed to refusing us. */
function isPassing(error: unknown): boolean {
  const code = errorCode(error) ?? "";
  // A connection that ends without a word is reported by pg itself, without a code.
  return /^57P|^E[A-Z]+$/.test(code) || String(error).includes("Connection terminated");
}
