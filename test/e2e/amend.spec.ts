import {
  amendOrder,
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
} from "../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../mixins/rest/routes/trades.ts";
import type { RouteInput } from "../support/http.ts";
import { HandMarket } from "../support/node-market.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const limitOrder = { symbol: "ACME", side: "buy", type: "limit", timeInForce: "gtc" };

describe("amending an order", () => {
  const node = withNode();
  let hand: HandMarket;

  beforeAll(async () => {
    hand = await HandMarket.open(node());
    await hand.list("ACME");
    await hand.play({ ACME: 100 });
  });

  const open = async (limits: RouteInput = {}): Promise<string> => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000", limits };
    return (await node().admin.call(createPortfolio, body)).portfolioId;
  };
  const place = async (portfolioId: string, terms: RouteInput) => {
    const { orderId } = await node().admin.call(createOrder, {
      portfolioId,
      ...limitOrder,
      ...terms,
    });
    await node().settled();
    return orderId;
  };

  it("changes quantity and price at the venue, and what is held for it", async () => {
    const portfolioId = await open();
    const orderId = await place(portfolioId, { price: "80", quantity: "10" });
    const asked = await node().admin.call(amendOrder, { orderId, quantity: "20", price: "81" });
    expect(["pendingReplace", "new"]).toContain(asked.status);
    await node().settled();
    expect(await node().admin.call(getOrder, { orderId })).toMatchObject({
      status: "new",
      quantity: "20",
      price: "81",
      leavesQuantity: "20",
    });
    // 20 × 81, a basis point, and a cent for each of twenty fills
    const { reserved } = await node().admin.call(getPortfolio, { portfolioId });
    expect(reserved).toBe("1620.362");
    const events = await node().admin.all(getOrderEvents, { orderId });
    expect(events.map(({ type }) => type)).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderAccepted",
      "ReplaceRequested",
      "OrderReplaced",
    ]);
    await hand.play({ ACME: 81 });
    expect(await node().admin.call(getOrder, { orderId })).toMatchObject({ status: "filled" });
    const { data: trades } = await node().admin.call(listTrades, { portfolioId });
    expect(trades).toMatchObject([{ quantity: "20" }]);
    expect((await node().admin.call(getPortfolio, { portfolioId })).reserved).toBe("0");
    await hand.play({ ACME: 100 });
  });

  it("with one key is done once, and answered alike", async () => {
    const portfolioId = await open();
    const orderId = await place(portfolioId, { price: "80", quantity: "10" });
    const body = { orderId, quantity: "12" };
    const headers = { "idempotency-key": "amend-1" };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => node().admin.ask(amendOrder, body, headers)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await node().settled();
    const events = await node().admin.all(getOrderEvents, { orderId });
    expect(events.filter(({ type }) => type === "ReplaceRequested")).toHaveLength(1);
    const other = await node().admin.ask(amendOrder, { orderId, quantity: "13" }, headers);
    expectProblem(other, "IDEMPOTENCY_KEY_REUSED");
  });

  it("is denied with every reason when its new terms would not pass, and leaves the order", async () => {
    const portfolioId = await open({ maxOrderNotional: "1000" });
    const orderId = await place(portfolioId, { price: "80", quantity: "10" });
    const body = { orderId, quantity: "2000", price: "80.001" };
    const { reasons } = expectProblem(await node().admin.ask(amendOrder, body), "ORDER_DENIED");
    expect(reasons?.map(({ code }) => code)).toEqual([
      "PRICE_OFF_TICK",
      "NOTIONAL_EXCEEDS_LIMIT",
      "INSUFFICIENT_BUYING_POWER",
    ]);
    expect(await node().admin.call(getOrder, { orderId })).toMatchObject({
      status: "new",
      quantity: "10",
      price: "80",
    });
    expect((await node().admin.call(getPortfolio, { portfolioId })).reserved).toBe("800.18");
  });

  it("frees cash when it makes the order smaller, in time for another", async () => {
    const portfolioId = await open();
    const orderId = await place(portfolioId, { price: "90", quantity: "1100" });
    const second = { portfolioId, ...limitOrder, price: "80", quantity: "500" };
    expectProblem(await node().admin.ask(createOrder, second), "ORDER_DENIED");
    await node().admin.call(amendOrder, { orderId, quantity: "100" });
    await node().settled();
    await node().admin.call(createOrder, second);
  });

  it.each([
    ["nothing", {}, "VALIDATION_FAILED"],
    ["a quantity of 0", { quantity: "0" }, "VALIDATION_FAILED"],
    ["an unknown field", { quantity: "5", side: "sell" }, "VALIDATION_FAILED"],
    ["a stop price of a limit order", { stopPrice: "70" }, "AMEND_INVALID"],
  ] as const)("%s is refused", async (_, changes, code) => {
    const orderId = await place(await open(), { price: "80", quantity: "10" });
    expectProblem(await node().admin.ask(amendOrder, { orderId, ...changes }), code);
  });

  it("of a closed order is refused", async () => {
    const orderId = await place(await open(), { price: "80", quantity: "10" });
    await node().admin.call(cancelOrder, { orderId });
    await node().settled();
    const answer = await node().admin.ask(amendOrder, { orderId, quantity: "5" });
    expectProblem(answer, "ORDER_CLOSED");
  });
});
