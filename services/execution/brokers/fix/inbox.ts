import type { Clock } from "../../../../mixins/clock.ts";
import type { Logger } from "../../../logging.ts";

type Job = () => Promise<void>;

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;

/**
 * What was received, dealt with one after the other. A job that fails is tried until it succeeds: the next may not overtake
 * it, and what was not dealt with is not counted as received.
 */
export class Inbox {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #jobs: Job[] = [];
  #running: Promise<void> | null = null;
  #abort = new AbortController();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  get size(): number {
    return this.#jobs.length;
  }

  push(job: Job): void {
    this.#jobs.push(job);
    this.#running ??= this.#run();
  }

  /** Answers once all that was pushed so far is done; never, when it is stopped before. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.push(async () => resolve()));
  }

  /** Drops what is not done, and answers once nothing of it goes on. */
  async stop(): Promise<void> {
    this.#jobs.length = 0;
    this.#abort.abort();
    await this.#running;
    this.#abort = new AbortController();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    for (let job = this.#jobs[0]; job !== undefined && !signal.aborted; job = this.#jobs[0]) {
      await this.#insist(job, signal);
      this.#jobs.shift();
    }
    this.#running = null;
  }

  async #insist(job: Job, signal: AbortSignal): Promise<void> {
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await job();
        return;
      } catch (err) {
        const retryInMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(tries, 10));
        this.#log.warn({ err, retryInMs }, "a FIX message could not be dealt with");
        await this.#clock.sleep(retryInMs, signal).catch(() => undefined);
      }
    }
  }
}
