import { eventually } from "../../../support/node-eventually.ts";
import { AlpacaAccount } from "./alpaca-account.ts";

describe("what happens to orders at Alpaca", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });

  beforeEach(() =>
    account.server.control({ areFillsHidden: false, stream: { copies: 1, isHeld: false } }),
  );

  afterAll(() => account.close());

  async function resting(): Promise<string> {
    const orderId = await account.place();
    await account.until(orderId, "new");
    return orderId;
  }

  it("counts once, however often and in whatever order it is told", async () => {
    const orderId = await resting();
    account.server.control({ stream: { copies: 3, isHeld: true } });
    for (const [qty, price] of [
      ["2", "99"],
      ["3", "98"],
      ["5", "97"],
    ] as const)
      account.server.book.fill(orderId, price, qty);
    account.server.control({ stream: { release: "reversed" } });
    const filled = await account.until(orderId, "filled");
    expect([filled.cumQuantity, filled.averagePrice]).toEqual(["10", "97.7"]);
    await account.node.settled();
    expect(await account.trades(orderId)).toHaveLength(3);
    const before = await account.events(orderId);
    account.server.book.end(orderId, "filled", "fill");
    const other = await resting();
    expect(await account.events(orderId)).toEqual(before);
    await account.cancel(other);
  });

  it("is booked when the executions show later than the word of them", async () => {
    account.server.control({ areFillsHidden: true });
    const orderId = await resting();
    account.server.control({ fill: { clientOrderId: orderId, price: "99" } });
    await eventually("a second look", () =>
      account.server.calls.filter((call) => call.endsWith("/FILL")).length > 4 ? true : null,
    );
    account.server.control({ areFillsHidden: false });
    expect((await account.until(orderId, "filled")).averagePrice).toBe("99");
  });

  it("fills a market order at once, at no more than what is held for it", async () => {
    account.server.control({ prices: { ACME: "101" } });
    const orderId = await account.place({ type: "market", price: undefined });
    const filled = await account.until(orderId, "filled");
    account.server.book.prices.clear();
    expect(filled.averagePrice).toBe("101");
    expect(account.server.book.orders.get(orderId)).toMatchObject({
      type: "limit",
      limit_price: "105",
    });
  });

  it.each(["canceled", "expired"] as const)(
    "an order that is %s with a part filled keeps that part",
    async (status) => {
      const orderId = await resting();
      account.server.control({
        fill: { clientOrderId: orderId, price: "99", qty: "4" },
        end: { clientOrderId: orderId, status },
      });
      const order = await account.until(orderId, status);
      expect(order).toMatchObject({ cumQuantity: "4", leavesQuantity: "0" });
    },
  );

  it("an order that the venue rejects after taking it is rejected", async () => {
    const orderId = await resting();
    account.server.control({ end: { clientOrderId: orderId, status: "rejected" } });
    const { text } = await account.until(orderId, "rejected");
    expect(text).toBe("rejected by the venue after it was accepted");
  });

  it("a cancel is done, and is harmless when it comes too late", async () => {
    const orderId = await resting();
    await account.cancel(orderId);
    await account.until(orderId, "canceled");
    const filling = await resting();
    account.server.control({ stream: { isHeld: true } });
    account.server.book.fill(filling, "99");
    await account.cancel(filling);
    await account.until(filling, "filled");
    account.server.control({ stream: { isHeld: false, release: "inOrder" } });
    expect((await account.order(filling)).cumQuantity).toBe("10");
  });

  it("a cancel that the venue refuses leaves the order working, and may be asked for again", async () => {
    const orderId = await resting();
    account.server.control({
      faults: [{ on: "DELETE /v2/orders", kind: "status", status: 422, times: 1 }],
    });
    await account.cancel(orderId);
    await eventually("the refusal", async () =>
      (await account.events(orderId)).includes("CancelRejected") ? true : null,
    );
    expect((await account.order(orderId)).status).toBe("new");
    await account.cancel(orderId);
    await account.until(orderId, "canceled");
  });

  it("while the stream is cut is made up for when it is back", async () => {
    const orderId = await resting();
    account.server.control({ stream: { isClosed: true, cut: true } });
    account.server.control({ fill: { clientOrderId: orderId, price: "99" } });
    account.server.control({ stream: { isClosed: false } });
    expect((await account.until(orderId, "filled")).averagePrice).toBe("99");
    await account.listening();
  });

  it("on orders of others is not ours", async () => {
    const foreign = { client_order_id: "by-hand", symbol: "ACME", qty: "1", side: "sell" };
    account.server.book.submit(foreign);
    account.server.control({ fill: { clientOrderId: "by-hand", price: "100" } });
    const orderId = await resting();
    expect((await account.order(orderId)).status).toBe("new");
  });
});

describe("what happened at Alpaca while no node ran", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });

  afterAll(() => account.close());

  it("is made up for at the next start, and what was booked before is not booked again", async () => {
    const orders = [await account.place(), await account.place(), await account.place()] as const;
    for (const orderId of orders) await account.until(orderId, "new");
    const [filling, canceled, resting] = orders;
    account.server.book.fill(filling, "99", "4");
    await account.until(filling, "partiallyFilled");
    await account.node.settled();
    const back = await account.leave();
    account.server.book.fill(filling, "98");
    account.server.book.fill(canceled, "97", "1");
    account.server.book.end(canceled, "canceled");
    await back();
    expect((await account.until(filling, "filled")).averagePrice).toBe("98.4");
    expect((await account.until(canceled, "canceled")).cumQuantity).toBe("1");
    expect((await account.order(resting)).status).toBe("new");
    await account.node.settled();
    expect(await account.trades(filling)).toHaveLength(2);
    expect(account.server.book.posts).toHaveLength(3);
  });
});
