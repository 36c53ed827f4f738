import type { BucketPolicy, RateVerdict } from "./ports.ts";

/** A bucket as it stood when it was last touched. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Forgives the binary fractions of a refill: ten refills of 0.1 make one token. */
const TOLERANCE = 1e-9;

/** One take from one bucket. The Lua script in `redis-scripts.ts` is this function again; the contract test compares. */
export function takeTokens(
  bucket: Bucket | undefined,
  policy: BucketPolicy,
  cost: number,
  nowMs: number,
): { readonly bucket: Bucket; readonly allowed: boolean } {
  const tokens = bucket === undefined ? policy.capacity : refilled(bucket, policy, nowMs);
  const allowed = tokens + TOLERANCE >= cost;
  return {
    bucket: { tokens: allowed ? Math.max(0, tokens - cost) : tokens, atMs: nowMs },
    allowed,
  };
}

function refilled(bucket: Bucket, policy: BucketPolicy, nowMs: number): number {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  return Math.min(policy.capacity, bucket.tokens + (elapsedMs * policy.refillPerSecond) / 1000);
}

/** What the caller is told. Waits round up, tokens down: whoever believes them is never refused. */
export function verdict(
  allowed: boolean,
  tokens: number,
  policy: BucketPolicy,
  cost: number,
): RateVerdict {
  const waitMs = (missing: number): number =>
    Math.ceil((Math.max(0, missing - TOLERANCE) * 1000) / policy.refillPerSecond);
  return {
    allowed,
    remaining: Math.floor(tokens + TOLERANCE),
    resetMs: waitMs(policy.capacity - tokens),
    retryAfterMs: allowed ? 0 : waitMs(cost - tokens),
  };
}
