import { eventually } from "../../../support/node-eventually.ts";
import { CcxtAccount } from "./ccxt-account.ts";

describe("what happens to orders at an exchange", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
  });

  beforeEach(() => account.server.fault());

  afterAll(() => account.close({ mayHaveErrors: true }));

  async function resting(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const orderId = await account.place(changes);
    await account.until(orderId, "new");
    return orderId;
  }

  it("is a cancel of ours", async () => {
    const orderId = await resting();
    await account.cancel(orderId);
    await account.until(orderId, "canceled");
    expect(account.theirs(orderId).status).toBe("CANCELED");
  });

  it("is somebody else's cancel, after the fills before it", async () => {
    const orderId = await resting();
    account.server.book.fill(account.theirs(orderId), "99", "4");
    account.server.book.end(account.theirs(orderId), "CANCELED");
    await account.until(orderId, "canceled");
    expect(await account.order(orderId)).toMatchObject({ cumQuantity: "4", averagePrice: "99" });
  });

  it("is the end of what could not be taken at once", async () => {
    const orderId = await account.place({ timeInForce: "ioc" });
    await account.until(orderId, "new");
    expect(account.theirs(orderId).timeInForce).toBe("IOC");
    account.server.book.end(account.theirs(orderId), "EXPIRED");
    await account.until(orderId, "expired");
  });

  it("is a cancel that is refused: the order stays as it was", async () => {
    const orderId = await resting();
    account.server.book.isCancelRefused = true;
    await account.cancel(orderId);
    await eventually("the refusal", async () =>
      (await account.events(orderId)).includes("CancelRejected") ? true : null,
    );
    account.server.book.isCancelRefused = false;
    await account.until(orderId, "new");
    await account.cancel(orderId);
    expect((await account.until(orderId, "canceled")).cumQuantity).toBe("0");
  });

  it("is a cancel whose reply is lost", async () => {
    const orderId = await resting();
    account.server.fault({ on: "DELETE /api/v3/order", kind: "dropAfter", times: 1 });
    await account.cancel(orderId);
    await account.until(orderId, "canceled");
    expect(account.theirs(orderId).status).toBe("CANCELED");
  });

  it("is a market buy that becomes a limit order at its worst price, good for what is there", async () => {
    const orderId = await account.place({ type: "market", price: undefined });
    await account.until(orderId, "new");
    const { type, timeInForce, price } = account.theirs(orderId);
    expect([type, timeInForce]).toEqual(["LIMIT", "IOC"]);
    expect(Number(price)).toBeGreaterThanOrEqual(100);
    account.server.book.fill(account.theirs(orderId), "100");
    await account.until(orderId, "filled");
  });

  it("is a stop that is set off", async () => {
    const orderId = await resting({ type: "stopLimit", price: "106", stopPrice: "105" });
    expect(account.theirs(orderId)).toMatchObject({ type: "STOP_LOSS_LIMIT", stopPrice: "105" });
    account.theirs(orderId).isWorking = true;
    await account.until(orderId, "triggered");
    account.server.book.fill(account.theirs(orderId), "105.5");
    await account.until(orderId, "filled");
  });

  it("is a fee: booked in the order's currency, an alarm in any other", async () => {
    account.server.book.commission = { rate: "0.001", asset: "USD" };
    const paid = await resting();
    account.server.book.fill(account.theirs(paid), "99");
    expect(await account.until(paid, "filled")).toMatchObject({ fees: "0.99" });
    account.server.book.commission = { rate: "0.001", asset: "ACME" };
    const inCoin = await resting();
    account.server.book.fill(account.theirs(inCoin), "99");
    account.server.book.commission = { rate: "0", asset: "" };
    expect(await account.until(inCoin, "filled")).toMatchObject({ fees: "0" });
    const alarm = await eventually(
      "the alarm",
      () => account.node.errors.find((line) => line.includes("feeNotBooked")) ?? null,
    );
    expect(JSON.parse(alarm)).toMatchObject({ id: inCoin, fee: "0.01", currency: "ACME" });
  });
});

describe("an amendment at an exchange", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
  });

  beforeEach(() => account.server.fault());

  afterAll(() => account.close());

  async function resting(): Promise<string> {
    const orderId = await account.place();
    await account.until(orderId, "new");
    return orderId;
  }

  async function replaced(orderId: string, price: string): Promise<void> {
    await account.amend(orderId, { price });
    await eventually(`order ${orderId} at ${price}`, async () => {
      const order = await account.order(orderId);
      return order.price === price && order.status === "new" ? true : null;
    });
  }

  it("puts a new order in the place of the old one, which was never canceled for us", async () => {
    const orderId = await resting();
    await replaced(orderId, "99");
    await replaced(orderId, "98");
    expect(account.made(orderId).map(({ status, price }) => [status, price])).toEqual([
      ["CANCELED", "100"],
      ["CANCELED", "99"],
      ["NEW", "98"],
    ]);
    account.server.book.fill(account.theirs(orderId), "97.5");
    const filled = await account.until(orderId, "filled");
    expect(filled.venueOrderId).toBe(String(account.theirs(orderId).orderId));
    expect(await account.events(orderId)).not.toContain("OrderCanceled");
  });

  it("whose reply is lost is recognised, and made once", async () => {
    const orderId = await resting();
    account.server.fault({ on: "POST /api/v3/order/cancelReplace", kind: "dropAfter", times: 1 });
    await replaced(orderId, "99");
    expect(account.made(orderId)).toHaveLength(2);
  });

  it("that the exchange refuses leaves the order as it was", async () => {
    const orderId = await resting();
    account.server.book.isReplaceRefused = true;
    await account.amend(orderId, { price: "99" });
    await eventually("the refusal", async () =>
      (await account.events(orderId)).includes("ReplaceRejected") ? true : null,
    );
    account.server.book.isReplaceRefused = false;
    expect(await account.order(orderId)).toMatchObject({ status: "new", price: "100" });
    expect(account.made(orderId)).toHaveLength(1);
  });

  it("of a partly filled order is refused: what fills meanwhile would be bought twice", async () => {
    const orderId = await resting();
    account.server.book.fill(account.theirs(orderId), "99", "4");
    await account.until(orderId, "partiallyFilled");
    await account.amend(orderId, { price: "99" });
    await eventually("the refusal", async () =>
      (await account.events(orderId)).includes("ReplaceRejected") ? true : null,
    );
    expect(account.made(orderId)).toHaveLength(1);
    account.server.book.fill(account.theirs(orderId), "99");
    await account.until(orderId, "filled");
  });
});
