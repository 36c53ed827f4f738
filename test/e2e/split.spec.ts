import type { Quote } from "../../domain/market/quote.ts";
import { getGroup } from "../../mixins/rest/routes/baskets.ts";
import { createOrder, getOrder } from "../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getPortfolio,
  getPositions,
} from "../../mixins/rest/routes/portfolios.ts";
import { createTransaction } from "../../mixins/rest/routes/transactions.ts";
import type { RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { withNode } from "../support/node.ts";
import { SLOW } from "./parents.ts";
import { expectProblem } from "./problems.ts";

describe("a split with orders open", () => {
  const node = withNode();
  let market: HandMarket;
  let portfolioId: string;
  let days = 0;

  beforeAll(async () => {
    market = await HandMarket.open(node());
    await market.list("ACME");
  });

  /** Ten units, bought at 100. */
  beforeEach(async () => {
    await play(100);
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    ({ portfolioId } = await node().admin.call(createPortfolio, body));
    await place({ type: "market", quantity: "10" });
    await play(100);
  });

  async function play(price: number): Promise<void> {
    days += 1;
    await market.play({ ACME: price });
  }

  function place(changes: RouteInput): Promise<OrderView> {
    const body = { portfolioId, symbol: "ACME", side: "buy", ...changes };
    return node().admin.call(createOrder, body);
  }

  /** What the venue sees in the middle of the day after the last. */
  async function offer(price: string, size: string): Promise<void> {
    const tsEventMs = FIRST_DAY_MS + days * DAY_MS + 60_000;
    const sides = { bid: price, ask: price, bidSize: size, askSize: size };
    const times = { tsEventMs, tsInitMs: tsEventMs };
    const quote: Quote = { symbol: "ACME", ...sides, last: price, lastSize: null, ...times };
    await node().context.broker.call("brokers.onQuote", { quote });
    await node().settled();
  }

  const resting = async (changes: RouteInput): Promise<string> => {
    const { orderId } = await place({ type: "limit", timeInForce: "gtc", ...changes });
    return (await standing(orderId, "new")).orderId;
  };
  const split = (changes: RouteInput = {}) => ({
    portfolioId,
    type: "split",
    symbol: "ACME",
    newUnits: 2,
    oldUnits: 1,
    adjustOrders: true,
    ...changes,
  });
  const standing = (orderId: string, status: string): Promise<OrderView> =>
    eventually(`an order that is ${status}`, async () => {
      const order = await node().admin.call(getOrder, { orderId });
      return order.status === status ? order : null;
    });
  const held = async (): Promise<string> => {
    const { data } = await node().admin.call(getPositions, { portfolioId });
    return data[0]?.quantity ?? "0";
  };

  it("brings them into new units at the venue, which fills them in those, once per key", async () => {
    const buy = await resting({ price: "90", quantity: "3" });
    const sell = await resting({ side: "sell", price: "110.01", quantity: "4" });
    const ofDay = await resting({ side: "sell", price: "111", quantity: "1", timeInForce: "day" });
    const key = { "idempotency-key": `split-${portfolioId}` };
    const done = await node().admin.ask(createTransaction, split(), key);
    expect(done.status).toBe(201);
    const again = await node().admin.ask(createTransaction, split(), key);
    expect(again.headers["idempotent-replayed"]).toBe("true");
    expect(again.text).toBe(done.text);
    const expected = [
      { orderId: buy, quantity: "6", price: "45", stopPrice: null, reason: null },
      { orderId: sell, quantity: "8", price: "55.01", stopPrice: null, reason: null },
      { orderId: ofDay, quantity: "2", price: "55.5", stopPrice: null, reason: null },
    ].toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
    expect(JSON.parse(done.text)).toMatchObject({
      position: { quantity: "20" },
      adjustedOrders: expected.map((order) => ({ ...order, isCanceled: false })),
    });
    await node().settled();
    for (const { orderId, quantity, price } of expected)
      expect(await standing(orderId, "new")).toMatchObject({ quantity, price });
    await play(50);
    expect(await held()).toBe("20");
    await play(56);
    expect(await standing(sell, "filled")).toMatchObject({ cumQuantity: "8" });
    await play(44);
    expect(await standing(buy, "filled")).toMatchObject({ cumQuantity: "6" });
    expect(await held()).toBe("18");
    const { openOrders, reserved } = await node().admin.call(getPortfolio, { portfolioId });
    expect([openOrders, reserved]).toEqual([0, "0"]);
  });

  it("is refused for one that cannot be amended, which is named, or cancels it when asked", async () => {
    const fine = await resting({ price: "90", quantity: "3" });
    const trail = { type: "trailingStop", side: "sell", trail: { bps: 500 }, quantity: "2" };
    const trailing = await resting({ ...trail, price: undefined });
    const plain = split({ adjustOrders: undefined });
    expectProblem(await node().admin.ask(createTransaction, plain), "OPEN_ORDERS_IN_SYMBOL");
    const refused = await node().admin.ask(createTransaction, split());
    const { detail, data } = expectProblem(refused, "ORDERS_NOT_ADJUSTABLE");
    expect(detail).toContain(trailing);
    expect(data).toEqual({
      symbol: "ACME",
      orders: [{ orderId: trailing, reason: expect.any(String) }],
    });
    expect((await node().admin.call(getOrder, { orderId: fine })).quantity).toBe("3");
    expect(await held()).toBe("10");
    const { adjustedOrders } = await node().admin.call(
      createTransaction,
      split({ cancelUnadjusted: true }),
    );
    expect(adjustedOrders.find(({ orderId }) => orderId === trailing)).toMatchObject({
      reason: expect.stringContaining("before the split"),
      isCanceled: true,
    });
    await standing(trailing, "canceled");
    await node().settled();
    expect(await standing(fine, "new")).toMatchObject({ price: "45" });
  });

  it("cancels one whose broker does not take the amendment", async () => {
    const stop = { type: "stopLimit", side: "sell", stopPrice: "95", price: "94", quantity: "8" };
    const orderId = await resting(stop);
    await offer("94.5", "3");
    // Set off, and filled in part: its stop cannot be changed any more, as only the venue knows.
    expect((await standing(orderId, "partiallyFilled")).cumQuantity).toBe("3");
    const { adjustedOrders } = await node().admin.call(createTransaction, split());
    expect(adjustedOrders).toMatchObject([{ orderId, quantity: "13", reason: null }]);
    expect((await standing(orderId, "canceled")).cumQuantity).toBe("3");
    const { openOrders } = await node().admin.call(getPortfolio, { portfolioId });
    expect(openOrders).toBe(0);
  });

  it("waits for algorithms and groups, also for what they have not placed yet", async () => {
    const { orderId: algo } = await place({ type: "market", quantity: "4", strategy: SLOW });
    const contingency = {
      kind: "bracket",
      takeProfit: { price: "110" },
      stopLoss: { stopPrice: "70" },
    };
    const entry = await place({
      type: "limit",
      timeInForce: "gtc",
      price: "80",
      quantity: "3",
      contingency,
    });
    await node().settled();
    const groupId = entry.groupId ?? "";
    const { legs } = await node().admin.call(getGroup, { groupId });
    const answer = await node().admin.ask(createTransaction, split());
    const { detail } = expectProblem(answer, "ORDERS_NOT_ADJUSTABLE");
    for (const orderId of [algo, ...legs.map((leg) => leg.orderId)])
      expect(detail).toContain(orderId);
    await node().admin.call(createTransaction, split({ cancelUnadjusted: true }));
    await standing(algo, "canceled");
    await standing(entry.orderId, "canceled");
    const { status } = await eventually("a group that is closed", async () => {
      const group = await node().admin.call(getGroup, { groupId });
      return group.status === "closed" ? group : null;
    });
    expect(status).toBe("closed");
  });

  it("reads its options of a split and of nothing else", async () => {
    const wrong: readonly (readonly [body: RouteInput, path: string])[] = [
      [split({ adjustOrders: undefined, cancelUnadjusted: true }), "cancelUnadjusted"],
      [split({ adjustOrders: false, cancelUnadjusted: false }), "cancelUnadjusted"],
      [split({ adjustOrders: "yes" }), "adjustOrders"],
      [split({ cancelUnadjusted: 1 }), "cancelUnadjusted"],
      [
        {
          portfolioId,
          type: "dividend",
          symbol: "ACME",
          perUnit: "1",
          adjustOrders: true,
          cancelUnadjusted: true,
        },
        "cancelUnadjusted",
      ],
    ];
    for (const [body, path] of wrong)
      expectProblem(await node().admin.ask(createTransaction, body), "VALIDATION_FAILED", [path]);
  });
});
