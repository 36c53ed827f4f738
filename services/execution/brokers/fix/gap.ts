import type { FixMessage } from "./message.ts";

/** Messages beyond a gap that are kept; those that are not come again with it. */
const KEPT_MAX = 10_000;
const REQUESTS_MAX = 3;

interface Asked {
  readonly requests: number;
  readonly steadyMs: number;
  /** the number that was expected then */
  readonly expected: number;
}

/** What came before its turn, and the asking for what is missing. */
export class Gap {
  readonly #kept = new Map<number, FixMessage | null>();
  #asked: Asked | null = null;

  /** @param message null: it was dealt with when it came, and only its number counts */
  keep(number: number, message: FixMessage | null): void {
    if (this.#kept.size < KEPT_MAX) this.#kept.set(number, message);
  }

  /** @returns whether what is missing is to be asked for, which it is once */
  open(expected: number, steadyMs: number): boolean {
    if (this.#asked !== null) return false;
    this.#asked = { requests: 1, steadyMs, expected };
    return true;
  }

  /** A resend that does not come, or stops halfway, is asked for again from where it stopped. */
  again(expected: number, steadyMs: number, patienceMs: number): "wait" | "ask" | "giveUp" {
    const asked = this.#asked;
    if (asked === null || steadyMs - asked.steadyMs <= patienceMs) return "wait";
    const hasMoved = expected > asked.expected;
    if (!hasMoved && asked.requests >= REQUESTS_MAX) return "giveUp";
    this.#asked = { requests: hasMoved ? 1 : asked.requests + 1, steadyMs, expected };
    return "ask";
  }

  /** The message of a number, if it is here; what came before it is forgotten. Undefined: it is not. */
  take(expected: number): FixMessage | null | undefined {
    for (const number of this.#kept.keys()) if (number < expected) this.#kept.delete(number);
    const message = this.#kept.get(expected);
    this.#kept.delete(expected);
    if (this.#kept.size === 0) this.#asked = null;
    return message;
  }

  clear(): void {
    this.#kept.clear();
    this.#asked = null;
  }
}
