import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** what it prints is appended there */
  readonly logFile: string;
}

/** A process of our own. Where the system can, it dies with us even when we are killed outright. */
export async function startChild({ command, args, env, cwd, logFile }: ChildCommand) {
  const setpriv = await findProgram("setpriv");
  const [program, ...rest] =
    setpriv === null
      ? [command, ...args]
      : [setpriv, "--pdeathsig", "KILL", "--", command, ...args];
  const child = spawn(program ?? command, rest, {
    cwd,
    env,
    // A session of its own: Ctrl-C reaches us, and we end it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(logFile, { flags: "a" });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  child.once("close", () => log.end());
  return child;
}

export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

export async function untilEnded(child: ChildProcess): Promise<void> {
  if (isRunning(child)) await once(child, "exit");
}

/** SIGKILL also ends a process that is stopped. */
export async function killChild(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  child.kill("SIGKILL");
  await untilEnded(child);
}

const SYSTEM_PATHS = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];

/** A program in PATH, or where systems keep their servers; null when there is none. */
export async function findProgram(name: string): Promise<string | null> {
  const directories = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_PATHS];
  for (const directory of directories) {
    const path = join(directory, name);
    if (directory !== "" && (await isExecutable(path))) return path;
  }
  return null;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
