import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { handOver } from "./run-as.ts";
import { type Toolbox, ended, isAlive, startProgram } from "./run.ts";

/** A database cluster on disk: PostgreSQL's data directory and the password of its only user, SUPERUSER. */
export interface Cluster {
  readonly directory: string;
  readonly password: string;
}

/** The name of the embedded server's user, and of the database it owns. */
export const SUPERUSER = "quantumalpha";

const PASSWORD_FILE = "superuser.password";

/**
 * The cluster below `dataDir`, made on first use. It is made under a name of its own and renamed when complete, so a
 * start that was killed half-way leaves nothing that could be taken for a cluster, and of two starts at once one wins.
 */
export async function ensureCluster(toolbox: Toolbox, isDurable: boolean): Promise<Cluster> {
  const directory = join(toolbox.dataDir, "cluster");
  if (!(await exists(directory))) {
    await removeAbandoned(toolbox.dataDir);
    await makeCluster(toolbox, directory, isDurable);
  }
  return { directory, password: await readPassword(directory) };
}

async function makeCluster(toolbox: Toolbox, directory: string, isDurable: boolean): Promise<void> {
  const draft = `${directory}.new-${process.pid}-${randomBytes(4).toString("hex")}`;
  const passwordFile = `${draft}.password`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, `${randomBytes(24).toString("hex")}\n`, { mode: 0o600 });
    await handOver(draft, toolbox.runAs);
    await handOver(passwordFile, toolbox.runAs);
    await initdb(toolbox, draft, passwordFile, isDurable);
    await rename(passwordFile, join(draft, PASSWORD_FILE));
    await publish(draft, directory);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

async function initdb(
  toolbox: Toolbox,
  directory: string,
  passwordFile: string,
  isDurable: boolean,
): Promise<void> {
  const child = startProgram(toolbox, "initdb", [
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // The same sort order on every machine, whatever C library it has.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    // Measured at 0.03 s: small enough that a power cut after the first start need not lose the catalogue.
    ...(isDurable ? [] : ["--no-sync"]),
  ]);
  const [log, code] = await Promise.all([child.stderr ? text(child.stderr) : "", ended(child)]);
  if (code !== 0) throw new Error(`initdb could not make a cluster in ${directory}: ${log.trim()}`);
}

async function publish(draft: string, directory: string): Promise<void> {
  await syncDirectory(draft);
  try {
    await rename(draft, directory);
  } catch (error) {
    // A directory that is not empty is never replaced: another process was first, and its cluster serves us both.
    if (!(await exists(directory))) throw error;
  }
  await syncDirectory(join(directory, ".."));
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what starts that are no longer alive had begun to make. */
async function removeAbandoned(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const maker = /^cluster\.new-(\d+)-/.exec(name)?.[1];
    if (maker !== undefined && !isAlive(Number(maker)))
      await rm(join(dataDir, name), { recursive: true, force: true });
  }
}

async function readPassword(directory: string): Promise<string> {
  const file = join(directory, PASSWORD_FILE);
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new Error(`cannot read the embedded database's password from ${file}`, { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
