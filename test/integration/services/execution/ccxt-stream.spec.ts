import { reconcileBrokerAccount } from "../../../../mixins/rest/routes/brokers.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { CcxtAccount } from "./ccxt-account.ts";

const SPOT = "/ws-api/v3";

describe("the stream of an account at an exchange", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open();
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

  it("tells fills and their order's end without a question, in less than a second", async () => {
    const orderId = await resting();
    account.deafen();
    const startedMs = performance.now();
    account.server.book.fill(account.theirs(orderId), "99.5", "4");
    await account.until(orderId, "partiallyFilled");
    account.server.book.fill(account.theirs(orderId), "99.75");
    await account.until(orderId, "filled");
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(await account.order(orderId)).toMatchObject({ averagePrice: "99.65", fees: "0" });
  });

  it("tells a cancel after the fills before it", async () => {
    const orderId = await resting();
    account.deafen();
    account.server.book.fill(account.theirs(orderId), "99", "4");
    account.server.book.end(account.theirs(orderId), "CANCELED");
    expect((await account.until(orderId, "canceled")).cumQuantity).toBe("4");
  });

  it("names executions as an answer does, so that neither is counted again", async () => {
    account.server.book.commission = { rate: "0.001", asset: "USD" };
    const orderId = await resting();
    account.deafen();
    account.server.book.fill(account.theirs(orderId), "99.5", "4");
    await account.until(orderId, "partiallyFilled");
    account.server.fault();
    const { accountId } = account;
    await account.node.admin.call(reconcileBrokerAccount, { accountId });
    account.server.book.fill(account.theirs(orderId), "99.75");
    await account.until(orderId, "filled");
    await account.node.settled();
    account.server.book.commission = { rate: "0", asset: "" };
    const theirs = account.theirs(orderId);
    expect((await account.trades(orderId)).map(({ execId }) => execId)).toEqual(
      account.server.book.trades
        .filter((trade) => trade.orderId === theirs.orderId)
        .map(({ id }) => `ACME/USD:${theirs.orderId}:${id}`),
    );
    expect(await account.events(orderId)).not.toContain("ReportConflicted");
    expect((await account.order(orderId)).fees).toBe("0.9965");
  });

  it("may say everything twice, and in the wrong order", async () => {
    const { book, stream } = account.server;
    stream.isTwice = true;
    const orderId = await resting();
    stream.keep();
    for (const quantity of ["2", "3", "1"]) book.fill(account.theirs(orderId), "99", quantity);
    book.end(account.theirs(orderId), "CANCELED");
    stream.release();
    expect((await account.until(orderId, "canceled")).cumQuantity).toBe("6");
    stream.isTwice = false;
    await account.node.settled();
    expect(await account.trades(orderId)).toHaveLength(3);
    expect(await account.events(orderId)).not.toContain("ReportConflicted");
  });

  it.each<[string, (account: CcxtAccount) => void]>([
    ["is cut", ({ server }) => server.stream.cut()],
    ["is cut within a message", ({ server }) => server.stream.cutInMessage()],
    ["talks nonsense", ({ server }) => server.stream.say("\u0000 no JSON")],
    ["loses its subscription", ({ server }) => server.stream.expire()],
    ["tells what cannot be read", ({ server }) => server.stream.say(UNREADABLE)],
  ])("that %s is taken anew, and what happened meanwhile is asked for", async (_, befalls) => {
    const { stream, book } = account.server;
    const orderId = await resting();
    const before = stream.connections.length;
    stream.isShut = true;
    befalls(account);
    await eventually("the loss", () => (stream.connections.length > before ? true : null));
    book.fill(account.theirs(orderId), "99", "4");
    stream.isShut = false;
    await account.until(orderId, "partiallyFilled");
    await account.listening();
    account.deafen();
    book.fill(account.theirs(orderId), "98");
    await account.until(orderId, "filled");
    expect(new Set(stream.connections)).toEqual(new Set([SPOT]));
  });
});

describe("a stream that the exchange's keys are not good for", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open({ prepare: ({ stream }) => (stream.isRefused = true) });
  });

  afterAll(() => account.close({ mayHaveErrors: true }));

  it("is told once as an alarm without a key in it, and orders are followed by asking", async () => {
    const alarm = await eventually("the alarm", () => account.node.errors[0] ?? null);
    expect(alarm).toContain("refuses our keys");
    const orderId = await account.place();
    await account.until(orderId, "new");
    account.server.book.fill(account.theirs(orderId), "99");
    await account.until(orderId, "filled");
    expect(account.node.errors).toHaveLength(1);
    expect(alarm).not.toMatch(/integration-(secret|api)-key/);
  });
});

describe("an account whose stream is not wanted", () => {
  let account: CcxtAccount;

  beforeAll(async () => {
    account = await CcxtAccount.open({ settings: { stream: false } });
  });

  afterAll(() => account.close());

  it("is followed by asking, and no stream is opened", async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    account.server.book.fill(account.theirs(orderId), "99");
    await account.until(orderId, "filled");
    expect(account.server.stream.connections).toEqual([]);
  });
});

/** An execution without a quantity. */
const UNREADABLE = JSON.stringify({
  subscriptionId: 0,
  event: { e: "executionReport", s: "ACMEUSD", x: "TRADE", X: "FILLED", i: 1, t: 2, S: "BUY" },
});
