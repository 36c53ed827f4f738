import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { toError, type TaskMessage, type ThreadData, type ThreadMessage } from "./wire.ts";

export interface ThreadTask extends TaskMessage {
  readonly transfer: readonly ArrayBuffer[];
  readonly onProgress: (progress: number) => void;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const MAIN = fileURLToPath(new URL("./thread-main.ts", import.meta.url));

/** One worker thread, and the task that it has. It holds up the end of the process only while it has one. */
export class Thread {
  readonly memoryMb: number;
  readonly #worker: Worker;
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(4));
  readonly #onLost: (thread: Thread) => void;
  #task: ThreadTask | null = null;
  #isLost = false;

  /** @param onLost the thread has ended and takes no more tasks */
  constructor(memoryMb: number, onLost: (thread: Thread) => void) {
    this.memoryMb = memoryMb;
    this.#onLost = onLost;
    this.#worker = new Worker(MAIN, {
      // sound: the array was made on a SharedArrayBuffer
      workerData: { cancelled: this.#cancelled.buffer } satisfies ThreadData,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      // Neither the flags of whoever started the process, nor its standard input, are a thread's business.
      execArgv: [],
      name: "compute",
    });
    this.#worker.unref();
    this.#worker.on("message", (message: ThreadMessage) => this.#take(message));
    this.#worker.on("messageerror", (error) => this.#settle((task) => task.reject(error)));
    this.#worker.on("error", (error) => this.#lose(error));
    this.#worker.on("exit", (code) =>
      this.#lose(new Error(`the thread of a computation ended by itself, with ${code}`)),
    );
  }

  get isIdle(): boolean {
    return this.#task === null && !this.#isLost;
  }

  start(task: ThreadTask): void {
    this.#task = task;
    Atomics.store(this.#cancelled, 0, 0);
    this.#worker.ref();
    const { module, name, input, transfer } = task;
    try {
      this.#worker.postMessage({ module, name, input } satisfies TaskMessage, transfer);
    } catch (error) {
      // What cannot be cloned is the caller's fault, and the thread is as it was.
      this.#settle(({ reject }) => reject(error));
    }
  }

  /** Asks the task to end. */
  cancel(): void {
    Atomics.store(this.#cancelled, 0, 1);
  }

  /** Ends the thread, whatever it does; its task is rejected with `reason`. */
  async end(reason: unknown): Promise<void> {
    this.#lose(reason);
    await this.#worker.terminate();
  }

  #take(message: ThreadMessage): void {
    switch (message.kind) {
      case "progress":
        return this.#task?.onProgress(message.progress);
      case "done":
        return this.#settle(({ resolve }) => resolve(message.output));
      case "failed":
        return this.#settle(({ reject }) => reject(toError(message.error)));
    }
  }

  #settle(how: (task: ThreadTask) => void): void {
    const task = this.#task;
    this.#task = null;
    this.#worker.unref();
    if (task !== null) how(task);
  }

  #lose(reason: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#onLost(this);
    this.#settle(({ reject }) => reject(reason));
  }
}
