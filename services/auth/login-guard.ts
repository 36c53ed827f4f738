import { RestError } from "../../mixins/rest/rest-error.ts";
import type { BucketPolicy, RateLimiter } from "../../models/cache/ports.ts";

/** Ten failures in a row lock; one more try every 90 seconds, ten of them after a quarter of an hour. */
const FAILURES: BucketPolicy = { capacity: 10, refillPerSecond: 1 / 90 };

/**
 * Slows down guessing. Failures are counted per e-mail and address: a stranger can lock himself out, but not the owner of
 * the account at another address. Unknown e-mails lock in the same way, so that a lock tells nothing.
 */
export class LoginGuard {
  readonly #limiter: RateLimiter;
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(limiter: RateLimiter) {
    this.#limiter = limiter;
  }

  /**
   * Runs one attempt; those of one e-mail and address take turns, or a hundred at once would all be let in.
   * @param attempt null when e-mail and password do not match
   * @throws RestError 429 while locked
   */
  async run<T>(
    email: string,
    address: string,
    attempt: () => Promise<T | null>,
  ): Promise<T | null> {
    const key = `login:${email.toLowerCase()}|${address}`;
    const before = this.#queues.get(key) ?? Promise.resolve();
    const turn = before.then(() => this.#turn(key, attempt));
    const settled = turn.catch(() => undefined);
    this.#queues.set(key, settled);
    try {
      return await turn;
    } finally {
      if (this.#queues.get(key) === settled) this.#queues.delete(key);
    }
  }

  async #turn<T>(key: string, attempt: () => Promise<T | null>): Promise<T | null> {
    const { remaining, resetMs } = await this.#limiter.take(key, FAILURES, 0);
    if (remaining < 1) throw locked(resetMs);
    const result = await attempt();
    if (result === null) await this.#limiter.take(key, FAILURES);
    return result;
  }
}

/** The bucket is empty but for a part of a token: the next is whole after what is missing to full less the nine others. */
function locked(resetMs: number): RestError {
  const others = (FAILURES.capacity - 1) / FAILURES.refillPerSecond;
  const retryAfterS = Math.max(1, Math.ceil(resetMs / 1000 - others));
  return new RestError("TOO_MANY_ATTEMPTS", "too many failed attempts; try again later", {
    retryAfterS,
  });
}
