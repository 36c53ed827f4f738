import type { Quote } from "../../domain/market/quote.ts";
import {
  cancelBasket,
  cancelGroup,
  createBasket,
  getBasket,
  getGroup,
} from "../../mixins/rest/routes/baskets.ts";
import type { GroupView } from "../../mixins/rest/routes/baskets.ts";
import { cancelOrder, createOrder, getOrder, listOrders } from "../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import {
  createPortfolio,
  getPortfolio,
  updatePortfolio,
} from "../../mixins/rest/routes/portfolios.ts";
import type { RouteInput } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { DAY_MS, FIRST_DAY_MS, HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem, problemOf } from "./problems.ts";

const BRACKET = {
  kind: "bracket",
  takeProfit: { price: "110" },
  stopLoss: { stopPrice: "90" },
};

const LOWER = { ...BRACKET, stopLoss: { stopPrice: "70" } };

describe("orders that depend on one another", () => {
  const node = withNode();
  let market: HandMarket;
  let portfolioId: string;
  let day = 0;

  beforeAll(async () => {
    market = await HandMarket.open(node());
    await market.list("ACME");
    await market.list("OTHER", { lotSize: "5" });
    await play(100);
  });

  beforeEach(async () => {
    const body = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
    ({ portfolioId } = await node().admin.call(createPortfolio, body));
  });

  /** The next day, at one price. */
  async function play(price: number): Promise<void> {
    day += 1;
    await market.play({ ACME: price, OTHER: price });
  }

  /** What is offered in the middle of the day after the last, so many at a price. */
  async function quote(price: string, size: string, minute: number): Promise<void> {
    const tsEventMs = FIRST_DAY_MS + day * DAY_MS + minute * 60_000;
    const seen: Quote = {
      symbol: "ACME",
      bid: price,
      ask: price,
      bidSize: size,
      askSize: size,
      last: price,
      lastSize: null,
      tsEventMs,
      tsInitMs: tsEventMs,
    };
    await node().context.broker.call("brokers.onQuote", { quote: seen });
    await node().settled();
  }

  const asked = (changes: RouteInput = {}): RouteInput => ({
    portfolioId,
    symbol: "ACME",
    side: "buy",
    type: "limit",
    price: "100",
    quantity: "100",
    timeInForce: "gtc",
    ...changes,
  });

  const place = (changes: RouteInput = {}): Promise<OrderView> =>
    node().admin.call(createOrder, asked(changes));

  const groupOf = ({ groupId }: Pick<OrderView, "groupId">): Promise<GroupView> =>
    node().admin.call(getGroup, { groupId });

  const find = (orderId: string): Promise<OrderView> => node().admin.call(getOrder, { orderId });

  /** A long position, to be left by orders that sell. */
  async function hold(quantity: string): Promise<void> {
    await place({ type: "market", price: undefined, quantity });
    await play(100);
  }

  const working = ({ legs }: GroupView): readonly (readonly string[])[] =>
    legs.map(({ role, cumQuantity, workingQuantity }) => [role, cumQuantity, workingQuantity]);

  describe("a bracket", () => {
    it("protects each part of its entry as it is filled, and ends with one of its exits", async () => {
      const entry = await place({ contingency: BRACKET });
      expect(entry).toMatchObject({
        status: "pendingNew",
        contingency: { kind: "bracket", role: "entry" },
      });
      await node().settled();
      expect(working(await groupOf(entry))).toEqual([
        ["entry", "0", "100"],
        ["takeProfit", "0", "0"],
        ["stopLoss", "0", "0"],
      ]);
      await quote("100", "40", 1);
      expect(working(await groupOf(entry))).toEqual([
        ["entry", "40", "60"],
        ["takeProfit", "0", "40"],
        ["stopLoss", "0", "40"],
      ]);
      await quote("100", "60", 2);
      const entered = await eventually("exits of the whole", async () => {
        const group = await groupOf(entry);
        return group.legs.every(({ workingQuantity: size }, i) => i === 0 || size === "100")
          ? group
          : null;
      });
      expect(entered.status).toBe("active");
      await quote("110", "30", 3);
      expect(working(await groupOf(entry))).toEqual([
        ["entry", "100", "0"],
        ["takeProfit", "30", "70"],
        ["stopLoss", "0", "70"],
      ]);
      await quote("90", "70", 4);
      await quote("89", "70", 5);
      const done = await groupOf(entry);
      expect(working(done)).toEqual([
        ["entry", "100", "0"],
        ["takeProfit", "30", "0"],
        ["stopLoss", "70", "0"],
      ]);
      expect(done).toMatchObject({ status: "closed", alarms: [] });
      const portfolio = await node().admin.call(getPortfolio, { portfolioId });
      expect(portfolio).toMatchObject({ reserved: "0", openOrders: 0 });
      const { data } = await node().admin.call(listOrders, { portfolioId });
      expect(data).toHaveLength(3);
      expect(data.map(({ contingency }) => contingency?.groupId)).toEqual(
        Array.from({ length: 3 }, () => entry.groupId),
      );
    });

    it("keeps its exits for what was entered when the entry is canceled", async () => {
      const entry = await place({ contingency: BRACKET });
      await quote("100", "25", 11);
      await node().admin.call(cancelOrder, { orderId: entry.orderId });
      await node().settled();
      const group = await groupOf(entry);
      expect(working(group)).toEqual([
        ["entry", "25", "0"],
        ["takeProfit", "0", "25"],
        ["stopLoss", "0", "25"],
      ]);
      await node().admin.call(cancelGroup, { groupId: group.groupId });
      await node().settled();
      expect((await groupOf(entry)).status).toBe("closed");
      const again = await node().admin.ask(cancelGroup, { groupId: group.groupId });
      expectProblem(again, "GROUP_CLOSED");
    });

    it("ends with an entry that was not filled", async () => {
      const entry = await place({ contingency: LOWER, price: "80" });
      await node().admin.call(cancelOrder, { orderId: entry.orderId });
      await node().settled();
      expect(await groupOf(entry)).toMatchObject({ status: "closed" });
    });

    it("is denied as a whole with its entry, and the denial is on record", async () => {
      const answer = await node().admin.ask(
        createOrder,
        asked({ quantity: "5000", contingency: BRACKET }),
      );
      const { orderId = "", reasons } = expectProblem(answer, "ORDER_DENIED");
      expect(reasons?.map(({ code }) => code)).toEqual(["INSUFFICIENT_BUYING_POWER"]);
      const order = await find(orderId);
      expect(order).toMatchObject({ status: "denied", contingency: { role: "entry" } });
      expect((await groupOf(order)).status).toBe("denied");
    });

    it("is denied for an exit that could never be placed, before there is a position to protect", async () => {
      const contingency = { ...BRACKET, takeProfit: { price: "110.001" } };
      const answer = await node().admin.ask(createOrder, asked({ contingency }));
      const { orderId = "", reasons } = expectProblem(answer, "ORDER_DENIED");
      expect(reasons?.map(({ code }) => code)).toEqual(["PRICE_OFF_TICK"]);
      expect(await find(orderId)).toMatchObject({
        status: "denied",
        contingency: { role: "takeProfit" },
      });
    });

    it("tries exits again that were denied, until they pass", async () => {
      const limits = { maxOrdersPerMinute: 1 };
      await node().admin.call(updatePortfolio, { portfolioId, limits });
      const entry = await place({ contingency: BRACKET });
      await quote("100", "100", 51);
      expect(working(await groupOf(entry)).slice(1)).toEqual([
        ["takeProfit", "0", "0"],
        ["stopLoss", "0", "0"],
      ]);
      await node().admin.call(updatePortfolio, { portfolioId, limits: {} });
      const group = await eventually("exits", async () => {
        const found = await groupOf(entry);
        return found.legs.every(({ status }, i) => i === 0 || status === "new") ? found : null;
      });
      expect(group.legs.slice(1).map(({ orderIds }) => orderIds.length > 1)).toEqual([true, true]);
      expect(group.alarms).toEqual([]);
      await node().admin.call(cancelGroup, { groupId: group.groupId });
      await node().settled();
    });

    it("is the same order when it is asked for again, and only checked in a dry run", async () => {
      const clOrdId = "bracket-once";
      const first = await place({ contingency: BRACKET, clOrdId });
      expect(await place({ contingency: BRACKET, clOrdId })).toEqual(first);
      const other = await node().admin.ask(
        createOrder,
        asked({ clOrdId, contingency: BRACKET, price: "99" }),
      );
      expectProblem(other, "IDEMPOTENCY_KEY_REUSED", ["clOrdId"]);
      const dry = await place({ contingency: BRACKET, dryRun: true });
      expect(dry.dryRun).toBe(true);
      expectProblem(await node().admin.ask(getOrder, { orderId: dry.orderId }), "NOT_FOUND");
    });

    it.each([
      [{ ...BRACKET, takeProfit: { price: "99" } }, "contingency.takeProfit.price"],
      [{ ...BRACKET, stopLoss: { stopPrice: "101" } }, "contingency.stopLoss.stopPrice"],
      [{ ...BRACKET, stopLoss: {} }, "contingency.stopLoss"],
      [
        { ...BRACKET, stopLoss: { trail: { bps: "50" }, price: "95" } },
        "contingency.stopLoss.price",
      ],
      [{ ...BRACKET, trigger: "full" }, "contingency.trigger"],
      [{ kind: "bracket", takeProfit: { price: "110" } }, "contingency.stopLoss"],
      [{ kind: "oco", orders: [{ type: "market" }] }, "contingency.orders[0].type"],
      [{ kind: "oco", orders: [{ type: "stop" }] }, "contingency.orders[0].stopPrice"],
      [
        { kind: "oco", orders: [{ type: "stop", stopPrice: "90", quantity: "5" }] },
        "contingency.orders[0].quantity",
      ],
      [{ kind: "oto", orders: [{ type: "market" }] }, "contingency.orders[0].side"],
      [{ kind: "oco", orders: [] }, "contingency.orders"],
      [{ kind: "oco" }, "contingency.orders"],
      [{ kind: "else" }, "contingency.kind"],
    ])("names what is wrong: %j", async (contingency, path) => {
      const answer = await node().admin.ask(createOrder, asked({ contingency }));
      expectProblem(answer, "VALIDATION_FAILED", [path]);
    });

    it("refuses an exit on the wrong side of the market when the entry has no price", async () => {
      await play(120);
      const entry = { type: "market", price: undefined, contingency: BRACKET };
      const answer = await node().admin.ask(createOrder, asked(entry));
      expectProblem(answer, "VALIDATION_FAILED", ["contingency.takeProfit.price"]);
      await play(100);
    });
  });

  describe("an OCO", () => {
    const legs = { side: "sell", price: "110", quantity: "50" };
    const stop = { kind: "oco", orders: [{ type: "stop", stopPrice: "90" }] };

    it("holds once for all legs, and fills its quantity once", async () => {
      await hold("50");
      const first = await place({ ...legs, contingency: stop });
      expect(working(await groupOf(first))).toEqual([
        ["leg", "0", "50"],
        ["leg", "0", "50"],
      ]);
      await play(110);
      const group = await groupOf(first);
      expect(working(group)).toEqual([
        ["leg", "50", "0"],
        ["leg", "0", "0"],
      ]);
      expect(group).toMatchObject({ status: "closed", alarms: [] });
      expect(group.legs.map(({ status }) => status)).toEqual(["filled", "canceled"]);
      const portfolio = await node().admin.call(getPortfolio, { portfolioId });
      expect(portfolio).toMatchObject({ openOrders: 0, reserved: "0" });
      await play(100);
    });

    it("keeps the other leg when a client cancels one", async () => {
      await hold("50");
      const first = await place({ ...legs, contingency: stop });
      await node().admin.call(cancelOrder, { orderId: first.orderId });
      await node().settled();
      expect(working(await groupOf(first))).toEqual([
        ["leg", "0", "0"],
        ["leg", "0", "50"],
      ]);
      await node().admin.call(cancelGroup, { groupId: first.groupId });
      await node().settled();
    });

    it("is placed whole or not at all", async () => {
      const answer = await node().admin.ask(createOrder, asked({ ...legs, contingency: stop }));
      const { reasons = [] } = expectProblem(answer, "ORDER_DENIED");
      expect(reasons.map(({ code }) => code)).toContain("SHORT_NOT_ALLOWED");
      const { data } = await node().admin.call(listOrders, { portfolioId });
      expect(data.filter(({ status }) => status !== "denied")).toEqual([]);
    });
  });

  it("an OTO brings its other orders in proportion, in lots of their own", async () => {
    await hold("10");
    const contingency = {
      kind: "oto",
      trigger: "partial",
      orders: [
        { side: "sell", type: "limit", price: "130", quantity: "50", timeInForce: "gtc" },
        {
          side: "buy",
          type: "limit",
          price: "90",
          symbol: "OTHER",
          quantity: "20",
          timeInForce: "gtc",
        },
      ],
    };
    const first = await place({ quantity: "100", contingency });
    await quote("100", "33", 21);
    expect(working(await groupOf(first))).toEqual([
      ["first", "33", "67"],
      ["then", "0", "16"],
      ["then", "0", "5"],
    ]);
    await node().admin.call(cancelGroup, { groupId: first.groupId });
    await node().settled();
    expect((await groupOf(first)).status).toBe("closed");
  });

  describe("a basket", () => {
    const member = { symbol: "ACME", side: "buy", type: "limit", price: "90", quantity: "10" };
    const tooLarge = { ...member, quantity: "100000" };
    const create = (orders: readonly RouteInput[], more: RouteInput = {}) =>
      node().admin.ask(createBasket, { portfolioId, orders, ...more });

    it("places each order that passes, and says why of the others", async () => {
      const body = { portfolioId, orders: [member, tooLarge, { ...member, symbol: "OTHER" }] };
      const basket = await node().admin.call(createBasket, body);
      expect(basket.orders.map(({ status }) => status)).toEqual([
        "pendingNew",
        "denied",
        "pendingNew",
      ]);
      expect(basket.orders[1]?.reasons?.map(({ code }) => code)).toEqual([
        "INSUFFICIENT_BUYING_POWER",
      ]);
      await node().settled();
      const { groupId } = basket;
      const canceled = await node().admin.call(cancelBasket, { groupId });
      expect(canceled.status).toBe("canceling");
      await node().settled();
      const after = await node().admin.call(getBasket, { groupId });
      expect(after.status).toBe("closed");
      expect(after.orders.map(({ status }) => status)).toEqual(["canceled", "denied", "canceled"]);
    });

    it("allOrNone places none when one is denied, and names each", async () => {
      const answer = await create([member, tooLarge], { mode: "allOrNone" });
      expectProblem(answer, "ORDER_DENIED", ["orders[1]"]);
      const portfolio = await node().admin.call(getPortfolio, { portfolioId });
      expect(portfolio).toMatchObject({ reserved: "0", openOrders: 0 });
    });

    it("checks each against what the ones before it leave", async () => {
      const half = { ...member, price: "100", quantity: "600" };
      const answer = await create([half, half], { mode: "allOrNone" });
      const { reasons } = expectProblem(answer, "ORDER_DENIED", ["orders[1]"]);
      expect(reasons).toHaveLength(1);
    });

    it("is the same when it is asked for again under its key", async () => {
      const path = "/api/orders/baskets";
      const send = (orders: readonly RouteInput[]) =>
        node().admin.send({
          method: "POST",
          path,
          headers: { "idempotency-key": `basket-${portfolioId}` },
          body: { portfolioId, orders },
        });
      const first = await send([member]);
      const again = await send([member]);
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(JSON.parse(again.text)).toEqual(JSON.parse(first.text));
      expect(again.headers["idempotent-replayed"]).toBe("true");
      expectProblem(await send([member, member]), "IDEMPOTENCY_KEY_REUSED");
    });

    it("refuses more than a hundred, none, and one name for two", async () => {
      const many = Array.from({ length: 101 }, () => member);
      expectProblem(await create(many), "VALIDATION_FAILED", ["orders"]);
      expectProblem(await create([]), "VALIDATION_FAILED", ["orders"]);
      const named = { ...member, clOrdId: "twin" };
      expectProblem(await create([named, named]), "VALIDATION_FAILED", ["orders[1].clOrdId"]);
    });
  });

  it("are not there for others, and not without a token", async () => {
    const entry = await place({
      contingency: LOWER,
      price: "80",
    });
    const { groupId } = entry;
    const foreigner = await signUp(node(), { role: "trader", tenantId: "elsewhere" });
    for (const route of [getGroup, cancelGroup, getBasket, cancelBasket])
      expectProblem(await foreigner.client.ask(route, { groupId }), "NOT_FOUND");
    const basket = await node().admin.ask(getBasket, { groupId });
    expectProblem(basket, "NOT_FOUND");
    expect(problemOf(await node().anonymous.ask(getGroup, { groupId })).status).toBe(401);
    await node().admin.call(cancelGroup, { groupId });
    await node().settled();
  });
});
