import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { ServiceSchema } from "moleculer";
import { heavy } from "../mixins/resilience/heavy.ts";
import { RestError } from "../mixins/rest/rest-error.ts";
import { login, logout, me, refresh } from "../mixins/rest/routes/auth.ts";
import type { SessionView, UserView } from "../mixins/rest/routes/auth.ts";
import type { ActionMap } from "../mixins/rest/routes/index.ts";
import { isoTime } from "../mixins/rest/views.ts";
import type { RateLimiter } from "../models/cache/ports.ts";
import type { IdentityStore } from "../models/identity/store.ts";
import type { StoredUser } from "../models/identity/users.ts";
import type { EventMap, RequestContext, RequestUser } from "../types/contracts.ts";
import { LoginGuard } from "./auth/login-guard.ts";
import type { Passwords } from "./auth/passwords.ts";
import type { AccessTokens } from "./auth/tokens.ts";

export interface AuthDeps {
  readonly store: IdentityStore;
  readonly tokens: AccessTokens;
  readonly passwords: Passwords;
  readonly limiter: RateLimiter;
  /** of a session without signing in again */
  readonly sessionLifetimeS?: number;
}

const THIRTY_DAYS_S = 30 * 24 * 3600;

type Params<N extends keyof ActionMap> = RequestContext<ActionMap[N]["params"]>;

/** Who may come in: passwords, sessions and the tokens that stand for them. */
export function createAuthService(deps: AuthDeps): ServiceSchema {
  const { store, tokens, passwords } = deps;
  const guard = new LoginGuard(deps.limiter);
  const lifetimeS = deps.sessionLifetimeS ?? THIRTY_DAYS_S;

  const view = (user: StoredUser, sessionId: string, refreshToken: string): SessionView => {
    const { userId, tenantId, email } = user;
    const accessToken = tokens.issue({ userId, tenantId, email, sessionId });
    const expiresIn = tokens.lifetimeS;
    return { accessToken, refreshToken, tokenType: "Bearer", expiresIn, user: userView(user) };
  };

  const check = async (email: string, password: string): Promise<StoredUser | null> => {
    const user = await store.findUserByEmail(email);
    const isMatch = await passwords.matches(password, user?.passwordHash ?? null);
    return isMatch && user?.status === "active" ? user : null;
  };

  return {
    name: "auth",
    actions: {
      login: {
        // A password costs 32 MiB and a thread of libuv's four, which files, names and gzip need too.
        ...heavy(2, 32),
        params: login.input.validator,
        async handler(ctx: Params<"auth.login">): Promise<SessionView> {
          const { email, password } = ctx.params;
          const { address = null, userAgent = null } = ctx.meta;
          const user = await guard.run(email, address ?? "", () => check(email, password));
          if (user === null) throw wrongPair();
          const sessionId = randomUUID();
          const token = newRefreshToken();
          const session = { sessionId, userId: user.userId, address, userAgent, lifetimeS };
          await store.insertSession(session, hashOf(token));
          return view(user, sessionId, token);
        },
      },

      refresh: {
        params: refresh.input.validator,
        async handler(ctx: Params<"auth.refresh">): Promise<SessionView> {
          const successor = newRefreshToken();
          const presented = hashOf(ctx.params.refreshToken);
          const rotation = await store.rotateRefreshToken(presented, hashOf(successor));
          if (rotation.outcome === "reused") await tellRevoked(ctx, rotation.sessionId);
          if (rotation.outcome !== "rotated") throw noSuchToken();
          const user = await store.findUser(rotation.userId);
          if (user === null) throw noSuchToken();
          return view(user, rotation.sessionId, successor);
        },
      },

      logout: {
        params: logout.input.validator,
        async handler(ctx: Params<"auth.logout">): Promise<null> {
          const { sessionId } = signedIn(ctx);
          await store.revokeSession(sessionId, "logout");
          await tellRevoked(ctx, sessionId);
          return null;
        },
      },

      me: {
        params: me.input.validator,
        async handler(ctx: Params<"auth.me">): Promise<UserView> {
          const user = await store.findUser(signedIn(ctx).userId);
          if (user === null) throw new RestError("UNAUTHENTICATED", "the user is gone");
          return userView(user);
        },
      },
    },
  };
}

/** Gateways forget the session at once; one that does not hear of it asks the store within seconds. */
function tellRevoked(ctx: RequestContext, sessionId: string): Promise<void> {
  return ctx.broadcast<EventMap["auth.sessionRevoked"]>("auth.sessionRevoked", { sessionId });
}

function signedIn(ctx: RequestContext): RequestUser {
  const { user } = ctx.meta;
  if (!user) throw new RestError("UNAUTHENTICATED", "nobody is signed in");
  return user;
}

function userView({ userId, email, name, role, tenantId, createdAtMs }: StoredUser): UserView {
  return { userId, email, name, role, tenantId, createdAt: isoTime(createdAtMs) };
}

function wrongPair(): RestError {
  return new RestError("INVALID_CREDENTIALS", "e-mail and password do not match");
}

function noSuchToken(): RestError {
  return new RestError("INVALID_REFRESH_TOKEN", "the refresh token is not valid");
}

function newRefreshToken(): string {
  return randomBytes(32).toString("base64url");
}

function hashOf(refreshToken: string): Buffer {
  return createHash("sha256").update(refreshToken).digest();
}
