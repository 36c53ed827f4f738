import { createOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { listAlerts } from "../../mixins/rest/routes/risk-alerts.ts";
import { listKillSwitches, setKillSwitch } from "../../mixins/rest/routes/risk-kill-switch.ts";
import { getLimits, putLimits } from "../../mixins/rest/routes/risk-limits.ts";
import { findActor } from "../../mixins/rest/routes/system.ts";
import type { HttpClient } from "../support/http.ts";
import { describeWithNats, NatsServer } from "../support/nats-server.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { startTestNode, type TestNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

describeWithNats("limits and stops of portfolios that live on two nodes", () => {
  let nats: NatsServer;
  const nodes: TestNode[] = [];
  let clients: readonly HttpClient[];
  let market: HandMarket;

  beforeAll(async () => {
    nats = await NatsServer.start();
    const env = { NATS_URL: nats.url };
    const first = await startTestNode({ env });
    nodes.push(first);
    const second = await startTestNode({ env, database: first.database });
    nodes.push(second);
    clients = [first.admin, second.admin];
    market = await HandMarket.open(first);
    await market.list("ACME");
    await market.list("BOLT");
    await market.tick({ ACME: 100, BOLT: 50 });
  });
  afterAll(async () => {
    for (const node of nodes.toReversed()) await node.stop();
    await nodes[0]?.database.drop();
    await nats.remove();
  });

  const at = (index: number): HttpClient => {
    const client = clients[index % clients.length];
    if (client === undefined) throw new Error("there are two nodes");
    return client;
  };
  const open = async (): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    return (await at(0).call(createPortfolio, body)).portfolioId;
  };
  const openOn = (index: number) =>
    eventually(`a portfolio on node ${index}`, async () => {
      const portfolioId = await open();
      const found = await at(0).call(findActor, { type: "portfolio", actorId: portfolioId });
      return found.owner === nodes[index]?.context.config.nodeId ? portfolioId : null;
    });
  const order = (portfolioId: string, quantity = "10", symbol = "ACME") => ({
    portfolioId,
    symbol,
    side: "buy",
    type: "market",
    quantity,
  });

  it("stop in one turn wherever a portfolio lives, whichever node is asked", async () => {
    const ids = [await openOn(0), await openOn(1)];
    const answer = await at(1).call(setKillSwitch, {
      scope: "global",
      state: "halted",
      reason: "a drill",
    });
    expect(answer.pending).toEqual([]);
    expect(answer.acknowledged).toBe(answer.portfolios);
    for (const portfolioId of [...ids, await openOn(0), await openOn(1)])
      for (const index of [0, 1]) {
        const asked = await at(index).ask(createOrder, order(portfolioId));
        const { reasons } = expectProblem(asked, "ORDER_DENIED");
        expect(reasons).toMatchObject([{ code: "TRADING_HALTED" }]);
      }
    await at(0).call(setKillSwitch, { scope: "global", state: "active", reason: "over" });
    for (const portfolioId of ids) await at(1).call(createOrder, order(portfolioId));
    const { data } = await at(1).call(listKillSwitches, {});
    expect(data).toMatchObject([{ state: "active", isAcknowledged: true }]);
  });

  it.each([0, 1])(
    "let 200 orders at both nodes race, and none beyond the leverage pass",
    async (home) => {
      const portfolioId = await openOn(home);
      await at(1 - home).call(putLimits, { portfolioId, maxGrossLeverage: "0.5" });
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          at(i).ask(createOrder, order(portfolioId, "10", i % 4 < 2 ? "ACME" : "BOLT")),
        ),
      );
      const others = answers.filter(({ status }) => status !== 201 && status !== 200);
      for (const answer of others) {
        const { reasons } = expectProblem(answer, "ORDER_DENIED");
        expect(reasons).toMatchObject([{ code: "LEVERAGE_EXCEEDS_LIMIT" }]);
      }
      const orders = await at(0).all(listOrders, { portfolioId });
      const value = orders
        .filter(({ status }) => status !== "denied")
        .reduce((sum, { symbol }) => sum + (symbol === "ACME" ? 1_000 : 500), 0);
      expect(value).toBeLessThanOrEqual(50_000);
      // Room for less than one order of either is left.
      expect(value).toBeGreaterThan(49_000);
      const view = await at(1 - home).call(getLimits, { portfolioId });
      expect(Number(view.maxGrossLeverage.current)).toBeLessThanOrEqual(0.5);
    },
  );

  it("tell of one condition once", async () => {
    const portfolioId = await openOn(1);
    await at(0).call(createOrder, order(portfolioId, "100"));
    await at(0).call(putLimits, {
      portfolioId,
      maxGrossLeverage: { warning: "0.05", breach: "1" },
    });
    const alerts = () => at(1).all(listAlerts, { portfolioId, kind: "maxGrossLeverage" });
    await eventually("an alert", async () => ((await alerts()).length > 0 ? true : null));
    await market.tick({ ACME: 101 });
    await market.tick({ ACME: 102 });
    expect(await alerts()).toMatchObject([{ severity: "warning", limit: "0.05" }]);
  });

  it("have logged no error", () => {
    expect(nodes.flatMap(({ errors }) => errors)).toEqual([]);
  });
});
