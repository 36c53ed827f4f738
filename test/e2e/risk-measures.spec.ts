import { existsSync, readFileSync } from "node:fs";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { getPortfolioRisk } from "../../mixins/rest/routes/risk-portfolio.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import { backtestVar, fitTail, modelVolatility } from "../../mixins/rest/routes/risk-measures.ts";
import { valueAtRisk } from "../../mixins/rest/routes/risk-var.ts";
import type { RouteInput } from "../support/http.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { sharedFile } from "../unit/services/data/shared-data.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store } = barsOf(node);
const measure = (input: RouteInput) => node().admin.call(valueAtRisk, input);
const refused = (input: RouteInput) => node().admin.ask(valueAtRisk, input);

/** Returns that anybody may draw again: a logistic map, which repeats nothing. */
function returns(count: number, seed = 0.37): number[] {
  let x = seed;
  return Array.from({ length: count }, () => {
    x = 3.99 * x * (1 - x);
    return (x - 0.5) / 20;
  });
}

const METHODS = [
  "historical",
  "normal",
  "studentT",
  "cornishFisher",
  "ewma",
  "garch",
  "filteredHistorical",
  "evt",
  "monteCarlo",
] as const;
const assets = { ONE: returns(300, 0.2), TWO: returns(300, 0.4), THREE: returns(300, 0.7) };
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

