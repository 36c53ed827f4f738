import type { Answer, Envelope } from "./envelope.ts";

export interface Work {
  readonly envelope: Envelope;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits for an actor, in two lanes: urgent commands (cancels, fills) first, first come first served in each. */
export class Mailbox {
  #urgent: Work[] = [];
  #normal: Work[] = [];

  get size(): number {
    return this.#urgent.length + this.#normal.length;
  }

  push(work: Work, isUrgent: boolean): void {
    (isUrgent ? this.#urgent : this.#normal).push(work);
  }

  take(max: number): Work[] {
    const urgent = this.#urgent.splice(0, max);
    if (urgent.length === max) return urgent;
    return [...urgent, ...this.#normal.splice(0, max - urgent.length)];
  }

  /** Puts work back to be taken next, in its order. */
  putBack(batch: readonly Work[]): void {
    this.#urgent = [...batch, ...this.#urgent];
  }

  drain(): Work[] {
    return this.take(Number.MAX_SAFE_INTEGER);
  }
}
