import { Decimal } from "../../domain/shared/decimal.ts";
import { createOrder, getOrder } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getHistory,
  getLedger,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import {
  allocateTrade,
  getConfirmation,
  getTrade,
  listTrades,
  settleTrade,
} from "../../mixins/rest/routes/trades.ts";
import type { TradeView } from "../../mixins/rest/routes/trades.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type { HttpClient, RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { startTestNode, withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const sum = (amounts: readonly string[]): string => Decimal.sum(0, ...amounts).toFixed();

describe("after the trade", () => {
  const node = withNode();
  let market: HandMarket;
  let trader: HttpClient;
  let neighbour: HttpClient;
  let viewer: HttpClient;

  beforeAll(async () => {
    trader = (await signUp(node(), { role: "trader" })).client;
    neighbour = (await signUp(node(), { role: "trader" })).client;
    viewer = (await signUp(node(), { role: "viewer" })).client;
    market = await HandMarket.open(node());
    await market.list("ACME");
    await market.list("BOLT", { assetClass: "crypto", calendar: "24x7" });
    // 2020-01-01 is a Wednesday and a holiday.
    await market.play({ ACME: 100, BOLT: 10 });
  });

  const open = async (initialCash = "100000"): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash };
    return (await trader.call(createPortfolio, body)).portfolioId;
  };
  const tradesOf = (portfolioId: string): Promise<readonly TradeView[]> =>
    trader.all(listTrades, { portfolioId, order: "asc" });
  const buy = async (portfolioId: string, symbol = "ACME", quantity = "10"): Promise<TradeView> => {
    const body = { portfolioId, symbol, side: "buy", type: "market", quantity };
    await trader.call(createOrder, body);
    await market.play({ ACME: 100, BOLT: 10 });
    const trade = (await tradesOf(portfolioId)).at(-1);
    if (trade === undefined) throw new Error("expected a trade");
    return trade;
  };
  const settled = (tradeId: string): Promise<TradeView> =>
    eventually("a trade that has settled", async () => {
      const trade = await trader.call(getTrade, { tradeId });
      return trade.settlement.status === "settled" ? trade : null;
    });
  const balanceOf = async (portfolioId: string, account: string): Promise<string> => {
    const entries = await trader.all(getLedger, { portfolioId });
    const ours = entries.filter((entry) => entry.account.startsWith(account));
    return sum(ours.flatMap(({ debit, credit }) => [debit, `-${credit}`]));
  };
  const post = (portfolioId: string, body: RouteInput) =>
    trader.ask(createTransaction, { portfolioId, ...body });

  it("a trade is pending until its market has reached the date, and then moves its money", async () => {
    const portfolioId = await open();
    // Bought on 2020-01-02, a Thursday: T+2 is Monday the 6th.
    const trade = await buy(portfolioId);
    expect(trade.settlement).toEqual({ date: "2020-01-06", status: "pending", at: null });
    const before = await trader.call(getPortfolio, { portfolioId });
    expect(before.settledCash).toBe("100000");
    expect(sum([before.settledCash, before.unsettledCash])).toBe(before.cash);
    expect(await balanceOf(portfolioId, "unsettled")).toBe(before.unsettledCash);
    for (let day = 3; day <= 5; day += 1) await market.play({ ACME: 101, BOLT: 10 });
    const early = await trader.call(getTrade, { tradeId: trade.tradeId });
    expect(early.settlement.status).toBe("pending");
    await market.play({ ACME: 101, BOLT: 10 });
    const late = await settled(trade.tradeId);
    expect(late.settlement.at).not.toBeNull();
    const after = await trader.call(getPortfolio, { portfolioId });
    expect(after).toMatchObject({
      cash: before.cash,
      settledCash: before.cash,
      unsettledCash: "0",
    });
    expect(await balanceOf(portfolioId, "cash")).toBe(after.cash);
    expect(await balanceOf(portfolioId, "unsettled")).toBe("0");
  });

  it("crypto settles with the trade", async () => {
    const portfolioId = await open();
    const { settlement, executedAt } = await buy(portfolioId, "BOLT");
    expect(settlement).toMatchObject({ status: "settled", date: executedAt.slice(0, 10) });
    const { settledCash, cash } = await trader.call(getPortfolio, { portfolioId });
    expect(settledCash).toBe(cash);
  });

  it("a settlement may fail, in the word of compliance, and be made up for", async () => {
    const portfolioId = await open();
    const { tradeId } = await buy(portfolioId);
    const { client: compliance } = await signUp(node(), { role: "admin" });
    const asked = { tradeId, status: "failed", reason: "no delivery" };
    expectProblem(await trader.ask(settleTrade, asked), "FORBIDDEN");
    expectProblem(
      await compliance.ask(settleTrade, { tradeId, status: "failed" }),
      "VALIDATION_FAILED",
      ["reason"],
    );
    const failed = await compliance.call(settleTrade, asked);
    expect(failed.settlement.status).toBe("failed");
    const made = await compliance.call(settleTrade, { tradeId, status: "settled" });
    expect(made.settlement.status).toBe("settled");
    expectProblem(await compliance.ask(settleTrade, asked), "TRADE_SETTLED");
  });

  it("a confirmation states principal, fees, net amount and where it settles", async () => {
    const portfolioId = await open();
    const trade = await buy(portfolioId);
    const stated = await trader.call(getConfirmation, { tradeId: trade.tradeId });
    expect(stated).toMatchObject({
      tradeId: trade.tradeId,
      portfolio: { portfolioId, name: "Desk" },
      instrument: { symbol: "ACME", name: "ACME Inc.", multiplier: "1" },
      principal: "1000",
      fees: trade.fees,
      netAmount: sum(["-1000", `-${trade.fees}`]),
      tradeDate: trade.executedAt.slice(0, 10),
      settlement: {
        date: trade.settlement.date,
        status: "pending",
        cashAccount: `${portfolioId}/cash`,
        securitiesAccount: `${portfolioId}/positions:ACME`,
      },
      allocatedFrom: null,
    });
    const { tradeId } = trade;
    expectProblem(await neighbour.ask(getConfirmation, { tradeId }), "NOT_FOUND");
  });

  it("a block trade is split to other portfolios, which have it as a trade of their own", async () => {
    const [block, one, two] = [await open(), await open(), await open()];
    const trade = await buy(block, "ACME", "100");
    const allocations = [
      { portfolioId: one, quantity: "30" },
      { portfolioId: two, quantity: "60" },
    ];
    const view = await trader.call(allocateTrade, { tradeId: trade.tradeId, allocations });
    expect(view.allocations).toMatchObject([
      { portfolioId: block, quantity: "10", status: "held" },
      { portfolioId: one, quantity: "30", status: "taken" },
      { portfolioId: two, quantity: "60", status: "taken" },
    ]);
    expect(sum(view.allocations.map(({ fees }) => fees))).toBe(trade.fees);
    const [part] = await tradesOf(two);
    expect(part).toMatchObject({
      quantity: "60",
      price: trade.price,
      orderId: trade.orderId,
      allocatedFrom: trade.tradeId,
      settlement: trade.settlement,
    });
    const held = await Promise.all(
      [block, one, two].map(async (portfolioId) => {
        const { data } = await trader.call(getPositions, { portfolioId });
        const { cash, unsettledCash } = await trader.call(getPortfolio, { portfolioId });
        expect(await balanceOf(portfolioId, "unsettled")).toBe(unsettledCash);
        return { quantity: data[0]?.quantity ?? "0", cash };
      }),
    );
    expect(held.map(({ quantity }) => quantity)).toEqual(["10", "30", "60"]);
    expect(sum(held.map(({ cash }) => cash))).toBe(sum(["300000", "-10000", `-${trade.fees}`]));
  });

  it("a part that cannot be taken comes back, and says why", async () => {
    const [block, poor] = [await open(), await open("50")];
    const trade = await buy(block);
    const before = await trader.call(getPortfolio, { portfolioId: block });
    const allocations = [{ portfolioId: poor, quantity: "10" }];
    await trader.call(allocateTrade, { tradeId: trade.tradeId, allocations });
    const view = await eventually("a part that came back", async () => {
      const found = await trader.call(getTrade, { tradeId: trade.tradeId });
      return found.allocations.some(({ status }) => status === "pending") ? null : found;
    });
    expect(view.allocations).toMatchObject([
      { portfolioId: block, quantity: "10", fees: trade.fees, status: "held" },
      { portfolioId: poor, status: "refused", reason: expect.stringContaining("50 is free") },
    ]);
    const after = await trader.call(getPortfolio, { portfolioId: block });
    expect([after.cash, after.fees, after.unsettledCash]).toEqual([
      before.cash,
      before.fees,
      before.unsettledCash,
    ]);
  });

  it("an allocation is refused to strangers, for too much, to itself and twice to one", async () => {
    const [block, other] = [await open(), await open()];
    const { tradeId } = await buy(block);
    const ask = (client: HttpClient, allocations: readonly RouteInput[]) =>
      client.ask(allocateTrade, { tradeId, allocations });
    const part = { portfolioId: other, quantity: "1" };
    expectProblem(await ask(neighbour, [part]), "NOT_FOUND");
    expectProblem(await ask(viewer, [part]), "FORBIDDEN");
    const body = { name: "Theirs", baseCurrency: "USD", initialCash: "1000" };
    const { portfolioId: theirs } = await neighbour.call(createPortfolio, body);
    expectProblem(await ask(trader, [{ ...part, portfolioId: theirs }]), "NOT_FOUND");
    expectProblem(await ask(trader, [{ ...part, quantity: "11" }]), "ALLOCATION_EXCEEDS_TRADE");
    expectProblem(await ask(trader, [part, part]), "VALIDATION_FAILED", [
      "allocations[1].portfolioId",
    ]);
    expectProblem(await ask(trader, [{ ...part, portfolioId: block }]), "VALIDATION_FAILED", [
      "allocations[0].portfolioId",
    ]);
  });

  it("an allocation is made once per key, which goes with one body and one trade", async () => {
    const [block, other] = [await open(), await open()];
    const [first, second] = [await buy(block), await buy(block)];
    const key = { "idempotency-key": `allocate-${block}` };
    const allocations = [{ portfolioId: other, quantity: "4" }];
    const ask = (tradeId: string, parts: readonly RouteInput[]) =>
      trader.ask(allocateTrade, { tradeId, allocations: parts }, key);
    const done = await ask(first.tradeId, allocations);
    const again = await ask(first.tradeId, allocations);
    expect([done.status, again.status]).toEqual([201, 201]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(await tradesOf(other)).toHaveLength(1);
    const more = [{ portfolioId: other, quantity: "5" }];
    expectProblem(await ask(first.tradeId, more), "IDEMPOTENCY_KEY_REUSED");
    expectProblem(await ask(second.tradeId, allocations), "IDEMPOTENCY_KEY_REUSED");
  });

  it("cash comes and goes once per key, and unsettled cash does not go", async () => {
    const portfolioId = await open("1000");
    const key = { headers: { "idempotency-key": `deposit-${portfolioId}` } };
    const path = `/api/portfolios/${portfolioId}/transactions`;
    const send = (amount: string) =>
      trader.send({
        method: "POST",
        path,
        body: JSON.stringify({ type: "deposit", amount }),
        ...key,
      });
    const [first, again] = [await send("500"), await send("500")];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(again.text).toBe(first.text);
    expectProblem(await send("501"), "IDEMPOTENCY_KEY_REUSED");
    await buy(portfolioId, "ACME", "5");
    expectProblem(
      await post(portfolioId, { type: "withdraw", amount: "1001" }),
      "WITHDRAWAL_EXCEEDS_CASH",
    );
    const out = await trader.call(createTransaction, {
      portfolioId,
      type: "withdraw",
      amount: "400",
    });
    expect(out).toMatchObject({ cashChange: "-400", position: null, dividend: null });
    const { netDeposits, initialCash } = await trader.call(getPortfolio, { portfolioId });
    expect([netDeposits, initialCash]).toEqual(["100", "1000"]);
    expect(await balanceOf(portfolioId, "capital")).toBe("-1100");
  });

  it("a dividend and a split are booked on what is held, in the market's time", async () => {
    const portfolioId = await open();
    await buy(portfolioId);
    const paid = await trader.call(createTransaction, {
      portfolioId,
      type: "dividend",
      symbol: "ACME",
      perUnit: "0.5",
      withholdingRate: "0.3",
    });
    expect(paid).toMatchObject({
      cashChange: "3.5",
      dividend: { gross: "5", withheld: "1.5" },
      position: { symbol: "ACME", quantity: "10" },
    });
    const split = { portfolioId, type: "split", symbol: "ACME", newUnits: 3, oldUnits: 2 };
    const { position } = await trader.call(createTransaction, split);
    expect(position).toMatchObject({ quantity: "15", cost: "1000" });
    expectProblem(await trader.ask(createTransaction, split), "SPLIT_LEAVES_FRACTION");
    const history = await trader.all(getHistory, { portfolioId });
    expect(history.at(-1)?.timestamp.slice(0, 4)).toBe("2020");
    expect(await balanceOf(portfolioId, "dividends")).toBe("-5");
  });

  it("a dividend lowers resting buy limits by as much, when it is asked to", async () => {
    const portfolioId = await open();
    await buy(portfolioId);
    const limit = { portfolioId, symbol: "ACME", side: "buy", type: "limit", quantity: "1" };
    const resting = { ...limit, price: "80", timeInForce: "gtc" };
    const { orderId } = await trader.call(createOrder, resting);
    const { adjustedOrders } = await trader.call(createTransaction, {
      portfolioId,
      type: "dividend",
      symbol: "ACME",
      perUnit: "0.5",
      adjustOrders: true,
    });
    expect(adjustedOrders).toEqual([
      {
        orderId,
        quantity: null,
        price: "79.5",
        stopPrice: null,
        reason: null,
        isCanceled: false,
      },
    ]);
    await eventually("an order with its new price", async () => {
      const order = await trader.call(getOrder, { orderId });
      return order.status === "new" && order.price === "79.5" ? true : null;
    });
  });

  it("a transaction takes what its type reads, and nothing else", async () => {
    const portfolioId = await open();
    const wrong: readonly (readonly [body: RouteInput, path: string])[] = [
      [{ type: "deposit" }, "amount"],
      [{ type: "deposit", amount: "0" }, "amount"],
      [{ type: "deposit", amount: "1", symbol: "ACME" }, "symbol"],
      [{ type: "withdraw", amount: "1", adjustOrders: true }, "adjustOrders"],
      [{ type: "dividend", symbol: "ACME" }, "perUnit"],
      [{ type: "dividend", symbol: "ACME", perUnit: "1", withholdingRate: "1" }, "withholdingRate"],
      [{ type: "split", symbol: "ACME", newUnits: 2 }, "oldUnits"],
      [{ type: "split", symbol: "ACME", newUnits: 0, oldUnits: 1 }, "newUnits"],
      [{ type: "gift", amount: "1" }, "type"],
    ];
    for (const [body, path] of wrong)
      expectProblem(await post(portfolioId, body), "VALIDATION_FAILED", [path]);
    const absent = { type: "dividend", symbol: "ACME", perUnit: "1" };
    expectProblem(await post(portfolioId, absent), "POSITION_NOT_HELD");
    const deposit = { portfolioId, type: "deposit", amount: "1" };
    expectProblem(await neighbour.ask(createTransaction, deposit), "NOT_FOUND");
    expectProblem(await viewer.ask(createTransaction, deposit), "FORBIDDEN");
  });
});

