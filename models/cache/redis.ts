import { randomUUID } from "node:crypto";
import { Redis, type RedisOptions } from "ioredis";
import type { Json } from "../../domain/shared/json.ts";
import { checkTake, checkTtl } from "./arguments.ts";
import { verdict } from "./bucket.ts";
import { parseJson } from "./json.ts";
import type {
  BucketPolicy,
  Cache,
  CacheStore,
  HeldLock,
  Lock,
  RateLimiter,
  RateVerdict,
} from "./ports.ts";
import { RedisPubSub } from "./redis-pubsub.ts";
import { defineScripts } from "./redis-scripts.ts";
import { asked, literal } from "./redis-words.ts";

export interface RedisStoreOptions {
  /** `redis://` or `rediss://` */
  readonly url: string;
  /** in front of every key and channel, so that several installations may share one Redis; e.g. `qa:` */
  readonly prefix: string;
  /** told of connection errors, and of what a listener throws */
  readonly onError: (error: Error) => void;
  /** how long a command, or one attempt to connect, may take; default 1,000 */
  readonly timeoutMs?: number;
}

/**
 * The ports on one Redis (6.2 or later, not a cluster). Resolves once the first attempt to connect has ended, well or not:
 * a node may start while Redis is down, and `ping` tells. It keeps trying for ever, at most 2 s apart.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<CacheStore> {
  const commands = connection(options);
  const subscriber = connection(options);
  defineScripts(commands);
  await Promise.allSettled([commands.connect(), subscriber.connect()]);
  const pubsub = new RedisPubSub(commands, subscriber, `${options.prefix}pubsub:`, options.onError);
  return {
    cache: new RedisCache(commands, `${options.prefix}cache:`),
    limiter: new RedisLimiter(commands, `${options.prefix}limit:`),
    lock: new RedisLock(commands, `${options.prefix}lock:`),
    pubsub,
    ping: async () => {
      await Promise.all([commands, subscriber].map((redis) => asked("ping", redis.ping())));
    },
    close: async () => {
      pubsub.end();
      await Promise.all([commands, subscriber].map(close));
    },
  };
}

function connection({ url, onError, timeoutMs = 1_000 }: RedisStoreOptions): Redis {
  const settings: RedisOptions = {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    // ioredis keeps a timer this long after closing a socket that is dead already.
    disconnectTimeout: 250,
    // Fail at once while there is no connection, and fail what was in flight when it broke: a caller can do without
    // the cache, but not wait for it.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  };
  const redis = new Redis(url, settings);
  // An emitter without an `error` listener ends the process.
  redis.on("error", onError);
  return redis;
}

async function close(redis: Redis): Promise<void> {
  await redis.quit().catch(() => redis.disconnect());
}

class RedisCache implements Cache {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async get(key: string): Promise<Json | undefined> {
    const text = await asked("get", this.#redis.get(this.#prefix + key));
    return text === null ? undefined : parseJson(text);
  }

  async set(key: string, value: Json, ttlMs: number): Promise<void> {
    checkTtl(ttlMs);
    await asked("set", this.#redis.set(this.#prefix + key, JSON.stringify(value), "PX", ttlMs));
  }

  async delete(key: string): Promise<boolean> {
    return (await asked("delete", this.#redis.del(this.#prefix + key))) === 1;
  }

  async deleteByPrefix(prefix: string): Promise<number> {
    const pattern = `${literal(this.#prefix + prefix)}*`;
    let cursor = "0";
    let deleted = 0;
    do {
      const scan = this.#redis.scan(cursor, "MATCH", pattern, "COUNT", 1_000);
      const [next, keys] = await asked("deleteByPrefix", scan);
      if (keys.length > 0) deleted += await asked("deleteByPrefix", this.#redis.unlink(keys));
      cursor = next;
    } while (cursor !== "0");
    return deleted;
  }
}

class RedisLimiter implements RateLimiter {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async take(key: string, policy: BucketPolicy, cost = 1): Promise<RateVerdict> {
    checkTake(policy, cost);
    const { capacity, refillPerSecond } = policy;
    const reply = this.#redis.takeTokens(this.#prefix + key, capacity, refillPerSecond, cost);
    const [allowed, tokens] = await asked("take", reply);
    return verdict(allowed === 1, Number(tokens), policy, cost);
  }
}

class RedisLock implements Lock {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  async acquire(key: string, ttlMs: number): Promise<HeldLock | null> {
    checkTtl(ttlMs);
    const redis = this.#redis;
    const name = this.#prefix + key;
    const token = randomUUID();
    if ((await asked("acquire", redis.set(name, token, "PX", ttlMs, "NX"))) === null) return null;
    return {
      token,
      release: async () => (await asked("release", redis.releaseLock(name, token))) === 1,
      extend: async (moreMs) => {
        checkTtl(moreMs);
        return (await asked("extend", redis.extendLock(name, token, moreMs))) === 1;
      },
    };
  }
}
