import { listTrades } from "../../mixins/rest/routes/trades.ts";
import { createPortfolio, updatePortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { optimisePortfolio } from "../../mixins/rest/routes/risk-construction.ts";
import {
  compareCorrelations,
  estimateCovariance,
} from "../../mixins/rest/routes/risk-covariance.ts";
import { orderRebalance, proposeRebalance } from "../../mixins/rest/routes/risk-rebalance.ts";
import type { RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store } = barsOf(node);
const covariance = (input: RouteInput) => node().admin.call(estimateCovariance, input);
const optimize = (input: RouteInput) => node().admin.call(optimisePortfolio, input);
const unwise = (input: RouteInput) => node().admin.ask(optimisePortfolio, input);

const PAIR = [
  [0.04, 0.01],
  [0.01, 0.09],
];
const SERIES = {
  A: [0.01, -0.02, 0.015, 0.003, -0.007, 0.011],
  B: [0.004, -0.011, 0.02, -0.006, 0.002, 0.003],
};

describe("a covariance", () => {
  it("says what it is fit for", async () => {
    const found = await covariance({ covariance: PAIR, names: ["A", "B"] });
    expect(found).toMatchObject({ names: ["A", "B"], method: "given", repaired: false });
    expect(found).toMatchObject({ isPositiveSemidefinite: true, sampleSize: null });
    expect(found.minEigenvalue).toBeCloseTo(0.065 - Math.sqrt(0.025 ** 2 + 0.01 ** 2), 14);
    expect(found.volatilities).toEqual([0.2, 0.3]);
  });

  // Higham (2002), IMA J. Numer. Anal. 22, p. 341.
  it("is repaired to the nearest where it is none", async () => {
    const correlation = [
      [1, 1, 0],
      [1, 1, 1],
      [0, 1, 1],
    ];
    const broken = await covariance({ correlation });
    expect(broken).toMatchObject({ isPositiveSemidefinite: false, repaired: false });
    const found = await covariance({ correlation, repair: true });
    expect(found).toMatchObject({ isPositiveSemidefinite: true, repaired: true, isNearest: true });
    expect(found.distance).toBeCloseTo(0.5278, 4);
    expect(found.correlation[0]?.[1]).toBeCloseTo(0.7607, 4);
  });

  it("tells what to do about missing returns, and does it", async () => {
    const assets = { ...SERIES, C: [0.01, null, 0.02, 0.01, 0, 0.01] };
    const refused = await node().admin.ask(estimateCovariance, { assets });
    expectProblem(refused, "VALIDATION_FAILED", ["assets.C[1]"]);
    expect(await covariance({ assets, missing: "complete" })).toMatchObject({ sampleSize: 5 });
    expect(await covariance({ assets, missing: "pairwise" })).toMatchObject({ sampleSize: 5 });
  });

  it.each([
    [{}, "assets"],
    [{ assets: SERIES, symbols: ["A"] }, "symbols"],
    [{ assets: { A: [0.1, 0.2], B: [0.1] } }, "assets.B"],
    [{ assets: {} }, "assets"],
    [{ assets: SERIES, lambda: 0.9 }, "lambda"],
    [{ assets: SERIES, estimator: "oas", missing: "pairwise" }, "missing"],
    [{ covariance: [[1, 2]] }, "covariance"],
    [
      {
        covariance: [
          [1, 0.5],
          [0.4, 1],
        ],
      },
      "covariance",
    ],
    [{ covariance: [[-1]] }, "covariance"],
    [{ correlation: [[2]] }, "correlation"],
    [{ covariance: PAIR, names: ["A", "A"] }, "names"],
    [{ covariance: PAIR, estimator: "oas" }, "estimator"],
  ])("is refused for %j, naming %s", async (input, path) => {
    expectProblem(await node().admin.ask(estimateCovariance, input), "VALIDATION_FAILED", [path]);
  });

  it("of one observation is not there", async () => {
    const one = { assets: { A: [0.1], B: [0.2] } };
    expectProblem(await node().admin.ask(estimateCovariance, one), "INSUFFICIENT_DATA");
  });

  it("of constants and of the edges of what is taken is a number all the same", async () => {
    const still = await covariance({
      assets: { A: [0, 0, 0], B: [1e6, -1, 1e6] },
      estimator: "oas",
    });
    expect(JSON.stringify(still.covariance)).not.toContain("null");
    const flat = await covariance({ assets: { A: [0, 0], B: [0, 0] } });
    expect(flat).toMatchObject({ minEigenvalue: 0, conditionNumber: null });
    const named = await covariance(
      // A name that is a property of every object is a name like any other.
      JSON.parse('{"assets":{"__proto__":[0.1,0.2],"constructor":[0.3,0.1]}}'),
    );
    expect(named.names).toContain("constructor");
  });

  it("of stored bars and of many names is the same as inline", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `N${i}`,
        Array.from({ length: 30 }, (_each, t) => 0.01 * Math.sin(t * (i + 1) + i)),
      ]),
    );
    const found = await covariance({ assets: many, estimator: "ledoitWolfIdentity" });
    expect(found.minEigenvalue).toBeGreaterThan(0);
    expect(found.covariance).toHaveLength(60);
    const few = { N0: many["N0"], N1: many["N1"] };
    const part = await covariance({ assets: few });
    const whole = await covariance({ assets: many });
    expect(whole.covariance[0]?.[1]).toBeCloseTo(part.covariance[0]?.[1] ?? 0, 15);
  });
});

