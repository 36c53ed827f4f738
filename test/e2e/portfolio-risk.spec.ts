import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { getPortfolioRisk } from "../../mixins/rest/routes/risk-portfolio.ts";
import { valueAtRisk } from "../../mixins/rest/routes/risk-var.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { store } = barsOf(node);
const fund = async () => {
  const terms = { name: "risk", baseCurrency: "USD", initialCash: "100000" };
  return (await node().admin.call(createPortfolio, terms)).portfolioId;
};

describe("the risk of a portfolio", () => {
  let portfolioId: string;
  beforeAll(async () => {
    // Days before those that the market plays.
    const date = (i: number) =>
      new Date(FIRST_DAY_MS - (60 - i) * DAY_MS).toISOString().slice(0, 10);
    const market = await HandMarket.open(node());
    for (const symbol of ["PRA", "PRB", "PRM"]) await market.list(symbol);
    for (let i = 0; i < 60; i += 1) {
      const wave = Math.sin(i * 1.7);
      await store([
        bar("PRA", date(i), (100 + 3 * wave).toFixed(4)),
        bar("PRB", date(i), (50 + Math.cos(i * 2.3) + wave).toFixed(4)),
        bar("PRM", date(i), (200 + 4 * wave).toFixed(4)),
      ]);
    }
    await market.play({ PRA: 100, PRB: 50, PRM: 200 });
    portfolioId = await fund();
    for (const [symbol, quantity] of [
      ["PRA", "300"],
      ["PRB", "400"],
    ]) {
      const order = {
        portfolioId,
        symbol,
        side: "buy",
        type: "market",
        quantity,
        timeInForce: "gtc",
      };
      await node().admin.call(createOrder, order);
    }
    await market.play({ PRA: 100, PRB: 50, PRM: 200 });
  });

  it("is told in one answer, whose parts agree with one another", async () => {
    const input = { portfolioId, lookback: 50, confidence: 0.95, benchmark: "PRM" };
    const found = await node().admin.call(getPortfolioRisk, input);
    const { exposure, components, concentration, metrics } = found;
    expect(exposure.gross).toBeCloseTo(50_000, 6);
    expect(exposure.long - exposure.short).toBeCloseTo(exposure.net, 6);
    expect(exposure.leverage).toBeCloseTo(exposure.gross / found.value, 12);
    expect(concentration.largest).toMatchObject({ symbol: "PRA" });
    expect(concentration.herfindahl).toBeCloseTo(0.6 ** 2 + 0.4 ** 2, 9);
    const sum = components.reduce((all, one) => all + (one.component ?? Number.NaN), 0);
    expect(sum).toBeCloseTo(found.var, 6);
    expect(found.expectedShortfall).toBeGreaterThanOrEqual(found.var);
    expect(metrics.beta).toBeGreaterThan(0);
    expect(found.stress).toHaveLength(15);
    expect(found.sampleSize).toBe(50);
    const measured = await node().admin.call(valueAtRisk, {
      portfolioId,
      lookback: 50,
      confidence: 0.95,
    });
    expect(measured.var).toBeCloseTo(found.var, 6);
  });

  it("of cash alone is nothing", async () => {
    const found = await node().admin.call(getPortfolioRisk, { portfolioId: await fund() });
    expect(found).toMatchObject({
      var: 0,
      expectedShortfall: 0,
      components: [],
      stress: [],
      sampleSize: 0,
    });
    expect(found.value).toBe(100_000);
  });

  it("is not told to others, nor of too little history", async () => {
    const { client } = await signUp(node(), { role: "trader" });
    expectProblem(await client.ask(getPortfolioRisk, { portfolioId }), "NOT_FOUND");
    expectProblem(await node().anonymous.ask(getPortfolioRisk, { portfolioId }), "UNAUTHENTICATED");
    const long = await node().admin.ask(getPortfolioRisk, { portfolioId, lookback: 5000 });
    expectProblem(long, "INSUFFICIENT_DATA");
    const bad = await node().admin.ask(getPortfolioRisk, { portfolioId, method: "monteCarlo" });
    expectProblem(bad, "VALIDATION_FAILED", ["method"]);
  });
});
