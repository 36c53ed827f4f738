import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChildProcess } from "node:child_process";
import { Client } from "pg";
import {
  type Binaries,
  packageDirectory,
  prepareBinaries,
} from "../../../models/postgres/embedded/binaries.ts";
import { findPostmaster } from "../../../models/postgres/embedded/postmaster.ts";
import { chooseRunAs } from "../../../models/postgres/embedded/run-as.ts";
import { type Toolbox, ended, startProgram } from "../../../models/postgres/embedded/run.ts";
import { errorCode } from "../../../models/postgres/error-code.ts";
import { typesOnPurpose } from "../../../models/postgres/types.ts";
import { serverProcesses, until } from "../../support/embedded.ts";
import { eventually } from "../../support/node-eventually.ts";
import type { Cleanup } from "./cleanup.ts";
import { freePort } from "./ports.ts";

const DEBIAN = "/usr/lib/postgresql";
const SUPERUSER = "postgres";
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "300",
  timezone: "UTC",
  lc_messages: "C",
  // What a process had written survives its end without this; only a machine's end would need it.
  fsync: "off",
  synchronous_commit: "on",
  shared_buffers: "128MB",
  max_wal_size: "1GB",
  checkpoint_timeout: "5min",
  jit: "off",
  idle_in_transaction_session_timeout: "10s",
};

/** How it goes down: in good order, as `pg_ctl stop -m immediate`, or its first process killed outright. */
export type PostgresEnd = "fast" | "immediate" | "kill";
const SIGNALS = { fast: "SIGINT", immediate: "SIGQUIT", kill: "SIGKILL" } as const;

/** A PostgreSQL of the run's own, on a port that stays, which can be ended and started again. */
export class OwnPostgres {
  readonly port: number;
  readonly #toolbox: Toolbox;
  readonly #cluster: string;
  #server: ChildProcess | null = null;

  private constructor(port: number, toolbox: Toolbox) {
    this.port = port;
    this.#toolbox = toolbox;
    this.#cluster = join(toolbox.dataDir, "cluster");
  }

  static async create(dataDir: string, cleanup: Cleanup): Promise<OwnPostgres> {
    const binaries = await findBinaries(dataDir);
    const toolbox = { dataDir, binaries, runAs: await chooseRunAs(dataDir) };
    const postgres = new OwnPostgres(await freePort(), toolbox);
    await postgres.#initdb();
    cleanup.add(() => postgres.stop("immediate"));
    await postgres.start();
    return postgres;
  }

  url(user = SUPERUSER, database = "postgres"): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`;
  }

  /** Resolves when it takes connections, after its recovery if it had crashed. */
  async start(): Promise<void> {
    if (this.#server !== null) return;
    await eventually("PostgreSQL", async () => ((await this.#tryStart()) ? true : null), 60_000);
  }

  /** Resolves when the last of its processes is gone. */
  async stop(how: PostgresEnd): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const end = ended(server);
    const postmaster = await findPostmaster(this.#cluster);
    if (postmaster !== undefined) signal(postmaster.pid, SIGNALS[how]);
    else server.kill("SIGKILL");
    // Children see the end of the first process by themselves; one in a long wait takes its time.
    const impatience = setTimeout(() => {
      for (const pid of serverProcesses(this.#toolbox.dataDir)) signal(pid, "SIGKILL");
    }, 10_000);
    await end;
    await until(
      "all of PostgreSQL is gone",
      () => serverProcesses(this.#toolbox.dataDir).length === 0,
    );
    clearTimeout(impatience);
  }

  /** On a connection of its own, past every proxy. */
  async query<Row extends object>(
    sql: string,
    values: readonly unknown[] = [],
    database = "postgres",
  ): Promise<Row[]> {
    const connectionString = this.url(SUPERUSER, database);
    const client = new Client({
      connectionString,
      connectionTimeoutMillis: 5_000,
      types: typesOnPurpose,
    });
    client.on("error", () => undefined);
    await client.connect();
    try {
      // Several statements at once go without values only.
      const answer =
        values.length === 0 ? client.query<Row>(sql) : client.query<Row>(sql, [...values]);
      return (await answer).rows;
    } finally {
      await client.end();
    }
  }

  async #initdb(): Promise<void> {
    const args = [`--pgdata=${this.#cluster}`, `--username=${SUPERUSER}`, "--auth=trust"];
    const child = startProgram(this.#toolbox, "initdb", [
      ...args,
      "--encoding=UTF8",
      "--locale=C",
      "--no-sync",
    ]);
    let log = "";
    child.stderr?.on("data", (bytes: Buffer) => (log += bytes.toString()));
    if ((await ended(child)) !== 0) throw new Error(`initdb failed: ${log}`);
  }

  async #tryStart(): Promise<boolean> {
    const flags = Object.entries({ ...SETTINGS, port: String(this.port) });
    const server = startProgram(this.#toolbox, "postgres", [
      "-D",
      this.#cluster,
      ...flags.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ]);
    let log = "";
    server.stderr?.on("data", (bytes: Buffer) => (log = (log + bytes.toString()).slice(-4_000)));
    server.once("error", () => undefined);
    while (server.exitCode === null && server.signalCode === null) {
      if (await this.#answers()) {
        this.#server = server;
        return true;
      }
      await sleep(15);
    }
    // After a kill the shared memory may be in use for a moment still.
    if (/lock file|shared memory block|could not bind/.test(log)) return false;
    throw new Error(`PostgreSQL could not start: ${log}`);
  }

  async #answers(): Promise<boolean> {
    try {
      await this.query("SELECT 1");
      return true;
    } catch {
      return false;
    }
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) !== "ESRCH") throw error;
  }
}

/** The newest that the system has, else the one from npm. */
async function findBinaries(dataDir: string): Promise<Binaries> {
  const versions = (await readdir(DEBIAN).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const newest = Math.max(...versions.map(Number));
  if (newest >= 15) return { directory: join(DEBIAN, String(newest), "bin") };
  return prepareBinaries(packageDirectory(), join(dataDir, "lib"));
}