describe("correlations", () => {
  const half = (t: number, sign: number) => 0.01 * (Math.sin(t * 7) + sign * Math.cos(t * 3));
  const assets = {
    A: Array.from({ length: 80 }, (_, t) => 0.01 * Math.sin(t * 7)),
    B: Array.from({ length: 80 }, (_, t) => half(t, 0.2) * (t < 40 ? 1 : -1)),
  };

  it("tell that they have changed", async () => {
    const input = { assets, pair: ["A", "B"], rollingWindow: 20 };
    const found = await node().admin.call(compareCorrelations, input);
    const [change] = found.changes;
    expect(change?.before).toBeGreaterThan(0.9);
    expect(change?.now).toBeLessThan(-0.9);
    expect(change?.pValue).toBeLessThan(1e-6);
    expect(found.equality?.pValue).toBeLessThan(1e-6);
    expect(found.path?.rolling).toHaveLength(80);
    expect(found.path?.rolling.slice(0, 19).every((value) => value === null)).toBe(true);
    expect(found.sampleSize).toBe(80);
  });

  it("are refused of too little, of constants, and of strangers", async () => {
    const ask = (input: RouteInput) => node().admin.ask(compareCorrelations, input);
    expectProblem(await ask({ assets: SERIES, window: 5 }), "INSUFFICIENT_DATA");
    const still = { A: [0, 0, 0, 0], B: [0.1, 0.2, 0.1, 0.3] };
    expectProblem(await ask({ assets: still }), "INSUFFICIENT_DATA");
    expectProblem(await ask({ assets, pair: ["A", "Z"] }), "VALIDATION_FAILED", ["pair[1]"]);
    expectProblem(await ask({ assets, lambda: 0.9 }), "VALIDATION_FAILED", ["lambda"]);
  });
});

