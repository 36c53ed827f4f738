import type { Fault } from "../../../support/alpaca-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { AlpacaAccount } from "./alpaca-account.ts";

const POST = "POST /v2/orders";
const FIND = "GET /v2/orders:by_client_order_id";

describe("an order whose sending goes wrong", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });

  beforeEach(() => account.server.control({ faults: [], stream: { isMute: false } }));

  afterAll(() => account.close());

  const created = (orderId: string): number =>
    account.server.book.posts.filter(
      (post) => post.clientOrderId === orderId && post.status === 200,
    ).length;

  async function placeUnder(...faults: readonly Fault[]): Promise<string> {
    account.server.control({ faults, stream: { isMute: true } });
    return account.place();
  }

  it.each<[string, Fault]>([
    ["whose reply is lost", { on: POST, kind: "dropAfter", times: 1 }],
    [
      "that the broker answers with 500 after taking it",
      { on: POST, kind: "statusAfter", times: 1 },
    ],
    ["whose reply comes too late", { on: POST, kind: "delayAfter", delayMs: 6_000, times: 1 }],
  ])("%s is found by its client order id and not sent again", async (_, fault) => {
    const orderId = await placeUnder(fault);
    await account.until(orderId, "unknown");
    await account.until(orderId, "new");
    expect(account.server.sendings(orderId)).toBe(1);
    expect(await account.events(orderId)).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderMarkedUnknown",
      "OrderAccepted",
    ]);
  });

  it("that never arrived is sent again under its id after the quiet period", async () => {
    const orderId = await placeUnder({ on: POST, kind: "dropBefore", times: 1 });
    await account.until(orderId, "unknown");
    await account.until(orderId, "new");
    expect([account.server.sendings(orderId), created(orderId)]).toEqual([1, 1]);
    const events = await account.events(orderId);
    expect(events.filter((type) => type === "SubmitStarted")).toHaveLength(2);
  });

  it("that is slow, but in time, is like any other", async () => {
    const orderId = await placeUnder({ on: POST, kind: "delayAfter", delayMs: 500, times: 1 });
    await account.until(orderId, "new");
    expect(await account.events(orderId)).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderAccepted",
    ]);
  });

  it("that is refused for the number of calls waits as long as it is told, and is sent then", async () => {
    const limited = { on: POST, kind: "status", status: 429, times: 2 } as const;
    const orderId = await placeUnder({ ...limited, headers: { "retry-after": "1" } });
    await account.until(orderId, "new");
    expect(await account.events(orderId)).toEqual([
      "OrderPlaced",
      "SubmitStarted",
      "OrderAccepted",
    ]);
  });

  it("that can neither be sent nor asked for keeps its hold until the broker speaks", async () => {
    const { reserved: before } = await account.portfolio();
    const orderId = await placeUnder({ on: POST, kind: "dropAfter" }, { on: FIND, kind: "status" });
    await account.until(orderId, "unknown");
    expect((await account.portfolio()).reserved).not.toBe(before);
    account.server.control({ faults: [] });
    await account.until(orderId, "new");
    expect(account.server.sendings(orderId)).toBe(1);
  });

  const posts = (): number => account.server.calls.filter((call) => call === POST).length;

  /** The first reply is lost, and the broker does not show the order until it is sent a second time. */
  async function placeTwice(second: Partial<Fault>): Promise<string> {
    const before = posts();
    const orderId = await placeUnder(
      { on: POST, kind: "dropAfter", times: 1 },
      { on: POST, kind: "delay", delayMs: 300, ...second },
      { on: FIND, kind: "status", status: 404 },
    );
    await eventually("the second sending", () => (posts() - before === 2 ? true : null));
    account.server.control({ faults: [] });
    return orderId;
  }

  it("that the broker has under its id already is recognised", async () => {
    const orderId = await placeTwice({});
    await account.until(orderId, "new");
    expect([account.server.sendings(orderId), created(orderId)]).toEqual([2, 1]);
  });

  it("that took the buying power which its repeat is refused for is not rejected", async () => {
    const message = "insufficient buying power";
    const orderId = await placeTwice({ kind: "status", status: 403, message });
    await account.until(orderId, "new");
    expect(created(orderId)).toBe(1);
  });

  it("that is refused for the buying power is rejected, and its hold is free again", async () => {
    const { reserved: before } = await account.portfolio();
    account.server.control({ buyingPower: "1" });
    const orderId = await account.place();
    const rejected = await account.until(orderId, "rejected");
    account.server.control({ buyingPower: null });
    expect(rejected.text).toBe("403: insufficient buying power (40310000)");
    await account.node.settled();
    expect((await account.portfolio()).reserved).toBe(before);
  });
});

describe("a broker that is gone", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });

  afterAll(() => account.close());

  it("gets its orders when it is back, each once, and tells what it has done meanwhile", async () => {
    const resting = await account.place();
    await account.until(resting, "new");
    const back = await account.vanish();
    const waiting = await account.place();
    await account.until(waiting, "unknown");
    account.server.book.fill(resting, "99", "3");
    await back();
    await account.until(resting, "partiallyFilled");
    await account.until(waiting, "new");
    expect(account.server.book.posts).toEqual([
      { clientOrderId: resting, status: 200 },
      { clientOrderId: waiting, status: 200 },
    ]);
    account.server.control({ fill: { clientOrderId: waiting, price: "98" } });
    await account.until(waiting, "filled");
  });
});

describe("keys that the broker does not know", () => {
  let account: AlpacaAccount;

  beforeAll(async () => {
    account = await AlpacaAccount.open({ secretKey: "not-the-secret-key" });
  });

  afterAll(() => account.close({ mayHaveErrors: true }));

  it("have every order rejected with the reason, and are never written to the log", async () => {
    const orderId = await account.place();
    const { text } = await account.until(orderId, "rejected");
    expect(text).toBe("401: request is not authorized (40110000)");
    const alarm = await eventually("the alarm", () => account.node.errors[0] ?? null);
    expect(alarm).toContain("Alpaca refuses our keys");
    expect(account.node.errors.join()).not.toMatch(/not-the-secret-key|PKINTEGRATION/);
  });
});
