import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedPostgres } from "../../models/postgres/embedded.ts";

/** A Node process with an embedded server; what it told about it. */
export interface EmbeddedProcess extends Pick<EmbeddedPostgres, "url" | "isAttached" | "version"> {
  readonly child: ChildProcess;
}

interface ProcessOptions {
  readonly dataDir: string;
  readonly packageDir?: string;
  /** Only root may choose. */
  readonly uid?: number;
}

/** Starts such a process without waiting for it. */
export function spawnEmbedded({ dataDir, packageDir, uid }: ProcessOptions): ChildProcess {
  const script = join(import.meta.dirname, "embedded-process.ts");
  return spawn(process.execPath, [script, dataDir, ...(packageDir ? [packageDir] : [])], {
    stdio: "pipe",
    // Nothing of ours may be needed: neither PATH nor a home.
    env: {},
    ...(uid !== undefined && { uid, gid: uid }),
  });
}

/** Starts such a process and waits until its server takes connections. */
export async function startEmbeddedProcess(options: ProcessOptions): Promise<EmbeddedProcess> {
  const child = spawnEmbedded(options);
  if (!child.stdout || !child.stderr) throw new Error("expected pipes to the process");
  const complaint = text(child.stderr);
  for await (const line of createInterface(child.stdout)) {
    const [url = "", isAttached, version = ""] = line.split(" ");
    return { child, url, version, isAttached: isAttached === "true" };
  }
  throw new Error(`the process ended without a server: ${await complaint}`);
}

/** Asks the process to stop its server and end. */
export async function stopEmbeddedProcess({ child }: EmbeddedProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await once(child, "exit");
}

/** The processes of the server on `dataDir`, by what the kernel knows: its directory is where they all work. */
export function serverProcesses(dataDir: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && workingDirectory(pid) === join(dataDir, "cluster"));
}

function workingDirectory(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It ended in the meantime, or is not ours to look at.
    return undefined;
  }
}

/** The id of the server's first process. */
export function postmasterPid(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, "cluster", "postmaster.pid"), "utf8"), 10);
}

/** Waits until `holds` does, and fails, naming it, when it never comes true. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const giveUpAtMs = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > giveUpAtMs) throw new Error(`waited in vain until ${what}`);
    await sleep(5);
  }
}
