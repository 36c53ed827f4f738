import { systemClock } from "../../mixins/clock.ts";
import type { Clock } from "../../mixins/clock.ts";

/** A clock whose timers fire many times faster than they say; the wall time is what the test sets. */
export class FastClock implements Clock {
  nowMs: number;
  readonly #times: number;

  constructor(nowMs: number, times: number) {
    this.nowMs = nowMs;
    this.#times = times;
  }

  now(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() * this.#times;
  }

  setTimer(ms: number, fn: () => void) {
    return systemClock.setTimer(ms / this.#times, fn);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#times, signal);
  }
}
