import type { Clock } from "../../../mixins/clock.ts";

/** So many requests in so long a time; all of them may come at once. */
export interface RateLimit {
  readonly requests: number;
  readonly perSeconds: number;
}

/** Keeps requests within a vendor's limit: they get their turns in the order in which they came. */
export class TokenBucket {
  readonly #clock: Clock;
  #limit: RateLimit;
  #tokens: number;
  #filledAtMs: number;
  #pausedUntilMs = -Infinity;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock, limit: RateLimit) {
    this.#clock = clock;
    this.#limit = limit;
    this.#tokens = limit.requests;
    this.#filledAtMs = clock.monotonicMs();
  }

  get limit(): RateLimit {
    return this.#limit;
  }

  /** What was taken under the old limit stays taken. */
  change(limit: RateLimit): void {
    this.#fill();
    this.#tokens = Math.min(this.#tokens, limit.requests);
    this.#limit = limit;
  }

  /** The vendor wants to be left alone for so long. */
  pause(ms: number): void {
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, this.#clock.monotonicMs() + ms);
  }

  /** How long a request that comes now would wait for those limits alone, ms. */
  get waitMs(): number {
    this.#fill();
    const forTurnMs = this.#tokens >= 1 ? 0 : (1 - this.#tokens) * this.#msPerToken;
    return Math.max(forTurnMs, this.#pausedUntilMs - this.#clock.monotonicMs(), 0);
  }

  /** Waits for a turn. @throws the signal's reason; the turn is then somebody else's */
  take(signal: AbortSignal): Promise<void> {
    const turn = this.#last.then(() => this.#takeNow(signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #takeNow(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (let waitMs = this.waitMs; waitMs > 0; waitMs = this.waitMs)
      await this.#clock.sleep(Math.ceil(waitMs), signal);
    this.#tokens -= 1;
  }

  get #msPerToken(): number {
    return (this.#limit.perSeconds * 1_000) / this.#limit.requests;
  }

  #fill(): void {
    const nowMs = this.#clock.monotonicMs();
    const filled = this.#tokens + (nowMs - this.#filledAtMs) / this.#msPerToken;
    this.#tokens = Math.min(this.#limit.requests, filled);
    this.#filledAtMs = nowMs;
  }
}
