import type { ActorLog } from "./ports.ts";

/** Work that one node at a time does, however many could: a feed, the updates of a broker's account. */
export interface Work {
  start(): Promise<void>;
  /** Answers once nothing of it goes on. */
  stop(): Promise<void>;
}

/**
 * Starts a work when this node comes to own its shard and stops it when it does not any more, one after the other. Given up
 * in good order, a work has ended before the next owner begins it; after a crash or a freeze two may overlap for as long
 * as a lease lasts, so what it does must be harmless to do twice.
 */
export class Duty {
  readonly shard: number;
  readonly #name: string;
  readonly #work: Work;
  readonly #log: ActorLog;
  #isWanted = false;
  #isRunning = false;
  #last: Promise<void> = Promise.resolve();

  constructor(name: string, shard: number, work: Work, log: ActorLog) {
    this.#name = name;
    this.shard = shard;
    this.#work = work;
    this.#log = log;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Answers once the work is as it is wanted now. */
  set(isWanted: boolean): Promise<void> {
    this.#isWanted = isWanted;
    this.#last = this.#last.then(() => this.#follow());
    return this.#last;
  }

  async #follow(): Promise<void> {
    if (this.#isWanted === this.#isRunning) return;
    const isStart = this.#isWanted;
    try {
      await (isStart ? this.#work.start() : this.#work.stop());
      this.#isRunning = isStart;
      this.#log.info(isStart ? "a duty begins" : "a duty ends", { duty: this.#name });
    } catch (error) {
      this.#log.error(isStart ? "a duty could not begin" : "a duty could not end", {
        duty: this.#name,
        error,
      });
    }
  }
}
