import { createOrder, getOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPositions } from "../../mixins/rest/routes/portfolios.ts";
import { getLimits, listBreaches, putLimits } from "../../mixins/rest/routes/risk-limits.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

/** Of ACME, in order: rises of 1 %, and three falls among them. */
const RETURNS = Array.from({ length: 40 }, (_, day) =>
  day === 10 ? -0.05 : day === 20 ? -0.04 : day === 30 ? -0.03 : 0.01,
);

describe("what a breach sets off by itself", () => {
  const node = withNode();
  let market: HandMarket;
  let trader: HttpClient;
  let manager: HttpClient;

  beforeAll(async () => {
    trader = (await signUp(node(), { role: "trader" })).client;
    manager = (await signUp(node(), { role: "risk_manager" })).client;
    market = await HandMarket.open(node());
    await market.list("ACME");
    let price = 100;
    for (const change of [0, ...RETURNS]) {
      price *= 1 + change;
      await market.tick({ ACME: price.toFixed(8) });
    }
    await market.play({ ACME: 100 });
  });

  const holding = async (quantity: string, limits: RouteInput): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    const { portfolioId } = await trader.call(createPortfolio, body);
    await manager.call(putLimits, { portfolioId, ...limits });
    await trader.call(createOrder, order(portfolioId, quantity));
    await market.play({ ACME: 100 });
    return portfolioId;
  };
  const order = (portfolioId: string, quantity: string, more: object = {}) => ({
    portfolioId,
    symbol: "ACME",
    side: "buy",
    type: "market",
    quantity,
    ...more,
  });
  const reasonsOf = async (portfolioId: string) =>
    expectProblem(await trader.ask(createOrder, order(portfolioId, "1")), "ORDER_DENIED").reasons;
  const stopped = (portfolioId: string, code: string, by: string) =>
    eventually(`a stop by ${by}`, async () => {
      const { status, text } = await trader.ask(createOrder, {
        ...order(portfolioId, "1"),
        dryRun: true,
      });
      return status === 422 && text.includes(by) && text.includes(code) ? true : null;
    });

  it("a day's loss halts, cancels what is open and sells what is held", async () => {
    const portfolioId = await holding("500", {
      maxDailyLossPct: "0.05",
      triggers: { dailyLoss: { action: "halted", cancelOpenOrders: true, flatten: true } },
    });
    const resting = await trader.call(
      createOrder,
      order(portfolioId, "10", { type: "limit", price: "50", timeInForce: "gtc" }),
    );
    // A day ends with its bar: 500 × 6 is 3 % of equity on each of two days, then 500 × 11 is 5.9 % on the third.
    await market.play({ ACME: 94 });
    await market.play({ ACME: 88 });
    expect((await trader.call(listBreaches, { portfolioId })).data).toEqual([]);
    await market.tick({ ACME: 77 });
    await stopped(portfolioId, "TRADING_HALTED", "trigger:dailyLoss");
    await eventually("what was open is canceled", async () =>
      (await trader.call(getOrder, { orderId: resting.orderId })).status === "canceled"
        ? true
        : null,
    );
    await eventually("what was held is sold", async () => {
      await market.tick({ ACME: 77 });
      const { data } = await trader.call(getPositions, { portfolioId });
      return data.every(({ quantity }) => quantity === "0") ? true : null;
    });
    const reasons = await reasonsOf(portfolioId);
    expect(reasons?.[0]).toMatchObject({ code: "TRADING_HALTED" });
    const { data } = await trader.call(listBreaches, { portfolioId });
    expect(data.map((one) => [one.limit, one.level])).toEqual([["maxDailyLossPct", "breach"]]);
    const { data: orders } = await trader.call(listOrders, { portfolioId, status: "filled" });
    expect(orders.filter(({ side }) => side === "sell")).toHaveLength(1);
    await market.play({ ACME: 100 });
  });

  it("a value at risk that grew lets only smaller positions through", async () => {
    const history = { varConfidence: 0.975, varLookback: 40 };
    const portfolioId = await holding("300", { ...history, maxVarPct: "0.5" });
    const standing = async () => (await trader.call(getLimits, { portfolioId })).maxVarPct;
    const limit = (Number((await standing()).current) * 1.05).toFixed(6);
    const triggers = { valueAtRisk: { action: "reducing" } };
    await manager.call(putLimits, { portfolioId, ...history, maxVarPct: limit, triggers });
    expect((await standing()).level).toBe("ok");
    // What is held makes a larger part of equity, and history is read once a day.
    await market.play({ ACME: 125 });
    await stopped(portfolioId, "TRADING_REDUCING", "trigger:valueAtRisk");
    expect(Number((await standing()).current)).toBeGreaterThan(Number(limit));
    await trader.call(createOrder, order(portfolioId, "100", { side: "sell" }));
  });
});
