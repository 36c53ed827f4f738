import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/** A server under test, in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** user and system time of the process so far, ms */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

type Question = "url" | "cpuMs" | "stop";
type Reply = { readonly value: string | number } | { readonly failed: string };

/**
 * Starts a file that calls `serve`. It has `settings` for its environment and nothing else of ours, so that
 * no variable of the caller's shell changes what is measured. What it prints goes to standard error.
 */
export async function startServer(
  file: URL,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const { PATH = "", HOME = "" } = process.env;
  const child = fork(file, {
    env: { PATH, HOME, ...settings },
    stdio: ["ignore", process.stderr, process.stderr, "ipc"],
  });
  const url = await ask(child, "url");
  return {
    url: String(url),
    cpuMs: async () => Number(await ask(child, "cpuMs")),
    stop: async () => void (await ask(child, "stop")),
  };
}

/** One question at a time. @throws Error when the process fails to answer, or ends */
function ask(child: ChildProcess, question: Question): Promise<string | number> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void =>
      reject(new Error(`${child.spawnargs[1]} ended with ${code} when asked for ${question}`));
    child.once("exit", onExit);
    child.once("message", (message) => {
      child.off("exit", onExit);
      // sound: `serve` sends nothing else
      const reply = message as unknown as Reply;
      if ("failed" in reply) reject(new Error(reply.failed));
      else resolve(reply.value);
    });
    child.send(question);
  });
}

/** The other side: starts what is to be measured, answers questions, and ends with its parent. */
export function serve(start: () => Promise<Served>): void {
  const starting = start();
  const answers: Readonly<Record<Question, () => Promise<string | number>>> = {
    url: async () => (await starting).url,
    cpuMs: async () => {
      const { user, system } = process.cpuUsage();
      return Promise.resolve((user + system) / 1_000);
    },
    stop: async () => {
      await (await starting).stop();
      setImmediate(() => process.exit(0));
      return 0;
    },
  };
  process.on("message", (question: Question) => {
    answers[question]().then(
      (value) => tell({ value }),
      (error: unknown) => tell({ failed: String(error instanceof Error ? error.stack : error) }),
    );
  });
  process.once("disconnect", () => process.exit(1));
}

function tell(message: Reply): void {
  process.send?.(message);
}
