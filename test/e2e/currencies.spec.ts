import { Decimal } from "../../domain/shared/decimal.ts";
import { getMargin } from "../../mixins/rest/routes/margin.ts";
import { createOrder } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getHistory,
  getLedger,
  getPortfolio,
  getPositions,
  listPortfolios,
} from "../../mixins/rest/routes/portfolios.ts";
import { sizePosition } from "../../mixins/rest/routes/risk-sizing.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const sum = (amounts: readonly string[]): string => Decimal.sum(0, ...amounts).toFixed();

describe("a portfolio of several currencies on the paper venue", () => {
  const node = withNode();
  let market: HandMarket;
  let trader: HttpClient;
  let manager: HttpClient;
  let neighbour: HttpClient;
  const prices: Record<string, number | string> = {
    EURUSD: "1.1",
    USDJPY: 125,
    SAPX: 50,
    ACME: 100,
  };

  beforeAll(async () => {
    trader = (await signUp(node(), { role: "trader" })).client;
    neighbour = (await signUp(node(), { role: "trader" })).client;
    manager = (await signUp(node(), { role: "admin" })).client;
    market = await HandMarket.open(node());
    const pair = { assetClass: "fx", tickSize: "0.00001", calendar: "24x7" } as const;
    await market.list("EURUSD", pair);
    await market.list("USDJPY", { ...pair, currency: "JPY", tickSize: "0.001" });
    await market.list("SAPX", { currency: "EUR" });
    await market.list("KRON", { currency: "SEK" });
    await market.list("ACME");
    await market.play(prices);
  });

  const play = async (changes: Record<string, number | string> = {}): Promise<void> => {
    Object.assign(prices, changes);
    await market.play(prices);
  };
  const open = async (changes: RouteInput = {}): Promise<string> => {
    const body = { name: "World", baseCurrency: "USD", initialCash: "10000", multiCurrency: true };
    return (await trader.call(createPortfolio, { ...body, ...changes })).portfolioId;
  };
  const transact = (portfolioId: string, asked: RouteInput, client = trader) =>
    client.ask(createTransaction, { portfolioId, ...asked });
  const done = async (portfolioId: string, asked: RouteInput) =>
    trader.call(createTransaction, { portfolioId, ...asked });
  const order = (portfolioId: string, quantity: string, changes: RouteInput = {}) => ({
    portfolioId,
    symbol: "SAPX",
    side: "buy",
    type: "market",
    quantity,
    ...changes,
  });
  const reasonsOf = async (asked: RouteInput) => {
    const answer = await trader.ask(createOrder, asked);
    expect(answer.status).toBe(422);
    const problem = JSON.parse(answer.text) as { reasons: { code: string; limit: string }[] };
    return problem.reasons.map(({ code, limit }) => [code, limit]);
  };
  const balance = async (portfolioId: string, currency: string) => {
    const { balances } = await trader.call(getPortfolio, { portfolioId });
    return balances?.find((one) => one.currency === currency);
  };

  it("shows its balances and terms, and one of one currency none", async () => {
    const portfolioId = await open({ currencies: ["EUR", "JPY", "EUR"], conversion: "auto" });
    expect(await trader.call(getPortfolio, { portfolioId })).toMatchObject({
      multiCurrency: true,
      currencies: ["EUR", "JPY"],
      conversion: "auto",
      conversionFeeBps: "0",
      conversionMargin: "0.02",
      fxPnl: "0",
      equity: "10000",
      balances: [{ currency: "USD", cash: "10000", rate: "1", value: "10000" }],
    });
    const one = await open({ multiCurrency: undefined });
    const view = await trader.call(getPortfolio, { portfolioId: one });
    expect(Object.keys(view)).not.toContain("balances");
    expect(Object.keys(view)).not.toContain("multiCurrency");
    const { data } = await trader.call(listPortfolios, {});
    expect(data.find((row) => row.portfolioId === portfolioId)).toMatchObject({ equity: "10000" });
  });

  it.each([
    ["margin", { margin: "margin" }, "margin"],
    ["interest", { creditRate: "0.01" }, "creditRate"],
    ["a fee without end", { conversionFeeBps: "1e308" }, "conversionFeeBps"],
    ["a margin above one", { conversionMargin: "1.01" }, "conversionMargin"],
    ["a currency that is none", { currencies: ["__proto__"] }, "currencies[0]"],
    ["terms of several, of one", { multiCurrency: undefined, conversion: "auto" }, "conversion"],
    ["several and one at once", { multiCurrency: false, currencies: ["EUR"] }, "multiCurrency"],
  ])("is not opened with %s", async (_, changes, path) => {
    const body = { name: "W", baseCurrency: "USD", initialCash: "1", multiCurrency: true };
    const answer = await trader.ask(createPortfolio, { ...body, ...changes });
    expect(answer.status).toBe(422);
    const problem = JSON.parse(answer.text) as { errors: { path: string }[] };
    expect(problem.errors.map((error) => error.path)).toContain(path);
  });

  it("converts at the market, deposits and withdraws, and is worth what it was", async () => {
    await play({ EURUSD: "1.1" });
    const portfolioId = await open();
    const converted = await done(portfolioId, {
      type: "convert",
      from: "USD",
      to: "EUR",
      amount: "1100",
    });
    expect(converted).toMatchObject({
      type: "convert",
      cashChange: "-1100",
      currency: "USD",
      conversion: { from: "USD", to: "EUR", sold: "1100", bought: "999.99", fee: "0" },
    });
    // 1/1.1 rounded down at 15 digits makes 999.99; less than a cent's worth is gone.
    expect(converted.conversion?.source).toContain("bid of 1/EURUSD");
    await done(portfolioId, { type: "deposit", amount: "0.01", currency: "EUR" });
    expect(await balance(portfolioId, "EUR")).toMatchObject({
      cash: "1000",
      rate: "1.1",
      value: "1100",
      netDeposits: "0.01",
    });
    await play({ EURUSD: "1.2" });
    expect(await trader.call(getPortfolio, { portfolioId })).toMatchObject({ equity: "10100" });
    await done(portfolioId, { type: "withdraw", amount: "500", currency: "EUR" });
    await done(portfolioId, { type: "convert", from: "EUR", to: "USD", amount: "500" });
    const after = await trader.call(getPortfolio, { portfolioId });
    expect(after).toMatchObject({ cash: "9500", equity: "9500", netDeposits: "-599.989" });
    // 1,000 at 1.20 less what they cost: 1100 + 0.011.
    expect(after.fxPnl).toBe("99.989");
  });

  it("crosses by way of the base currency", async () => {
    await play({ EURUSD: "1.2", USDJPY: 125 });
    const portfolioId = await open();
    await done(portfolioId, { type: "deposit", amount: "100", currency: "EUR" });
    await done(portfolioId, { type: "convert", from: "EUR", to: "JPY", amount: "100" });
    expect(await balance(portfolioId, "JPY")).toMatchObject({ cash: "15000", value: "120" });
  });

  it("takes a rate near the market's from anyone, and another from who manages risk", async () => {
    await play({ EURUSD: "1.2" });
    const portfolioId = await open();
    const asked = { type: "convert", from: "USD", to: "EUR", amount: "120" };
    expectProblem(await transact(portfolioId, { ...asked, rate: "0.9" }), "VALIDATION_FAILED");
    await done(portfolioId, { ...asked, rate: "0.84" });
    expect(await balance(portfolioId, "EUR")).toMatchObject({ cash: "100.8" });
    expect((await transact(portfolioId, { ...asked, rate: "0.9" }, manager)).status).toBe(201);
    expect(await balance(portfolioId, "EUR")).toMatchObject({ cash: "208.8" });
  });

  it.each([
    [
      "more than there is",
      { type: "convert", from: "EUR", to: "USD", amount: "1" },
      "CONVERSION_EXCEEDS_CASH",
    ],
    [
      "without a rate",
      { type: "convert", from: "USD", to: "SEK", amount: "1" },
      "INSUFFICIENT_DATA",
    ],
    ["into itself", { type: "convert", from: "USD", to: "USD", amount: "1" }, "VALIDATION_FAILED"],
    [
      "next to nothing",
      { type: "convert", from: "USD", to: "EUR", amount: "0.001" },
      "AMOUNT_TOO_SMALL",
    ],
    ["without an amount", { type: "convert", from: "USD", to: "EUR" }, "VALIDATION_FAILED"],
    [
      "a currency of no known worth",
      { type: "deposit", amount: "1", currency: "SEK" },
      "FX_RATE_MISSING",
    ],
    [
      "a currency that is none",
      { type: "deposit", amount: "1", currency: "__proto__" },
      "VALIDATION_FAILED",
    ],
    [
      "what it has not",
      { type: "withdraw", amount: "1", currency: "EUR" },
      "WITHDRAWAL_EXCEEDS_CASH",
    ],
    [
      "a dividend in a currency",
      { type: "dividend", symbol: "SAPX", perUnit: "1", currency: "EUR" },
      "VALIDATION_FAILED",
    ],
    [
      "an endless amount",
      { type: "convert", from: "USD", to: "EUR", amount: "1e308" },
      "VALIDATION_FAILED",
    ],
  ] as const)("refuses to move %s", async (_, asked, code) => {
    const portfolioId = await open();
    const answer = await transact(portfolioId, asked);
    expectProblem(answer, code);
  });

  it("is refused a currency when it keeps but one, and is nobody else's to convert", async () => {
    const one = await open({ multiCurrency: undefined });
    const asked = { type: "deposit", amount: "1", currency: "EUR" };
    expectProblem(await transact(one, asked), "CURRENCY_NOT_ALLOWED");
    const convert = { type: "convert", from: "USD", to: "EUR", amount: "100" };
    expectProblem(await transact(one, convert), "CURRENCY_NOT_ALLOWED");
    expect(await reasonsOf(order(one, "1"))).toEqual([["CURRENCY_MISMATCH", "USD"]]);
    const portfolioId = await open();
    expectProblem(await transact(portfolioId, convert, neighbour), "NOT_FOUND");
    expectProblem(await transact(portfolioId, convert, node().anonymous), "UNAUTHENTICATED");
  });

  it("buys with the instrument's currency, settles in it, and tells price from currency", async () => {
    await play({ EURUSD: "1.1", SAPX: 50 });
    const portfolioId = await open();
    expect(await reasonsOf(order(portfolioId, "10"))).toEqual([
      ["INSUFFICIENT_BUYING_POWER", "0 EUR"],
    ]);
    await done(portfolioId, { type: "deposit", amount: "1000", currency: "EUR" });
    await trader.call(createOrder, order(portfolioId, "10"));
    await play();
    await play({ EURUSD: "1.2", SAPX: 60 });
    // Bought at 50 on the next bar, a basis point in fees.
    const { data } = await trader.call(getPositions, { portfolioId });
    const [position] = data;
    const cost = Number(position?.cost);
    expect(position).toMatchObject({
      symbol: "SAPX",
      currency: "EUR",
      quantity: "10",
      marketValue: "600",
      inBase: { rate: "1.2", marketValue: "720", cost: Decimal.mul(cost, "1.1").toFixed() },
    });
    const { priceEffect, fxEffect, unrealizedPnl } = position?.inBase ?? {};
    expect(sum([priceEffect ?? "", fxEffect ?? ""])).toBe(unrealizedPnl);
    expect(fxEffect).toBe(Decimal.mul(cost, "0.1").toFixed());
    const view = await trader.call(getPortfolio, { portfolioId });
    const euros = view.balances?.find(({ currency }) => currency === "EUR");
    const equity = Decimal.sum("10000", new Decimal(euros?.cash ?? "0").plus(600).times("1.2"));
    expect(view.equity).toBe(equity.toFixed());
    expect(view.unrealizedPnl).toBe(unrealizedPnl);
    await done(portfolioId, { type: "dividend", symbol: "SAPX", perUnit: "0.5" });
    expect(await balance(portfolioId, "EUR")).toMatchObject({ dividends: "5" });
    await trader.call(createOrder, order(portfolioId, "10", { side: "sell" }));
    await play();
    expect((await trader.call(getPositions, { portfolioId })).data).toEqual([]);
    const ledger = await trader.all(getLedger, { portfolioId });
    const byTransaction = Map.groupBy(ledger, (row) => `${row.transactionId} ${row.currency}`);
    for (const rows of byTransaction.values())
      expect(sum(rows.flatMap(({ debit, credit }) => [debit, `-${credit}`]))).toBe("0");
  });

  it("draws the base currency by itself where it is to, and denies beyond it", async () => {
    await play({ EURUSD: "1.2", SAPX: 60 });
    const portfolioId = await open({ conversion: "auto" });
    expect(await reasonsOf(order(portfolioId, "200"))).toEqual([
      ["INSUFFICIENT_BUYING_POWER", "10000 USD"],
    ]);
    await trader.call(createOrder, order(portfolioId, "100"));
    await play();
    const view = await trader.call(getPortfolio, { portfolioId });
    expect(view.reserved).toBe("0");
    expect(await balance(portfolioId, "EUR")).toMatchObject({ cash: "0", reserved: "0" });
    // 6,000 EUR and a basis point, at 1.20.
    expect(view).toMatchObject({ cash: "2799.28", equity: "9999.28" });
    const { data } = await trader.call(getPositions, { portfolioId });
    expect(data).toMatchObject([{ quantity: "100", inBase: { cost: "7200" } }]);
  });

  it("converts for a fill at the rate of the fill, not of the day that the order came", async () => {
    await play({ EURUSD: "1.2", SAPX: 60 });
    const portfolioId = await open({ conversion: "auto" });
    const limit = { type: "limit", price: "55", timeInForce: "gtc" };
    await trader.call(createOrder, order(portfolioId, "100", limit));
    // 5,500 EUR, a basis point and a cent a unit, at 1.20, and 2 % beyond it.
    expect((await trader.call(getPortfolio, { portfolioId })).reserved).toBe("6733.8972");
    await play({ EURUSD: "1.25" });
    await play({ SAPX: 54 });
    const view = await trader.call(getPortfolio, { portfolioId });
    const [position] = (await trader.call(getPositions, { portfolioId })).data;
    expect(position).toMatchObject({ quantity: "100" });
    const paid = new Decimal("10000").minus(view.cash);
    const euros = new Decimal(position?.cost ?? "0").plus(position?.fees ?? "0");
    expect(paid.toFixed()).toBe(euros.times("1.25").toFixed());
    expect(view.reserved).toBe("0");
  });

  it("is sized by the cash of the instrument's currency, of which it has so much", async () => {
    await play({ EURUSD: "1.25", SAPX: 50 });
    const portfolioId = await open();
    await done(portfolioId, { type: "deposit", amount: "510", currency: "EUR" });
    const asked = { method: "percentOfEquity", percent: 0.5, portfolioId, symbol: "SAPX" };
    const proposal = await trader.call(sizePosition, { ...asked, side: "buy" });
    // Half of 10,637.5 dollars is 4,255 euros: 85 units, and there are euros for ten.
    expect(proposal).toMatchObject({ quantity: "10" });
    expect(Number(proposal.rawQuantity)).toBeCloseTo(85.1, 6);
  });

  it("has a history at the rates of its time, and is told as of then", async () => {
    await play({ EURUSD: "1.2" });
    const portfolioId = await open();
    const effectiveAt = "2020-01-02T00:00:00.000Z";
    await done(portfolioId, { type: "deposit", amount: "1000", currency: "EUR", effectiveAt });
    const then = (await trader.call(getPortfolio, { portfolioId })).asOf;
    await trader.call(createOrder, order(portfolioId, "1", { symbol: "ACME" }));
    await play();
    await play({ EURUSD: "1.3" });
    const { equity, cash } = await trader.call(getPortfolio, { portfolioId });
    expect(equity).toBe(Decimal.sum(cash, 100, 1_300).toFixed());
    const history = await trader.all(getHistory, { portfolioId });
    expect(history.at(-1)).toMatchObject({ equity });
    expect(history.every((point) => Number(point.equity) > 11_000)).toBe(true);
    const before = await trader.call(getPortfolio, { portfolioId, asOf: then });
    expect(before).toMatchObject({ cash: "10000", equity: "11200" });
    expect(await trader.call(getMargin, { portfolioId })).toMatchObject({ equity });
  });
});
