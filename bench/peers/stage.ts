import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../test/cluster/world/ports.ts";
import { Driven } from "../driven/driven.ts";
import { openBenchDatabase } from "../support.ts";
import type { BenchDatabase } from "../support.ts";
import { ENTRANTS } from "./entrants.ts";
import type { Entrant } from "./entrants.ts";
import { installPeers, isThere } from "./install.ts";

/** A contestant that runs. */
export interface Running {
  readonly entrant: Entrant;
  readonly settings: Readonly<Record<string, string>>;
  /** its present process */
  driven: Driven;
}

export interface Stage {
  readonly database: BenchDatabase;
  readonly running: readonly Running[];
  /** why, by name */
  readonly absent: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** One PostgreSQL with a database for each contestant that is there, and a process for each. */
export async function openStage(): Promise<Stage> {
  const failure = await installPeers();
  const database = await openBenchDatabase();
  const directory = await mkdtemp(join(tmpdir(), "qa-bench-peers-"));
  const running: Running[] = [];
  const absent: Record<string, string> = {};
  const close = async (): Promise<void> => {
    await Promise.all(running.map(({ driven }) => driven.stop()));
    await database.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    for (const entrant of ENTRANTS) {
      const found = await find(entrant, database, directory, failure);
      if (typeof found === "string") absent[entrant.name] = found;
      else running.push(found);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { database, running, absent, close };
}

/** @returns why it is not there, when it is not. @throws Error when what needs no installation cannot be started */
async function find(
  entrant: Entrant,
  database: BenchDatabase,
  directory: string,
  failure: string | null,
): Promise<Running | string> {
  const missing = entrant.packages.find((name) => !isThere(name));
  if (missing !== undefined)
    return `${missing} is not installed${failure === null ? "" : `: ${failure}`}`;
  try {
    return await start(entrant, database, directory);
  } catch (error) {
    if (entrant.packages.length === 0) throw error;
    return `could not be started: ${String(error)}`;
  }
}

async function start(
  entrant: Entrant,
  database: BenchDatabase,
  directory: string,
): Promise<Running> {
  await database.pool.query(`CREATE DATABASE bench_${entrant.name}`);
  const url = new URL(database.url);
  url.pathname = `/bench_${entrant.name}`;
  const settings = {
    DATABASE_URL: url.href,
    DATA_DIR: join(directory, entrant.name),
    PORTS: [await freePort(), await freePort(), await freePort(), await freePort()].join(","),
  };
  return { entrant, settings, driven: await Driven.start(entrant.name, entrant.file, settings) };
}

/** A new process on what the old one left behind. */
export async function restart(running: Running): Promise<void> {
  const { entrant, settings } = running;
  running.driven = await Driven.start(entrant.name, entrant.file, settings);
}
