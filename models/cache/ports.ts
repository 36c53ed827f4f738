import type { Json } from "../../domain/shared/json.ts";

/**
 * What several nodes may share and all of them may lose: cached answers, rate limits, short locks, notices. Nothing that
 * must be true is kept here; PostgreSQL decides. `memory.ts` serves one process, `redis.ts` a cluster, and one contract
 * test holds both to what is written here.
 *
 * Every method of every port rejects with `CacheUnavailable` when the store cannot be asked; none waits for it to return.
 */
export interface CacheStore {
  readonly cache: Cache;
  readonly limiter: RateLimiter;
  readonly lock: Lock;
  readonly pubsub: PubSub;
  /** Resolves when the store answers: for readiness. */
  ping(): Promise<void>;
  /** Ends subscriptions and connections; afterwards every method rejects with `CacheUnavailable`. */
  close(): Promise<void>;
}

export interface Cache {
  /** undefined when absent, expired or evicted. The value is a copy of the caller's own. */
  get(key: string): Promise<Json | undefined>;
  /** @param ttlMs integer ≥ 1 */
  set(key: string, value: Json, ttlMs: number): Promise<void>;
  /** Whether there was something to delete. */
  delete(key: string): Promise<boolean>;
  /**
   * Deletes what starts with `prefix`, literally: no character is a wildcard. An entry set while this runs may stay.
   * @returns how many were deleted
   */
  deleteByPrefix(prefix: string): Promise<number>;
}

/** A bucket holds `capacity` tokens when full, and gains `refillPerSecond` of them a second. Both are above 0. */
export interface BucketPolicy {
  readonly capacity: number;
  readonly refillPerSecond: number;
}

export interface RateVerdict {
  readonly allowed: boolean;
  /** whole tokens left after this call */
  readonly remaining: number;
  /** until the bucket is full again, rounded up */
  readonly resetMs: number;
  /** until this cost can be paid, rounded up; 0 when it was allowed */
  readonly retryAfterMs: number;
}

export interface RateLimiter {
  /**
   * Takes `cost` tokens when they are there, and none when they are not. A bucket never seen before is full.
   * @param cost default 1, at most `policy.capacity`
   * @throws RangeError when the policy or the cost can never work
   */
  take(key: string, policy: BucketPolicy, cost?: number): Promise<RateVerdict>;
}

/**
 * Keeps two nodes from doing the same work at the same time, most of the time. A lock may lapse while its holder still
 * believes in it: never let money depend on one.
 */
export interface Lock {
  /** @returns null when somebody else holds it */
  acquire(key: string, ttlMs: number): Promise<HeldLock | null>;
}

export interface HeldLock {
  /** unique to this acquisition */
  readonly token: string;
  /** Whether it was still ours to release. */
  release(): Promise<boolean>;
  /** Ours for `ttlMs` from now; false when it had lapsed. */
  extend(ttlMs: number): Promise<boolean>;
}

/**
 * Notices to whoever listens now: at most once, in the order published on one channel by one node. A subscriber that
 * was away has missed what was said.
 */
export interface PubSub {
  publish(channel: string, message: Json): Promise<void>;
  /** Resolves when the subscription stands: what is published afterwards arrives. */
  subscribe(channel: string, listener: Listener): Promise<Subscription>;
  /** Every channel that starts with `prefix`, literally. */
  subscribePrefix(prefix: string, listener: Listener): Promise<Subscription>;
}

/** What it throws goes to the store's `onError`; other listeners are not disturbed. */
export type Listener = (message: Json, channel: string) => void;

export interface Subscription {
  /** Nothing arrives after this resolves. May be called twice. */
  unsubscribe(): Promise<void>;
}

/** The store cannot be asked now: down, unreachable, too slow, full or closed. Whether it acted is not known. */
export class CacheUnavailable extends Error {
  constructor(operation: string, cause?: unknown) {
    const detail = cause === undefined ? "" : `: ${reason(cause)}`;
    super(`cache unavailable: ${operation} failed${detail}`, { cause });
    this.name = "CacheUnavailable";
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
