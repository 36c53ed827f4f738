import { setTimeout as sleep } from "node:timers/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ServiceBroker } from "moleculer";
import { systemClock } from "../../../../mixins/clock.ts";
import { openMemoryStore } from "../../../../models/cache/memory.ts";
import { createIdentityStore } from "../../../../models/identity/store.ts";
import { createApiService } from "../../../../services/api.service.ts";
import { createAuthService } from "../../../../services/auth.service.ts";
import { seedAdministrator } from "../../../../services/auth/administrator.ts";
import { loadKeys } from "../../../../services/auth/keys.ts";
import { AccessTokens } from "../../../../services/auth/tokens.ts";
import { cheapPasswords } from "../../../support/cheap-passwords.ts";
import { createTestDatabase } from "../../../support/database.ts";
import type { TestDatabase } from "../../../support/database.ts";

const EMAIL = "Chief@Desk.example";
const PASSWORD = "correct horse battery";

let database: TestDatabase;
let broker: ServiceBroker;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const store = createIdentityStore(database.pool);
  const passwords = cheapPasswords();
  await seedAdministrator(store, passwords, { email: EMAIL, password: PASSWORD });
  const { limiter } = openMemoryStore({ clock: systemClock, onError: () => undefined });
  const secret = "0123456789abcdef0123456789abcdef";
  const tokens = new AccessTokens(await loadKeys({ dataDir: "unused", secret }), systemClock);
  broker = new ServiceBroker({ logger: false, registry: { stopDelay: 0 } });
  broker.createService(createAuthService({ store, tokens, passwords, limiter }));
  const api = createApiService({
    config: { host: "127.0.0.1", port: 0, version: "0", cors: null, trustedProxies: 1 },
    tokens,
    sessions: {
      find: async (sessionId) => {
        const role = await store.findSessionRole(sessionId);
        return role && { role };
      },
    },
    limiter,
    streamSource: { subscribe: () => () => undefined },
    metrics: { render: () => "" },
    jobs: { find: () => Promise.resolve(null) },
    readiness: { check: () => Promise.resolve({ ready: true, dependencies: {} }) },
    clock: systemClock,
  });
  const server = Reflect.get(broker.createService(api), "server") as Server;
  await broker.start();
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await broker.stop();
  await database.drop();
});

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** @param address the client's, as a proxy of ours would have written it */
function send(path: string, body: object, address = "192.0.2.1"): Promise<Response> {
  return fetch(`${url}/api/auth/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-forwarded-for": `6.6.6.6, ${address}` },
    body: JSON.stringify(body),
  });
}

async function signIn(): Promise<Session> {
  const response = await send("login", { email: EMAIL, password: PASSWORD });
  expect(response.status).toBe(200);
  return (await response.json()) as Session;
}

const me = (accessToken: string): Promise<Response> =>
  fetch(`${url}/api/auth/me`, { headers: { authorization: `Bearer ${accessToken}` } });

describe("signing in", () => {
  it("gives tokens that speak for the user", async () => {
    const response = await send("login", { email: EMAIL.toLowerCase(), password: PASSWORD });
    const session = (await response.json()) as Session & Record<string, unknown>;
    expect(session).toMatchObject({
      tokenType: "Bearer",
      expiresIn: 900,
      user: { email: EMAIL, role: "admin", tenantId: "default" },
    });
    expect(response.headers.get("cache-control")).toBe("no-store");
    const answer = await me(session.accessToken);
    expect(await answer.json()).toEqual(session["user"]);
  });

  it.each([
    ["a wrong password", EMAIL, "wrong"],
    ["an unknown user", "nobody@desk.example", PASSWORD],
  ])("with %s is refused in the same words", async (_what, email, password) => {
    const response = await send("login", { email, password });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({
      code: "INVALID_CREDENTIALS",
      detail: "e-mail and password do not match",
    });
  });

  it("is not possible for a user who was disabled", async () => {
    await database.pool.query("UPDATE identity.app_user SET status = 'disabled'");
    const response = await send("login", { email: EMAIL, password: PASSWORD });
    await database.pool.query("UPDATE identity.app_user SET status = 'active'");
    expect(response.status).toBe(401);
  });

  it.each(["nobody@desk.example", EMAIL])(
    "as %s is locked after ten failures, for everybody at that address alone",
    async (email) => {
      const address = `198.51.100.${email.length}`;
      const attempts = await Promise.all(
        Array.from({ length: 25 }, () => send("login", { email, password: "wrong" }, address)),
      );
      expect(attempts.filter(({ status }) => status === 401)).toHaveLength(10);
      const locked = attempts.filter(({ status }) => status === 429);
      expect(locked).toHaveLength(15);
      expect(await locked[0]?.json()).toMatchObject({ code: "TOO_MANY_ATTEMPTS" });
      const wait = Number(locked[0]?.headers.get("retry-after"));
      expect(wait).toBeGreaterThan(80);
      expect(wait).toBeLessThanOrEqual(90);
      const right = await send("login", { email, password: PASSWORD }, address);
      expect(right.status).toBe(429);
      const elsewhere = await send("login", { email: EMAIL, password: PASSWORD }, "203.0.113.9");
      expect(elsewhere.status).toBe(200);
    },
  );
});

describe("a refresh token", () => {
  it("buys a new pair once", async () => {
    const first = await signIn();
    const response = await send("refresh", { refreshToken: first.refreshToken });
    expect(response.status).toBe(200);
    const second = (await response.json()) as Session;
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect((await me(second.accessToken)).status).toBe(200);
  });

  it("that is presented again ends the whole session, access tokens included", async () => {
    const first = await signIn();
    const second = (await (
      await send("refresh", { refreshToken: first.refreshToken })
    ).json()) as Session;
    expect((await me(second.accessToken)).status).toBe(200);
    const reused = await send("refresh", { refreshToken: first.refreshToken });
    expect(reused.status).toBe(401);
    expect(await reused.json()).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
    expect((await me(second.accessToken)).status).toBe(401);
    expect((await send("refresh", { refreshToken: second.refreshToken })).status).toBe(401);
  });

  it("that two present at once is reused by one of them", async () => {
    const { refreshToken } = await signIn();
    const answers = await Promise.all([1, 2].map(() => send("refresh", { refreshToken })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401]);
  });

  it("that is not ours is refused", async () => {
    expect((await send("refresh", { refreshToken: "made up" })).status).toBe(401);
  });

  it("is not on record, nor is the password", async () => {
    const { refreshToken } = await signIn();
    const { rows } = await database.pool.query<{ dump: string }>(
      `SELECT json_agg(t)::text || (SELECT json_agg(u)::text FROM identity.app_user u) AS dump
       FROM identity.refresh_token t`,
    );
    expect(rows[0]?.dump).not.toContain(refreshToken);
    expect(rows[0]?.dump).not.toContain(PASSWORD);
  });
});

describe("logging out", () => {
  it("ends the session's tokens at once, and no other session", async () => {
    const [mine, other] = [await signIn(), await signIn()];
    expect((await me(mine.accessToken)).status).toBe(200);
    const response = await fetch(`${url}/api/auth/logout`, {
      method: "POST",
      headers: { authorization: `Bearer ${mine.accessToken}` },
    });
    expect(response.status).toBe(204);
    expect((await me(mine.accessToken)).status).toBe(401);
    expect((await send("refresh", { refreshToken: mine.refreshToken })).status).toBe(401);
    expect((await me(other.accessToken)).status).toBe(200);
  });

  it("on another node is seen within five seconds", async () => {
    const { accessToken } = await signIn();
    expect((await me(accessToken)).status).toBe(200);
    await database.pool.query("UPDATE identity.session SET revoked_at = now()");
    const start = Date.now();
    while ((await me(accessToken)).status === 200) await sleep(100);
    expect(Date.now() - start).toBeLessThan(6000);
  });
});
