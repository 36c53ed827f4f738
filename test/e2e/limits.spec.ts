import { createOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, updatePortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { ackAlert, listAlerts } from "../../mixins/rest/routes/risk-alerts.ts";
import {
  getLimits,
  getLive,
  getTenantLimits,
  listBreaches,
  listTenantBreaches,
  overrideLimit,
  putLimits,
  putTenantLimits,
} from "../../mixins/rest/routes/risk-limits.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { EventStream } from "../support/http-stream.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp, type TestUser } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const DAYS = 41;
/** Of ACME, in order: 37 rises of 1 %, and three falls among them. */
const RETURNS = Array.from({ length: DAYS - 1 }, (_, day) =>
  day === 10 ? -0.05 : day === 20 ? -0.04 : day === 30 ? -0.01 : 0.01,
);

describe("limits that are checked with every price of a portfolio", () => {
  const node = withNode();
  let market: HandMarket;
  let trader: TestUser;
  let manager: HttpClient;
  let neighbour: HttpClient;
  let foreigner: HttpClient;

  beforeAll(async () => {
    trader = await signUp(node(), { role: "trader" });
    manager = (await signUp(node(), { role: "risk_manager" })).client;
    neighbour = (await signUp(node(), { role: "trader" })).client;
    foreigner = (await signUp(node(), { role: "risk_manager", tenantId: "elsewhere" })).client;
    market = await HandMarket.open(node());
    await market.list("ACME", { sector: "tools" });
    await market.list("BOLT", { sector: "tools" });
    await market.list("CLIP", { assetClass: "etf" });
    let price = 100;
    for (const change of [0, ...RETURNS]) {
      price *= 1 + change;
      await market.tick({ ACME: price.toFixed(8) });
    }
    await market.play({ ACME: 100, BOLT: 50, CLIP: 10 });
  });

  const open = async (changes: RouteInput = {}): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000", ...changes };
    return (await trader.client.call(createPortfolio, body)).portfolioId;
  };
  const limited = async (limits: RouteInput, changes: RouteInput = {}): Promise<string> => {
    const portfolioId = await open(changes);
    await manager.call(putLimits, { portfolioId, ...limits });
    return portfolioId;
  };
  const buy = (portfolioId: string, quantity: string, symbol = "ACME", side = "buy") => ({
    portfolioId,
    symbol,
    side,
    type: "market",
    quantity,
  });
  const place = (...asked: Parameters<typeof buy>) =>
    trader.client.call(createOrder, buy(...asked));
  const denied = async (...asked: Parameters<typeof buy>) =>
    expectProblem(await trader.client.ask(createOrder, buy(...asked)), "ORDER_DENIED").reasons;

  it("shows each limit with its warning, whose it is, and where the portfolio stands", async () => {
    const portfolioId = await limited(
      { maxGrossLeverage: { warning: "0.5", breach: 2 }, maxOrderNotional: "50000" },
      { limits: { maxOrderNotional: "60000", maxGrossLeverage: "1.5" } },
    );
    await place(portfolioId, "200");
    const view = await trader.client.call(getLimits, { portfolioId });
    expect(view).toMatchObject({
      maxGrossLeverage: {
        warning: "0.5",
        breach: "1.5",
        source: "portfolio",
        current: "0.2",
        level: "ok",
      },
      maxOrderNotional: { breach: "50000", source: "desk" },
      maxVarPct: { breach: null, level: "unset" },
      equity: "100000",
      grossExposure: "20000",
      missing: [],
    });
    const { asOf: _, ...live } = await trader.client.call(getLive, { portfolioId });
    expect(view).toMatchObject(live);
    // What its owner sets is his own, and loosens nothing.
    await trader.client.call(updatePortfolio, { portfolioId, limits: {} });
    const after = await trader.client.call(getLimits, { portfolioId });
    expect(after.maxGrossLeverage).toMatchObject({ breach: "2", source: "desk" });
    expect(await denied(portfolioId, "501")).toMatchObject([{ code: "NOTIONAL_EXCEEDS_LIMIT" }]);
  });

  it("lets no more of 200 orders at once pass than the leverage allows", async () => {
    const portfolioId = await limited({ maxGrossLeverage: "0.5" });
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => trader.client.ask(createOrder, buy(portfolioId, "10"))),
    );
    const placed = answers.filter(({ status }) => status === 201 || status === 200);
    expect(placed).toHaveLength(50);
    const refused = answers.filter(({ status }) => status === 422);
    expect(refused).toHaveLength(150);
    const reasons = refused.map((answer) => expectProblem(answer, "ORDER_DENIED").reasons);
    expect(reasons[0]).toEqual([
      {
        code: "LEVERAGE_EXCEEDS_LIMIT",
        message: expect.any(String),
        limit: "0.5",
        observed: "0.51",
      },
    ]);
    // Filled or not: what is beyond stays out, and what reduces is taken.
    await market.play({ ACME: 100, BOLT: 50, CLIP: 10 });
    expect(await denied(portfolioId, "1")).toMatchObject([{ code: "LEVERAGE_EXCEEDS_LIMIT" }]);
    await place(portfolioId, "100", "ACME", "sell");
  });

  it("denies by each of the other limits, with the limit and what was observed", async () => {
    const one = async (limits: RouteInput, quantity: string, symbol = "ACME") => {
      const portfolioId = await limited(limits);
      await place(portfolioId, "1", "CLIP").catch(() => null);
      return (await denied(portfolioId, quantity, symbol))?.map(({ code, limit, observed }) => [
        code,
        limit,
        observed,
      ]);
    };
    expect(await one({ maxNetLeverage: "0.1" }, "101")).toEqual([
      ["NET_LEVERAGE_EXCEEDS_LIMIT", "0.1", "0.1011"],
    ]);
    expect(await one({ maxSymbolNotional: "10000" }, "101")).toEqual([
      ["SYMBOL_NOTIONAL_EXCEEDS_LIMIT", "10000", "10100"],
    ]);
    expect(await one({ maxConcentrationPct: "0.1" }, "101")).toEqual([
      ["CONCENTRATION_EXCEEDS_LIMIT", "0.1", "0.101"],
    ]);
    expect(await one({ maxSectorPct: "0.1" }, "201", "BOLT")).toEqual([
      ["SECTOR_EXCEEDS_LIMIT", "0.1", "0.1005"],
    ]);
    expect(await one({ maxOpenOrders: 1 }, "1")).toEqual([["OPEN_ORDERS_EXCEEDED", "1", "2"]]);
    expect(await one({ allowedSymbols: ["CLIP", "BOLT"] }, "1")).toEqual([
      ["SYMBOL_NOT_ALLOWED", "one of CLIP, BOLT", "ACME"],
    ]);
    expect(await one({ allowedAssetClasses: ["etf"] }, "1")).toEqual([
      ["ASSET_CLASS_NOT_ALLOWED", "one of etf", "equity"],
    ]);
  });

  it("limits the value at risk of what would be held, and denies without a history", async () => {
    // 40 returns of ACME: the 5 % quantile lies 0.95 of the way from the second to the third, −0.04 to −0.01.
    const terms = { varConfidence: 0.95, varLookback: 40 };
    const portfolioId = await limited({ ...terms, maxVarPct: "0.005" });
    // The last return was made by the 100 that all symbols stand at now: what it does is asked for.
    const first = await trader.client.call(getLimits, { portfolioId });
    expect(first).toMatchObject({ varLookback: 40, maxVarPct: { breach: "0.005", level: "ok" } });
    await place(portfolioId, "10");
    const { valueAtRisk, expectedShortfall, sampleSize, maxVarPct } = await trader.client.call(
      getLimits,
      { portfolioId },
    );
    expect(sampleSize).toBe(40);
    const perDollar = Number(valueAtRisk) / 1_000;
    expect(perDollar).toBeGreaterThan(0);
    expect(Number(expectedShortfall)).toBeGreaterThan(Number(valueAtRisk));
    expect(Number(maxVarPct.current)).toBeCloseTo(Number(valueAtRisk) / 100_000, 8);
    // As much as the limit allows and a share more.
    const most = Math.floor(500 / (perDollar * 100)) - 10;
    expect((await denied(portfolioId, String(most + 1)))?.[0]).toMatchObject({
      code: "VAR_EXCEEDS_LIMIT",
      limit: "0.005",
    });
    await place(portfolioId, String(most));
    expect(await denied(portfolioId, "1", "CLIP")).toMatchObject([
      { code: "RISK_DATA_MISSING", observed: expect.stringContaining("CLIP") },
    ]);
    const shortfall = await limited({ ...terms, maxExpectedShortfallPct: "0.0001" });
    expect(await denied(shortfall, "100")).toMatchObject([{ code: "SHORTFALL_EXCEEDS_LIMIT" }]);
  });

  it("denies what it cannot check, naming what is missing", async () => {
    const portfolioId = await open();
    await place(portfolioId, "10");
    await place(portfolioId, "10", "BOLT");
    await market.play({ ACME: 100, BOLT: 50, CLIP: 10 });
    await manager.call(putLimits, { portfolioId, maxGrossLeverage: "3", markMaxAgeSeconds: 1 });
    await eventually("prices that are too old", async () => {
      await market.tick({ CLIP: 10 });
      const { missing } = await trader.client.call(getLimits, { portfolioId });
      return missing.length === 2 ? true : null;
    });
    expect(await denied(portfolioId, "1", "CLIP")).toMatchObject([
      {
        code: "RISK_DATA_MISSING",
        limit: "a price of everything that is held",
        observed: "none of ACME, BOLT",
      },
    ]);
    await place(portfolioId, "5", "BOLT", "sell");
  });

  it("warns, breaches and ends, tells of it once, and stops trading if it is to", async () => {
    const stream = await EventStream.open(trader.client, ["alerts"]);
    const portfolioId = await limited({
      maxDrawdownPct: { warning: "0.05", breach: "0.2" },
      triggers: { drawdown: { action: "reducing" } },
    });
    await place(portfolioId, "500");
    await market.play({ ACME: 100, BOLT: 50, CLIP: 10 });
    const level = async () =>
      (await trader.client.call(getLimits, { portfolioId })).maxDrawdownPct.level;
    expect(await level()).toBe("ok");
    const breaches = async () => {
      const { data } = await trader.client.call(listBreaches, { portfolioId });
      return data.map((one) => [one.limit, one.level, one.endedAt !== null]);
    };
    const recorded = (wanted: readonly unknown[]) =>
      eventually(JSON.stringify(wanted), async () =>
        JSON.stringify(await breaches()) === JSON.stringify(wanted) ? true : null,
      );
    await market.tick({ ACME: 80 });
    await recorded([["maxDrawdownPct", "warning", false]]);
    // Inside the warning by a hair: it is one condition still.
    await market.tick({ ACME: 90.1 });
    await market.tick({ ACME: 50 });
    await recorded([
      ["maxDrawdownPct", "warning", true],
      ["maxDrawdownPct", "breach", false],
    ]);
    const alert = await stream.next(
      "a critical alert",
      ({ data }) =>
        JSON.stringify(data).includes(portfolioId) && JSON.stringify(data).includes("critical"),
    );
    expect(alert).toMatchObject({ data: { kind: "maxDrawdownPct", limit: "0.2" } });
    await stream.close();
    await eventually("a stop by itself", async () => {
      const reasons = await denied(portfolioId, "1");
      return reasons?.some(({ code }) => code === "TRADING_REDUCING") === true ? true : null;
    });
    const reasons = await denied(portfolioId, "1");
    expect(reasons?.map(({ code }) => code)).toEqual(["TRADING_REDUCING", "DRAWDOWN_EXCEEDED"]);
    expect(reasons?.[0]?.message).toContain("trigger:drawdown");
    await place(portfolioId, "100", "ACME", "sell");
    await market.tick({ ACME: 100 });
    await recorded([
      ["maxDrawdownPct", "warning", true],
      ["maxDrawdownPct", "breach", true],
    ]);
    const { data } = await trader.client.call(listAlerts, { portfolioId, kind: "maxDrawdownPct" });
    expect(data.map(({ severity }) => severity).toSorted()).toEqual(["critical", "warning"]);
    const [first] = data;
    const acked = await trader.client.call(ackAlert, { alertId: first?.alertId });
    expect(acked).toMatchObject({ ackedBy: trader.userId });
    expectProblem(await neighbour.ask(ackAlert, { alertId: first?.alertId }), "NOT_FOUND");
    expect((await neighbour.call(listAlerts, { portfolioId })).data).toEqual([]);
    expect((await foreigner.call(listAlerts, {})).data).toEqual([]);
    await market.play({ ACME: 100, BOLT: 50, CLIP: 10 });
  });

  it("passes over a limit for as long as somebody who may has said", async () => {
    const portfolioId = await limited({ maxGrossLeverage: "0.1" });
    await denied(portfolioId, "101");
    const until = new Date(Date.now() + 1_500).toISOString();
    const asked = { portfolioId, limit: "maxGrossLeverage", until, reason: "agreed" };
    expectProblem(await trader.client.ask(overrideLimit, asked), "FORBIDDEN");
    const past = { ...asked, until: "2020-01-01" };
    expectProblem(await manager.ask(overrideLimit, past), "OVERRIDE_ENDED");
    const view = await manager.call(overrideLimit, asked);
    expect(view.maxGrossLeverage.overriddenUntil).toBe(until);
    expect(view.overrides).toMatchObject([{ limit: "maxGrossLeverage", reason: "agreed" }]);
    await place(portfolioId, "101");
    await eventually("an override that has ended", () =>
      Date.now() > Date.parse(until) ? true : null,
    );
    expect(await denied(portfolioId, "1")).toMatchObject([{ code: "LEVERAGE_EXCEEDS_LIMIT" }]);
  });

  it("limits what all portfolios of a tenant come to, those opened later too", async () => {
    const own = await signUp(node(), { role: "trader", tenantId: "third" });
    const desk = (await signUp(node(), { role: "risk_manager", tenantId: "third" })).client;
    const openOwn = async () =>
      (
        await own.client.call(createPortfolio, {
          name: "Desk",
          baseCurrency: "USD",
          initialCash: "100000",
        })
      ).portfolioId;
    const first = await openOwn();
    const set = await desk.call(putTenantLimits, {
      maxGrossNotional: "50000",
      maxOrderNotional: "30000",
    });
    expect(set).toMatchObject({ scope: "tenant", portfolios: 1, acknowledged: 1 });
    const second = await openOwn();
    const ask = (portfolioId: string, quantity: string) =>
      own.client.ask(createOrder, buy(portfolioId, quantity));
    const reasonsOf = async (portfolioId: string, quantity: string) =>
      expectProblem(await ask(portfolioId, quantity), "ORDER_DENIED").reasons;
    expect(await reasonsOf(second, "301")).toMatchObject([{ code: "NOTIONAL_EXCEEDS_LIMIT" }]);
    const answers = await Promise.all(
      Array.from({ length: 80 }, (_, i) => ask(i % 2 === 0 ? first : second, "10")),
    );
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(50);
    expect(await reasonsOf(first, "1")).toMatchObject([
      { code: "TENANT_NOTIONAL_EXCEEDS_LIMIT", limit: "50000", observed: "50100" },
    ]);
    expect(await own.client.call(getTenantLimits, {})).toMatchObject({
      limits: { maxGrossNotional: { breach: "50000" }, maxOrderNotional: { breach: "30000" } },
    });
    await desk.call(putTenantLimits, {
      maxGrossNotional: { warning: "40000", breach: "50000" },
    });
    const alert = await eventually("an alert of the whole tenant", async () => {
      const { data } = await own.client.call(listAlerts, { kind: "maxGrossNotional" });
      return data[0] ?? null;
    });
    expect(alert).toMatchObject({ portfolioId: null, severity: "warning", observed: "50000" });
    const recorded = (wanted: readonly unknown[]) =>
      eventually(JSON.stringify(wanted), async () => {
        const { data } = await own.client.call(listTenantBreaches, {});
        const rows = data.map((one) => [one.limit, one.level, one.value, one.endedAt !== null]);
        return JSON.stringify(rows) === JSON.stringify(wanted) ? true : null;
      });
    await recorded([["maxGrossNotional", "warning", "40000", false]]);
    await desk.call(putTenantLimits, { maxGrossNotional: "45000" });
    await recorded([
      ["maxGrossNotional", "warning", "40000", true],
      ["maxGrossNotional", "breach", "45000", false],
    ]);
    expect((await foreigner.call(listTenantBreaches, {})).data).toEqual([]);
    expectProblem(await own.client.ask(putTenantLimits, {}), "FORBIDDEN");
    await desk.call(putTenantLimits, {});
    await recorded([
      ["maxGrossNotional", "warning", "40000", true],
      ["maxGrossNotional", "breach", "45000", true],
    ]);
    await own.client.call(createOrder, buy(first, "1"));
  });

  it("refuses what is not valid, and hides what is others'", async () => {
    const portfolioId = await open();
    const put = (limits: RouteInput) => manager.ask(putLimits, { portfolioId, ...limits });
    const invalid = async (limits: RouteInput, path: string) =>
      expectProblem(await put(limits), "VALIDATION_FAILED", [path]);
    await invalid({ maxGrossLeverage: "-1" }, "maxGrossLeverage");
    await invalid({ maxGrossLeverage: {} }, "maxGrossLeverage");
    await invalid({ maxGrossLeverage: { warning: 3, breach: 2 } }, "maxGrossLeverage.warning");
    await invalid({ maxOrderNotional: { warning: 3 } }, "maxOrderNotional.warning");
    await invalid({ maxOpenOrders: "1.5" }, "maxOpenOrders");
    await invalid({ varConfidence: 1 }, "varConfidence");
    await invalid({ maxEverything: 1 }, "maxEverything");
    expectProblem(await put({ triggers: { drawdown: { action: "panic" } } }), "VALIDATION_FAILED");
    expectProblem(await trader.client.ask(putLimits, { portfolioId }), "FORBIDDEN");
    for (const route of [getLimits, getLive, listBreaches])
      expectProblem(await neighbour.ask(route, { portfolioId }), "NOT_FOUND");
    expectProblem(await foreigner.ask(putLimits, { portfolioId }), "NOT_FOUND");
  });

  it("keeps nothing that was denied", async () => {
    const portfolioId = await limited({ maxGrossLeverage: "0.1" });
    await denied(portfolioId, "200");
    const orders = await trader.client.all(listOrders, { portfolioId });
    expect(orders.map(({ status }) => status)).toEqual(["denied"]);
  });
});
