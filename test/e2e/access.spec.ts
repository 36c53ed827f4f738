import { login, me, refresh } from "../../mixins/rest/routes/auth.ts";
import { live } from "../../mixins/rest/routes/operations.ts";
import { cancelOrder, createOrder, getOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import {
  closePortfolio,
  createPortfolio,
  getLedger,
  getPortfolio,
  listPortfolios,
  updatePortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import type { HttpClient } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { USER_PASSWORD, signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

describe("who may do what with a trader's portfolio", () => {
  const node = withNode();
  let owner: HttpClient;
  let portfolioId: string;
  let orderId: string;

  beforeAll(async () => {
    const hand = await HandMarket.open(node());
    await hand.list("ACME");
    await hand.play({ ACME: 100 });
    owner = (await signUp(node(), { role: "trader" })).client;
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    portfolioId = (await owner.call(createPortfolio, body)).portfolioId;
    await owner.call(createOrder, order());
    await hand.play({ ACME: 101 });
    orderId = (await owner.call(createOrder, order())).orderId;
  });

  const order = () => ({
    portfolioId,
    symbol: "ACME",
    side: "buy",
    type: "limit",
    price: "105",
    quantity: "1",
    timeInForce: "gtc",
  });

  it.each(["compliance", "risk_manager", "admin"] as const)(
    "%s sees everything of it",
    async (role) => {
      const { client } = await signUp(node(), { role });
      const listed = await client.all(listPortfolios);
      expect(listed.map((portfolio) => portfolio.portfolioId)).toContain(portfolioId);
      expect((await client.all(listOrders, { portfolioId })).length).toBe(2);
      expect((await client.all(listTrades, { portfolioId })).length).toBe(1);
      expect((await client.all(getLedger, { portfolioId })).length).toBeGreaterThan(0);
      expect(await client.call(getOrder, { orderId })).toMatchObject({ orderId });
    },
  );

  it.each(["viewer", "analyst", "trader"] as const)(
    "another %s sees nothing of it",
    async (role) => {
      const { client } = await signUp(node(), { role });
      expect(await client.all(listPortfolios)).toEqual([]);
      expect(await client.all(listOrders)).toEqual([]);
      expect(await client.all(listTrades)).toEqual([]);
      expectProblem(await client.ask(getPortfolio, { portfolioId }), "NOT_FOUND");
    },
  );

  it("compliance changes nothing of it", async () => {
    const { client } = await signUp(node(), { role: "compliance" });
    const name = "Renamed";
    expectProblem(await client.ask(createOrder, order()), "FORBIDDEN");
    expectProblem(await client.ask(cancelOrder, { orderId }), "FORBIDDEN");
    expectProblem(await client.ask(updatePortfolio, { portfolioId, name }), "FORBIDDEN");
    expectProblem(await client.ask(closePortfolio, { portfolioId }), "FORBIDDEN");
  });

  it("a risk manager sets its limits and cancels its orders, and does not trade in it", async () => {
    const { client } = await signUp(node(), { role: "risk_manager" });
    const limits = { maxOrderNotional: "5000" };
    const limited = await client.call(updatePortfolio, { portfolioId, limits });
    expect(limited.limits).toEqual(limits);
    expect(await client.call(cancelOrder, { orderId })).toMatchObject({ orderId });
    expectProblem(await client.ask(createOrder, order()), "FORBIDDEN");
  });
});

describe("a client that asks too often", () => {
  const policy = { capacity: 5, refillPerSecond: 0.001 };
  const node = withNode({
    rateLimits: { user: policy, address: { capacity: 60, refillPerSecond: 0.001 } },
  });

  it("is told when to come back, and how much it had left", async () => {
    const { client } = await signUp(node(), { role: "viewer" });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await client.ask(me));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    const last = answers.at(-1);
    expect(last?.headers["ratelimit"]).toMatch(/^"user";r=0;t=\d+$/);
    expect(Number(last?.headers["retry-after"])).toBeGreaterThan(0);
    expect(last?.text).toContain("RATE_LIMITED");
    // Probes get through whatever else is going on.
    expect((await node().anonymous.ask(live)).status).toBe(200);
  });

  it("does not slow down another user", async () => {
    const { client } = await signUp(node(), { role: "viewer" });
    expect((await client.ask(me)).status).toBe(200);
  });
});

describe("a password that is guessed at", () => {
  const node = withNode();

  it("locks after ten failures, at whatever the right one is, and nobody else", async () => {
    const { email } = await signUp(node(), { role: "viewer" });
    const other = await signUp(node(), { role: "viewer" });
    const attempt = (password: string) => node().anonymous.ask(login, { email, password });
    for (let i = 0; i < 10; i++) expectProblem(await attempt(`guess ${i}`), "INVALID_CREDENTIALS");
    const locked = await attempt(USER_PASSWORD);
    expectProblem(locked, "TOO_MANY_ATTEMPTS");
    expect(Number(locked.headers["retry-after"])).toBeGreaterThan(0);
    await node().anonymous.call(login, { email: other.email, password: USER_PASSWORD });
  });

  it("is answered alike whether there is such a user or not", async () => {
    const password = "not the one";
    const known = await signUp(node(), { role: "viewer" });
    const emails = [known.email, `${known.userId}@nowhere.test`];
    const [one, other] = await Promise.all(
      emails.map((email) => node().anonymous.ask(login, { email, password })),
    );
    if (!one || !other) throw new Error("two were asked");
    const problem = expectProblem(one, "INVALID_CREDENTIALS");
    expect({ ...expectProblem(other, "INVALID_CREDENTIALS"), requestId: "" }).toEqual({
      ...problem,
      requestId: "",
    });
  });
});

describe("a session", () => {
  const node = withNode();

  it("goes on with each refresh token once; a spent one ends it for everybody", async () => {
    const { email } = await signUp(node(), { role: "viewer" });
    const { anonymous } = node();
    const first = await anonymous.call(login, { email, password: USER_PASSWORD });
    const { refreshToken } = first;
    const second = await anonymous.call(refresh, { refreshToken });
    const holder = anonymous.as(second.accessToken);
    expect(await holder.call(me)).toMatchObject({ email });
    expectProblem(await anonymous.ask(refresh, { refreshToken }), "INVALID_REFRESH_TOKEN");
    expectProblem(await holder.ask(me), "TOKEN_EXPIRED");
    const next = await anonymous.ask(refresh, { refreshToken: second.refreshToken });
    expectProblem(next, "INVALID_REFRESH_TOKEN");
  });

  it("is refreshed by one of many at once", async () => {
    const { email } = await signUp(node(), { role: "viewer" });
    const { anonymous } = node();
    const { refreshToken } = await anonymous.call(login, { email, password: USER_PASSWORD });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => anonymous.ask(refresh, { refreshToken })),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
  });
});
