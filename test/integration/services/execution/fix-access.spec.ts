import { randomUUID } from "node:crypto";
import {
  createBrokerAccount,
  getBrokerOrders,
  getBrokerPositions,
  reconcileBrokerAccount,
  testBrokerAccount,
} from "../../../../mixins/rest/routes/brokers.ts";
import { CERTIFICATE } from "../../../support/fix-certificate.ts";
import { FixServer } from "../../../support/fix-server.ts";
import { stamp } from "../../../support/fix-words.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { FixAccount } from "./fix-account.ts";

const STRANGER = "0b0e5c3c-95b7-5d0a-8a53-3a4e1f2d7c61";

describe("a FIX account", () => {
  it("logs on with its credentials, after a refusal too, and tells nobody of them", async () => {
    const credentials = { username: "desk-7", password: "correct horse" };
    const account = await FixAccount.open({ server: credentials, credentials });
    await account.listening();
    const { accountId, node } = account;
    account.server.fault("refuseLogon");
    account.server.cut();
    const refused = await eventually("the refusal", async () => {
      const test = await node.admin.call(testBrokerAccount, { accountId });
      return test.text.includes("refused: not today") ? test : null;
    });
    expect(refused.isUsable).toBe(false);
    const usable = await eventually("the session", async () => {
      const test = await node.admin.call(testBrokerAccount, { accountId });
      return test.isUsable ? test : null;
    });
    expect(usable.text).toMatch(/^logged on since /);
    await account.close({ mayHaveErrors: true });
    expect(node.errors.join()).toContain("fixLogonRefused");
    expect(node.errors.join() + refused.text + usable.text).not.toContain("correct horse");
  });

  it("speaks through TLS, and to nobody whose certificate is not of the name asked for", async () => {
    const account = await FixAccount.open({
      server: { tls: CERTIFICATE },
      settings: { tls: true, tlsServerName: "fix.test" },
      credentials: { caCertificate: CERTIFICATE.cert },
    });
    await account.listening();
    const orderId = await account.resting();
    expect(account.made(orderId)).toBe(1);
    const { node, server } = account;
    const other = await node.admin.call(createBrokerAccount, {
      broker: "fix",
      name: "An impostor's",
      credentials: { caCertificate: CERTIFICATE.cert },
      settings: {
        host: "127.0.0.1",
        port: server.port,
        tls: true,
        senderCompId: "QA",
        targetCompId: "BROKER",
        feeBps: "1",
      },
    });
    const { accountId } = other;
    const test = await eventually("the failure", async () => {
      const found = await node.admin.call(testBrokerAccount, { accountId });
      return found.text.includes("the connection failed") ? found : null;
    });
    expect(test.isUsable).toBe(false);
    expect(server.of("A")).toHaveLength(1);
    await account.close();
  });

  it("lists open orders where the counterparty can, and says so where it cannot tell", async () => {
    const account = await FixAccount.open({ settings: { massStatus: true } });
    await account.listening();
    const { accountId, node } = account;
    expect((await node.admin.call(getBrokerOrders, { accountId })).data).toEqual([]);
    const orderId = await account.resting();
    account.server.fill(orderId, "99", 4);
    await account.until(orderId, "partiallyFilled");
    const { data } = await node.admin.call(getBrokerOrders, { accountId });
    expect(data).toMatchObject([
      { orderId, symbol: "ACME", side: "buy", type: "limit", quantity: "10", cumQuantity: "4" },
    ]);
    const positions = await node.admin.ask(getBrokerPositions, { accountId });
    expect([positions.status, positions.text]).toEqual([
      409,
      expect.stringContaining("BROKER_HAS_NO_VIEW"),
    ]);
    await account.close();
  });

  it("finds in a comparison what only one side has", async () => {
    const account = await FixAccount.open({ settings: { massStatus: true } });
    await account.listening();
    const { accountId, node, server } = account;
    const orderId = await account.resting();
    const [theirs] = server.book.orders;
    if (theirs === undefined) throw new Error("expected an order");
    server.book.orders.push({ ...theirs, id: "V-2", names: [STRANGER] });
    // As if its report had never been said: the venue has filled more than we heard of.
    theirs.cum = 4;
    theirs.status = "1";
    const { breaks } = await node.admin.call(reconcileBrokerAccount, { accountId });
    expect(breaks.map(({ kind, id }) => [kind, id])).toEqual(
      expect.arrayContaining([
        ["orderUnknown", STRANGER],
        ["fillMissing", orderId],
      ]),
    );
    await account.close({ mayHaveErrors: true });
  });

  it("rejects a report that cannot be read, alarms, and goes on", async () => {
    const account = await FixAccount.open();
    await account.listening();
    const { server } = account;
    const orderId = await account.resting();
    const broken = server.book.report(server.order(orderId), "F", [[32, "4"]]);
    server.say(broken);
    // Somebody else's order, through the same session.
    server.say([
      ...broken.map(([tag, value]) => [tag, tag === 11 ? "manual-1" : value] as const),
      [31, "9"],
    ]);
    server.say(
      [
        [35, "B"],
        [148, "news"],
      ],
      [],
    );
    server.fill(orderId, "99");
    await account.until(orderId, "filled");
    const refusals = await eventually("the refusals", () => {
      const found = server.heard.filter(({ type }) => type === "3" || type === "j");
      return found.length < 2 ? null : found;
    });
    expect(refusals.map((words) => [words.type, words.get(371) ?? words.get(380)])).toEqual(
      expect.arrayContaining([
        ["3", "31"],
        ["j", "3"],
      ]),
    );
    await account.node.settled();
    expect(await account.trades(orderId)).toHaveLength(1);
    await account.close({ mayHaveErrors: true });
    expect(account.node.errors.join()).toContain("reportRefused");
  });

  it("books the fees that a report names", async () => {
    const account = await FixAccount.open();
    await account.listening();
    const { server } = account;
    const orderId = await account.resting();
    const order = server.order(orderId);
    order.cum = 10;
    order.status = "2";
    const fees = [
      [12, "0.005"],
      [13, "1"],
      [136, 1],
      [137, "0.3"],
      [138, "USD"],
      [139, "4"],
    ] as const;
    const traded = [
      [32, 10],
      [31, "99"],
      [64, "20261130"],
      [851, "1"],
    ] as const;
    server.say(server.book.report(order, "F", [...traded, ...fees]), [[60, stamp()]]);
    await account.until(orderId, "filled");
    await account.node.settled();
    expect(await account.trades(orderId)).toMatchObject([{ fees: "0.35", liquidity: "maker" }]);
    await account.close();
  });

  it("begins every logon with 1 where that is agreed", async () => {
    const account = await FixAccount.open({ settings: { resetOnLogon: true } });
    await account.listening();
    const { server } = account;
    const orderId = await account.resting();
    server.cut();
    await eventually("a second logon", () =>
      server.raw.filter(({ type }) => type === "A").length > 1 && server.isLoggedOn ? true : null,
    );
    const logons = server.raw.filter(({ type }) => type === "A");
    expect(logons.map((words) => [words.seq, words.get(141)])).toEqual(logons.map(() => [1, "Y"]));
    server.fill(orderId, "99");
    await account.until(orderId, "filled");
    await account.close();
  });

  it("begins with 1 after the time of day that is agreed, and says nothing of it", async () => {
    const account = await FixAccount.open({ settings: { schedule: { resetAt: "00:00" } } });
    await account.listening();
    const { server, node } = account;
    await node.context.pool.query("UPDATE fix.session SET reset_at = reset_at - interval '1 day'");
    const comeBack = await account.leave();
    server.book.nextIn = 1;
    server.book.nextOut = 1;
    server.book.sent.clear();
    await comeBack();
    await eventually("the session", () => (server.isLoggedOn ? true : null));
    const logon = server.raw.findLast(({ type }) => type === "A");
    expect([logon?.seq, logon?.get(141)]).toEqual([1, undefined]);
    const orderId = await account.resting();
    expect(account.made(orderId)).toBe(1);
    await account.close();
  });

  it("is refused with settings that cannot be, each named", async () => {
    const server = await FixServer.start();
    const account = await FixAccount.open();
    const body = {
      broker: "fix",
      name: "wrong",
      credentials: { token: "x" },
      settings: { host: "a b", port: 70_000, senderCompId: "QA", feeBps: "1", colour: "red" },
    };
    const key = { "idempotency-key": randomUUID() };
    const answer = await account.node.admin.ask(createBrokerAccount, body, key);
    expect(answer.status).toBe(422);
    for (const path of ["host", "port", "targetCompId", "colour", "token"])
      expect(answer.text).toContain(path);
    await account.close();
    await server.close();
  });
});
