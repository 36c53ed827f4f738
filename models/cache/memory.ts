import { randomUUID } from "node:crypto";
import type { Json } from "../../domain/shared/json.ts";
import { checkTake, checkTtl } from "./arguments.ts";
import { type Bucket, takeTokens, verdict } from "./bucket.ts";
import { parseJson } from "./json.ts";
import { Listeners } from "./listeners.ts";
import { Lru } from "./lru.ts";
import {
  type BucketPolicy,
  type Cache,
  type CacheStore,
  CacheUnavailable,
  type HeldLock,
  type Listener,
  type Lock,
  type PubSub,
  type RateLimiter,
  type RateVerdict,
  type Subscription,
} from "./ports.ts";

export interface MemoryStoreOptions {
  /** what time-outs are measured by */
  readonly clock: { monotonicMs(): number };
  /** told what a listener throws */
  readonly onError: (error: Error) => void;
  /** of cached values, of buckets, and of locks, each; default 100,000 */
  readonly maxEntries?: number;
}

/**
 * The ports inside one process: no timer, no connection. What has expired goes when it is asked for or crowded out; a
 * crowded-out bucket is full again, and a lock is never crowded out: beyond the limit none is given.
 */
export function openMemoryStore(options: MemoryStoreOptions): CacheStore {
  const maxEntries = options.maxEntries ?? 100_000;
  const nowMs = (): number => options.clock.monotonicMs();
  let isOpen = true;
  const checkOpen = (operation: string): void => {
    if (!isOpen) throw new CacheUnavailable(operation, "the store is closed");
  };
  const pubsub = new MemoryPubSub(options.onError, checkOpen);
  return {
    cache: new MemoryCache(new Lru(maxEntries), nowMs, checkOpen),
    limiter: new MemoryLimiter(new Lru(maxEntries), nowMs, checkOpen),
    lock: new MemoryLock(maxEntries, nowMs, checkOpen),
    pubsub,
    ping: async () => checkOpen("ping"),
    close: async () => {
      isOpen = false;
      pubsub.end();
    },
  };
}

type CheckOpen = (operation: string) => void;

interface Expiring<T> {
  readonly value: T;
  readonly expiresAtMs: number;
}

class MemoryCache implements Cache {
  // JSON text, not the object: a value changed by its reader must not change for everybody.
  readonly #entries: Lru<Expiring<string>>;
  readonly #nowMs: () => number;
  readonly #checkOpen: CheckOpen;

  constructor(entries: Lru<Expiring<string>>, nowMs: () => number, checkOpen: CheckOpen) {
    this.#entries = entries;
    this.#nowMs = nowMs;
    this.#checkOpen = checkOpen;
  }

  async get(key: string): Promise<Json | undefined> {
    this.#checkOpen("get");
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#isLive(entry)) return parseJson(entry.value);
    this.#entries.delete(key);
    return undefined;
  }

  async set(key: string, value: Json, ttlMs: number): Promise<void> {
    this.#checkOpen("set");
    checkTtl(ttlMs);
    const expiresAtMs = this.#nowMs() + ttlMs;
    this.#entries.set(key, { value: JSON.stringify(value), expiresAtMs });
  }

  async delete(key: string): Promise<boolean> {
    this.#checkOpen("delete");
    const entry = this.#entries.get(key);
    return this.#entries.delete(key) && entry !== undefined && this.#isLive(entry);
  }

  async deleteByPrefix(prefix: string): Promise<number> {
    this.#checkOpen("deleteByPrefix");
    let deleted = 0;
    for (const [key, entry] of this.#entries.entries()) {
      if (!key.startsWith(prefix)) continue;
      this.#entries.delete(key);
      if (this.#isLive(entry)) deleted += 1;
    }
    return deleted;
  }

  #isLive(entry: Expiring<string>): boolean {
    return entry.expiresAtMs > this.#nowMs();
  }
}

class MemoryLimiter implements RateLimiter {
  readonly #buckets: Lru<Bucket>;
  readonly #nowMs: () => number;
  readonly #checkOpen: CheckOpen;

