import type { Clock, Timer } from "../mixins/clock.ts";

/** What a node does again and again: never twice at a time, and not any more once it stops. */
export class Rounds {
  readonly #clock: Pick<Clock, "setTimer">;
  readonly #everyMs: number;
  readonly #round: (isStopped: () => boolean) => Promise<void>;
  #timer: Timer | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStopped = true;

  /** @param round does not throw; it looks at `isStopped` between its parts */
  constructor(
    clock: Pick<Clock, "setTimer">,
    everyMs: number,
    round: (isStopped: () => boolean) => Promise<void>,
  ) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#round = round;
  }

  start(): void {
    this.#isStopped = false;
    this.#wait();
  }

  /** Waits for the round under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #wait(): void {
    this.#timer = this.#clock.setTimer(this.#everyMs, () => {
      this.#running = this.#round(() => this.#isStopped).finally(() => {
        if (!this.#isStopped) this.#wait();
      });
    });
  }
}
