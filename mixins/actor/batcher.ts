interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (output: O) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers items into batches: a batch leaves whenever a lane is free, with all that has queued up meanwhile. No timers and
 * no added wait: alone an item leaves at once, under load the batches grow by themselves.
 */
export class Batcher<I, O> {
  readonly #lanes: number;
  readonly #maxBatch: number;
  readonly #run: (items: readonly I[]) => Promise<readonly O[]>;
  #queue: Waiting<I, O>[] = [];
  #busy = 0;
  #isScheduled = false;

  /** @param run answers item by item, in order, or fails for the whole batch */
  constructor(
    options: { readonly lanes: number; readonly maxBatch: number },
    run: (items: readonly I[]) => Promise<readonly O[]>,
  ) {
    this.#lanes = options.lanes;
    this.#maxBatch = options.maxBatch;
    this.#run = run;
  }

  add(item: I): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** Waits a microtask, so that all who were woken by one answer get into one batch. */
  #schedule(): void {
    if (this.#isScheduled || this.#busy >= this.#lanes) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      while (this.#busy < this.#lanes && this.#queue.length > 0) void this.#dispatch();
    });
  }

  async #dispatch(): Promise<void> {
    const batch = this.#queue.splice(0, this.#maxBatch);
    this.#busy += 1;
    try {
      const outputs = await this.#run(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, i) => {
        const output = outputs[i];
        if (output === undefined) reject(new Error("the batch was answered short"));
        else resolve(output);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#busy -= 1;
      this.#schedule();
    }
  }
}
