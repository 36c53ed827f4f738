import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { errorCode } from "../error-code.ts";
import type { Binaries } from "./binaries.ts";
import type { RunAs } from "./run-as.ts";

/** What is needed to run one of the server's programs. */
export interface Toolbox {
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly dataDir: string;
}

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";
const KEPT_VARIABLES = ["HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "USERPROFILE"];

/**
 * Starts `program` with its output as a pipe of text, in a session of its own: Ctrl-C at the terminal must reach the
 * application, which then stops its database last, and not both at once.
 */
export function startProgram(
  { binaries, runAs, dataDir }: Toolbox,
  program: "initdb" | "pg_ctl" | "postgres",
  args: readonly string[],
): ChildProcess {
  const [command = program, ...rest] = [
    ...runAs.prefix,
    join(binaries.directory, program),
    ...args,
  ];
  return spawn(command, rest, {
    ...runAs.identity,
    cwd: dataDir,
    env: environment(binaries),
    stdio: ["ignore", "ignore", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
}

/** Waits until `child` has ended and all it said was read. Returns its exit code; null when a signal ended it. */
export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
}

/**
 * A small environment of its own: PG* variables would redirect the programs, a foreign locale would change the sort
 * order and the language of the log, and the application's secrets are none of the server's business.
 */
function environment({ libraryPath }: Binaries): NodeJS.ProcessEnv {
  const kept = KEPT_VARIABLES.map((name) => [name, process.env[name]]);
  return {
    // Unset variables stay unset: spawn leaves out what is undefined.
    ...Object.fromEntries(kept),
    PATH: process.env["PATH"] ?? DEFAULT_PATH,
    LC_ALL: process.platform === "linux" ? "C.UTF-8" : "C",
    TZ: "UTC",
    ...(libraryPath && { LD_LIBRARY_PATH: libraryPath, DYLD_LIBRARY_PATH: libraryPath }),
  };
}

/** Whether a process with this id runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}
