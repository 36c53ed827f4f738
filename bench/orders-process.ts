import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { monitorEventLoopDelay } from "node:perf_hooks";

/** A server under test, in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  /** user and system time of the process so far, ms */
  cpuMs(): Promise<number>;
  /** from now on how late the event loop is; until `loop` */
  watchLoop(): Promise<void>;
  loop(): Promise<LoopWatched>;
  stop(): Promise<void>;
}

/** Of an event loop while it was watched. Its clock ticks once a millisecond: that is what it says of a loop that has nothing to do. */
export interface LoopWatched {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** the most processor time that the loop's thread took between two ticks, ms: unlike a delay it does not grow with what else the machine does */
  readonly sliceMs: number;
  /** processor time of the loop's thread, and of the whole process, ms */
  readonly loopCpuMs: number;
  readonly cpuMs: number;
}

export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

type Question = "url" | "cpuMs" | "watchLoop" | "loop" | "stop";
type Value = string | number | LoopWatched;
type Reply = { readonly value: Value } | { readonly failed: string };

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
  // sound: what `serve` answers to it
  const url = (await ask(child, "url")) as string;
  return {
    url,
    cpuMs: async () => Number(await ask(child, "cpuMs")),
    watchLoop: async () => void (await ask(child, "watchLoop")),
    // sound: what `serve` answers to it
    loop: async () => (await ask(child, "loop")) as LoopWatched,
    stop: async () => void (await ask(child, "stop")),
  };
}

/** One question at a time. @throws Error when the process fails to answer, or ends */
function ask(child: ChildProcess, question: Question): Promise<Value> {
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
  const watch = new LoopWatch();
  const answers: Readonly<Record<Question, () => Promise<Value>>> = {
    url: async () => (await starting).url,
    cpuMs: () => Promise.resolve(totalMs(process.cpuUsage())),
    watchLoop: () => {
      watch.begin();
      return Promise.resolve(0);
    },
    loop: () => Promise.resolve(watch.end()),
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

class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  #begunMs = { loop: 0, all: 0 };
  #timer: NodeJS.Timeout | undefined;
  #lastMs = 0;
  #sliceMs = 0;

  begin(): void {
    this.#delay.reset();
    this.#delay.enable();
    this.#begunMs = usedMs();
    this.#lastMs = this.#begunMs.loop;
    this.#sliceMs = 0;
    this.#timer = setInterval(() => this.#look(), 1);
  }

  #look(): void {
    const nowMs = totalMs(process.threadCpuUsage());
    this.#sliceMs = Math.max(this.#sliceMs, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
  }

  end(): LoopWatched {
    this.#delay.disable();
    clearInterval(this.#timer);
    const { loop, all } = usedMs();
    return {
      sliceMs: this.#sliceMs,
      p50Ms: this.#delay.percentile(50) / 1e6,
      p99Ms: this.#delay.percentile(99) / 1e6,
      maxMs: this.#delay.max / 1e6,
      loopCpuMs: loop - this.#begunMs.loop,
      cpuMs: all - this.#begunMs.all,
    };
  }
}

function usedMs() {
  return { loop: totalMs(process.threadCpuUsage()), all: totalMs(process.cpuUsage()) };
}

function totalMs({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}

function tell(message: Reply): void {
  process.send?.(message);
}
