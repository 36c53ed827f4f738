import { Decimal } from "../../domain/shared/decimal.ts";
import { getMargin } from "../../mixins/rest/routes/margin.ts";
import { createOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getLedger,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const sum = (amounts: readonly string[]): string => Decimal.sum(0, ...amounts).toFixed();

describe("a margin portfolio on the paper venue", () => {
  const node = withNode();
  let market: HandMarket;
  let trader: HttpClient;
  let neighbour: HttpClient;
  const prices: Record<string, number> = { ACME: 100, BOLT: 50, LOCK: 10 };

  beforeAll(async () => {
    trader = (await signUp(node(), { role: "trader" })).client;
    neighbour = (await signUp(node(), { role: "trader" })).client;
    market = await HandMarket.open(node());
    await market.list("ACME", { shortable: true, borrowRate: "0.036" });
    await market.list("BOLT", { shortable: true, initialMargin: "1", maintenanceMargin: "0.5" });
    await market.list("LOCK");
    await market.play(prices);
  });

  const open = async (changes: RouteInput = {}): Promise<string> => {
    const body = { name: "Margin", baseCurrency: "USD", initialCash: "10000", margin: "margin" };
    return (await trader.call(createPortfolio, { ...body, ...changes })).portfolioId;
  };
  const order = (portfolioId: string, side: string, quantity: string, symbol = "ACME") => ({
    portfolioId,
    symbol,
    side,
    type: "market",
    quantity,
  });
  const ordered = async (...asked: Parameters<typeof order>): Promise<void> => {
    await trader.call(createOrder, order(...asked));
    await play({});
  };
  const play = async (changes: Record<string, number>): Promise<void> => {
    Object.assign(prices, changes);
    await market.play(prices);
  };
  const denied = async (
    portfolioId: string,
    side: string,
    quantity: string,
    symbol = "ACME",
    more: RouteInput = {},
  ): Promise<readonly string[]> => {
    const asked = { ...order(portfolioId, side, quantity, symbol), ...more };
    const answer = await trader.ask(createOrder, asked);
    expect(answer.status).toBe(422);
    const problem = JSON.parse(answer.text) as { reasons: { code: string }[] };
    return problem.reasons.map(({ code }) => code);
  };
  const balances = async (portfolioId: string): Promise<Record<string, string>> => {
    const entries = await trader.all(getLedger, { portfolioId });
    const byAccount = Map.groupBy(entries, ({ account }) => account);
    return Object.fromEntries(
      [...byAccount].map(([account, rows]) => [
        account,
        sum(rows.flatMap(({ debit, credit }) => [debit, `-${credit}`])),
      ]),
    );
  };

  it("is opened with its terms, and shows them; a cash portfolio has none", async () => {
    const portfolioId = await open({ maintenanceMargin: "0.3", debitRate: "0.05", dayCount: 365 });
    expect(await trader.call(getPortfolio, { portfolioId })).toMatchObject({
      margin: "margin",
      initialMargin: "0.5",
      maintenanceMargin: "0.3",
      shortInitialMargin: "0.5",
      shortMaintenanceMargin: "0.3",
      marginCallHours: 24,
      debitRate: "0.05",
      dayCount: 365,
      buyingPower: "20000",
    });
    const cash = await open({ margin: "cash" });
    expect(await trader.call(getMargin, { portfolioId: cash })).toMatchObject({
      margin: "cash",
      equity: "10000",
      initialRequirement: "0",
      buyingPower: "10000",
      financing: null,
    });
  });

  it.each([
    ["a rate above one", { initialMargin: "1.01" }, "initialMargin"],
    ["more to keep than to open", { maintenanceMargin: "0.6" }, "maintenanceMargin"],
    ["margin terms of a cash portfolio", { margin: "cash", initialMargin: "0.5" }, "initialMargin"],
    ["another year", { dayCount: 364 }, "dayCount"],
    ["interest without end", { debitRate: "1e308" }, "debitRate"],
    ["a negative rate", { debitRate: "-0.01" }, "debitRate"],
    ["a call that waits for ever", { marginCallHours: 721 }, "marginCallHours"],
  ])("is not opened with %s", async (_, changes, path) => {
    const body = { name: "M", baseCurrency: "USD", initialCash: "1", margin: "margin", ...changes };
    const answer = await trader.ask(createPortfolio, body);
    expect(answer.status).toBe(422);
    const problem = JSON.parse(answer.text) as { errors: { path: string }[] };
    expect(problem.errors.map((error) => error.path)).toContain(path);
  });

  it("is nobody else's to look at", async () => {
    const portfolioId = await open();
    expectProblem(await neighbour.ask(getMargin, { portfolioId }), "NOT_FOUND");
    expectProblem(await node().anonymous.ask(getMargin, { portfolioId }), "UNAUTHENTICATED");
  });

  it("sells short, covers, and has the profit in cash", async () => {
    await play({ ACME: 100 });
    const portfolioId = await open();
    await ordered(portfolioId, "sell", "50");
    const { data } = await trader.call(getPositions, { portfolioId });
    expect(data).toMatchObject([{ symbol: "ACME", quantity: "-50", averagePrice: "100" }]);
    const margin = await trader.call(getMargin, { portfolioId });
    // a basis point of 5,000 in fees
    expect(margin).toMatchObject({
      equity: "9999.5",
      cash: "14999.5",
      short: "5000",
      initialRequirement: "2500",
      maintenanceRequirement: "1500",
      excess: "7499.5",
      positions: [{ symbol: "ACME", quantity: "-50", callPrice: "230.76153846" }],
    });
    await ordered(portfolioId, "buy", "50");
    await play({ ACME: 90 });
    const after = await trader.call(getPortfolio, { portfolioId });
    expect(after).toMatchObject({ realizedPnl: "0", cash: "9999", openOrders: 0 });
    await play({ ACME: 100 });
  });

  it("closes and opens with one order, and keeps the ledger balanced", async () => {
    const portfolioId = await open({ lotMethod: "fifo" });
    await ordered(portfolioId, "buy", "30");
    await ordered(portfolioId, "sell", "80");
    const { data } = await trader.call(getPositions, { portfolioId });
    expect(data).toMatchObject([{ quantity: "-50", cost: "-5000" }]);
    const ledger = await balances(portfolioId);
    expect(sum(Object.values(ledger))).toBe("0");
    expect(ledger["positions:ACME"]).toBe("-5000");
  });

  it("is denied what its margin does not cover, what cannot be borrowed, and a cash portfolio any short", async () => {
    const portfolioId = await open();
    expect(await denied(portfolioId, "sell", "201")).toEqual(["INSUFFICIENT_MARGIN"]);
    expect(await denied(portfolioId, "sell", "1", "LOCK")).toEqual(["SHORT_NOT_ALLOWED"]);
    expect(await denied(portfolioId, "buy", "200", "BOLT")).toEqual(["INSUFFICIENT_MARGIN"]);
    const cash = await open({ margin: "cash" });
    expect(await denied(cash, "sell", "1")).toEqual(["SHORT_NOT_ALLOWED"]);
  });

  it("holds several symbols, each at the market", async () => {
    const portfolioId = await open();
    await ordered(portfolioId, "buy", "100");
    await ordered(portfolioId, "sell", "50", "BOLT");
    expect(await denied(portfolioId, "buy", "60")).toEqual(["INSUFFICIENT_MARGIN"]);
    const margin = await trader.call(getMargin, { portfolioId });
    expect(margin).toMatchObject({ long: "10000", short: "2500", initialRequirement: "7500" });
    const withdraw = { portfolioId, type: "withdraw", memo: "out" };
    const tooMuch = await trader.ask(createTransaction, { ...withdraw, amount: "2500" });
    expectProblem(tooMuch, "WITHDRAWAL_EXCEEDS_CASH");
    await trader.call(createTransaction, { ...withdraw, amount: "2400" });
  });

  it("never lets two hundred orders at once use one margin twice", async () => {
    const portfolioId = await open();
    const asked = Array.from({ length: 200 }, (_, index) =>
      trader.ask(createOrder, order(portfolioId, index % 2 === 0 ? "buy" : "sell", "10")),
    );
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    const taken = statuses.filter((status) => status === 201).length;
    expect(new Set(statuses)).toEqual(new Set([201, 422]));
    // 10,000 over 10 × (50 of margin, 5 of slippage and a fee): 18 of one side; each order of the other side its slippage
    expect(taken).toBeLessThan(60);
    const { excess } = await trader.call(getMargin, { portfolioId });
    expect(new Decimal(excess).isNegative()).toBe(false);
    await play({});
    const after = await trader.call(getMargin, { portfolioId });
    expect(new Decimal(after.excess).isNegative()).toBe(false);
  });

  it("is called when prices fall, liquidated when nobody meets it, and free again", async () => {
    await play({ ACME: 100 });
    const portfolioId = await open({ marginCallHours: 0 });
    await ordered(portfolioId, "buy", "180");
    await play({ ACME: 55 });
    const liquidating = await eventually("a liquidation", async () => {
      const orders = await trader.all(listOrders, { portfolioId });
      const found = orders.find(({ side }) => side === "sell");
      return found ?? null;
    });
    expect(liquidating).toMatchObject({ symbol: "ACME", side: "sell", type: "market" });
    const { call } = await trader.call(getMargin, { portfolioId });
    expect(call).toMatchObject({ status: "liquidating" });
    expect(await denied(portfolioId, "buy", "1")).toContain("MARGIN_CALL_OPEN");
    await play({});
    const met = await eventually("a call that is met", async () => {
      const margin = await trader.call(getMargin, { portfolioId });
      return margin.call === null ? margin : null;
    });
    expect(met.pastCalls).toMatchObject([{ status: "met" }]);
    expect(new Decimal(met.maintenanceExcess).isNegative()).toBe(false);
    await play({ ACME: 100 });
  });

  it("is called in a short squeeze, and meets it with a deposit", async () => {
    const portfolioId = await open();
    await ordered(portfolioId, "sell", "150");
    await play({ ACME: 140 });
    const called = await eventually("a margin call", async () => {
      const margin = await trader.call(getMargin, { portfolioId });
      return margin.call === null ? null : margin;
    });
    // 10,000 − 150 × 40 − 1.5 of fees; 30 % of 21,000
    expect(called.call).toMatchObject({ status: "open", equity: "3998.5", deficit: "2301.5" });
    const deposit = { portfolioId, type: "deposit", memo: "in", amount: "2400" };
    await trader.call(createTransaction, deposit);
    await eventually("a call that is met", async () =>
      (await trader.call(getMargin, { portfolioId })).call === null ? true : null,
    );
    await play({ ACME: 100 });
  });

  it("keeps positions of one symbol side by side when it hedges, and closes each by its id", async () => {
    const portfolioId = await open({ accounting: "hedging" });
    await ordered(portfolioId, "buy", "20");
    await ordered(portfolioId, "sell", "30");
    const { data } = await trader.call(getPositions, { portfolioId });
    const shown = data.map(({ side, quantity }) => `${side} ${quantity}`);
    expect(new Set(shown)).toEqual(new Set(["long 20", "short -30"]));
    const positionId = data.find(({ side }) => side === "long")?.positionId;
    expect(await denied(portfolioId, "sell", "21", "ACME", { positionId })).toEqual([
      "REDUCE_ONLY_WOULD_INCREASE",
    ]);
    expect(await denied(portfolioId, "sell", "1", "ACME", { positionId: "nobody" })).toEqual([
      "POSITION_NOT_FOUND",
    ]);
    const closing = { ...order(portfolioId, "sell", "20"), positionId };
    expect(await trader.call(createOrder, closing)).toMatchObject({ positionId });
    await play({});
    const after = await trader.call(getPositions, { portfolioId });
    expect(after.data).toMatchObject([{ side: "short", quantity: "-30" }]);
    const netting = await open();
    expect(await denied(netting, "sell", "1", "ACME", { positionId })).toContain(
      "POSITION_NOT_FOUND",
    );
  });

  it("has a bracket in a hedging portfolio close what its entry opened", async () => {
    const portfolioId = await open({ accounting: "hedging" });
    const body = {
      ...order(portfolioId, "buy", "10"),
      timeInForce: "gtc",
      contingency: {
        kind: "bracket",
        takeProfit: { price: "110" },
        stopLoss: { stopPrice: "90" },
      },
    };
    await trader.call(createOrder, body);
    await play({});
    await play({ ACME: 111 });
    await play({});
    const { data } = await trader.call(getPositions, { portfolioId });
    expect(data).toEqual([]);
    await play({ ACME: 100 });
  });

  it("is charged for each day that its market leaves behind, weekends too", async () => {
    const portfolioId = await open({ debitRate: "0.072", creditRate: "0" });
    await ordered(portfolioId, "buy", "150");
    for (let day = 0; day < 3; day += 1) await play({});
    // The day of the purchase and three more; 5,001.5 × (1.0002⁴ − 1): 7.2 % over 360 days a year
    const charged = await eventually("four days of interest", async () => {
      const ledger = await balances(portfolioId);
      return new Decimal(ledger["interest"] ?? "0").greaterThanOrEqualTo(4) ? ledger : null;
    });
    expect(charged["interest"]).toBe("4.00240054");
    expect(sum(Object.values(charged))).toBe("0");
    const { financing, cash } = await trader.call(getMargin, { portfolioId });
    expect(financing).toMatchObject({ interest: "4.00240054", borrowFees: "0" });
    expect(cash).toBe(sum(["-5001.5", "-4.00240054"]));
  });

  it("pays lenders of what it sold short", async () => {
    const portfolioId = await open();
    await ordered(portfolioId, "sell", "100");
    await play({});
    const charged = await eventually("a day of borrowing", async () => {
      const ledger = await balances(portfolioId);
      return ledger["borrowFees"] === "2" ? ledger : null;
    });
    // 10,000 at 3.6 % over 360, twice; what is lent secures it and earns nothing
    expect(sum(Object.values(charged))).toBe("0");
  });
});
