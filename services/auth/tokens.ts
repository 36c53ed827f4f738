import { randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import type { Clock } from "../../mixins/clock.ts";
import { RestError } from "../../mixins/rest/rest-error.ts";
import type { KeySet } from "./keys.ts";

const ISSUER = "quantumalpha";
const AUDIENCE = "quantumalpha-api";

export interface Bearer {
  readonly userId: string;
  readonly tenantId: string;
  readonly email: string;
  readonly sessionId: string;
}

/** Makes and checks access tokens: JWTs with HS256 and nothing else, whatever a token's header says. */
export class AccessTokens {
  readonly #keys: KeySet;
  readonly #clock: Clock;
  readonly lifetimeS: number;

  constructor(keys: KeySet, clock: Clock, lifetimeS = 900) {
    this.#keys = keys;
    this.#clock = clock;
    this.lifetimeS = lifetimeS;
  }

  issue({ userId, tenantId, email, sessionId }: Bearer): string {
    const { keyId, key } = this.#keys.signing;
    const nowS = this.#nowS();
    const payload = {
      sub: userId,
      tid: tenantId,
      email,
      sid: sessionId,
      jti: randomUUID(),
      iat: nowS,
      exp: nowS + this.lifetimeS,
    };
    const options = {
      algorithm: "HS256",
      keyid: keyId,
      issuer: ISSUER,
      audience: AUDIENCE,
    } as const;
    return jwt.sign(payload, key, options);
  }

  /** @throws RestError 401 */
  verify(token: string): Bearer & { readonly expiresAtMs: number } {
    const claims = this.#check(token);
    if (typeof claims === "string") throw refused();
    const { sub, exp } = claims;
    const tenantId: unknown = claims["tid"];
    const email: unknown = claims["email"];
    const sessionId: unknown = claims["sid"];
    const isWhole =
      typeof sub === "string" &&
      typeof exp === "number" &&
      typeof tenantId === "string" &&
      typeof email === "string" &&
      typeof sessionId === "string";
    if (!isWhole) throw refused();
    return { userId: sub, tenantId, email, sessionId, expiresAtMs: exp * 1000 };
  }

  #check(token: string): jwt.JwtPayload | string {
    const key = this.#keys.byId.get(keyIdOf(token) ?? "");
    if (key === undefined) throw refused();
    try {
      return jwt.verify(token, key, {
        algorithms: ["HS256"],
        issuer: ISSUER,
        audience: AUDIENCE,
        clockTimestamp: this.#nowS(),
      });
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) {
        throw new RestError("TOKEN_EXPIRED", "the access token has expired");
      }
      throw refused();
    }
  }

  #nowS(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

function refused(): RestError {
  return new RestError("UNAUTHENTICATED", "the access token is not valid");
}

function keyIdOf(token: string): string | null {
  try {
    const [header = ""] = token.split(".");
    const parsed: unknown = JSON.parse(Buffer.from(header, "base64url").toString());
    const isObject = typeof parsed === "object" && parsed !== null;
    return isObject && "kid" in parsed && typeof parsed.kid === "string" ? parsed.kid : null;
  } catch {
    return null;
  }
}
