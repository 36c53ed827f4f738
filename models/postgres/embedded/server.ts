import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { findPostmaster } from "./postmaster.ts";
import { type Toolbox, ended, startProgram } from "./run.ts";
import { type Settings, serverArguments } from "./settings.ts";

/** A server that this process started. */
export interface Server {
  readonly port: number;
  /** Ends its sessions, writes everything out and waits for its end. May be called again. */
  readonly stop: () => Promise<void>;
}

export type OnLog = (line: string) => void;

const POLL_MS = 15;
// A checkpoint on a slow disk may take seconds. What is not written out by then is recovered at the next start.
const STOP_MS = 20_000;
const KEPT_LINES = 30;

// What the log says when the start failed for a reason that passes: somebody else starts, runs or has just ended on
// this cluster, or took the port that was free a moment ago.
const PASSING = [
  /lock file "postmaster\.pid" (already exists|is empty)/,
  /pre-existing shared memory block/,
  /could not bind|could not create any TCP\/IP sockets/,
];

/**
 * Starts a server on the cluster in `directory` and waits until it takes connections: recovery after a crash may take
 * a while, and its progress is logged.
 * @returns undefined when it could not start for a reason that passes
 */
export async function startServer(
  toolbox: Toolbox,
  directory: string,
  settings: Settings,
  onLog: OnLog,
): Promise<Server | undefined> {
  const port = await freePort();
  const child = startProgram(toolbox, "postgres", serverArguments(directory, port, settings));
  const log = collectLog(child, onLog);
  const end = ended(child);
  // Where the kernel does not end the server with us, this does, unless we are killed outright.
  const stopAtExit = () => child.kill("SIGINT");
  process.once("exit", stopAtExit);
  const forget = () => process.off("exit", stopAtExit);
  void end.then(forget, forget);

  if (await becomesReady(child, directory)) {
    void end.then((code) => onLog(`the embedded PostgreSQL ended with exit code ${code}`));
    return { port, stop: () => stopServer(toolbox, directory, child, end) };
  }
  await end;
  if (PASSING.some((pattern) => pattern.test(log()))) return undefined;
  throw new Error(`PostgreSQL could not start on ${directory}: ${log()}`);
}

/** Hands lines on, and keeps the last ones to explain a failure. */
function collectLog(child: ChildProcess, onLog: OnLog): () => string {
  const lines: string[] = [];
  if (child.stderr)
    createInterface(child.stderr).on("line", (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      onLog(line);
    });
  return () => lines.join("\n");
}

async function becomesReady(child: ChildProcess, directory: string): Promise<boolean> {
  while (hasNotEnded(child)) {
    const postmaster = await findPostmaster(directory);
    if (postmaster?.pid === child.pid && postmaster?.isReady) return true;
    await sleep(POLL_MS);
  }
  return false;
}

async function stopServer(
  toolbox: Toolbox,
  directory: string,
  child: ChildProcess,
  end: Promise<unknown>,
): Promise<void> {
  if (!hasNotEnded(child)) return;
  // Windows has no signals to send: there the package's own tool has to ask.
  if (process.platform === "win32") startProgram(toolbox, "pg_ctl", ["stop", "-D", directory]);
  else child.kill("SIGINT");
  const impatience = setTimeout(() => child.kill("SIGQUIT"), STOP_MS);
  await end;
  clearTimeout(impatience);
}

function hasNotEnded(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string")
    throw new Error(`expected a listening server to have a port, found ${address}`);
  return address.port;
}
