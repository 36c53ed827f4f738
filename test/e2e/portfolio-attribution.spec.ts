import { createOrder } from "../../mixins/rest/routes/orders.ts";
import { attributePortfolio, getPerformance } from "../../mixins/rest/routes/performance.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type { HttpClient } from "../support/http.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const A = [100, 104, 99, 101, 95, 102, 108, 103];
const B = [50, 51, 52, 50, 49, 53, 52, 54];
const C = [200, 201, 205, 199, 190, 195, 202, 199];

describe("where a portfolio's difference to its benchmark came from", () => {
  const node = withNode();
  let trader: HttpClient;
  let portfolioId: string;
  const benchmark = [
    { symbol: "AAA", weight: 0.3 },
    { symbol: "BBB", weight: 0.5 },
    { symbol: "CCC", weight: 0.2 },
  ];

  beforeAll(async () => {
    trader = (await signUp(node(), { role: "trader" })).client;
    const market = await HandMarket.open(node());
    await market.list("AAA", { sector: "tech" });
    await market.list("BBB", { sector: "energy" });
    await market.list("CCC", { sector: "tech" });
    const play = (i: number) => market.play({ AAA: A[i] ?? 0, BBB: B[i] ?? 0, CCC: C[i] ?? 0 });
    await play(0);
    const body = { name: "active", baseCurrency: "USD", initialCash: "10000" };
    portfolioId = (await trader.call(createPortfolio, body)).portfolioId;
    const buy = (symbol: string, quantity: string) =>
      trader.call(createOrder, { portfolioId, symbol, side: "buy", type: "market", quantity });
    await buy("AAA", "40");
    await buy("BBB", "60");
    for (let i = 1; i < A.length; i += 1) {
      await play(i);
      if (i === 3) {
        const effectiveAt = FIRST_DAY_MS + (i + 1) * DAY_MS;
        const cash = { portfolioId, type: "deposit" as const, amount: "5000", effectiveAt };
        await trader.call(createTransaction, cash);
      }
      if (i === 4) await buy("CCC", "10");
    }
  });

  const asked = (more: object = {}) =>
    trader.call(attributePortfolio, { portfolioId, benchmark, groupBy: "sector", ...more });

  it("is what a hand finds from prices and weights, day by day", async () => {
    const found = await asked({
      method: "brinsonHoodBeebower",
      start: FIRST_DAY_MS + 2 * DAY_MS,
      end: FIRST_DAY_MS + 3 * DAY_MS,
    });
    // One day: from the close of 104, 51 and 201 to that of 99, 52 and 205. Fees were paid out of cash before.
    expect(found.sampleSize).toBe(1);
    const change = (prices: readonly number[]) => (prices[2] ?? 0) / (prices[1] ?? 1) - 1;
    const [a, b, c] = [change(A), change(B), change(C)];
    const gain = 40 * (99 - 104) + 60 * (52 - 51);
    const equity = gain / found.portfolioReturn;
    expect(equity).toBeGreaterThan(9_990);
    expect(equity).toBeLessThan(10_000);
    const [wTech, wEnergy] = [(40 * 104) / equity, (60 * 51) / equity];
    const rTech = (0.3 * a + 0.2 * c) / 0.5;
    expect(found.benchmarkReturn).toBeCloseTo(0.3 * a + 0.5 * b + 0.2 * c, 10);
    const [cash, energy, tech] = found.groups;
    expect(cash?.group).toBe("cash");
    expect(tech?.allocation).toBeCloseTo((wTech - 0.5) * rTech, 10);
    expect(tech?.selection).toBeCloseTo(0.5 * (a - rTech), 10);
    expect(tech?.interaction).toBeCloseTo((wTech - 0.5) * (a - rTech), 10);
    expect(energy?.allocation).toBeCloseTo((wEnergy - 0.5) * b, 10);
    expect(energy?.selection).toBeCloseTo(0, 10);
    expect(found.trading).toBeCloseTo(0, 10);
  });

  it.each(["carino", "menchero", "grap", "frongello"])("adds up by %s", async (linking) => {
    const found = await asked({ linking });
    expect(found.sampleSize).toBe(A.length - 2);
    expect(found.total.total + found.trading).toBeCloseTo(found.activeReturn, 10);
    // The purchase in the fifth day and its fee belong to no holding.
    expect(found.trading).not.toBe(0);
    const growth = (prices: readonly number[], i: number) =>
      (prices[i] ?? 0) / (prices[i - 1] ?? 1) - 1;
    const daily = A.slice(2).map(
      (_, k) => 1 + 0.3 * growth(A, k + 2) + 0.5 * growth(B, k + 2) + 0.2 * growth(C, k + 2),
    );
    expect(found.benchmarkReturn).toBeCloseTo(daily.reduce((all, one) => all * one, 1) - 1, 10);
  });

  it("stands beside the performance against one symbol", async () => {
    const found = await trader.call(getPerformance, {
      portfolioId,
      benchmark: "BBB",
      attributeBy: "symbol",
    });
    expect(found.attribution?.groups.map(({ group }) => group).toSorted()).toEqual([
      "AAA",
      "BBB",
      "CCC",
      "cash",
    ]);
    const { total, trading, activeReturn } = found.attribution ?? {};
    expect((total?.total ?? 0) + (trading ?? 0)).toBeCloseTo(activeReturn ?? Number.NaN, 10);
    expect((await trader.call(getPerformance, { portfolioId })).attribution).toBeNull();
  });

  it("refuses weights of another sum, repeated and unknown symbols, and foreign portfolios", async () => {
    const ask = (more: object) =>
      trader.ask(attributePortfolio, { portfolioId, benchmark, ...more });
    for (const bad of [
      [{ symbol: "AAA", weight: 0.9 }],
      [...benchmark.slice(0, 1), { symbol: "AAA", weight: 0.7 }],
    ])
      expectProblem(await ask({ benchmark: bad }), "VALIDATION_FAILED");
    expectProblem(await ask({ method: "geometric" }), "VALIDATION_FAILED");
    expectProblem(await ask({ benchmark: [{ symbol: "NOPE", weight: 1 }] }), "INSUFFICIENT_DATA");
    expectProblem(await ask({ start: FIRST_DAY_MS + 300 * DAY_MS }), "INSUFFICIENT_DATA");
    const foreign = (await signUp(node(), { role: "trader" })).client;
    expectProblem(await foreign.ask(attributePortfolio, { portfolioId, benchmark }), "NOT_FOUND");
  });
});
