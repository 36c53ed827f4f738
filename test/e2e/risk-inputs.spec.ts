import { modelVolatility } from "../../mixins/rest/routes/risk-measures.ts";
import { addCorporateAction } from "../../mixins/rest/routes/corporate-actions.ts";
import { putSymbol } from "../../mixins/rest/routes/symbols.ts";
import type { RouteInput } from "../support/http.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";
import { bar, barsOf } from "./stored-bars.ts";

const node = withNode();
const { define, store } = barsOf(node);
const ewma = (input: RouteInput) => node().admin.call(modelVolatility, { model: "ewma", ...input });
const refused = (input: RouteInput) =>
  node().admin.ask(modelVolatility, { model: "ewma", ...input });

const day = (i: number) => new Date(Date.UTC(2021, 7, 2 + i)).toISOString().slice(0, 10);
const closesOf = (symbol: string, closes: readonly number[]) =>
  store(closes.map((close, i) => bar(symbol, day(i), String(close))));
const changes = (prices: readonly number[]) =>
  prices.slice(1).map((price, i) => price / (prices[i] ?? price) - 1);

const stock = [50, 51, 49, 52, 50.5];
const rate = [1.1, 1.12, 1.08, 1.1, 1.11];

describe("returns of stored bars", () => {
  beforeAll(async () => {
    const terms = { venue: "PAPER", calendar: "XNYS", tickSize: "0.0001", lotSize: "1" };
    const inEuro = { ...terms, assetClass: "equity", currency: "EUR" };
    await node().admin.call(putSymbol, { symbol: "EUSTK", name: "A stock in Paris", ...inEuro });
    const pair = { ...terms, assetClass: "fx", currency: "USD" };
    await node().admin.call(putSymbol, { symbol: "EURUSD", name: "Euro in dollars", ...pair });
    await closesOf("EUSTK", stock);
    await closesOf("EURUSD", rate);
  });

  const positions = [{ symbol: "EUSTK", quantity: 100 }];

  it("are brought into the currency of the answer by the rate of each day", async () => {
    const dollars = stock.map((price, i) => price * (rate[i] ?? 1));
    const found = await ewma({ positions, currency: "USD", lookback: 4 });
    const expected = await ewma({ returns: changes(dollars) });
    expect(found.nextVariance).toBeCloseTo(expected.nextVariance, 14);
    expect(found.source).toContain("in USD");
  });

  it("are in their own currency where nobody asks for another", async () => {
    const found = await ewma({ positions, lookback: 4 });
    const expected = await ewma({ returns: changes(stock) });
    expect(found.nextVariance).toBeCloseTo(expected.nextVariance, 14);
  });

  it("are refused in a currency of which no rate is known", async () => {
    expectProblem(await refused({ positions, currency: "JPY", lookback: 4 }), "INSUFFICIENT_DATA");
  });

  it("have no fall where a split was", async () => {
    await define("SPLITS");
    await closesOf("SPLITS", [100, 101, 50, 51]);
    const action = { kind: "split", exDate: day(2), newUnits: "2", oldUnits: "1" };
    await node().admin.call(addCorporateAction, { symbol: "SPLITS", ...action });
    const found = await ewma({ symbols: ["SPLITS"], lookback: 3 });
    const expected = await ewma({ returns: changes([50, 50.5, 50, 51]) });
    expect(found.nextVariance).toBeCloseTo(expected.nextVariance, 12);
  });

  it("are of the days that all have, and too few of them are said", async () => {
    await define("SPARSE");
    await store([0, 2, 3].map((i) => bar("SPARSE", day(i), String(10 + i))));
    const symbols = ["SPARSE", "SPLITS"];
    expect((await ewma({ symbols, lookback: 2 })).sampleSize).toBe(2);
    const problem = expectProblem(await refused({ symbols, lookback: 3 }), "INSUFFICIENT_DATA");
    expect(problem.detail).toContain("2 in common");
    expectProblem(await refused({ symbols: ["NOBODY"], lookback: 2 }), "INSUFFICIENT_DATA");
  });
});
