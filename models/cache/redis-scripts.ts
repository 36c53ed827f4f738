import type { Redis, Result } from "ioredis";

/**
 * What Redis must do in one step. Redis' own clock is the only one in them, so nodes need not agree on the time.
 * Each touches the one key that it is given.
 */

/** `takeTokens` of `bucket.ts`. A full bucket is the same as none, so the key lives only until it would be full. */
const TAKE_TOKENS = `
local capacity, refillPerSecond, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local stored = redis.call('HMGET', KEYS[1], 'tokens', 'atMs')
local tokens = capacity
if stored[1] then
  local elapsedMs = math.max(0, nowMs - tonumber(stored[2]))
  tokens = math.min(capacity, tonumber(stored[1]) + elapsedMs * refillPerSecond / 1000)
end
local allowed = tokens + 1e-9 >= cost
if allowed then tokens = math.max(0, tokens - cost) end
local tokensText = string.format('%.17g', tokens)
local untilFullMs = math.ceil((capacity - tokens) * 1000 / refillPerSecond)
redis.call('HSET', KEYS[1], 'tokens', tokensText, 'atMs', string.format('%.0f', nowMs))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(1, math.min(1e12, untilFullMs))))
return { allowed and 1 or 0, tokensText }
`;

const RELEASE_LOCK = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`;

const EXTEND_LOCK = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
`;

declare module "ioredis" {
  interface RedisCommander<Context> {
    /** @returns 1 or 0 for allowed, and the tokens left as text */
    takeTokens(
      key: string,
      capacity: number,
      refillPerSecond: number,
      cost: number,
    ): Result<[number, string], Context>;
    /** @returns 1 when the lock was still held with this token */
    releaseLock(key: string, token: string): Result<number, Context>;
    extendLock(key: string, token: string, ttlMs: number): Result<number, Context>;
  }
}

export function defineScripts(redis: Redis): void {
  redis.defineCommand("takeTokens", { numberOfKeys: 1, lua: TAKE_TOKENS });
  redis.defineCommand("releaseLock", { numberOfKeys: 1, lua: RELEASE_LOCK });
  redis.defineCommand("extendLock", { numberOfKeys: 1, lua: EXTEND_LOCK });
}
