import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { getPerformance, getReport } from "../../mixins/rest/routes/performance.ts";
import {
  closePortfolio,
  createPortfolio,
  getHistory,
} from "../../mixins/rest/routes/portfolios.ts";
import { measureReturns } from "../../mixins/rest/routes/risk-metrics.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type { HttpClient } from "../support/http.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const NAME = `Desk <script>alert("1")</script> & 'sons'`;
const PRICES = [100, 104, 99, 101, 95, 102, 108, 103, 110, 112];

describe("how a portfolio has done", () => {
  const node = withNode();
  let market: HandMarket;
  let trader: HttpClient;
  let portfolioId: string;

  const open = async (name: string): Promise<string> => {
    const body = { name, baseCurrency: "USD", initialCash: "10000" };
    return (await trader.call(createPortfolio, body)).portfolioId;
  };

  beforeAll(async () => {
    trader = (await signUp(node(), { role: "trader" })).client;
    market = await HandMarket.open(node());
    await market.list("ACME");
    await market.list("INDEX");
    await market.play({ ACME: 100, INDEX: 1000 });
    portfolioId = await open(NAME);
    const order = { portfolioId, symbol: "ACME", side: "buy", type: "market", quantity: "50" };
    await trader.call(createOrder, order);
    for (const [i, price] of PRICES.entries()) {
      await market.play({ ACME: price, INDEX: 1000 + 10 * i });
      // At midnight, when the bar has closed.
      const effectiveAt = FIRST_DAY_MS + (i + 2) * DAY_MS;
      if (i === 3) await move("deposit", "20000", effectiveAt);
      if (i === 6) await move("withdraw", "5000", effectiveAt);
    }
  });

  const move = (type: "deposit" | "withdraw", amount: string, effectiveAt: number) =>
    trader.call(createTransaction, { portfolioId, type, amount, effectiveAt });

  it("deposits and withdrawals are no returns, and what is left is the market's and the fees'", async () => {
    const found = await trader.call(getPerformance, { portfolioId });
    const points = await trader.all(getHistory, { portfolioId });
    const end = Number(points.at(-1)?.equity);
    expect(found).toMatchObject({ startValue: 10_000, endValue: end, netFlows: 15_000 });
    expect(found.profit).toBeCloseTo(end - 25_000, 8);
    expect(found.asOf).toBe(points.at(-1)?.timestamp);

    // The same by hand: each day's gain over what was there when it began.
    let value = 10_000;
    let wealth = 1;
    const flows = new Map([
      [3, 20_000],
      [6, -5000],
    ]);
    const [bought] = points;
    if (bought === undefined) throw new Error("expected a point");
    let before = 100;
    PRICES.forEach((price, i) => {
      const gain = i === 0 ? Number(bought.cash) + 50 * price - value : 50 * (price - before);
      wealth *= 1 + gain / value;
      value += gain + (flows.get(i) ?? 0);
      before = price;
    });
    expect(found.endValue).toBeCloseTo(value, 6);
    expect(found.timeWeighted.value).toBeCloseTo(wealth - 1, 9);
    expect(found.timeWeighted).toMatchObject({
      annualized: null,
      reason: "less than a year is not annualized",
    });
    expect(found.moneyWeighted.reason).toBeNull();
    expect(found.sampleSize).toBe(found.daily.length);
    expect(found.monthly).toEqual([{ month: "2020-01", return: expect.closeTo(wealth - 1, 9) }]);
  });

  it("its statistics are those of its daily returns", async () => {
    const found = await trader.call(getPerformance, {
      portfolioId,
      benchmark: "INDEX",
      riskFree: 0.0001,
    });
    const returns = found.daily.map((day) => day.return);
    const asked = await trader.call(measureReturns, {
      returns,
      benchmark: found.daily.map((day) => day.benchmark),
      riskFree: 0.0001,
      dates: found.daily.map((day) => day.date),
    });
    expect(asked.metrics).toEqual(found.metrics);
    expect(asked.drawdowns).toEqual(found.drawdowns);
    expect(found.metrics.beta).not.toBeNull();
    expect(found.daily[3]?.benchmark).toBeCloseTo(1020 / 1010 - 1, 9);
    expect(found.daily[0]?.benchmark).toBeNull();
  });

  it("a span begins with what was there", async () => {
    const [start, end] = ["2020-01-05", "2020-01-09"];
    const found = await trader.call(getPerformance, { portfolioId, start, end });
    const whole = await trader.call(getPerformance, { portfolioId });
    const inside = whole.daily.filter(({ date }) => date >= start && date < end);
    expect(found.daily.map(({ date }) => date)).toEqual(inside.map(({ date }) => date));
    for (const [i, day] of found.daily.entries())
      expect(day.return).toBeCloseTo(inside[i]?.return ?? Number.NaN, 12);
  });

  it("what was not valued twice has no performance, and its page says so", async () => {
    const empty = await open("Empty");
    expectProblem(await trader.ask(getPerformance, { portfolioId: empty }), "INSUFFICIENT_DATA");
    const page = await trader.ask(getReport, { portfolioId: empty });
    expect(page.status).toBe(200);
    expect(page.text).toContain("No performance yet");
    const nowhere = { portfolioId, start: "1999-01-01", end: "1999-02-01" };
    expectProblem(await trader.ask(getPerformance, nowhere), "INSUFFICIENT_DATA");
    await trader.call(closePortfolio, { portfolioId: empty });
    expect((await trader.ask(getReport, { portfolioId: empty })).text).toContain("closed");
  });

  it("refuses a benchmark without prices, and a span that ends before it begins", async () => {
    const unknown = await trader.ask(getPerformance, { portfolioId, benchmark: "NOTHING" });
    expectProblem(unknown, "INSUFFICIENT_DATA");
    const backwards = { portfolioId, start: "2020-02-01", end: "2020-01-01" };
    expectProblem(await trader.ask(getPerformance, backwards), "VALIDATION_FAILED", ["end"]);
    expectProblem(
      await trader.ask(getPerformance, { portfolioId, periodsPerYear: 0 }),
      "VALIDATION_FAILED",
      ["periodsPerYear"],
    );
  });

  it("the page brings all that it needs, runs nothing, and shows names as they are", async () => {
    const { status, headers, text } = await trader.ask(getReport, {
      portfolioId,
      benchmark: "INDEX",
    });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(text).toContain(
      "Desk &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;sons&#39;",
    );
    expect(text).not.toMatch(/<script|javascript:|https?:\/\/|url\(|@import/i);
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/);
    expect(text.match(/<svg/g)).toHaveLength(2);
    expect(text).toContain("ACME");
  });
});

