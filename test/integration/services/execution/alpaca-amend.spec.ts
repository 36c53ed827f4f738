import { amendOrder, createOrder } from "../../../../mixins/rest/routes/orders.ts";
import { clientIdOf } from "../../../../services/execution/brokers/client-ids.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { AlpacaAccount } from "./alpaca-account.ts";

describe("an order at Alpaca that is amended", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });

  afterEach(() => {
    account.server.book.areAmendsHeld = false;
  });
  afterAll(() => account.close());

  const resting = async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    return orderId;
  };
  const amend = (orderId: string, terms: Readonly<Record<string, unknown>>) =>
    account.node.admin.call(amendOrder, { orderId, ...terms });
  const event = (orderId: string, type: string) =>
    eventually(`${type} of ${orderId}`, async () =>
      (await account.events(orderId)).includes(type) ? true : null,
    );
  /** The new order that it has made of an order there. */
  const made = (orderId: string, revision = 1) =>
    eventually(
      "the amendment at the broker",
      () => account.server.book.orders.get(clientIdOf(orderId, revision)) ?? null,
    );

  it("is known there by its own id with the revision, and only what changes is sent", async () => {
    const orderId = await resting();
    await amend(orderId, { price: "99.5" });
    const order = await eventually("the amended order", async () => {
      const found = await account.order(orderId);
      return found.status === "new" ? found : null;
    });
    const { id, limit_price: limit, qty } = await made(orderId);
    expect([order.price, order.venueOrderId, limit, qty]).toEqual(["99.5", id, "99.5", "10"]);
  });

  it("and filled before that comes to pass is filled, and its amendment refused", async () => {
    const orderId = await resting();
    account.server.book.areAmendsHeld = true;
    await amend(orderId, { price: "99" });
    const { client_order_id: clientId } = await made(orderId);
    account.server.book.fill(orderId, "100");
    account.server.book.settle(clientId);
    expect((await account.until(orderId, "filled")).cumQuantity).toBe("10");
    await account.node.settled();
    expect(await account.events(orderId)).not.toContain("OrderReplaced");
    expect(await account.trades(orderId)).toHaveLength(1);
  });

  it("takes as long as the venue needs, and is told then", async () => {
    const orderId = await resting();
    account.server.book.areAmendsHeld = true;
    await amend(orderId, { price: "99" });
    const { client_order_id: clientId } = await made(orderId);
    expect((await account.order(orderId)).status).toBe("pendingReplace");
    account.server.book.settle(clientId);
    await event(orderId, "OrderReplaced");
    expect((await account.order(orderId)).price).toBe("99");
  });

  it("is refused when the venue says so afterwards, and stands as it was", async () => {
    const orderId = await resting();
    account.server.book.areAmendsHeld = true;
    await amend(orderId, { price: "99" });
    const { client_order_id: clientId } = await made(orderId);
    account.server.book.settle(clientId, true);
    await event(orderId, "ReplaceRejected");
    expect(await account.order(orderId)).toMatchObject({ status: "new", price: "100" });
  });

  it("with a part filled keeps its quantity: what a new one would count is not documented", async () => {
    const orderId = await resting();
    account.server.book.fill(orderId, "99", "4");
    await account.until(orderId, "partiallyFilled");
    await amend(orderId, { quantity: "8" });
    await event(orderId, "ReplaceRejected");
    expect(account.server.book.orders.has(clientIdOf(orderId, 1))).toBe(false);
    expect((await account.order(orderId)).quantity).toBe("10");
  });
});

describe("stops at Alpaca", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });
  afterAll(() => account.close());

  const stop = { price: undefined, timeInForce: "gtc" };

  it("that buy have a limit there, which is what is held for them", async () => {
    const orderId = await account.place({ ...stop, type: "stop", stopPrice: "101" });
    await account.until(orderId, "new");
    const { type, stop_price: at, limit_price: limit } = account.server.book.newest(orderId);
    expect([type, at]).toEqual(["stop_limit", "101"]);
    expect(Number(limit)).toBeGreaterThanOrEqual(101);
  });

  it("that trail and buy are not sent: nothing would bound what they cost", async () => {
    const orderId = await account.place({ ...stop, type: "trailingStop", trail: { amount: "1" } });
    const { text } = await account.until(orderId, "rejected");
    expect(text).toContain("trailing stops that buy");
    expect(account.server.book.orders.has(orderId)).toBe(false);
  });

  it("that trail and sell go with their distance", async () => {
    account.server.control({ prices: { ACME: "100" } });
    const bought = await account.place();
    await account.until(bought, "filled");
    const trail = { side: "sell", quantity: "5", ...stop, type: "trailingStop" };
    const orderId = await account.place({ ...trail, trail: { bps: "150" } });
    await account.until(orderId, "new");
    expect(account.server.book.newest(orderId)).toMatchObject({
      type: "trailing_stop",
      trail_percent: "1.5",
    });
  });

  it.each(["marketIfTouched", "limitIfTouched"])("there are no %s orders", async (type) => {
    const answer = await account.node.admin.ask(createOrder, {
      portfolioId: account.portfolioId,
      symbol: "ACME",
      side: "buy",
      type,
      quantity: "1",
      stopPrice: "95",
      ...(type === "limitIfTouched" && { price: "95" }),
      timeInForce: "gtc",
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain("ORDER_TYPE_UNSUPPORTED");
  });
});