describe("value at risk", () => {
  it.each(METHODS)("by %s has parts that add up", async (method) => {
    const seed = method === "monteCarlo" ? { seed: 7 } : {};
    const found = await measure({ assets, weights: [0.5, 0.7, -0.2], method, ...seed });
    expect(found.method).toBe(method);
    expect(found.unit).toBe("fraction");
    expect(found.expectedShortfall).toBeGreaterThanOrEqual(found.var);
    const parts = found.components ?? [];
    expect(parts.map(({ name }) => name)).toEqual(["ONE", "TWO", "THREE"]);
    expect(sum(parts.map(({ component }) => component)) / found.var).toBeCloseTo(1, 9);
    expect(sum(parts.map(({ percent }) => percent ?? NaN))).toBeCloseTo(1, 9);
    const tails = sum(parts.map(({ shortfallComponent }) => shortfallComponent));
    expect(tails / found.expectedShortfall).toBeCloseTo(1, 9);
    if (method === "monteCarlo") {
      expect(found).toMatchObject({ seed: 7, sampleSize: 10_000 });
      expect(found.standardError).toBeGreaterThan(0);
      const again = await measure({ assets, weights: [0.5, 0.7, -0.2], method, ...seed });
      expect(again.var).toBe(found.var);
      // The same paths without THREE, whichever way they are asked for.
      const rest = await measure({ assets, weights: [0.5, 0.7, 0], method, ...seed });
      expect(parts[2]?.incremental).toBe(found.var - rest.var);
    } else {
      expect(found.sampleSize).toBe(300);
    }
    for (const { incremental } of parts) expect(Number.isFinite(incremental)).toBe(true);
  });

  it("of bare returns is the quantile between order statistics, and money with a value", async () => {
    const values = [0.01, -0.03, 0.02, -0.01, 0];
    const found = await measure({ returns: values, confidence: 0.9 });
    // The 0.4th place from the worst: −3 % and −1 %.
    expect(found.var).toBeCloseTo(0.03 - 0.4 * 0.02, 12);
    expect(found.expectedShortfall).toBeCloseTo(0.03, 12);
    expect(found.components).toBeUndefined();
    const money = await measure({
      returns: values,
      confidence: 0.9,
      value: "2000",
      horizonDays: 4,
    });
    expect(money).toMatchObject({ unit: "currency", value: 2000, horizonDays: 4 });
    expect(money.var).toBeCloseTo(2000 * 2 * found.var, 9);
  });

  // Jorion (2007), Value at Risk, 3rd ed., ch. 7, in parts of the 3 m that are held.
  it("is Jorion's of two currencies", async () => {
    const covariance = [
      [0.05 ** 2, 0],
      [0, 0.12 ** 2],
    ];
    const found = await measure({
      weights: [2 / 3, 1 / 3],
      covariance,
      names: ["CAD", "EUR"],
      method: "normal",
      confidence: 0.95,
      value: "3000000",
      parameters: { z: 1.65 },
    });
    expect(Math.round(found.var)).toBe(257_738);
    const components = found.components?.map(({ component }) => Math.round(component));
    expect(components).toEqual([105_630, 152_108]);
    const simulated = await measure({
      weights: [2 / 3, 1 / 3],
      covariance,
      method: "monteCarlo",
      confidence: 0.95,
      simulations: 50_000,
      seed: 1,
    });
    const closed = (257_738 / 3_000_000 / 1.65) * 1.644_853_626_951_472_6;
    expect(Math.abs(simulated.var - closed)).toBeLessThan(4 * (simulated.standardError ?? 0));
  });

  it("of an exact hedge is 0, and so are its parts together", async () => {
    const hedge = { A: assets.ONE, B: assets.ONE };
    for (const method of METHODS.filter((one) => one !== "monteCarlo")) {
      const found = await measure({ assets: hedge, weights: [1, -1], method });
      expect([found.var, found.expectedShortfall]).toEqual([0, 0]);
      expect(sum(found.components?.map(({ component }) => component) ?? [NaN])).toBeCloseTo(0, 12);
      expect(found.components?.map(({ percent }) => percent)).toEqual([null, null]);
    }
  });

  it("of returns with gaps is refused, of whole rows, or of pairs, as is asked", async () => {
    const gappy = { A: [0.01, null, -0.02, 0.03, 0.01], B: [0.02, -0.01, null, 0.01, -0.04] };
    expectProblem(await refused({ assets: gappy }), "VALIDATION_FAILED", ["assets.A"]);
    const rows = await measure({
      assets: gappy,
      method: "normal",
      parameters: { missing: "complete" },
    });
    expect(rows.sampleSize).toBe(3);
    const terms = { method: "normal", parameters: { missing: "complete" } };
    const one = await measure({ returns: gappy.A, ...terms });
    expect(one).toMatchObject({ sampleSize: 4 });
    expectProblem(await refused({ returns: [null], ...terms }), "INSUFFICIENT_DATA");
    const pairs = await measure({
      assets: gappy,
      method: "normal",
      parameters: { missing: "pairwise" },
    });
    expect(pairs.var).not.toBe(rows.var);
    expectProblem(
      await refused({ assets: gappy, parameters: { missing: "pairwise" } }),
      "VALIDATION_FAILED",
      ["method"],
    );
  });

  it.each([
    [{}, ["returns"]],
    [{ returns: [] }, ["returns"]],
    [{ returns: [0.1, null] }, ["returns[1]"]],
    [{ returns: ["0.1"] }, ["returns[0]"]],
    [{ returns: [1e308, -1e308] }, ["returns[0]"]],
    [{ returns: [0.1], confidence: 1 }, ["confidence"]],
    [{ returns: [0.1], confidence: 0 }, ["confidence"]],
    [{ returns: [0.1], method: "guess" }, ["method"]],
    [{ returns: [0.1], horizonDays: 0 }, ["horizonDays"]],
    [{ returns: [0.1], value: "-1" }, ["value"]],
    [{ returns: [0.1], seed: 1 }, ["seed"]],
    [{ returns: [0.1], weights: [1] }, ["weights"]],
    [{ returns: [0.1], parameters: { nu: 3 } }, ["parameters.nu"]],
    [{ returns: [0.1], method: "studentT", parameters: { nu: 2 } }, ["parameters.nu"]],
    [{ returns: [0.1], lookback: 5 }, ["lookback"]],
    [{ assets: {} }, ["assets"]],
    [{ assets: { A: [0.1, 0.2], B: [0.1] } }, ["assets.B"]],
    [{ assets: { A: [0.1, 0.2] }, weights: [1, 2] }, ["weights"]],
    [{ covariance: [[1]] }, ["weights"]],
    [{ covariance: [[1, 0]], weights: [1], method: "normal" }, ["covariance"]],
    [{ covariance: [[1]], weights: [1, 1], method: "normal" }, ["weights"]],
    [{ covariance: [[-1]], weights: [1], method: "normal" }, ["covariance"]],
    [
      {
        covariance: [
          [1, 2],
          [2, 1],
        ],
        weights: [1, 1],
        method: "normal",
      },
      ["covariance"],
    ],
    [
      {
        covariance: [
          [1, 0.5],
          [0.4, 1],
        ],
        weights: [1, 1],
        method: "normal",
      },
      ["covariance[1][0]"],
    ],
    [{ covariance: [[1]], weights: [1], method: "historical" }, ["method"]],
    [{ covariance: [[1]], weights: [1], method: "studentT" }, ["parameters.nu"]],
    [{ returns: [0.1], extra: 1 }, ["extra"]],
  ] as const)("is refused for %j", async (input, paths) => {
    expectProblem(await refused(input), "VALIDATION_FAILED", paths);
  });

  it.each([
    { returns: [0.1], method: "normal" },
    { returns: returns(49), method: "garch" },
    { returns: returns(19), method: "studentT" },
    { returns: returns(40), method: "evt" },
    { returns: returns(400), method: "evt", confidence: 0.5 },
    { returns: returns(400), method: "evt", parameters: { threshold: 9 } },
  ])("is not made of too little: %#", async (input) => {
    expectProblem(await refused(input), "INSUFFICIENT_DATA");
  });

  it("of many names by their covariance is made in a thread, to the same answer", async () => {
    const names = 100;
    const covariance = Array.from({ length: names }, (_, i) =>
      Array.from({ length: names }, (__, j) => (i === j ? 0.0004 : 0)),
    );
    const weights = covariance.map(() => 1 / names);
    const input = { covariance, weights, method: "normal", confidence: 0.99 };
    const found = await node().admin.call(valueAtRisk, input);
    expect(found.var).toBeCloseTo((2.326_347_874_040_841 * 0.02) / Math.sqrt(names), 12);
    const broken = covariance.map((row, i) => row.map((value, j) => (i + j === 1 ? 1 : value)));
    const answer = await node().admin.ask(valueAtRisk, { ...input, covariance: broken });
    expectProblem(answer, "VALIDATION_FAILED", ["covariance"]);
  });

  it("names the smallest eigenvalue of what is no covariance", async () => {
    const covariance = [
      [1, 2],
      [2, 1],
    ];
    const answer = await refused({ covariance, weights: [1, 1], method: "normal" });
    expect(answer.text).toContain("smallest eigenvalue is -1");
  });

  it("survives numbers at the edge, constants and names of prototypes", async () => {
    const steady = Array.from({ length: 60 }, () => 0.001);
    const odd = JSON.parse(
      '{"__proto__": [0.1, -0.1, 0.2], "constructor": [0.3, 0, -0.2]}',
    ) as object;
    for (const method of METHODS)
      for (const input of [
        { returns: steady, method },
        { returns: returns(80).map((value) => value * 1e-300), method },
        { returns: returns(80).map((value) => Math.max(-1, value * 1e7)), method },
        { returns: [...steady, -1], method },
        { assets: odd, method },
        { assets: { A: steady, B: steady }, weights: [1e6, -1e6], method },
        {
          covariance: [[1e300]],
          weights: [1e6],
          method,
          ...(method === "studentT" && { parameters: { nu: 3 } }),
        },
      ]) {
        const answer = await refused(input);
        expect([200, 422]).toContain(answer.status);
        if (answer.status === 200) expect(answer.text).toMatch(/^\{"var":-?\d/);
      }
    const { var: loss, expectedShortfall } = await measure({ returns: steady.map(() => -0.01) });
    expect([loss, expectedShortfall]).toEqual([0.01, 0.01]);
  });
});

describe("value at risk of stored bars", () => {
  const days = Array.from({ length: 31 }, (_, i) =>
    new Date(Date.UTC(2021, 0, 4 + i)).toISOString().slice(0, 10),
  );
  const walk = (seed: number) => {
    let price = 100;
    return [100, ...returns(30, seed).map((value) => (price *= 1 + value))].map((one) =>
      one.toFixed(2),
    );
  };
  const [first, second] = [walk(0.3), walk(0.6)];
  const changes = (prices: readonly string[]) =>
    prices.slice(1).map((price, i) => Number(price) / Number(prices[i]) - 1);

  beforeAll(async () => {
    for (const [symbol, prices] of [
      ["RISKA", first],
      ["RISKB", second],
    ] as const) {
      await define(symbol);
      await store(prices.map((price, i) => bar(symbol, days[i] ?? "", price)));
    }
  });

  it("is that of the positions' returns, in their currency", async () => {
    const positions = [
      { symbol: "RISKA", quantity: 100 },
      { symbol: "RISKB", quantity: "-50" },
    ];
    const found = await measure({ positions, lookback: 30, confidence: 0.9 });
    expect(found).toMatchObject({ unit: "currency", currency: "USD", sampleSize: 30 });
    const [a, b] = [100 * Number(first.at(-1)), -50 * Number(second.at(-1))];
    const given = await measure({
      assets: { RISKA: changes(first), RISKB: changes(second) },
      weights: [a / (a + b), b / (a + b)],
      confidence: 0.9,
      value: String(a + b),
    });
    expect(found.value).toBeCloseTo(a + b, 6);
    expect(found.var).toBeCloseTo(given.var, 6);
    expect(found.components?.[1]?.component).toBeCloseTo(
      given.components?.[1]?.component ?? NaN,
      6,
    );
    const hedge = [
      { symbol: "RISKA", value: "1000" },
      { symbol: "RISKB", value: "-1000" },
    ];
    const neutral = await measure({ positions: hedge, lookback: 30, confidence: 0.9 });
    expect(neutral).toMatchObject({ unit: "currency", value: null, currency: "USD" });
    const legs = await measure({
      assets: { RISKA: changes(first), RISKB: changes(second) },
      weights: [1000, -1000],
      confidence: 0.9,
    });
    expect(neutral.var).toBeCloseTo(legs.var, 9);
    const worth = { positions: hedge, lookback: 30, value: "100" };
    expectProblem(await refused(worth), "INSUFFICIENT_DATA");
    await define("RISKN");
    const young = { positions: [...positions, { symbol: "RISKN", value: "1" }] };
    expect((await refused(young)).text).toContain("RISKN");
    const long = { positions, lookback: 31 };
    expectProblem(await refused(long), "INSUFFICIENT_DATA");
    const unknown = { positions: [{ symbol: "NOWHERE", quantity: 1 }] };
    expectProblem(await refused(unknown), "NOT_FOUND");
  });

  it("of a portfolio is for those who may see it", async () => {
    const terms = { name: "measured", baseCurrency: "USD", initialCash: "1000" };
    const { portfolioId } = await node().admin.call(createPortfolio, terms);
    const { client } = await signUp(node(), { role: "viewer" });
    expectProblem(await client.ask(valueAtRisk, { portfolioId }), "NOT_FOUND");
    expectProblem(await node().anonymous.ask(valueAtRisk, { portfolioId }), "UNAUTHENTICATED");
  });

  it.each(["historical", "normal", "garch", "evt", "monteCarlo"])(
    "of cash in the portfolio's own currency is 0 by %s",
    async (method) => {
      const terms = { name: "cash", baseCurrency: "USD", initialCash: "1000" };
      const { portfolioId } = await node().admin.call(createPortfolio, terms);
      const found = await measure({ portfolioId, method, confidence: 0.99 });
      expect(found).toMatchObject({ var: 0, expectedShortfall: 0, value: 1000, components: [] });
    },
  );

  it("of cash in another currency is that of its rate, beside positions on their days", async () => {
    const terms = { name: "FX", assetClass: "fx", venue: "PAPER", tickSize: "0.00001" };
    const pair = { ...terms, symbol: "EURUSD", currency: "USD", calendar: "24x7", lotSize: "1" };
    await node().admin.call(putSymbol, pair);
    const rates = second.map((price) => (Number(price) / 90).toFixed(5));
    await store(rates.map((rate, i) => bar("EURUSD", days[i] ?? "", rate)));
    const fund = { name: "fx", baseCurrency: "USD", initialCash: "1000", multiCurrency: true };
    const { portfolioId } = await node().admin.call(createPortfolio, fund);
    const deposit = { portfolioId, type: "deposit", currency: "EUR", amount: "500" };
    await node().admin.call(createTransaction, deposit);
    const found = await measure({ portfolioId, lookback: 30, confidence: 0.9 });
    const value = 500 * Number(rates.at(-1));
    const given = await measure({
      returns: changes(rates),
      confidence: 0.9,
      value: value.toFixed(8),
    });
    expect(found.value).toBeCloseTo(1000 + value, 6);
    expect(found.var).toBeCloseTo(given.var, 6);
    expect(found.expectedShortfall).toBeCloseTo(given.expectedShortfall, 6);
    expect(found.components).toMatchObject([{ name: "cash:EUR" }]);
    const report = await node().admin.call(getPortfolioRisk, {
      portfolioId,
      lookback: 30,
      confidence: 0.9,
      benchmark: "RISKA",
    });
    expect(report.var).toBeCloseTo(given.var, 6);
    expect(report.components).toMatchObject([{ symbol: "cash:EUR" }]);
    expect(report.metrics.beta).toEqual(expect.any(Number));
  });
});

describe("back-tests", () => {
  const ask = (input: RouteInput) => node().admin.ask(backtestVar, input);

  it("tell Basel's zones of counts", async () => {
    const found = await node().admin.call(backtestVar, {
      observations: 250,
      exceptions: 5,
      confidence: 0.99,
    });
    expect(found).toMatchObject({
      expected: expect.closeTo(2.5, 12),
      christoffersen: null,
      trafficLight: { zone: "yellow", multiplierAddOn: 0.4, multiplier: 1.7 },
    });
    // −2 ln(0.99²⁴⁵·0.01⁵) + 2 ln(0.98²⁴⁵·0.02⁵)
    const lr = 2 * (245 * Math.log(0.98 / 0.99) + 5 * Math.log(2));
    expect(found.kupiec.lr).toBeCloseTo(lr, 10);
  });

  it("count exceptions of days, by one VaR or by one a day", async () => {
    const days = [-0.02, -0.03, 0.01, -0.01, 0.02];
    const one = await node().admin.call(backtestVar, {
      returns: days,
      var: 0.015,
      confidence: 0.95,
    });
    expect(one).toMatchObject({ observations: 5, exceptions: 2 });
    expect(one.christoffersen).toMatchObject({ n00: 2, n01: 0, n10: 1, n11: 1 });
    const each = [0.03, 0.03, 0, 0, 0];
    const other = await node().admin.call(backtestVar, {
      returns: days,
      var: each,
      confidence: 0.95,
    });
    expect(other.exceptions).toBe(1);
  });

  it.each([
    [{ confidence: 0.99 }, ["returns", "var"]],
    [{ returns: [0.1], confidence: 0.99 }, ["var"]],
    [{ returns: [0.1], var: [0.1, 0.2], confidence: 0.99 }, ["var"]],
    [{ observations: 5, confidence: 0.99 }, ["exceptions"]],
    [{ observations: 5, exceptions: 6, confidence: 0.99 }, ["exceptions"]],
    [{ observations: 5, exceptions: 1, returns: [0.1], confidence: 0.99 }, ["returns"]],
    [{ observations: 5, exceptions: 1 }, ["confidence"]],
  ] as const)("are refused for %j", async (input, paths) => {
    expectProblem(await ask(input), "VALIDATION_FAILED", paths);
  });
});

const reference = (name: string): readonly number[] | null => {
  const path = sharedFile(`../reference/${name}`);
  if (!existsSync(path)) return null;
  const rows = readFileSync(path, "utf8").trim().split("\n").slice(1);
  return rows.map((row) => Number(row.split(",").at(-1)));
};

describe("volatility", () => {
  const model = (input: RouteInput) => node().admin.call(modelVolatility, input);

  it("of decaying weights stays where it is", async () => {
    const found = await model({ model: "ewma", returns: [0.01, -0.02], horizon: 3 });
    const next = (0.94 * 0.0001 + 0.0004) / 1.94;
    expect(found.nextVariance).toBeCloseTo(next, 15);
    expect(found.forecast).toHaveLength(3);
    expect(found.longRunVariance).toBeNull();
  });

  it("follows the parameters of GARCH(1,1) that it is given", async () => {
    const parameters = { mu: 0, omega: 0.00001, alpha: 0.1, beta: 0.8 };
    const found = await model({ model: "garch11", returns: [0.01, -0.02], parameters, horizon: 2 });
    // Begun with the mean square, 0.00025.
    const h1 = 0.00001 + 0.9 * 0.00025;
    const h2 = 0.00001 + 0.1 * 0.0001 + 0.8 * h1;
    const h3 = 0.00001 + 0.1 * 0.0004 + 0.8 * h2;
    expect(found.nextVariance).toBeCloseTo(h3, 14);
    expect(found.forecast[1]).toBeCloseTo(0.00001 + 0.9 * h3, 14);
    expect(found.longRunVariance).toBeCloseTo(0.0001, 12);
    const density = (r: number, h: number) => -0.5 * (Math.log(2 * Math.PI * h) + (r * r) / h);
    expect(found.logLikelihood).toBeCloseTo(density(0.01, h1) + density(0.02, h2), 10);
    expect(found.standardErrors).toBeNull();
  });

  it("of Bollerslev & Ghysels' exchange rate is the benchmark's", async () => {
    const returnsInPercent = reference("dem2gbp.csv");
    if (returnsInPercent === null) return;
    const found = await model({ model: "garch11", returns: returnsInPercent });
    // Fiorentini, Calzolari & Panattoni (1996).
    expect(found.parameters["mu"]).toBeCloseTo(-0.006_190_41, 6);
    expect(found.parameters["omega"]).toBeCloseTo(0.010_761_3, 6);
    expect(found.parameters["alpha"]).toBeCloseTo(0.153_134, 5);
    expect(found.parameters["beta"]).toBeCloseTo(0.805_974, 5);
    expect(found.logLikelihood).toBeCloseTo(-1106.608, 3);
    expect(found.standardErrors?.["beta"]).toBeCloseTo(0.0335527, 5);
    expect(found).toMatchObject({ isConverged: true, sampleSize: 1974 });
  });

  it.each([
    [{ returns: returns(49), model: "garch11" }, "INSUFFICIENT_DATA", undefined],
    [
      { returns: Array.from({ length: 90 }, () => 0.01), model: "garch11" },
      "INSUFFICIENT_DATA",
      undefined,
    ],
    [{ returns: [0.1] }, "VALIDATION_FAILED", ["model"]],
    [
      { returns: [0.1], model: "ewma", parameters: { alpha: 0.1 } },
      "VALIDATION_FAILED",
      ["parameters.alpha"],
    ],
    [
      { returns: [0.1], model: "ewma", parameters: { lambda: 1 } },
      "VALIDATION_FAILED",
      ["parameters.lambda"],
    ],
    [
      { returns: [0.1], model: "garch11", parameters: { mu: 0, omega: 1, alpha: 0.5, beta: 0.5 } },
      "VALIDATION_FAILED",
      ["parameters.beta"],
    ],
    [{ returns: [0.1], model: "ewma", horizon: 0 }, "VALIDATION_FAILED", ["horizon"]],
  ] as const)("is refused: %#", async (input, code, paths) => {
    expectProblem(await node().admin.ask(modelVolatility, input), code, paths);
  });
});

describe("tails", () => {
  const ask = (input: RouteInput) => node().admin.ask(fitTail, input);

  it("of the Danish fires are McNeil's", async () => {
    const losses = reference("danish.csv");
    if (losses === null) return;
    const found = await node().admin.call(fitTail, { data: losses, threshold: 10 });
    expect(found).toMatchObject({ exceedances: 109, observations: 2167 });
    expect(found.xi).toBeCloseTo(0.497, 3);
    expect(found.beta).toBeCloseTo(6.975, 3);
    expect(found.var).toBeCloseTo(27.3, 1);
    expect(found.expectedShortfall).toBeCloseTo(58.2, 1);
    expect(found.standardErrors?.xi).toBeCloseTo(1.497 / Math.sqrt(109), 3);
    const large = await node().admin.call(fitTail, {
      data: [...losses, ...losses, ...losses],
      threshold: 10,
    });
    expect(large.xi).toBeCloseTo(found.xi, 5);
  });

  it("follow the parameters that they are given, without a mean where there is none", async () => {
    const parameters = { threshold: 10, xi: 0.5, beta: 7, observations: 1000, exceedances: 50 };
    const found = await node().admin.call(fitTail, { parameters, confidence: 0.99 });
    // 10 + 14(√5 − 1), and (q + 7 − 5)/½ beyond it.
    const quantile = 10 + 14 * (Math.sqrt(5) - 1);
    expect(found.var).toBeCloseTo(quantile, 10);
    expect(found.expectedShortfall).toBeCloseTo(2 * (quantile + 2), 9);
    const heavy = await node().admin.call(fitTail, { parameters: { ...parameters, xi: 1 } });
    expect(heavy.expectedShortfall).toBeNull();
  });

  it.each([
    [{}, "VALIDATION_FAILED", ["data"]],
    [{ data: [1, 2] }, "VALIDATION_FAILED", ["threshold"]],
    [{ data: [1, 2], threshold: 1, quantile: 0.9 }, "VALIDATION_FAILED", ["quantile"]],
    [{ data: [1, 2], threshold: 1 }, "INSUFFICIENT_DATA", undefined],
    [{ data: Array.from({ length: 90 }, () => 5), threshold: 1 }, "INSUFFICIENT_DATA", undefined],
    [{ data: returns(400), quantile: 0.9, confidence: 0.5 }, "VALIDATION_FAILED", ["confidence"]],
    [
      { parameters: { threshold: 1, xi: 0, beta: 1, observations: 5, exceedances: 6 } },
      "VALIDATION_FAILED",
      ["parameters.exceedances"],
    ],
  ] as const)("are refused for %j", async (input, code, paths) => {
    expectProblem(await ask(input), code, paths);
  });

  it("of numbers at the edge are answers or refusals", async () => {
    const shape = { threshold: 1e308, xi: 5, beta: 1e308, observations: 1e9, exceedances: 1e9 };
    for (const input of [
      { parameters: shape, confidence: 0.999_999 },
      { data: returns(100).map((value) => value * 1e300), quantile: 0.5 },
      { data: returns(100).map((value) => value * 1e-300), quantile: 0.5 },
      { data: [...returns(60), 1e308, -1e308], quantile: 0.5 },
      { data: returns(100).map((value) => Math.sign(value)), threshold: 0 },
    ])
      expect([200, 422]).toContain((await ask(input)).status);
  });
});
