import type { Clock, Timer } from "../clock.ts";
import type { Metrics } from "../metrics.ts";
import { RestError, unavailable } from "../rest/rest-error.ts";
import type { Compute, ComputeOptions, ComputeTask } from "./compute.ts";
import { Thread } from "./thread.ts";

export interface PoolOptions {
  readonly threads: number;
  /** of tasks that no thread has begun */
  readonly waitingMax?: number;
  /** for a task that was cancelled, before its thread is ended */
  readonly graceMs?: number;
  /** of each thread's heap, unless a task says otherwise */
  readonly memoryMb?: number;
}

interface Waiting {
  readonly memoryMb: number;
  readonly isLong: boolean;
  begin(thread: Thread): void;
  refuse(reason: unknown): void;
}

const SECONDS = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 30, 120, 600];

/**
 * Worker threads, started when they are first needed, each with one task at a time; the others wait in the order they came. Long tasks
 * have all threads but one, so that what somebody waits for never stands behind a training.
 */
export class ComputePool implements Compute {
  readonly threads: number;
  readonly #clock: Clock;
  readonly #waitingMax: number;
  readonly #graceMs: number;
  readonly #memoryMb: number;
  readonly #live = new Set<Thread>();
  /** those that have a long task */
  readonly #long = new Set<Thread>();
  readonly #waiting: Waiting[] = [];
  readonly #observe: (seconds: number) => void;
  #isStopped = false;

  constructor(clock: Clock, metrics: Metrics, options: PoolOptions) {
    const { threads, waitingMax = 64, graceMs = 2_000, memoryMb = 1_024 } = options;
    this.threads = threads;
    this.#clock = clock;
    this.#waitingMax = waitingMax;
    this.#graceMs = graceMs;
    this.#memoryMb = memoryMb;
    const running = metrics.gauge("compute_running", "Computations that have a thread");
    const waiting = metrics.gauge("compute_waiting", "Computations that wait for a thread");
    this.#observe = metrics.histogram(
      "compute_seconds",
      "How long computations had a thread",
      SECONDS,
    );
    metrics.onRender(() => {
      running([...this.#live].filter(({ isIdle }) => !isIdle).length);
      waiting(this.#waiting.length);
    });
  }

  async run<I, O>(task: ComputeTask<I, O>, input: I, options: ComputeOptions = {}): Promise<O> {
    const { signal, memoryMb = this.#memoryMb, isLong = false } = options;
    signal?.throwIfAborted();
    if (this.#isStopped) throw unavailable("the node stops");
    return new Promise<O>((resolve, reject) => {
      // sound: what the function of a task gives is what the task says it gives
      const done = (output: unknown): void => resolve(output as O);
      const begin = (thread: Thread): void =>
        this.#begin(thread, task, input, options, done, reject);
      if (this.#mayBegin(isLong)) begin(this.#threadFor(memoryMb));
      else this.#wait({ memoryMb, isLong }, signal, begin, reject);
    });
  }

  /** Ends all threads; what they had, and what waited, is rejected. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const reason = unavailable("the node stops");
    for (const waiting of this.#waiting.splice(0)) waiting.refuse(reason);
    await Promise.all([...this.#live].map((thread) => thread.end(reason)));
  }

  #wait(
    needs: Pick<Waiting, "memoryMb" | "isLong">,
    signal: AbortSignal | undefined,
    begin: (thread: Thread) => void,
    reject: (reason: unknown) => void,
  ): void {
    if (this.#waiting.length >= this.#waitingMax)
      throw new RestError("RATE_LIMITED", "too many computations are waiting", { retryAfterS: 5 });
    const leave = (): void => signal?.removeEventListener("abort", giveUp);
    const waiting: Waiting = {
      ...needs,
      begin: (thread) => {
        leave();
        begin(thread);
      },
      refuse: (reason) => {
        leave();
        reject(reason);
      },
    };
    const giveUp = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    this.#waiting.push(waiting);
  }

  #begin<I>(
    thread: Thread,
    task: ComputeTask<I, unknown>,
    input: I,
    { signal, onProgress, transfer = [], deadlineMs, isLong = false }: ComputeOptions,
    resolve: (output: unknown) => void,
    reject: (error: unknown) => void,
  ): void {
    const beganMs = this.#clock.monotonicMs();
    if (isLong) this.#long.add(thread);
    const timers: Timer[] = [];
    let why: { readonly reason: unknown } | null = null;
    const cancel = (reason: unknown): void => {
      if (why !== null) return;
      why = { reason };
      thread.cancel();
      timers.push(this.#clock.setTimer(this.#graceMs, () => void thread.end(reason)));
    };
    const onAbort = (): void => cancel(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (deadlineMs !== undefined)
      timers.push(this.#clock.setTimer(deadlineMs, () => cancel(late(deadlineMs))));
    const after = (settle: () => void) => {
      this.#long.delete(thread);
      signal?.removeEventListener("abort", onAbort);
      for (const timer of timers) timer.cancel();
      this.#observe((this.#clock.monotonicMs() - beganMs) / 1_000);
      // A result that nobody wants any more is none, however it ended.
      if (why === null) settle();
      else reject(why.reason);
      this.#next();
    };
    thread.start({
      module: task.module.href,
      name: task.name,
      input,
      transfer,
      onProgress: (progress) => why === null && onProgress?.(progress),
      resolve: (output) => after(() => resolve(output)),
      reject: (error) => after(() => reject(error)),
    });
  }

  #next(): void {
    while (!this.#isStopped) {
      const at = this.#waiting.findIndex(({ isLong }) => this.#mayBegin(isLong));
      const [next] = at < 0 ? [] : this.#waiting.splice(at, 1);
      if (next === undefined) return;
      next.begin(this.#threadFor(next.memoryMb));
    }
  }

  #mayBegin(isLong: boolean): boolean {
    const running = [...this.#live].filter((thread) => !thread.isIdle).length;
    if (running >= Math.max(2, this.threads)) return false;
    const long = this.#long.size;
    return isLong ? long < Math.max(1, this.threads - 1) : running - long < this.threads;
  }

  /** An idle thread with that limit, or a new one, in the place of an idle one where there are enough. */
  #threadFor(memoryMb: number): Thread {
    const idle = [...this.#live].filter((thread) => thread.isIdle);
    const fitting = idle.find((thread) => thread.memoryMb === memoryMb);
    if (fitting !== undefined) return fitting;
    const [other] = idle;
    if (this.#live.size >= this.threads && other !== undefined)
      void other.end(new Error("it had nothing to do"));
    const thread = new Thread(memoryMb, (lost) => void this.#live.delete(lost));
    this.#live.add(thread);
    return thread;
  }
}

function late(deadlineMs: number): RestError {
  return new RestError("TIMED_OUT", `a computation took longer than ${deadlineMs} ms`, {
    retryAfterS: 5,
  });
}
