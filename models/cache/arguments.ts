import type { BucketPolicy } from "./ports.ts";

/** @throws RangeError when `ttlMs` is not a whole number of milliseconds above 0 */
export function checkTtl(ttlMs: number): void {
  if (!Number.isSafeInteger(ttlMs) || ttlMs < 1) {
    throw new RangeError(`expected a ttlMs that is an integer of at least 1, found ${ttlMs}`);
  }
}

/** @throws RangeError when no amount of waiting could ever pay `cost` */
export function checkTake(policy: BucketPolicy, cost: number): void {
  const { capacity, refillPerSecond } = policy;
  if (!(Number.isFinite(capacity) && capacity > 0)) {
    throw new RangeError(`expected a capacity above 0, found ${capacity}`);
  }
  if (!(Number.isFinite(refillPerSecond) && refillPerSecond > 0)) {
    throw new RangeError(`expected a refillPerSecond above 0, found ${refillPerSecond}`);
  }
  if (!(cost >= 0 && cost <= capacity)) {
    throw new RangeError(`expected a cost between 0 and the capacity ${capacity}, found ${cost}`);
  }
}