describe("an allocation between portfolios that are not awake", () => {
  it("reaches the other one after a restart, and is settled there", async () => {
    const first = await startTestNode();
    const market = await HandMarket.open(first);
    await market.list("ACME");
    await market.play({ ACME: 100 });
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "10000" };
    const { portfolioId: block } = await first.admin.call(createPortfolio, body);
    const { portfolioId: other } = await first.admin.call(createPortfolio, body);
    const order = {
      portfolioId: block,
      symbol: "ACME",
      side: "buy",
      type: "market",
      quantity: "9",
    };
    await first.admin.call(createOrder, order);
    await market.play({ ACME: 100 });
    const [trade] = await first.admin.all(listTrades, { portfolioId: block });
    const tradeId = trade?.tradeId ?? "";
    await first.stop();
    const second = await startTestNode({ database: first.database });
    const again = await HandMarket.open(second, 2);
    const allocations = [{ portfolioId: other, quantity: "9" }];
    await second.admin.call(allocateTrade, { tradeId, allocations });
    const taken = await eventually("a part that is taken and settled", async () => {
      await again.play({ ACME: 101 });
      const [part] = await second.admin.all(listTrades, { portfolioId: other });
      return part?.settlement.status === "settled" ? part : null;
    });
    expect(taken).toMatchObject({ quantity: "9", allocatedFrom: tradeId });
    const { data } = await second.admin.call(getPositions, { portfolioId: block });
    expect(data).toEqual([]);
    const { cash, fees } = await second.admin.call(getPortfolio, { portfolioId: block });
    expect([cash, fees]).toEqual(["10000", "0"]);
    await second.stop();
    await second.database.drop();
    expect(second.errors).toEqual([]);
  });
});
