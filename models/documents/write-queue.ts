import type { Outcome, Write } from "./writer.ts";

interface Waiting {
  readonly write: Write;
  readonly settle: (outcome: Outcome) => void;
  readonly fail: (error: unknown) => void;
}

const AT_ONCE = 256;
/** While one batch is being committed another is on its way. */
const LANES = 2;

/** Writes of one collection that come while others are being committed go together: one commit for all of them. */
export class WriteQueue {
  readonly #flush: (writes: readonly Write[]) => Promise<readonly Outcome[]>;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  constructor(flush: (writes: readonly Write[]) => Promise<readonly Outcome[]>) {
    this.#flush = flush;
  }

  /** @returns once it is committed or refused */
  write(write: Write): Promise<Outcome> {
    return new Promise((settle, fail) => {
      this.#waiting.push({ write, settle, fail });
      this.#start();
    });
  }

  #start(): void {
    if (this.#running >= LANES || this.#waiting.length === 0) return;
    this.#running += 1;
    // What comes in the same turn of the event loop comes along.
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    const batch = this.#waiting.splice(0, AT_ONCE);
    try {
      if (batch.length > 0) {
        const outcomes = await this.#flush(batch.map(({ write }) => write));
        for (const [i, { settle }] of batch.entries()) settle(outcomes[i] ?? "skipped");
      }
    } catch (error) {
      for (const { fail } of batch) fail(error);
    }
    this.#running -= 1;
    this.#start();
  }
}