  constructor(buckets: Lru<Bucket>, nowMs: () => number, checkOpen: CheckOpen) {
    this.#buckets = buckets;
    this.#nowMs = nowMs;
    this.#checkOpen = checkOpen;
  }

  async take(key: string, policy: BucketPolicy, cost = 1): Promise<RateVerdict> {
    this.#checkOpen("take");
    checkTake(policy, cost);
    const { bucket, allowed } = takeTokens(this.#buckets.get(key), policy, cost, this.#nowMs());
    this.#buckets.set(key, bucket);
    return verdict(allowed, bucket.tokens, policy, cost);
  }
}

class MemoryLock implements Lock {
  readonly #held = new Map<string, Expiring<string>>();
  readonly #maxEntries: number;
  readonly #nowMs: () => number;
  readonly #checkOpen: CheckOpen;

  constructor(maxEntries: number, nowMs: () => number, checkOpen: CheckOpen) {
    this.#maxEntries = maxEntries;
    this.#nowMs = nowMs;
    this.#checkOpen = checkOpen;
  }

  async acquire(key: string, ttlMs: number): Promise<HeldLock | null> {
    this.#checkOpen("acquire");
    checkTtl(ttlMs);
    if (this.#holder(key) !== undefined) return null;
    this.#makeRoom();
    const token = randomUUID();
    this.#hold(key, token, ttlMs);
    return {
      token,
      release: async () => {
        this.#checkOpen("release");
        return this.#holder(key) === token && this.#held.delete(key);
      },
      extend: async (moreMs) => {
        this.#checkOpen("extend");
        checkTtl(moreMs);
        if (this.#holder(key) !== token) return false;
        this.#hold(key, token, moreMs);
        return true;
      },
    };
  }

  #holder(key: string): string | undefined {
    const held = this.#held.get(key);
    return held !== undefined && held.expiresAtMs > this.#nowMs() ? held.value : undefined;
  }

  #hold(key: string, token: string, ttlMs: number): void {
    this.#held.set(key, { value: token, expiresAtMs: this.#nowMs() + ttlMs });
  }

  #makeRoom(): void {
    if (this.#held.size < this.#maxEntries) return;
    for (const key of this.#held.keys()) {
      if (this.#holder(key) === undefined) this.#held.delete(key);
    }
    if (this.#held.size >= this.#maxEntries) {
      throw new CacheUnavailable("acquire", `${this.#maxEntries} locks are held`);
    }
  }
}

class MemoryPubSub implements PubSub {
  readonly #channels: Listeners;
  readonly #prefixes: Listeners;
  readonly #checkOpen: CheckOpen;

  constructor(onError: (error: Error) => void, checkOpen: CheckOpen) {
    this.#channels = new Listeners(onError);
    this.#prefixes = new Listeners(onError);
    this.#checkOpen = checkOpen;
  }

  async publish(channel: string, message: Json): Promise<void> {
    this.#checkOpen("publish");
    const text = JSON.stringify(message);
    // Never inside the publisher's own call: with Redis a listener does not run there either.
    queueMicrotask(() => this.#deliver(channel, text));
  }

  async subscribe(channel: string, listener: Listener): Promise<Subscription> {
    this.#checkOpen("subscribe");
    return subscription(this.#channels.add(channel, listener));
  }

  async subscribePrefix(prefix: string, listener: Listener): Promise<Subscription> {
    this.#checkOpen("subscribePrefix");
    return subscription(this.#prefixes.add(prefix, listener));
  }

  end(): void {
    this.#channels.clear();
    this.#prefixes.clear();
  }

  #deliver(channel: string, text: string): void {
    this.#channels.tell(channel, channel, text);
    for (const prefix of this.#prefixes.keys()) {
      if (channel.startsWith(prefix)) this.#prefixes.tell(prefix, channel, text);
    }
  }
}

function subscription(end: () => boolean): Subscription {
  return {
    unsubscribe: async () => {
      end();
    },
  };
}
