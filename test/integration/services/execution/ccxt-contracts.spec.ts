import { getBrokerPositions } from "../../../../mixins/rest/routes/brokers.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { CcxtAccount, SYMBOL } from "./ccxt-account.ts";

describe("contracts at an exchange", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open({ settings: { defaultType: "swap" } });
  });

  beforeEach(async () => {
    account.server.fault();
    await account.listening();
  });

  afterAll(() => account.close());

  async function resting(): Promise<string> {
    const orderId = await account.place();
    await account.until(orderId, "new");
    return orderId;
  }

  it("are bought with a limit, and their fills told by the stream with the ids of an answer", async () => {
    const orderId = await resting();
    expect(account.server.calls).toContain("POST /fapi/v1/order");
    account.deafen();
    account.server.book.fill(account.theirs(orderId), "99.5", "4");
    await account.until(orderId, "partiallyFilled");
    account.server.fault();
    await account.compare();
    account.server.book.fill(account.theirs(orderId), "99");
    await account.until(orderId, "filled");
    await account.node.settled();
    const theirs = account.theirs(orderId);
    expect(
      (await account.trades(orderId)).map(({ execId, quantity }) => [execId, quantity]),
    ).toEqual(
      account.server.book.trades.map(({ id, qty }) => [
        `ACME/USD:USD:${theirs.orderId}:${id}`,
        qty,
      ]),
    );
    expect(await account.events(orderId)).not.toContain("ReportConflicted");
  });

  it("are shown as a position in the same quantity, which the comparison agrees with", async () => {
    const { accountId } = account;
    const { data } = await account.node.admin.call(getBrokerPositions, { accountId });
    expect(data).toEqual([expect.objectContaining({ symbol: SYMBOL, quantity: "10" })]);
    expect(await account.compare()).toEqual([]);
  });

  it("are sold at the market", async () => {
    const orderId = await account.place({
      side: "sell",
      type: "market",
      price: undefined,
      quantity: "4",
    });
    await account.until(orderId, "new");
    expect(account.theirs(orderId)).toMatchObject({ type: "MARKET", side: "SELL", origQty: "4" });
    account.server.book.fill(account.theirs(orderId), "100");
    await account.until(orderId, "filled");
  });

  it("are canceled, by us and by somebody else", async () => {
    const ours = await resting();
    await account.cancel(ours);
    await account.until(ours, "canceled");
    const theirs = await resting();
    account.deafen();
    account.server.book.end(account.theirs(theirs), "CANCELED");
    await account.until(theirs, "canceled");
    expect(account.theirs(ours).status).toBe("CANCELED");
  });

  it("whose listen key has expired are heard of again under another key", async () => {
    const orderId = await resting();
    const { listenKeys, stream, book } = account.server;
    const before = listenKeys.size;
    stream.expire();
    await eventually("another key", () => (listenKeys.size > before ? true : null));
    await account.listening();
    account.deafen();
    book.fill(account.theirs(orderId), "99");
    expect((await account.until(orderId, "filled")).averagePrice).toBe("99");
  });
});
