import type { IncomingMessage } from "node:http";
import { RestError } from "../../mixins/rest/rest-error.ts";
import { CacheUnavailable } from "../../models/cache/ports.ts";
import type { BucketPolicy, RateLimiter, RateVerdict } from "../../models/cache/ports.ts";

export interface RateLimits {
  /** of each signed-in user */
  readonly user: BucketPolicy;
  /** of each address, for requests without a user */
  readonly address: BucketPolicy;
}

/** Generous: they stop a runaway client, not a busy one. */
export const DEFAULT_RATE_LIMITS: RateLimits = {
  user: { capacity: 20_000, refillPerSecond: 5000 },
  address: { capacity: 2000, refillPerSecond: 200 },
};

/** Of each user's WebSockets: a message may ask for a hundred channels, and for all that was missed of them. */
const SUBSCRIPTIONS: BucketPolicy = { capacity: 200, refillPerSecond: 20 };

type LimitKind = keyof RateLimits | "subscriptions";

interface Limit {
  readonly policy: BucketPolicy;
  readonly header: string;
}

/** Where the limits are told. */
interface Headers {
  setHeader(name: string, value: string): unknown;
}

/** Limits are told in headers, and what comes over a WebSocket is answered without any. */
export const NO_HEADERS: Headers = { setHeader: (): void => undefined };

/** Takes a token a request and says in headers how many are left (draft-ietf-httpapi-ratelimit-headers). */
export class RequestLimits {
  readonly #limiter: RateLimiter;
  readonly #limits: { readonly [K in LimitKind]: Limit };

  constructor(limiter: RateLimiter, { user, address }: RateLimits) {
    this.#limiter = limiter;
    this.#limits = {
      user: { policy: user, header: policyHeader("user", user) },
      address: { policy: address, header: policyHeader("address", address) },
      subscriptions: {
        policy: SUBSCRIPTIONS,
        header: policyHeader("subscriptions", SUBSCRIPTIONS),
      },
    };
  }

  /** @throws RestError 429 */
  async take(kind: LimitKind, key: string, res: Headers): Promise<void> {
    const { policy, header } = this.#limits[kind];
    const verdict = await this.#ask(`rest:${kind}:${key}`, policy);
    if (verdict === null) return;
    const { allowed, remaining, resetMs, retryAfterMs } = verdict;
    res.setHeader("RateLimit-Policy", header);
    res.setHeader("RateLimit", `"${kind}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`);
    if (allowed) return;
    const retryAfterS = Math.max(1, Math.ceil(retryAfterMs / 1000));
    throw new RestError("RATE_LIMITED", "too many requests; slow down", { retryAfterS });
  }

  /** A limit that cannot be checked limits nobody: the cache must not take the API down with it. */
  async #ask(key: string, policy: BucketPolicy): Promise<RateVerdict | null> {
    try {
      return await this.#limiter.take(key, policy);
    } catch (error) {
      if (error instanceof CacheUnavailable) return null;
      throw error;
    }
  }
}

function policyHeader(name: string, { capacity, refillPerSecond }: BucketPolicy): string {
  return `"${name}";q=${capacity};w=${Math.ceil(capacity / refillPerSecond)}`;
}

/**
 * The client's address. Behind proxies, the one that the outermost of our own saw: counted from the right, because what
 * stands further left is what the client claims.
 */
export function addressOf(req: IncomingMessage, trustedProxies: number): string {
  const direct = req.socket.remoteAddress ?? "unknown";
  if (trustedProxies === 0) return direct;
  const forwarded = String(req.headers["x-forwarded-for"] ?? "").split(",");
  return forwarded.at(-trustedProxies)?.trim() || direct;
}