describe("weights", () => {
  it("of least variance are the textbook's", async () => {
    const found = await optimize({ covariance: PAIR, objective: "minVariance" });
    // (σ₂² − σ₁₂)/(σ₁² + σ₂² − 2σ₁₂) = 8/11 (Markowitz 1952)
    expect(found.weights[0]).toBeCloseTo(8 / 11, 12);
    expect(found.expectedReturn).toBeNull();
    const parts = found.riskContributions.reduce((sum, part) => sum + part, 0);
    expect(parts).toBeCloseTo(found.volatility, 14);
  });

  it.each([
    [{ max: 0.4 }, ["max", "budget"]],
    [
      { groups: [{ name: "all", members: ["asset1", "asset2"], max: 0.5 }] },
      ["groups.all.max", "budget"],
    ],
    [{ leverage: 0.5 }, ["leverage", "budget"]],
    [{ min: { asset1: 0.7 }, max: { asset1: 0.2 } }, ["max", "min"]],
    [{ turnover: 0.1 }, ["turnover", "budget"]],
  ])("within %j are not there, and the answer says why", async (constraints, conflict) => {
    const answer = await unwise({ covariance: PAIR, objective: "minVariance", constraints });
    expectProblem(
      answer,
      "INFEASIBLE",
      conflict.map((name) => `constraints.${name}`),
    );
  });

  it("keep within turnover, exactly", async () => {
    const found = await optimize({
      covariance: PAIR,
      objective: "minVariance",
      current: { asset1: 0.2, asset2: 0.8 },
      constraints: { turnover: 0.3 },
    });
    expect(found.weights[0]).toBeCloseTo(0.35, 12);
    expect(found.turnover).toBeCloseTo(0.3, 12);
  });

  it("take no mean from history unless they are told to", async () => {
    const terms = { assets: SERIES, objective: "maxSharpe" };
    expectProblem(await unwise(terms), "VALIDATION_FAILED", ["mean"]);
    const found = await optimize({
      ...terms,
      mean: "historical",
      periodsPerYear: 252,
      frontier: 5,
    });
    expect(found.sampleSize).toBe(6);
    expect(found.frontier).toHaveLength(5);
    const best = Math.max(...(found.frontier ?? []).map(({ sharpe }) => sharpe ?? 0));
    expect(found.sharpe).toBeGreaterThanOrEqual(best - 1e-12);
  });

  it.each([
    [{ objective: "meanVariance", mean: [0.1, 0.1] }, "riskAversion"],
    [{ objective: "meanVariance", mean: [0.1], riskAversion: 1 }, "mean"],
    [{ objective: "minVariance", riskAversion: 1 }, "riskAversion"],
    [{ objective: "hrp", constraints: { max: 0.5 } }, "constraints.max"],
    [{ objective: "riskParity", constraints: { longOnly: false } }, "constraints.longOnly"],
    [{ objective: "blackLitterman", riskAversion: 2 }, "marketWeights"],
    [{ objective: "blackLitterman", riskAversion: 2, marketWeights: [0, 0] }, "marketWeights"],
    [{ objective: "minVariance", constraints: { min: { Z: 0.1 } } }, "constraints.min"],
    [{ objective: "minVariance", current: { Z: 1 } }, "current"],
    [{ objective: "minVariance", frontier: 5 }, "mean"],
    [{ objective: "maxDiversification", constraints: { budget: null } }, "constraints.budget"],
    [
      {
        objective: "meanVariance",
        mean: [0.1, 0.2],
        riskAversion: 1,
        constraints: { longOnly: false, turnover: 1, leverage: 2 },
      },
      "constraints.leverage",
    ],
  ])("are refused for %j, naming %s", async (input, path) => {
    expectProblem(await unwise({ covariance: PAIR, ...input }), "VALIDATION_FAILED", [path]);
  });

  it("are refused of what is no covariance, and of what has no optimum", async () => {
    const none = [
      [1, 2],
      [2, 1],
    ];
    const terms = { covariance: none, objective: "minVariance" };
    expectProblem(await unwise(terms), "VALIDATION_FAILED", ["covariance"]);
    expect((await optimize({ ...terms, repair: true })).repaired).toBe(true);
    const same = {
      covariance: [
        [1, 1],
        [1, 1],
      ],
      objective: "riskParity",
    };
    expectProblem(await unwise(same), "VALIDATION_FAILED", ["covariance"]);
    const poor = { covariance: PAIR, objective: "maxSharpe", mean: [-0.1, -0.2] };
    expectProblem(await unwise(poor), "INFEASIBLE");
    const calm = { ...poor, objective: "meanVariance", targetVolatility: 0.01 };
    expectProblem(await unwise(calm), "INFEASIBLE");
    const endless = {
      covariance: [
        [1, 1],
        [1, 1],
      ],
      objective: "meanVariance",
      mean: [0.1, 0.2],
      riskAversion: 1,
      constraints: { longOnly: false },
    };
    expectProblem(await unwise(endless), "VALIDATION_FAILED", ["constraints"]);
  });

  it("survive numbers at the edges", async () => {
    for (const objective of [
      "minVariance",
      "hrp",
      "riskParity",
      "equalWeight",
      "maxDiversification",
    ])
      for (const scale of [0, 1e-300, 1e-20, 1e12]) {
        const rows = [
          [scale, 0],
          [0, scale],
        ];
        const { status } = await unwise({ covariance: rows, objective });
        expect([200, 422]).toContain(status);
      }
    const one = await optimize({ covariance: [[0.04]], objective: "hrp" });
    expect(one.weights).toEqual([1]);
  });

  it("of many names are found beside the event loop", async () => {
    const size = 120;
    const rows = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_each, j) => (i === j ? 0.04 + 0.0001 * i : 0.01)),
    );
    const found = await optimize({ covariance: rows, objective: "minVariance" });
    expect(found.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 10);
  });
});

