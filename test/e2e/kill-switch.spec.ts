import { createOrder, getOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPositions } from "../../mixins/rest/routes/portfolios.ts";
import { listAlerts } from "../../mixins/rest/routes/risk-alerts.ts";
import {
  listKillSwitches,
  listKillSwitchHistory,
  setKillSwitch,
} from "../../mixins/rest/routes/risk-kill-switch.ts";
import { putLimits } from "../../mixins/rest/routes/risk-limits.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp, type TestUser } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { beginQuietParent } from "./parents.ts";
import { expectProblem } from "./problems.ts";

describe("the kill switch", () => {
  const node = withNode();
  let market: HandMarket;
  let trader: TestUser;
  let neighbour: HttpClient;
  let manager: TestUser;
  let foreigner: HttpClient;

  beforeAll(async () => {
    trader = await signUp(node(), { role: "trader" });
    neighbour = (await signUp(node(), { role: "trader" })).client;
    manager = await signUp(node(), { role: "risk_manager" });
    foreigner = (await signUp(node(), { role: "trader", tenantId: "elsewhere" })).client;
    market = await HandMarket.open(node());
    await market.list("ACME");
    await market.list("BOLT");
    await market.play({ ACME: 100, BOLT: 50 });
  });

  const open = async (client: HttpClient = trader.client): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    return (await client.call(createPortfolio, body)).portfolioId;
  };
  const order = (portfolioId: string, changes: RouteInput = {}) => ({
    portfolioId,
    symbol: "ACME",
    side: "buy",
    type: "market",
    quantity: "10",
    ...changes,
  });
  const place = (portfolioId: string, changes: RouteInput = {}) =>
    trader.client.call(createOrder, order(portfolioId, changes));
  const resting = { type: "limit", price: "60", timeInForce: "gtc" };
  const reasonsOf = async (portfolioId: string, changes: RouteInput = {}) => {
    const answer = await trader.client.ask(createOrder, order(portfolioId, changes));
    return expectProblem(answer, "ORDER_DENIED").reasons;
  };
  const halt = (scope: string, changes: RouteInput = {}) =>
    manager.client.call(setKillSwitch, { scope, state: "halted", reason: "a drill", ...changes });
  const resume = (scope: string, changes: RouteInput = {}) =>
    manager.client.call(setKillSwitch, { scope, state: "active", reason: "over", ...changes });

  it("stops every portfolio of the tenant, and those opened after it, and no other's", async () => {
    const before = await open();
    const elsewhere = await open(foreigner);
    const set = await halt("global");
    expect(set).toMatchObject({ scope: "global", symbol: null, state: "halted", pending: [] });
    expect(set.acknowledged).toBe(set.portfolios);
    const after = await open();
    for (const portfolioId of [before, after]) {
      const [reason] = (await reasonsOf(portfolioId)) ?? [];
      expect(reason).toMatchObject({ code: "TRADING_HALTED", limit: "active", observed: "halted" });
      expect(reason?.message).toContain(`${manager.userId}: a drill`);
    }
    await foreigner.call(createOrder, order(elsewhere));
    const { data } = await trader.client.call(listKillSwitches, {});
    expect(data).toMatchObject([
      { scope: "global", state: "halted", inForce: true, isAcknowledged: true },
    ]);
    expect((await foreigner.call(listKillSwitches, {})).data).toEqual([]);
    await resume("global");
    await place(before);
    await place(after);
  });

  it("stops within one turn: nothing that races it is approved after its answer", async () => {
    const portfolioId = await open();
    const orders = Array.from({ length: 200 }, () =>
      trader.client.ask(createOrder, order(portfolioId, { quantity: "1" })),
    );
    await halt(portfolioId);
    const late = await Promise.all(
      Array.from({ length: 20 }, () => trader.client.ask(createOrder, order(portfolioId))),
    );
    expect(late.every(({ status }) => status === 422)).toBe(true);
    const answers = await Promise.all(orders);
    const placed = answers.filter(({ status }) => status < 300).length;
    const recorded = await trader.client.all(listOrders, { portfolioId });
    expect(recorded.filter(({ status }) => status !== "denied")).toHaveLength(placed);
    await resume(portfolioId);
  });

  it("stops one symbol, for a while, and lets go by itself", async () => {
    const portfolioId = await open();
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    await halt(portfolioId, { symbol: "ACME", expiresAt });
    expect(await reasonsOf(portfolioId)).toMatchObject([{ code: "TRADING_HALTED" }]);
    await place(portfolioId, { symbol: "BOLT" });
    await eventually("its end", () => (Date.now() > Date.parse(expiresAt) ? true : null));
    await place(portfolioId);
    const past = { scope: portfolioId, state: "halted", reason: "late", expiresAt: "2020-01-01" };
    const answer = await manager.client.ask(setKillSwitch, past);
    expectProblem(answer, "VALIDATION_FAILED", ["expiresAt"]);
  });

  it("lets only what reduces pass while reducing", async () => {
    const portfolioId = await open();
    await place(portfolioId);
    await market.play({ ACME: 100, BOLT: 50 });
    await manager.client.call(setKillSwitch, {
      scope: portfolioId,
      state: "reducing",
      reason: "too much",
    });
    const [reason] = (await reasonsOf(portfolioId)) ?? [];
    expect(reason?.code).toBe("TRADING_REDUCING");
    expect(reason?.message).toContain("too much");
    await place(portfolioId, { side: "sell", quantity: "4" });
  });

  it("cancels what is open and closes what is held, until nothing is", async () => {
    const portfolioId = await open();
    await place(portfolioId, { quantity: "50" });
    await place(portfolioId, { quantity: "20", symbol: "BOLT" });
    await market.play({ ACME: 100, BOLT: 50 });
    const { orderId } = await place(portfolioId, resting);
    const held = async () => {
      const { data } = await trader.client.call(getPositions, { portfolioId });
      return data.map(({ symbol, quantity }) => `${symbol} ${quantity}`);
    };
    expect(await held()).toEqual(["ACME 50", "BOLT 20"]);
    // No limit of the portfolio keeps it from being closed.
    await manager.client.call(putLimits, { portfolioId, maxOrderNotional: "10" });
    const set = await halt(portfolioId, { cancelOpenOrders: true, flatten: true });
    expect(set.canceling).toBe(1);
    await eventually("a canceled order", async () => {
      const { status } = await trader.client.call(getOrder, { orderId });
      return status === "canceled" ? true : null;
    });
    await eventually("flat", async () => {
      await market.tick({ ACME: 100, BOLT: 50 });
      return (await held()).length === 0 ? true : null;
    });
    const orders = await trader.client.all(listOrders, { portfolioId });
    const closing = orders.filter(({ side }) => side === "sell");
    expect(closing.map(({ status, quantity }) => [status, quantity])).toEqual([
      ["filled", expect.any(String)],
      ["filled", expect.any(String)],
    ]);
    await eventually("the end of it", async () => {
      const { flattening } = await trader.client.call(listKillSwitches, { portfolioId });
      return flattening.length === 0 ? true : null;
    });
    expect(await reasonsOf(portfolioId)).toMatchObject([
      { code: "NOTIONAL_EXCEEDS_LIMIT" },
      { code: "TRADING_HALTED" },
    ]);
  });

  it("cancels schedules that wait with no order open, and lets no further slice be placed", async () => {
    const portfolioId = await open();
    const orderId = await beginQuietParent(node(), portfolioId, trader.userId);
    const elsewhere = await beginQuietParent(node(), await open(), trader.userId);
    await halt(portfolioId, { symbol: "BOLT", cancelOpenOrders: true });
    await node().settled();
    const statusOf = async (id: string) =>
      (await trader.client.call(getOrder, { orderId: id })).status;
    expect(["new", "partiallyFilled"]).toContain(await statusOf(orderId));
    await halt(portfolioId, { cancelOpenOrders: true });
    await eventually("a canceled schedule", async () =>
      (await statusOf(orderId)) === "canceled" ? true : null,
    );
    expect(["new", "partiallyFilled"]).toContain(await statusOf(elsewhere));
  });

  it("says what cannot be closed, and why", async () => {
    const portfolioId = await open();
    await place(portfolioId, { symbol: "BOLT" });
    await market.play({ ACME: 100, BOLT: 50 });
    await market.list("BOLT", { isHalted: true });
    await eventually("an instrument that does not trade", async () => {
      const answer = await trader.client.ask(createOrder, {
        ...order(portfolioId, { symbol: "BOLT" }),
        dryRun: true,
      });
      return answer.text.includes("INSTRUMENT_HALTED") ? true : null;
    });
    await halt(portfolioId, { flatten: true });
    const left = await eventually("what is left", async () => {
      const { unflattened } = await trader.client.call(listKillSwitches, { portfolioId });
      return unflattened.length > 0 ? unflattened : null;
    });
    expect(left).toMatchObject([{ portfolioId, symbol: "BOLT", quantity: "10" }]);
    expect(left[0]?.reason).toContain("INSTRUMENT_HALTED");
    await market.list("BOLT");
    await resume(portfolioId);
    const { flattening } = await trader.client.call(listKillSwitches, { portfolioId });
    expect(flattening).toEqual([]);
  });

  it("is in the hands of those who may, and keeps who did what", async () => {
    const portfolioId = await open();
    const own = (state: string, client = trader.client) =>
      client.ask(setKillSwitch, { scope: portfolioId, state, reason: "mine" });
    expectProblem(
      await trader.client.ask(setKillSwitch, { scope: "global", state: "halted", reason: "all" }),
      "FORBIDDEN",
    );
    expectProblem(await own("halted", neighbour), "NOT_FOUND");
    expectProblem(await own("halted", foreigner), "NOT_FOUND");
    expect((await own("halted")).status).toBe(200);
    expect((await own("active")).status).toBe(200);
    await halt(portfolioId);
    expectProblem(await own("active"), "FORBIDDEN");
    expectProblem(await own("halted"), "FORBIDDEN");
    await resume(portfolioId);
    const { data } = await trader.client.call(listKillSwitchHistory, { portfolioId, order: "asc" });
    expect(
      data.filter(({ scope }) => scope === portfolioId).map(({ state, setBy }) => [state, setBy]),
    ).toEqual([
      ["halted", trader.userId],
      ["active", trader.userId],
      ["halted", manager.userId],
      ["active", manager.userId],
    ]);
    expectProblem(await neighbour.ask(listKillSwitchHistory, { portfolioId }), "NOT_FOUND");
    const others = await neighbour.all(listKillSwitchHistory, {});
    expect(others.every(({ scope }) => scope === "global")).toBe(true);
    const alerts = await trader.client.all(listAlerts, { portfolioId, kind: "killSwitch" });
    expect(alerts).toHaveLength(4);
    await expect(
      node().database.pool.query("DELETE FROM risk.switch WHERE set_by = $1", [trader.userId]),
    ).rejects.toThrow("rows are only added");
  });

  it("answers a repeat under its key with what it did", async () => {
    const portfolioId = await open();
    const headers = { "idempotency-key": "stop-once" };
    const body = { scope: portfolioId, state: "halted", reason: "once" };
    const first = await trader.client.ask(setKillSwitch, body, headers);
    const again = await trader.client.ask(setKillSwitch, body, headers);
    expect([first.text, again.headers["idempotent-replayed"]]).toEqual([again.text, "true"]);
    const other = await trader.client.ask(setKillSwitch, { ...body, reason: "twice" }, headers);
    expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
  });

  it("is set off by a difference between a broker's books and ours", async () => {
    const portfolioId = await open();
    const { orderId } = await place(portfolioId, resting);
    await manager.client.call(putLimits, {
      portfolioId,
      triggers: { reconciliation: { action: "halted" } },
    });
    const broken = { venue: "PAPER", kind: "orderMissing", id: orderId };
    await node().context.broker.call("alerts.brokerBroke", broken);
    const [reason] = (await reasonsOf(portfolioId)) ?? [];
    expect(reason?.code).toBe("TRADING_HALTED");
    expect(reason?.message).toContain("trigger:reconciliation");
    const { data } = await trader.client.call(listAlerts, { portfolioId, kind: "reconciliation" });
    expect(data).toMatchObject([{ severity: "critical", observed: "orderMissing" }]);
    const resumed = { scope: portfolioId, state: "active", reason: "looked at" };
    expectProblem(await trader.client.ask(setKillSwitch, resumed), "FORBIDDEN");
    await resume(portfolioId);
  });
});