describe("statistics of returns over HTTP", () => {
  const node = withNode();
  const ask = (body: object) => node().admin.ask(measureReturns, { ...body });

  it.each([
    ["below a total loss", { returns: [0.01, -1.5] }, "returns[1]"],
    ["none", { returns: [] }, "returns"],
    ["one that is missing", { returns: [0.01, null] }, "returns[1]"],
    ["words", { returns: [0.01, "0.02"] }, "returns[1]"],
    ["a benchmark of other length", { returns: [0.01, 0.02], benchmark: [0.01] }, "benchmark"],
    ["a risk-free rate of other length", { returns: [0.01, 0.02], riskFree: [0.01] }, "riskFree"],
    ["dates that fall", { returns: [0.01, 0.02], dates: ["2026-01-02", "2026-01-01"] }, "dates[1]"],
    ["dates that are none", { returns: [0.01], dates: ["2026-02-30"] }, "dates[0]"],
    ["no confidence", { returns: [0.01], confidence: 1 }, "confidence"],
    ["no periods", { returns: [0.01], periodsPerYear: 0 }, "periodsPerYear"],
    ["an unknown metric", { returns: [0.01], metrics: ["__proto__"] }, "metrics[0]"],
    ["an unknown convention", { returns: [0.01], convention: "constructor" }, "convention"],
  ])("%s is refused by name", async (_, body, path) => {
    expectProblem(await ask(body), "VALIDATION_FAILED", [path]);
  });

  it("returns that are all missing are no data", async () => {
    expectProblem(await ask({ returns: [null, null], missing: "drop" }), "INSUFFICIENT_DATA");
  });

  it("answers what was asked for, and says how", async () => {
    const found = await node().admin.call(measureReturns, {
      returns: [0.1, null, -0.5, 0.2],
      missing: "drop",
      metrics: ["maxDrawdown", "sharpe", "beta"],
      dates: ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"],
    });
    expect(found).toMatchObject({
      metrics: { maxDrawdown: expect.closeTo(0.5, 12), sharpe: expect.any(Number), beta: null },
      undefinedMetrics: { beta: "there is no benchmark" },
      drawdowns: [{ from: "2026-01-03", trough: "2026-01-03", to: null, length: 2 }],
      convention: "default",
      observations: 3,
      benchmarkObservations: null,
      sampleSize: 3,
      source: "returns of the request",
    });
    expect(Object.keys(found.metrics)).toHaveLength(3);
  });

  it("numbers that are beyond all range are told as such, never as null without a word", async () => {
    const found = await node().admin.call(measureReturns, { returns: [1e308, 1e308, -0.5] });
    const missing = Object.keys(found.metrics).filter(
      (name) => Reflect.get(found.metrics, name) === null,
    );
    expect(missing).toContain("totalReturn");
    expect(Object.keys(found.undefinedMetrics).toSorted()).toEqual(missing.toSorted());
  });

  it("twenty thousand returns are measured, and no more", async () => {
    const returns = Array.from(
      { length: 20_000 },
      (_, i) => Math.round(Math.sin(i) * 100) / 10_000,
    );
    const found = await node().admin.call(measureReturns, { returns, topDrawdowns: 1 });
    expect(found.observations).toBe(20_000);
    expect(found.drawdowns.length).toBeLessThanOrEqual(1);
    expectProblem(await ask({ returns: [...returns, 0] }), "VALIDATION_FAILED", ["returns"]);
  });
});
