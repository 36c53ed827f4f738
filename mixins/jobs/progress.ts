import type { Clock, Timer } from "../clock.ts";

/** At most so often is anybody told how far a job is. */
const EVERY_MS = 100;

interface Progress {
  readonly progress: number;
  readonly message: string;
}

/** Passes on the newest of many reports, ten a second at most and one at a time. */
export class ProgressReport {
  readonly #clock: Clock;
  readonly #write: (progress: number, message: string) => Promise<void>;
  #next: Progress | null = null;
  #last: Promise<void> = Promise.resolve();
  #writtenAtMs = -Infinity;
  #timer: Timer | null = null;

  /** @param write must not throw */
  constructor(clock: Clock, write: (progress: number, message: string) => Promise<void>) {
    this.#clock = clock;
    this.#write = write;
  }

  report(progress: number, message: string): void {
    this.#next = { progress: Math.min(1, Math.max(0, progress)), message };
    if (this.#timer !== null) return;
    const waitMs = this.#writtenAtMs + EVERY_MS - this.#clock.monotonicMs();
    this.#timer = this.#clock.setTimer(Math.max(0, waitMs), () => this.#flush());
  }

  /** Answers once nothing is being written; what was still waiting is left out. */
  end(): Promise<void> {
    this.#timer?.cancel();
    this.#next = null;
    return this.#last;
  }

  async #writeNext(before: Promise<void>): Promise<void> {
    await before;
    const next = this.#next;
    this.#next = null;
    this.#timer = null;
    this.#writtenAtMs = this.#clock.monotonicMs();
    if (next !== null) await this.#write(next.progress, next.message);
  }

  #flush(): void {
    this.#last = this.#writeNext(this.#last);
  }
}
