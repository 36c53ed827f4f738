import { randomUUID } from "node:crypto";
import { uuidv5 } from "../../../../mixins/actor/ids.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { AlpacaAccount } from "./alpaca-account.ts";

describe("books that differ", () => {
  let account: AlpacaAccount;

  beforeEach(async () => {
    account = await AlpacaAccount.open();
    await account.listening();
  });

  afterEach(() => account.close({ mayHaveErrors: true }));

  /** A new line to the stream makes the books be compared. */
  const compare = (): void => account.server.control({ stream: { cut: true } });

  const alarm = (kind: string, id: string): Promise<string> =>
    eventually(`the alarm ${kind}`, () => {
      const found = account.node.errors.find((line) => line.includes(`"alarm":"${kind}"`));
      return found?.includes(id) === true ? found : null;
    });

  it("an order with an id like ours that we do not know is an alarm, once, and is counted", async () => {
    const stranger = uuidv5(randomUUID(), "stranger");
    account.server.book.submit({
      client_order_id: stranger,
      symbol: "ACME",
      qty: "1",
      side: "buy",
    });
    await alarm("orderUnknown", stranger);
    compare();
    await eventually("another comparison", () =>
      account.server.calls.filter((call) => call === "GET /v2/positions").length >= 2 ? true : null,
    );
    expect(account.node.errors).toHaveLength(1);
    const { text } = await account.node.anonymous.send({ method: "GET", path: "/metrics" });
    expect(text).toContain('recon_breaks{venue="ALPACA",kind="orderUnknown"} 1');
  });

  it("a position that we cannot explain is an alarm when it is found again after a while", async () => {
    const before = account.server.calls.length;
    account.server.book.submit({
      client_order_id: "by-hand",
      symbol: "ACME",
      qty: "7",
      side: "buy",
    });
    account.server.book.fill("by-hand", "100");
    compare();
    await eventually("the first comparison", () =>
      account.server.calls.slice(before).includes("GET /v2/positions") ? true : null,
    );
    expect(account.node.errors).toEqual([]);
    await account.listening();
    const told = await eventually("the alarm", async () => {
      compare();
      await account.listening();
      return account.node.errors[0] ?? null;
    });
    expect(told).toContain('"alarm":"positionDiffers"');
    expect(told).toContain('"broker":"7","ours":"0"');
  });

  it("an order of ours that is not there any more is an alarm once it had time to show", async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    account.server.book.orders.delete(orderId);
    await account.node.database.pool.query(
      "UPDATE act.view SET updated_at = updated_at - interval '2 minutes' WHERE id = $1",
      [orderId],
    );
    compare();
    await alarm("orderMissing", orderId);
    expect((await account.order(orderId)).status).toBe("new");
  });

  it("an order that was replaced at the broker is over for us, with an alarm", async () => {
    const orderId = await account.place();
    await account.until(orderId, "new");
    account.server.control({ stream: { isMute: true } });
    account.server.control({ end: { clientOrderId: orderId, status: "replaced" } });
    compare();
    await alarm("orderReplaced", orderId);
    const { text } = await account.until(orderId, "canceled");
    expect(text).toContain("replaced at the broker by");
  });

  it("an order that does not arrive is sent four times, and stays unknown with its hold and an alarm", async () => {
    account.server.control({ faults: [{ on: "POST /v2/orders", kind: "dropBefore" }] });
    const orderId = await account.place();
    const posts = (): number =>
      account.server.calls.filter((call) => call === "POST /v2/orders").length;
    await eventually("the alarm", async () => {
      // Waits become longer with every failure; what is tested is not how long they are.
      await account.node.database.pool.query("UPDATE act.effect SET due_at = clock_timestamp()");
      return account.node.errors.some((line) => line.includes("orderUnresolved")) ? true : null;
    });
    expect(posts()).toBe(4);
    expect((await account.order(orderId)).status).toBe("unknown");
    expect((await account.portfolio()).reserved).not.toBe("0");
  });
});
