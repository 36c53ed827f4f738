/** A computation that runs in a thread of its own: the module whose function it is, loaded there, and the function's name. */
export interface ComputeTask<I, O> {
  /** `new URL("./x.worker.ts", import.meta.url)` */
  readonly module: URL;
  /** an exported function (input, run) => output, or a promise of it */
  readonly name: string;
  readonly io?: (input: I) => O;
}

/** What the function is given beside its input. */
export interface ComputeRun {
  /** @param progress 0 to 1; may be called as often as one likes */
  report(progress: number): void;
  /** whether nobody wants the result any more: to be looked at now and then, and answered by throwing */
  readonly isCancelled: boolean;
  /** Buffers of the result that are handed over instead of copied: the function must not touch them afterwards. */
  transfer(...buffers: readonly ArrayBuffer[]): void;
}

export interface ComputeOptions {
  /** cooperative: the function is told; when it goes on for longer than a grace period its thread is ended */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: number) => void;
  /** buffers that are handed over instead of copied */
  readonly transfer?: readonly ArrayBuffer[];
  /** of JavaScript's heap, MiB; typed arrays lie outside of it. Beyond it the thread ends, and the task with it */
  readonly memoryMb?: number;
  /** from when it begins to run; beyond it the task is cancelled */
  readonly deadlineMs?: number;
  /** of what takes minutes or hours: one thread always stays for the others, a second one where there is but one */
  readonly isLong?: boolean;
}

/** Threads for what would hold up the event loop. Made once a node, at start. */
export interface Compute {
  /** how many compute at a time; results never depend on it */
  readonly threads: number;
  /**
   * @throws what the function threw, by name and message; the signal's reason when it was aborted;
   *         RestError 429 when too many wait already, 503 when its deadline passed or the node stops
   */
  run<I, O>(task: ComputeTask<I, O>, input: I, options?: ComputeOptions): Promise<O>;
}
