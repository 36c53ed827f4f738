import type { Clock } from "../../../../mixins/clock.ts";

interface Alarm {
  readonly atMs: number;
  readonly fn: () => void;
}

/** Time that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #nowMs = 1_700_000_000_000;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimer(ms: number, fn: () => void) {
    const alarm = { atMs: this.#nowMs + Math.max(0, ms), fn };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimer(ms, resolve));
  }

  /** Timers that have not fired yet. */
  get pending(): number {
    return this.#alarms.size;
  }

  /** Lets `ms` pass, timer by timer in order of time, and what each of them wakes come to rest. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#alarms.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fn();
      await settle();
    }
    this.#nowMs = untilMs;
    await settle();
  }

  #next(untilMs: number): Alarm | undefined {
    return [...this.#alarms]
      .filter(({ atMs }) => atMs <= untilMs)
      .toSorted((a, b) => a.atMs - b.atMs)
      .at(0);
  }
}

/** Runs the event loop until promises that wait for nothing outside have come to rest. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
