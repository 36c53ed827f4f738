import { type Bucket, takeTokens } from "../../../../models/cache/bucket.ts";
import type { Clock } from "../../../../mixins/clock.ts";

/** How fast messages of the application may follow one another, by what was agreed with the counterparty. */
export class Pace {
  readonly #clock: Clock;
  readonly #policy: { readonly capacity: number; readonly refillPerSecond: number };
  #bucket: Bucket | undefined;

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#policy = { capacity: perSecond, refillPerSecond: perSecond };
  }

  /** @returns how many may be sent now, `most` at most; what is not used is to be given back */
  take(most: number): number {
    const nowMs = this.#clock.monotonicMs();
    const { bucket } = takeTokens(this.#bucket, this.#policy, 0, nowMs);
    const room = Math.min(most, Math.floor(bucket.tokens));
    this.#bucket = takeTokens(bucket, this.#policy, room, nowMs).bucket;
    return room;
  }

  giveBack(count: number): void {
    if (this.#bucket === undefined) return;
    this.#bucket = { ...this.#bucket, tokens: this.#bucket.tokens + count };
  }

  /** Until one more may be sent. */
  get waitMs(): number {
    const isEmpty = this.#bucket !== undefined && this.#bucket.tokens < 1;
    return isEmpty ? 1_000 / this.#policy.refillPerSecond : 0;
  }
}