describe("a rebalance", () => {
  let market: HandMarket;
  const fund = async (): Promise<string> => {
    const terms = { name: "weights", baseCurrency: "USD", initialCash: "100000" };
    return (await node().admin.call(createPortfolio, terms)).portfolioId;
  };

  beforeAll(async () => {
    market = await HandMarket.open(node());
    await market.list("ACME");
    await market.list("BOLT");
    await market.play({ ACME: 100, BOLT: 50 });
  });

  it("buys what is missing in whole lots, and keeps the buffer", async () => {
    const portfolioId = await fund();
    const weights = [
      { symbol: "ACME", weight: 0.5 },
      { symbol: "BOLT", weight: 0.3 },
    ];
    const found = await node().admin.call(proposeRebalance, {
      portfolioId,
      weights,
      cashBuffer: 0.1,
    });
    expect(found.proposals).toMatchObject([
      { symbol: "ACME", side: "buy", quantity: "450", price: "100", notional: "45000" },
      { symbol: "BOLT", side: "buy", quantity: "540", price: "50", notional: "27000" },
    ]);
    expect(found.proposals[0]?.targetWeight).toBeCloseTo(0.45, 12);
  });

  it.each([
    ["none", "300", ["60", "39"]],
    ["auto", "300", ["60", "180"]],
  ] as const)(
    "pays in the currency of what is bought, once, with conversion %s",
    async (conversion, euros, [first, second]) => {
      const pair = { assetClass: "fx", tickSize: "0.00001", calendar: "24x7" } as const;
      await market.list("EURUSD", pair);
      await market.list("SAPX", { currency: "EUR" });
      await market.list("BASX", { currency: "EUR" });
      await market.play({ EURUSD: 1, SAPX: 3, BASX: 3 });
      const terms = { name: "fx", baseCurrency: "USD", initialCash: "1500", multiCurrency: true };
      const { portfolioId } = await node().admin.call(createPortfolio, { ...terms, conversion });
      const deposit = { portfolioId, type: "deposit", currency: "EUR", amount: euros };
      await node().admin.call(createTransaction, deposit);
      const weights = [
        { symbol: "SAPX", weight: 0.1 },
        { symbol: "BASX", weight: 0.3 },
      ];
      const found = await node().admin.call(proposeRebalance, { portfolioId, weights });
      expect(found.proposals.map(({ symbol, quantity }) => [symbol, quantity])).toEqual([
        ["SAPX", first],
        ["BASX", second],
      ]);
    },
  );

  it("is placed once, filled, and then on target", async () => {
    const portfolioId = await fund();
    const input = { portfolioId, weights: [{ symbol: "ACME", weight: 0.5 }] };
    const key = "rebalance-1";
    const first = await node().admin.call(orderRebalance, input, { "idempotency-key": key });
    expect(first.rebalance.proposals).toHaveLength(1);
    await market.play({ ACME: 100, BOLT: 50 });
    const again = await node().admin.call(orderRebalance, input, { "idempotency-key": key });
    expect(again.basket.groupId).toBe(first.basket.groupId);
    await eventually("the fills", async () => {
      const { data } = await node().admin.call(listTrades, { portfolioId });
      const bought = data.reduce((sum, trade) => sum + Number(trade.quantity), 0);
      return bought === 500 ? bought : null;
    });
    const other = { ...input, weights: [{ symbol: "ACME", weight: 0.4 }] };
    expectProblem(
      await node().admin.ask(orderRebalance, other, { "idempotency-key": key }),
      "IDEMPOTENCY_KEY_REUSED",
    );
    const now = await node().admin.call(proposeRebalance, {
      ...input,
      // The fees have made the portfolio a little smaller: a unit too many is not worth an order.
      minTradeNotional: "500",
    });
    expect(now).toMatchObject({
      proposals: [],
      untraded: [{ symbol: "ACME", reason: "BELOW_MIN_NOTIONAL" }],
    });
    // What is held and not named is sold, and what that will bring is not spent before.
    const move = { portfolioId, weights: [{ symbol: "BOLT", weight: 0.9 }] };
    const swap = await node().admin.call(proposeRebalance, move);
    expect(swap.proposals.map(({ symbol, side }) => [symbol, side])).toEqual([
      ["ACME", "sell"],
      ["BOLT", "buy"],
    ]);
    expect(swap.proposals[1]?.appliedLimits).toMatchObject([{ code: "BUYING_POWER" }]);
    const kept = await node().admin.call(proposeRebalance, { ...move, sellOthers: false });
    expect(kept.proposals.map(({ symbol }) => symbol)).toEqual(["BOLT"]);
    expectProblem(
      await node().admin.ask(orderRebalance, { ...input, minTradeNotional: "500" }),
      "SIZE_IS_ZERO",
    );
  });

  it("keeps to the portfolio's limits, and is nobody else's", async () => {
    const portfolioId = await fund();
    await node().admin.call(updatePortfolio, { portfolioId, limits: { maxPositionPct: "0.2" } });
    const input = { portfolioId, weights: [{ symbol: "ACME", weight: 0.5 }] };
    const found = await node().admin.call(proposeRebalance, input);
    expect(found.proposals).toMatchObject([
      { quantity: "200", appliedLimits: [{ code: "MAX_POSITION_PCT", quantityBefore: "500" }] },
    ]);
    const { client } = await signUp(node(), { role: "trader" });
    expectProblem(await client.ask(proposeRebalance, input), "NOT_FOUND");
    expectProblem(await client.ask(orderRebalance, input), "NOT_FOUND");
    const viewer = await signUp(node(), { role: "viewer" });
    expectProblem(await viewer.client.ask(orderRebalance, input), "FORBIDDEN");
    const twice = { portfolioId, weights: [...input.weights, ...input.weights] };
    expectProblem(await node().admin.ask(proposeRebalance, twice), "VALIDATION_FAILED", [
      "weights",
    ]);
    const unknown = { portfolioId, weights: [{ symbol: "NOBODY", weight: 0.5 }] };
    expectProblem(await node().admin.ask(proposeRebalance, unknown), "NOT_FOUND");
  });
});

describe("of stored bars", () => {
  it("a covariance is made, and weights of it", async () => {
    await define("CALM");
    await define("WILD");
    const days = Array.from({ length: 30 }, (_, i) =>
      new Date(Date.UTC(2020, 0, 2 + i)).toISOString().slice(0, 10),
    );
    await store(days.map((day, i) => bar("CALM", day, (100 + Math.sin(i)).toFixed(2))));
    await store(days.map((day, i) => bar("WILD", day, (100 + 5 * Math.cos(i * 2)).toFixed(2))));
    const input = { symbols: ["CALM", "WILD"], lookback: 20, objective: "minVariance" };
    const found = await optimize(input);
    expect(found.sampleSize).toBe(20);
    expect(found.weights[0]).toBeGreaterThan(0.8);
    expectProblem(await unwise({ ...input, lookback: 200 }), "INSUFFICIENT_DATA");
  });
});
