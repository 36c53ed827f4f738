import { createPortfolio, updatePortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { getOrder } from "../../mixins/rest/routes/orders.ts";
import { orderSized, sizePosition } from "../../mixins/rest/routes/risk-sizing.ts";
import type { RouteInput } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { eventually } from "../support/node-eventually.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store } = barsOf(node);
const size = (input: RouteInput) => node().admin.call(sizePosition, input);
const refused = (input: RouteInput) => node().admin.ask(sizePosition, input);

const fund = async (more: RouteInput = {}): Promise<string> => {
  const terms = { name: "sized", baseCurrency: "USD", initialCash: "100000", ...more };
  return (await node().admin.call(createPortfolio, terms)).portfolioId;
};

describe("the size of a position", () => {
  // 100,000 at 1 % with 2.5 to the stop: 400 units that risk 1,000.
  it("risks a fraction of equity", async () => {
    const given = { method: "fixedFractional", equity: "100000", riskFraction: 0.01 };
    const found = await size({ ...given, entry: "50", stop: "47.5" });
    expect(found).toMatchObject({
      quantity: "400",
      notional: "20000",
      riskAmount: "1000",
      weight: 0.2,
      side: "buy",
      appliedLimits: [],
      proposal: null,
    });
  });

  it.each([
    [{ method: "fixedNotional", amount: "1050", entry: "10" }, { quantity: "105" }],
    [
      { method: "percentOfEquity", percent: 0.1, equity: "1000", entry: "33" },
      { quantity: "3", rawQuantity: "3.030303030303" },
    ],
    [
      { method: "kelly", winProbability: 0.53, payoff: 1, equity: "100000", entry: "100" },
      { quantity: "60", notional: "6000" },
    ],
    [
      { method: "kelly", winProbability: 0.3, payoff: 1, equity: "100000", entry: "100" },
      { quantity: "0", fraction: 0 },
    ],
    [
      { method: "kelly", winProbability: 0.5, payoff: 2, equity: "1000", entry: "50", stop: "45" },
      { quantity: "50", fraction: 0.25, riskAmount: "250" },
    ],
    [
      { method: "volatilityTarget", targetVol: 0.1, realizedVol: 0.16, equity: "1000", entry: "1" },
      { quantity: "625", fraction: 0.625 },
    ],
    [
      {
        method: "atr",
        riskFraction: 0.01,
        atr: "0.0141",
        equity: "1000000",
        entry: "0.5",
        pointValue: "42000",
      },
      { quantity: "16" },
    ],
    [
      { method: "inverseVolatility", vols: [0.1, 0.2] },
      { quantity: null, weights: [2 / 3, 1 / 3] },
    ],
    [
      { method: "cppi", value: "100", floor: "80", multiplier: 3, entry: "1" },
      { quantity: "60", fraction: 0.6 },
    ],
  ])("is known for %j", async (input, expected) => {
    expect(await size(input)).toMatchObject(expected);
  });

  // Roncalli (2013), Introduction to Risk Parity and Budgeting, §2.2: volatilities 30, 20 and 15 %, correlations 80, 50 and 30 %.
  it("spreads risk over assets", async () => {
    const vols = [0.3, 0.2, 0.15];
    const correlation = [
      [1, 0.8, 0.5],
      [0.8, 1, 0.3],
      [0.5, 0.3, 1],
    ];
    const covariance = correlation.map((row, i) =>
      row.map((one, j) => one * (vols[i] ?? 0) * (vols[j] ?? 0)),
    );
    const { weights = [] } = await size({ method: "riskParity", covariance });
    for (const [i, weight] of [0.1969, 0.3244, 0.4787].entries())
      expect(weights[i]).toBeCloseTo(weight, 4);
  });

  it("of several assets is Kelly's, and none where two of them are one", async () => {
    const covariance = [
      [0.04, 0.01],
      [0.01, 0.09],
    ];
    const terms = { method: "kellyMulti", mean: [0.08, 0.1], covariance, riskFree: 0.02 };
    const { weights = [] } = await size(terms);
    expect(weights[0]).toBeCloseTo(1.314_285_714, 8);
    expect(weights[1]).toBeCloseTo(0.742_857_143, 8);
    const capped = await size({ ...terms, maxLeverage: 1 });
    expect(capped.weights?.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    const same = [
      [1, 1],
      [1, 1],
    ];
    expectProblem(await refused({ ...terms, covariance: same }), "VALIDATION_FAILED");
  });

  it.each([
    [
      { method: "fixedFractional", equity: "1", riskFraction: 0.1, entry: "10", stop: "10" },
      "stop",
    ],
    [
      {
        method: "fixedFractional",
        equity: "1",
        riskFraction: 0.1,
        entry: "10",
        stop: "9",
        side: "sell",
      },
      "stop",
    ],
    [{ method: "fixedFractional", equity: "1", riskFraction: 0.1, stop: "9" }, "entry"],
    [{ method: "fixedFractional", equity: "1", entry: "10", stop: "9" }, "riskFraction"],
    [{ method: "fixedFractional", equity: "1", riskFraction: 1.01, stop: "9" }, "riskFraction"],
    [{ method: "kelly", winProbability: 1.1, payoff: 1 }, "winProbability"],
    [{ method: "kelly", winProbability: 0.5, payoff: 1, percent: 0.1 }, "percent"],
    [{ method: "martingale" }, "method"],
    [{ method: "inverseVolatility", vols: [0] }, "vols[0]"],
    [{ method: "riskParity" }, "covariance"],
    [{ method: "riskParity", lookback: 100 }, "symbols"],
    [{ method: "riskParity", covariance: [[1, 0]] }, "covariance"],
    [
      {
        method: "kellyMulti",
        mean: [1],
        covariance: [
          [1, 0],
          [0, 1],
        ],
      },
      "covariance",
    ],
    [{ method: "volatilityTarget", targetVol: 0.1, realizedVol: 0 }, "maxLeverage"],
    [{ method: "percentOfEquity", percent: 0.1, equity: "1", portfolioId: "x" }, "equity"],
  ])("is refused for %j, naming %s", async (input, path) => {
    expectProblem(await refused(input), "VALIDATION_FAILED", [path]);
  });

  it("survives numbers at the edge of float64", async () => {
    for (const input of [
      { method: "optimalF", trades: [1e308, -1e-308], equity: "1", entry: "1" },
      {
        method: "optimalF",
        trades: Array.from({ length: 5000 }, (_, i) => (i % 9 === 0 ? -1 : 5)),
      },
      {
        method: "kellyMulti",
        mean: [1e308, -1e308],
        covariance: [
          [1e-300, 0],
          [0, 1e300],
        ],
      },
      { method: "cppi", value: "1e-7", floor: "1", multiplier: 1000 },
      { method: "inverseVolatility", vols: [1e-12, 1e6] },
    ])
      expect((await refused(input)).status).toBeLessThan(500);
  });

  it("is another's affair where the portfolio is another's", async () => {
    const portfolioId = await fund();
    const { client: stranger } = await signUp(node(), { role: "viewer" });
    const input = { method: "percentOfEquity", percent: 0.1, portfolioId, entry: "10" };
    expectProblem(await stranger.ask(sizePosition, input), "NOT_FOUND");
    expectProblem(await node().anonymous.ask(sizePosition, input), "UNAUTHENTICATED");
  });
});

describe("the size of a position in a portfolio", () => {
  let market: HandMarket;
  beforeAll(async () => {
    market = await HandMarket.open(node());
    await market.list("SIZE");
    await market.play({ SIZE: 50 });
  });

  it("stays within its limits, and says which bound it", async () => {
    const limits = { maxOrderNotional: "5000", maxPositionPct: "0.04" };
    const portfolioId = await fund({ limits });
    const found = await size({
      method: "percentOfEquity",
      percent: 0.5,
      portfolioId,
      symbol: "SIZE",
    });
    expect(found.rawQuantity).toBe("1000");
    expect(found.quantity).toBe("80");
    expect(found.appliedLimits.map(({ code }) => code)).toEqual([
      "MAX_ORDER_NOTIONAL",
      "MAX_POSITION_PCT",
    ]);
    expect(found.proposal).toMatchObject({ portfolioId, symbol: "SIZE", quantity: "80" });
    const short = await size({
      method: "percentOfEquity",
      percent: 0.1,
      portfolioId,
      symbol: "SIZE",
      side: "sell",
    });
    expect(short.quantity).toBe("0");
    expect(short.appliedLimits.at(-1)?.code).toBe("SHORT_NOT_ALLOWED");
  });

  it("never asks for more than its money buys with fees", async () => {
    const portfolioId = await fund();
    const found = await size({
      method: "percentOfEquity",
      percent: 1,
      portfolioId,
      symbol: "SIZE",
    });
    expect(found.appliedLimits.map(({ code }) => code)).toEqual(["BUYING_POWER"]);
    const { proposal } = found;
    if (proposal === null) throw new Error("expected a proposal");
    const placed = await node().admin.call(orderSized, {
      method: "percentOfEquity",
      percent: 1,
      portfolioId,
      symbol: "SIZE",
      entry: "50",
    });
    expect(placed.status).not.toBe("denied");
  });

  it("becomes an order that fills, once per idempotency key whatever the market does", async () => {
    const portfolioId = await fund();
    const input = { method: "percentOfEquity", percent: 0.1, portfolioId, symbol: "SIZE" };
    const headers = { "idempotency-key": "sized-once" };
    const first = await node().admin.call(orderSized, input, headers);
    expect(first.size.quantity).toBe("200");
    await market.play({ SIZE: 40 });
    const again = await node().admin.call(orderSized, input, headers);
    expect(again).toEqual({ ...first, status: again.status });
    const { orderId } = first;
    const order = await eventually("a fill", async () => {
      const found = await node().admin.call(getOrder, { orderId });
      return found.status === "filled" ? found : null;
    });
    expect(order.cumQuantity).toBe("200");
    const other = await node().admin.ask(orderSized, { ...input, percent: 0.2 }, headers);
    expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
    await market.play({ SIZE: 50 });
  });

  it("of nothing is no order, and a halted portfolio denies it", async () => {
    const portfolioId = await fund();
    const nothing = {
      method: "kelly",
      winProbability: 0.1,
      payoff: 1,
      portfolioId,
      symbol: "SIZE",
    };
    expectProblem(await node().admin.ask(orderSized, nothing), "SIZE_IS_ZERO");
    await node().admin.call(updatePortfolio, { portfolioId, tradingState: "halted" });
    const some = { method: "percentOfEquity", percent: 0.1, portfolioId, symbol: "SIZE" };
    expectProblem(await node().admin.ask(orderSized, some), "ORDER_DENIED");
  });
});

describe("sizes by stored bars", () => {
  it("use the volatility, the range and the covariance of days", async () => {
    const days = Array.from({ length: 40 }, (_, i) => new Date(Date.UTC(2021, 0, 4 + i)));
    const walk = (symbol: string, step: number) =>
      days.map((day, i) =>
        bar(symbol, day.toISOString().slice(0, 10), (100 + step * (i % 2)).toFixed(2)),
      );
    for (const [symbol, step] of [
      ["CALM", 1],
      ["WILD", 4],
    ] as const) {
      await define(symbol);
      await store(walk(symbol, step));
    }
    const portfolioId = await fund();
    const found = await size({
      method: "inverseVolatility",
      symbols: ["CALM", "WILD"],
      lookback: 30,
      portfolioId,
    });
    expect(found.sampleSize).toBe(30);
    // Up by a step and down again: its deviation is half the sum of both moves.
    const ratio = (4 / 100 + 4 / 104) / (1 / 100 + 1 / 101);
    expect((found.weights?.[0] ?? 0) / (found.weights?.[1] ?? 1)).toBeCloseTo(ratio, 10);
    expect(found.positions?.map(({ symbol }) => symbol)).toEqual(["CALM", "WILD"]);
    const atr = { method: "atr", riskFraction: 0.01, symbol: "CALM", lookback: 30, portfolioId };
    expect((await size(atr)).source).toBe("stored daily bars");
    const long = { method: "volatilityTarget", targetVol: 0.1, symbol: "CALM", lookback: 60 };
    expectProblem(await refused(long), "INSUFFICIENT_DATA");
  });
});
