import { ROLES } from "../permissions.ts";
import { route } from "../route.ts";
import { s } from "../schema.ts";
import type { Infer } from "../schema.ts";
import { id } from "./common.ts";

const user = s.named(
  "User",
  s.object({
    userId: id(),
    email: s.string({ format: "email", example: "admin@quantumalpha.local" }),
    name: s.nullable(s.string()),
    role: s.enum(ROLES),
    tenantId: id(),
    createdAt: s.isoTime(),
  }),
);
export type UserView = Infer<typeof user>;

const tokens = {
  accessToken: s.describe(s.string({ max: 4096 }), "a JWT: send it as `Authorization: Bearer …`"),
  refreshToken: s.describe(s.string(), "good for one call of /api/auth/refresh"),
  tokenType: s.enum(["Bearer"]),
  expiresIn: s.describe(s.integer(), "seconds until the access token expires"),
};
const session = s.named("Session", s.object({ ...tokens, user }));
export type SessionView = Infer<typeof session>;

export const login = route({
  method: "POST",
  path: "/api/auth/login",
  action: "auth.login",
  area: "identity",
  permission: null,
  summary: "Sign in with e-mail and password",
  body: { email: s.string({ min: 3, max: 254 }), password: s.string({ min: 1, max: 1024 }) },
  response: session,
  problems: ["INVALID_CREDENTIALS", "TOO_MANY_ATTEMPTS"],
});

export const refresh = route({
  method: "POST",
  path: "/api/auth/refresh",
  action: "auth.refresh",
  area: "identity",
  permission: null,
  summary: "Trade a refresh token for a new pair",
  description: "The old one is spent. Presenting a spent token again ends the whole session.",
  body: { refreshToken: s.string({ min: 1, max: 200 }) },
  response: session,
  problems: ["INVALID_REFRESH_TOKEN"],
});

export const logout = route({
  method: "POST",
  path: "/api/auth/logout",
  action: "auth.logout",
  area: "identity",
  permission: "session.use",
  summary: "End the session: its tokens stop working at once",
  response: null,
  status: 204,
});

export const me = route({
  method: "GET",
  path: "/api/auth/me",
  action: "auth.me",
  area: "identity",
  permission: "session.use",
  summary: "Who the access token speaks for",
  response: user,
});
