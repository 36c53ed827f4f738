import type { ServiceSchema } from "moleculer";
import type { UserRole } from "../../../../types/contracts.ts";
import { post, startGateway } from "./gateway.ts";
import type { TestGateway } from "./gateway.ts";

const standIns: ServiceSchema[] = [
  { name: "symbols", actions: { list: () => ({ data: [], nextCursor: null }) } },
  { name: "orders", actions: { create: () => ({ orderId: "o" }) } },
];

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway(standIns, {
    rateLimits: {
      user: { capacity: 30, refillPerSecond: 1 },
      address: { capacity: 20, refillPerSecond: 1 },
    },
  });
});
afterAll(() => gateway.stop());

const as = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

describe("a protected route", () => {
  it.each([
    ["nothing", ""],
    ["another scheme", "Basic YTpi"],
    ["a word", "Bearer"],
    ["no token", "Bearer x.y.z"],
    ["a token without signature", `Bearer ${unsigned()}`],
  ])("sent %s answers 401 and how to do better", async (_what, authorization) => {
    const response = await fetch(`${gateway.url}/api/symbols`, { headers: { authorization } });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(await response.json()).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("asks for the permission that it names", async () => {
    const place = (role: UserRole): Promise<Response> => {
      const body = post({}, { authorization: `Bearer ${gateway.tokenFor(role)}` });
      return gateway.fetch("/api/orders", body);
    };
    const refused = await place("viewer");
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ code: "FORBIDDEN" });
    expect((await place("trader")).status).toBe(201);
  });

  it("asks who it is before it reads what is said", async () => {
    const response = await fetch(`${gateway.url}/api/orders`, post("{"));
    expect(response.status).toBe(401);
  });
});

function unsigned(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", kid: "k1" })}.${part({ sub: "u", exp: 9e9 })}.`;
}

describe("a session", () => {
  it("that is revoked stops at once", async () => {
    const token = gateway.tokenFor("viewer", "s-revoked");
    expect((await gateway.fetch("/api/symbols", as(token))).status).toBe(200);
    await gateway.broker.broadcast("auth.sessionRevoked", { sessionId: "s-revoked" });
    const response = await gateway.fetch("/api/symbols", as(token));
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: "TOKEN_EXPIRED" });
  });

  it("that the store does not know is refused", async () => {
    gateway.sessions.set("s-gone", null);
    const response = await gateway.fetch("/api/symbols", as(gateway.tokenFor("viewer", "s-gone")));
    expect(response.status).toBe(401);
  });

  it("is looked up once in five seconds, however many ask", async () => {
    const token = gateway.tokenFor("viewer", "s-busy");
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => gateway.fetch("/api/symbols", as(token))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(gateway.lookups.filter((id) => id === "s-busy")).toHaveLength(1);
  });
});

describe("the rate limit", () => {
  it("tells what is left, and then when to come again", async () => {
    const token = gateway.tokenFor("analyst");
    const first = await gateway.fetch("/api/symbols", as(token));
    expect(first.headers.get("ratelimit-policy")).toBe('"user";q=30;w=30');
    expect(first.headers.get("ratelimit")).toMatch(/^"user";r=29;t=\d+$/);
    const rest = await Promise.all(
      Array.from({ length: 40 }, () => gateway.fetch("/api/symbols", as(token))),
    );
    const refused = rest.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(8);
    expect(refused[0]?.headers.get("retry-after")).toBe("1");
    expect(await refused[0]?.json()).toMatchObject({ code: "RATE_LIMITED" });
  });

  it("leaves other users alone", async () => {
    const response = await gateway.fetch("/api/symbols", as(gateway.tokenFor("compliance")));
    expect(response.status).toBe(200);
  });

  it("slows down who guesses tokens, and never probes", async () => {
    const guess = (): Promise<Response> => fetch(`${gateway.url}/api/symbols`, as("guess"));
    const guesses = await Promise.all(Array.from({ length: 40 }, guess));
    expect(guesses.some(({ status }) => status === 429)).toBe(true);
    const probes = await Promise.all(
      Array.from({ length: 40 }, () => fetch(`${gateway.url}/health/live`)),
    );
    expect(probes.every(({ status }) => status === 200)).toBe(true);
  });
});
