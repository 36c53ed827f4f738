import { parentPort, workerData } from "node:worker_threads";
import type { ComputeRun } from "./compute.ts";
import { toErrorMessage, type TaskMessage, type ThreadData, type ThreadMessage } from "./wire.ts";

/* What a thread runs: one task at a time, as they come. */

const REPORT_EVERY_MS = 100;

type Work = (input: unknown, run: ComputeRun) => unknown;

// sound: `Thread` starts this module, with this data
const cancelled = new Int32Array((workerData as ThreadData).cancelled);

function post(message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

function reporter(): (progress: number) => void {
  let lastMs = -Infinity;
  return (progress) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < REPORT_EVERY_MS) return;
    lastMs = nowMs;
    post({ kind: "progress", progress: Math.min(1, Math.max(0, progress)) });
  };
}

async function load({ module, name }: TaskMessage): Promise<Work> {
  const exports: unknown = await import(module);
  // sound: a module's namespace is an object
  const work = (exports as Readonly<Record<string, unknown>>)[name];
  if (typeof work !== "function") throw new TypeError(`expected ${module} to export ${name}`);
  // sound: the task says what it takes
  return work as Work;
}

async function run(task: TaskMessage): Promise<void> {
  const handedOver: ArrayBuffer[] = [];
  try {
    const work = await load(task);
    const output = await work(task.input, {
      report: reporter(),
      get isCancelled() {
        return Atomics.load(cancelled, 0) !== 0;
      },
      transfer: (...buffers) => void handedOver.push(...buffers),
    });
    post({ kind: "done", output }, handedOver);
  } catch (error) {
    post({ kind: "failed", error: toErrorMessage(error) });
  }
}

parentPort?.on("message", (task: TaskMessage) => void run(task));
