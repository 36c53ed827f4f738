import { uuidv5 } from "../../../../mixins/actor/ids.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { CcxtAccount } from "./ccxt-account.ts";

const NAMESPACE = "9a7c3d52-6f0e-4b1c-8d2a-51e0c4b7f613";

describe("an exchange's books that differ from ours", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
  });

  afterAll(() => account.close({ mayHaveErrors: true }));

  const submit = (newClientOrderId: string, quantity = "1") =>
    account.server.book.submit({
      symbol: "ACMEUSD",
      side: "BUY",
      type: "LIMIT",
      timeInForce: "GTC",
      quantity,
      price: "90",
      newClientOrderId,
    });

  const broken = async (kind: string): Promise<readonly string[]> =>
    (await account.compare()).filter((found) => found.kind === kind).map(({ id }) => id);

  it("have an order with an id like ours that we do not know", async () => {
    const stranger = uuidv5(NAMESPACE, "stranger");
    submit(stranger);
    submit("web_somebody-else");
    expect(await broken("orderUnknown")).toEqual([stranger]);
  });

  it("have an order open that is closed for us", async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    await account.cancel(orderId);
    await account.until(orderId, "canceled");
    account.theirs(orderId).status = "NEW";
    expect(await broken("orderLive")).toEqual([orderId]);
    account.theirs(orderId).status = "CANCELED";
    expect(await broken("orderLive")).toEqual([]);
  });

  it("do not have an order of ours any more, once it had time to show", async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    const { orders } = account.server.book;
    const [taken] = orders.splice(orders.indexOf(account.theirs(orderId)), 1);
    expect(await broken("orderMissing")).toEqual([]);
    await account.node.database.pool.query(
      "UPDATE act.view SET updated_at = updated_at - interval '2 minutes' WHERE id = $1",
      [orderId],
    );
    expect(await broken("orderMissing")).toEqual([orderId]);
    expect((await account.order(orderId)).status).toBe("new");
    if (taken) orders.push(taken);
    expect(await broken("orderMissing")).toEqual([]);
  });

  it("hold less of a coin than was bought through us; more is not our affair", async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    account.server.book.fill(account.theirs(orderId), "99");
    await account.until(orderId, "filled");
    await account.node.settled();
    const { balances } = account.server.book;
    balances.set("ACME", dec("1000"));
    expect(await broken("positionDiffers")).toEqual([]);
    balances.set("ACME", dec("9.99"));
    expect(await broken("positionDiffers")).toEqual(["ACME"]);
  });
});

describe("a node that was away", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
  });

  afterAll(() => account.close());

  it("finds out what has happened to its orders, and counts every execution once", async () => {
    const placed = [await account.place(), await account.place(), await account.place()];
    for (const orderId of placed) await account.until(orderId, "new");
    const [filled = "", canceled = "", waiting = ""] = placed;
    account.server.book.fill(account.theirs(filled), "99", "4");
    await account.until(filled, "partiallyFilled");
    const back = await account.leave();
    account.server.book.fill(account.theirs(filled), "98");
    account.server.book.fill(account.theirs(canceled), "97", "1");
    account.server.book.end(account.theirs(canceled), "CANCELED");
    await back();
    expect((await account.until(filled, "filled")).cumQuantity).toBe("10");
    expect((await account.until(canceled, "canceled")).cumQuantity).toBe("1");
    expect((await account.order(waiting)).status).toBe("new");
    await account.node.settled();
    expect([
      (await account.trades(filled)).length,
      (await account.trades(canceled)).length,
      (await account.trades(waiting)).length,
    ]).toEqual([2, 1, 0]);
  });
});

describe("an exchange that keeps failing", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
  });

  afterAll(() => account.close());

  it("is not asked for a while, and its breaker is in the metrics", async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    account.server.fault({ on: "GET", kind: "status", status: 503 });
    for (let asked = 0; asked < 12; asked++) await account.compare().catch(() => undefined);
    const before = account.server.calls.length;
    await account.compare().catch(() => undefined);
    expect(account.server.calls).toHaveLength(before);
    const { text } = await account.node.anonymous.send({ method: "GET", path: "/metrics" });
    expect(text).toMatch(new RegExp(`breaker_state{dependency="ccxt:${account.accountId}"} [12]`));
  });
});
