import type { Clock } from "../clock.ts";

export type BreakerState = "closed" | "halfOpen" | "open";

/** How a call ended: `unknown` says nothing of the one that was asked, e.g. because its caller gave up early. */
export type CallOutcome = "success" | "failure" | "unknown";

export interface BreakerOptions {
  /** only what ended within this time counts */
  readonly windowMs: number;
  /** so many calls must have ended in the window before they are judged */
  readonly minCalls: number;
  /** in (0, 1]: opens when at least this part of them failed */
  readonly failureRatio: number;
  /** until it is tried again */
  readonly openMs: number;
  /** so many calls are let through then; it closes when all have succeeded */
  readonly probes: number;
}

export const BREAKER_DEFAULTS: BreakerOptions = {
  windowMs: 10_000,
  minCalls: 10,
  failureRatio: 0.5,
  openMs: 5_000,
  probes: 3,
};

/** A call that was let through. */
export interface Passage {
  /** Whoever enters must tell how it ended, in bounded time. Only the first word counts. */
  end(outcome: CallOutcome): void;
}

interface Ended {
  readonly atMs: number;
  readonly isFailure: boolean;
}

/**
 * Stops asking what keeps failing: closed it lets all pass and counts; open it refuses; half-open it lets a few probes pass
 * and goes by them. It has no timer: an open one is found half-open when somebody looks.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #options: BreakerOptions;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = "closed";
  /** what ended in the window, oldest first; of the closed state alone */
  #ended: Ended[] = [];
  #reopensAtMs = 0;
  /** let through and neither ended nor forgotten; of the half-open state alone */
  #probing = 0;
  #succeeded = 0;
  /** which visit to its state this is: what was let through in another says nothing of this one */
  #visit = 0;

  constructor(
    clock: Clock,
    options: BreakerOptions = BREAKER_DEFAULTS,
    onChange: (state: BreakerState) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#options = options;
    this.#onChange = onChange;
  }

  get state(): BreakerState {
    if (this.#state === "open" && this.retryInMs === 0) this.#become("halfOpen");
    return this.#state;
  }

  /** How long it will still refuse everything. */
  get retryInMs(): number {
    return this.#state === "open" ? Math.max(0, this.#reopensAtMs - this.#clock.monotonicMs()) : 0;
  }

  /** @returns null: refused */
  enter(): Passage | null {
    const { state } = this;
    if (state === "open") return null;
    if (state === "halfOpen") {
      if (this.#probing + this.#succeeded >= this.#options.probes) return null;
      this.#probing += 1;
    }
    const visit = this.#visit;
    let isOver = false;
    return {
      end: (outcome) => {
        if (!isOver && visit === this.#visit) this.#take(outcome);
        isOver = true;
      },
    };
  }

  #take(outcome: CallOutcome): void {
    if (this.#state === "halfOpen") this.#judgeProbe(outcome);
    else if (outcome !== "unknown") this.#count(outcome === "failure");
  }

  #judgeProbe(outcome: CallOutcome): void {
    this.#probing -= 1;
    if (outcome === "failure") return this.#become("open");
    if (outcome === "success") this.#succeeded += 1;
    if (this.#succeeded >= this.#options.probes) this.#become("closed");
  }

  #count(isFailure: boolean): void {
    const { windowMs, minCalls, failureRatio } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    this.#ended.push({ atMs: nowMs, isFailure });
    const firstInside = this.#ended.findIndex(({ atMs }) => atMs > nowMs - windowMs);
    if (firstInside > 0) this.#ended.splice(0, firstInside);
    if (this.#ended.length < minCalls) return;
    const failed = this.#ended.reduce((count, ended) => count + Number(ended.isFailure), 0);
    if (failed >= failureRatio * this.#ended.length) this.#become("open");
  }

  #become(state: BreakerState): void {
    this.#state = state;
    this.#visit += 1;
    this.#ended = [];
    this.#probing = 0;
    this.#succeeded = 0;
    if (state === "open") this.#reopensAtMs = this.#clock.monotonicMs() + this.#options.openMs;
    this.#onChange(state);
  }
}
