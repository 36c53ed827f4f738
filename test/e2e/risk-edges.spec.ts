import { getMargin } from "../../mixins/rest/routes/margin.ts";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { getPerformance } from "../../mixins/rest/routes/performance.ts";
import { createPortfolio, getPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { explainByFactors } from "../../mixins/rest/routes/risk-factors.ts";
import { getLive } from "../../mixins/rest/routes/risk-limits.ts";
import { measureLiquidity } from "../../mixins/rest/routes/risk-liquidity.ts";
import { modelVolatility } from "../../mixins/rest/routes/risk-measures.ts";
import { getPortfolioRisk } from "../../mixins/rest/routes/risk-portfolio.ts";
import { proposeRebalance } from "../../mixins/rest/routes/risk-rebalance.ts";
import { simulateBook } from "../../mixins/rest/routes/risk-simulation.ts";
import { sizePosition } from "../../mixins/rest/routes/risk-sizing.ts";
import { stressTest } from "../../mixins/rest/routes/risk-stress.ts";
import { valueAtRisk } from "../../mixins/rest/routes/risk-var.ts";
import type { HttpAnswer, RouteInput } from "../support/http.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { withNode } from "../support/node.ts";
import { problemOf } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { store } = barsOf(node);
const LOOKBACK = 40;
const METHODS = ["historical", "normal", "studentT", "cornishFisher", "ewma", "monteCarlo"];

/** Each route that measures a portfolio, asked as plainly as may be. */
const ASKED: Readonly<Record<string, (portfolioId: string) => Promise<HttpAnswer>>> = {
  volatility: (portfolioId) =>
    node().admin.ask(modelVolatility, { portfolioId, lookback: LOOKBACK, model: "ewma" }),
  garch: (portfolioId) =>
    node().admin.ask(modelVolatility, { portfolioId, lookback: LOOKBACK, model: "garch11" }),
  factors: (portfolioId) =>
    node().admin.ask(explainByFactors, { portfolioId, lookback: LOOKBACK, model: "pca" }),
  simulation: (portfolioId) =>
    node().admin.ask(simulateBook, { portfolioId, lookback: LOOKBACK, simulations: 1_000 }),
  liquidity: (portfolioId) => node().admin.ask(measureLiquidity, { portfolioId, lookback: 2 }),
  report: (portfolioId) =>
    node().admin.ask(getPortfolioRisk, { portfolioId, lookback: LOOKBACK, method: "normal" }),
  live: (portfolioId) => node().admin.ask(getLive, { portfolioId }),
  margin: (portfolioId) => node().admin.ask(getMargin, { portfolioId }),
  performance: (portfolioId) => node().admin.ask(getPerformance, { portfolioId }),
  rebalance: (portfolioId) =>
    node().admin.ask(proposeRebalance, {
      portfolioId,
      weights: [{ symbol: "EDGA", weight: 0.5 }],
    }),
  size: (portfolioId) =>
    node().admin.ask(sizePosition, {
      portfolioId,
      method: "fixedFractional",
      symbol: "EDGA",
      riskFraction: 0.01,
      entry: "100",
      stop: "95",
    }),
  ...Object.fromEntries(
    [
      { kind: "hypothetical", shocks: { market: -0.2 } },
      { kind: "historical", name: "lehman-2008" },
      { kind: "monteCarlo", simulations: 1_000, lookback: LOOKBACK },
      { kind: "reverse", loss: 100, unit: "currency", lookback: LOOKBACK },
    ].map((scenario) => [
      `stress by ${scenario.kind}`,
      (portfolioId: string) => node().admin.ask(stressTest, { portfolioId, scenarios: [scenario] }),
    ]),
  ),
};

describe("a portfolio at the edge", () => {
  const ids = new Map<string, string>();
  let market: HandMarket;

  const open = async (name: string, terms: RouteInput = {}): Promise<string> => {
    const body = { name, baseCurrency: "USD", initialCash: "10000", ...terms };
    const { portfolioId } = await node().admin.call(createPortfolio, body);
    ids.set(name, portfolioId);
    return portfolioId;
  };
  const trade = async (portfolioId: string, side: string, quantity: string, symbol = "EDGA") => {
    const order = { portfolioId, symbol, side, type: "market", quantity };
    await node().admin.call(createOrder, order);
    await market.play({ EDGA: 100, YOUNG: 10 });
  };

  beforeAll(async () => {
    const date = (i: number) =>
      new Date(FIRST_DAY_MS - (60 - i) * DAY_MS).toISOString().slice(0, 10);
    market = await HandMarket.open(node());
    await market.list("EDGA", { shortable: true });
    await market.list("YOUNG");
    for (let i = 0; i < 60; i += 1)
      await store([bar("EDGA", date(i), (100 + 3 * Math.sin(i * 1.7)).toFixed(4))]);
    await market.play({ EDGA: 100, YOUNG: 10 });
    await open("nothing", { initialCash: "0" });
    await open("cash");
    await trade(await open("one asset"), "buy", "50");
    await trade(await open("short only", { margin: "margin" }), "sell", "50");
    const hedge = await open("exact hedge", { margin: "margin", accounting: "hedging" });
    await trade(hedge, "buy", "40");
    await trade(hedge, "sell", "40");
    await trade(await open("no history"), "buy", "50", "YOUNG");
    await trade(await open("total loss", { margin: "margin" }), "buy", "180");
  });

  const NAMES = [
    "nothing",
    "cash",
    "one asset",
    "short only",
    "exact hedge",
    "no history",
    "total loss",
  ];
  const idOf = (name: string) => ids.get(name) ?? "";
  const varOf = (name: string, method = "historical") =>
    node().admin.ask(valueAtRisk, {
      portfolioId: idOf(name),
      lookback: LOOKBACK,
      method,
      confidence: 0.95,
    });

  it.each(["nothing", "cash", "exact hedge"])("of %s risks nothing by any method", async (name) => {
    for (const method of METHODS) {
      const answer = await varOf(name, method);
      expect({ method, text: answer.text, status: answer.status }).toMatchObject({ status: 200 });
      const found = JSON.parse(answer.text) as { var: number; expectedShortfall: number };
      expect(found.var).toBeCloseTo(0, 6);
      expect(found.expectedShortfall).toBeCloseTo(0, 6);
    }
  });

  it.each(METHODS)("of one side risks something by %s", async (method) => {
    for (const name of ["one asset", "short only"]) {
      const found = JSON.parse((await varOf(name, method)).text) as { var: number };
      expect(found.var).toBeGreaterThan(0);
    }
  });

  it("without history is refused, and the symbol named", async () => {
    for (const answer of [await varOf("no history"), await ASKED["report"]?.(idOf("no history"))]) {
      if (answer === undefined) throw new Error("expected an answer");
      const problem = problemOf(answer);
      expect(problem.code).toBe("INSUFFICIENT_DATA");
      expect(problem.detail).toContain("YOUNG");
    }
  });

  it("that has lost everything is measured in money", async () => {
    await market.play({ EDGA: 40 });
    const { equity } = await node().admin.call(getPortfolio, { portfolioId: idOf("total loss") });
    expect(Number(equity)).toBeLessThan(0);
    const found = await node().admin.call(valueAtRisk, {
      portfolioId: idOf("total loss"),
      lookback: LOOKBACK,
    });
    expect(found).toMatchObject({ unit: "currency", value: null });
    const report = await node().admin.call(getPortfolioRisk, {
      portfolioId: idOf("total loss"),
      lookback: LOOKBACK,
    });
    expect(report.var).toBeGreaterThan(0);
    expect(report.undefinedMetrics).toMatchObject({
      all: expect.stringContaining("worth nothing"),
    });
  });

  it.each(NAMES)("of %s is answered by every route, or refused with a reason", async (name) => {
    const odd: unknown[] = [];
    for (const [route, ask] of Object.entries(ASKED)) {
      const answer = await ask(idOf(name));
      expect(`${route} ${answer.text}`).not.toMatch(/NaN|Infinity/);
      if (answer.status < 300) continue;
      const { code, detail } = problemOf(answer);
      if (code !== "INSUFFICIENT_DATA") odd.push([route, code, detail]);
    }
    expect(odd).toEqual([]);
  });
});
