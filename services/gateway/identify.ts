import type { Clock } from "../../mixins/clock.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import type { RequestUser, UserRole } from "../../types/contracts.ts";
import type { AccessClaims, SessionSource, TokenVerifier } from "./ports.ts";

/** How long a session is believed in without asking again: a revocation on another node is seen no later. */
const TRUST_MS = 5000;
/** While the store cannot be asked, a session seen alive is believed in until its access token expires. */
const MAX_ENTRIES = 20_000;

interface Session {
  readonly role: UserRole | null;
  readonly checkedAtMs: number;
}

export interface Identity extends RequestUser {
  readonly expiresAtMs: number;
}

/**
 * Who a bearer token speaks for. Verified tokens are remembered, so that a request costs a look into a map and not an
 * HMAC; sessions are remembered for five seconds, and a revocation heard of on this node counts at once.
 */
export class Identifier {
  readonly #tokens: TokenVerifier;
  readonly #sessions: SessionSource;
  readonly #clock: Clock;
  readonly #verified = new Map<string, AccessClaims>();
  readonly #seen = new Map<string, Session>();
  readonly #asking = new Map<string, Promise<UserRole | null>>();

  constructor(tokens: TokenVerifier, sessions: SessionSource, clock: Clock) {
    this.#tokens = tokens;
    this.#sessions = sessions;
    this.#clock = clock;
  }

  /**
   * @param authorization the header's value
   * @throws RestError 401
   */
  async identify(authorization: string | undefined): Promise<Identity> {
    const claims = this.#claims(authorization);
    const role = this.#recentRole(claims.sessionId) ?? (await this.#role(claims.sessionId));
    if (role === null) throw new RestError("TOKEN_EXPIRED", "the session has ended");
    const { userId, tenantId, email, sessionId, expiresAtMs } = claims;
    return { userId, tenantId, role, email, sessionId, expiresAtMs };
  }

  revoke(sessionId: string): void {
    this.#remember(sessionId, null);
  }

  #claims(authorization: string | undefined): AccessClaims {
    const token = bearer(authorization);
    const known = this.#verified.get(token);
    if (known === undefined) {
      const claims = this.#tokens.verify(token);
      put(this.#verified, token, claims);
      return claims;
    }
    if (known.expiresAtMs > this.#clock.now()) return known;
    this.#verified.delete(token);
    throw new RestError("TOKEN_EXPIRED", "the access token has expired");
  }

  #recentRole(sessionId: string): UserRole | null | undefined {
    const session = this.#seen.get(sessionId);
    if (session === undefined) return undefined;
    // A session that ended never comes back.
    const isRecent = session.role === null || this.#clock.now() - session.checkedAtMs < TRUST_MS;
    return isRecent ? session.role : undefined;
  }

  /** Many requests of one session ask once. */
  #role(sessionId: string): Promise<UserRole | null> {
    if (this.#seen.get(sessionId)?.role === null) return Promise.resolve(null);
    const asking = this.#asking.get(sessionId) ?? this.#ask(sessionId);
    this.#asking.set(sessionId, asking);
    return asking;
  }

  async #ask(sessionId: string): Promise<UserRole | null> {
    try {
      const found = await this.#sessions.find(sessionId);
      return this.#remember(sessionId, found?.role ?? null);
    } catch (error) {
      const last = this.#seen.get(sessionId)?.role;
      if (last === undefined) throw error;
      return last;
    } finally {
      this.#asking.delete(sessionId);
    }
  }

  #remember(sessionId: string, role: UserRole | null): UserRole | null {
    // An answer that was under way when the session was revoked here must not revive it.
    if (this.#seen.get(sessionId)?.role === null) return null;
    put(this.#seen, sessionId, { role, checkedAtMs: this.#clock.now() });
    return role;
  }
}

function bearer(authorization: string | undefined): string {
  if (authorization === undefined)
    throw new RestError("UNAUTHENTICATED", "no access token was sent");
  const [scheme, token, ...rest] = authorization.split(" ");
  if (
    scheme?.toLowerCase() !== "bearer" ||
    token === undefined ||
    token === "" ||
    rest.length > 0
  ) {
    throw new RestError("UNAUTHENTICATED", "send `Authorization: Bearer` and an access token");
  }
  return token;
}

/** Adds to a map that forgets its oldest entry when it is full. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  const oldest = map.size >= MAX_ENTRIES ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
