import { ACME } from "../../../support/binance-server.ts";
import type { BinanceFault } from "../../../support/binance-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { CcxtAccount } from "./ccxt-account.ts";

const POST = "POST /api/v3/order";
const FIND = "GET /api/v3/order";

describe("an order whose sending to an exchange goes wrong", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open({ server: { symbols: [{ ...ACME, stepSize: "0.01" }] } });
  });

  beforeEach(() => account.server.fault());

  afterAll(() => account.close());

  /** The stream, which would say that the order is there, is not told. */
  async function placeUnder(...faults: readonly BinanceFault[]): Promise<string> {
    account.server.stream.isMute = true;
    account.server.fault(...faults);
    return account.place();
  }

  it.each<[string, BinanceFault]>([
    ["whose reply is lost", { on: POST, kind: "dropAfter", times: 1 }],
    ["that is answered with 500 after it was taken", { on: POST, kind: "statusAfter", times: 1 }],
    ["whose reply comes too late", { on: POST, kind: "delayAfter", delayMs: 6_000, times: 1 }],
    [
      "that the exchange says to know nothing of",
      { on: POST, kind: "statusAfter", status: 400, code: -1006, times: 1 },
    ],
    [
      "that somebody in between refuses after it was taken",
      { on: POST, kind: "statusAfter", status: 403, page: "<html>Forbidden</html>", times: 1 },
    ],
  ])("%s is found by its client order id and not sent again", async (_, fault) => {
    const orderId = await placeUnder(fault);
    await account.until(orderId, "new");
    await account.node.settled();
    expect([account.server.sendings(orderId), account.made(orderId)]).toEqual([
      1,
      [expect.objectContaining({ status: "NEW" })],
    ]);
  });

  it("that never arrived is sent again under its id after the quiet period", async () => {
    const orderId = await placeUnder({ on: POST, kind: "dropBefore", times: 1 });
    await account.until(orderId, "unknown");
    await account.until(orderId, "new");
    expect(account.made(orderId)).toHaveLength(1);
    const events = await account.events(orderId);
    expect(events.filter((type) => type === "SubmitStarted")).toHaveLength(2);
  });

  it("that is sent again while it is open is recognised by the refusal of its id", async () => {
    const orderId = await placeUnder(
      { on: POST, kind: "dropAfter", times: 1 },
      { on: FIND, kind: "status", status: 400, code: -2013, message: "Order does not exist." },
      { on: "GET /api/v3/openOrders", kind: "status" },
    );
    await eventually("the second sending", () =>
      account.server.sendings(orderId) === 2 ? true : null,
    );
    account.server.fault();
    await account.until(orderId, "new");
    expect(account.made(orderId)).toHaveLength(1);
  });

  it.each([429, 418])(
    "that is refused for the number of calls (%i) is sent a moment later",
    async (status) => {
      const headers = { "retry-after": "1" };
      const orderId = await placeUnder({ on: POST, kind: "status", status, headers, times: 1 });
      await account.until(orderId, "new");
      expect(await account.events(orderId)).toEqual([
        "OrderPlaced",
        "SubmitStarted",
        "OrderAccepted",
      ]);
    },
  );

  it("that comes at the wrong time by the exchange's clock is sent by that clock", async () => {
    account.server.skewMs = 60_000;
    const orderId = await account.place();
    await account.until(orderId, "new");
    expect((await account.order(orderId)).text).toBeNull();
    account.server.skewMs = 0;
    const back = await account.place();
    await account.until(back, "new");
  });

  it("that the exchange has no funds for is rejected with its words, and its hold is free again", async () => {
    const { reserved: before } = await account.portfolio();
    const { balances } = account.server.book;
    const funds = balances.get("USD");
    balances.delete("USD");
    const orderId = await account.place();
    const { text } = await account.until(orderId, "rejected");
    if (funds) balances.set("USD", funds);
    expect(text).toContain("Account has insufficient balance for requested action.");
    await account.node.settled();
    expect((await account.portfolio()).reserved).toBe(before);
  });

  it("that is off the exchange's steps is rejected before it is sent", async () => {
    const orderId = await account.place({ quantity: "0.125" });
    const { text } = await account.until(orderId, "rejected");
    expect(text).toContain("quantity 0.125 is off the exchange's steps");
    expect(account.server.sendings(orderId)).toBe(0);
  });
});

describe("an exchange that is gone", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
  });

  afterAll(() => account.close());

  it("gets its orders when it is back, each once, and tells what it has done meanwhile", async () => {
    const resting = await account.place();
    await account.until(resting, "new");
    const back = await account.vanish();
    const waiting = await account.place();
    await account.until(waiting, "unknown");
    account.server.book.fill(account.theirs(resting), "99", "3");
    await back();
    await account.until(resting, "partiallyFilled");
    await account.until(waiting, "new");
    expect([account.made(resting).length, account.made(waiting).length]).toEqual([1, 1]);
    account.server.book.fill(account.theirs(waiting), "98");
    await account.until(waiting, "filled");
  });
});

describe("keys that the exchange does not know", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open({ secret: "not-the-secret-key" });
  });

  afterAll(() => account.close({ mayHaveErrors: true }));

  it("leave orders unknown and unsent, raise an alarm, and are never written to the log", async () => {
    const orderId = await account.place();
    await account.until(orderId, "unknown");
    const alarm = await eventually("the alarm", () => account.node.errors[0] ?? null);
    expect(alarm).toContain("refuses our keys");
    expect(account.server.sendings(orderId)).toBe(0);
    expect(account.node.errors.join()).not.toMatch(/not-the-secret-key|integration-api-key/);
  });
});
