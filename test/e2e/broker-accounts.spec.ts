import { randomUUID } from "node:crypto";
import {
  createBrokerAccount,
  deleteBrokerAccount,
  getBrokerAccount,
  getBrokerBalances,
  getBrokerOrders,
  getBrokerPositions,
  listBrokerAccounts,
  reconcileBrokerAccount,
  testBrokerAccount,
  updateBrokerAccount,
} from "../../mixins/rest/routes/brokers.ts";
import {
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
} from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { AlpacaServer } from "../support/alpaca-server.ts";
import type { HttpClient } from "../support/http.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { signUp } from "../support/node-users.ts";
import { withNode } from "../support/node.ts";
import { expectProblem } from "./problems.ts";

const KEYS = { keyId: "PKBROKERACCOUNTS0", secretKey: "secret-of-the-broker-4711" };

describe("broker accounts", () => {
  const node = withNode({ env: { BROKER_HOSTS: "127.0.0.1" } });
  let alpaca: AlpacaServer;
  let owner: HttpClient;

  beforeAll(async () => {
    alpaca = await AlpacaServer.start(KEYS);
    node().beforeStop(() => alpaca.close());
    owner = (await signUp(node(), { role: "trader" })).client;
  });

  const body = (changes: object = {}) => ({
    broker: "alpaca",
    name: "Desk",
    credentials: KEYS,
    settings: { baseUrl: alpaca.url },
    ...changes,
  });
  const add = async (changes: object = {}) =>
    (await owner.call(createBrokerAccount, body(changes))).accountId;

  it("are never told with their secrets, by whatever route", async () => {
    const made = await owner.ask(createBrokerAccount, body());
    const { accountId } = JSON.parse(made.text) as { accountId: string };
    const patched = await owner.ask(updateBrokerAccount, { accountId, credentials: KEYS });
    const answers = [
      made,
      patched,
      await owner.ask(getBrokerAccount, { accountId }),
      await owner.ask(listBrokerAccounts),
      await owner.ask(testBrokerAccount, { accountId }),
    ];
    for (const { text } of answers) {
      expect(text).not.toContain(KEYS.secretKey);
      expect(text).not.toContain(KEYS.keyId);
    }
    expect(JSON.parse(made.text)).toMatchObject({
      broker: "alpaca",
      venue: `ALPACA:${accountId}`,
      status: "enabled",
      credentials: { keyId: "****NTS0", secretKey: "****4711" },
    });
  });

  it("are nowhere in the database in the clear, the idempotency key's hash included", async () => {
    const key = { "idempotency-key": randomUUID() };
    await owner.call(createBrokerAccount, body(), key);
    const { pool } = node().database;
    const { rows } = await pool.query<{ readonly text: string }>(
      `SELECT row_to_json(a)::text AS text FROM brokers.account a
        UNION ALL SELECT row_to_json(k)::text FROM act.request_key k
        UNION ALL SELECT data::text FROM act.event`,
    );
    const all = rows.map(({ text }) => text).join("\n");
    expect(all).not.toMatch(/secret-of-the-broker|PKBROKERACCOUNTS/);
  });

  it("are made once for one Idempotency-Key, whatever was done to them since", async () => {
    const key = { "idempotency-key": randomUUID() };
    const first = await owner.ask(createBrokerAccount, body(), key);
    const again = await owner.ask(createBrokerAccount, body(), key);
    expect([again.status, again.headers["idempotent-replayed"]]).toEqual([201, "true"]);
    expect(again.text).toBe(first.text);
    const otherSecret = body({ credentials: { ...KEYS, secretKey: "another" } });
    const reused = await owner.ask(createBrokerAccount, otherSecret, key);
    expectProblem(reused, "IDEMPOTENCY_KEY_REUSED");
    const { accountId } = JSON.parse(first.text) as { accountId: string };
    await owner.call(updateBrokerAccount, { accountId, credentials: { ...KEYS, keyId: "PK2" } });
    expect((await owner.ask(createBrokerAccount, body(), key)).status).toBe(201);
    await owner.call(deleteBrokerAccount, { accountId });
    expectProblem(await owner.ask(createBrokerAccount, body(), key), "CONFLICT");
  });

  it.each<[string, object, readonly string[]]>([
    ["no keys", { credentials: {} }, ["credentials.keyId", "credentials.secretKey"]],
    ["a key of another broker", { credentials: { ...KEYS, pin: "1" } }, ["credentials.pin"]],
    ["a setting that does not exist", { settings: { colour: "red" } }, ["settings.colour"]],
    ["fees that are no number", { settings: { feeBps: "much" } }, ["settings.feeBps"]],
    ["another kind", { broker: "bank" }, ["broker"]],
    ["credentials of a paper account", { broker: "paper", settings: {} }, ["credentials.keyId"]],
    ["a secret that is no text", { credentials: { ...KEYS, keyId: 1 } }, ["credentials.keyId"]],
  ])("with %s are refused by name", async (_, changes, paths) => {
    expectProblem(await owner.ask(createBrokerAccount, body(changes)), "VALIDATION_FAILED", paths);
  });

  it.each(["http://10.0.0.1:6379", "http://localhost:5432", "http://169.254.169.254"])(
    "cannot make this node knock at %s",
    async (baseUrl) => {
      const answer = await owner.ask(createBrokerAccount, body({ settings: { baseUrl } }));
      const { detail } = expectProblem(answer, "VALIDATION_FAILED", ["settings.baseUrl"]);
      expect(detail).toContain("BROKER_HOSTS");
    },
  );

  it("of another owner are there for those who oversee, and for nobody else", async () => {
    const accountId = await add();
    for (const role of ["trader", "viewer"] as const) {
      const { client } = await signUp(node(), { role });
      expectProblem(await client.ask(getBrokerAccount, { accountId }), "NOT_FOUND");
      expect((await client.all(listBrokerAccounts)).length).toBe(0);
    }
    const { client: compliance } = await signUp(node(), { role: "compliance" });
    expect((await compliance.call(getBrokerAccount, { accountId })).accountId).toBe(accountId);
    expectProblem(await compliance.ask(deleteBrokerAccount, { accountId }), "FORBIDDEN");
    const { client: foreign } = await signUp(node(), { role: "admin", tenantId: "elsewhere" });
    expectProblem(await foreign.ask(getBrokerAccount, { accountId }), "NOT_FOUND");
    expectProblem(await foreign.ask(deleteBrokerAccount, { accountId }), "NOT_FOUND");
  });

  it("of the environment are shown to operators, and not changed here", async () => {
    const paper = await node().admin.call(getBrokerAccount, { accountId: "PAPER" });
    expect(paper).toMatchObject({ isBuiltIn: true, venue: "PAPER", ownerId: null });
    const renamed = { accountId: "PAPER", name: "x" };
    expectProblem(await node().admin.ask(updateBrokerAccount, renamed), "CONFLICT");
    expectProblem(await node().admin.ask(deleteBrokerAccount, { accountId: "PAPER" }), "CONFLICT");
    expectProblem(await owner.ask(getBrokerAccount, { accountId: "PAPER" }), "NOT_FOUND");
  });

  it("are listed a page at a time, each once", async () => {
    const { client } = await signUp(node(), { role: "trader" });
    const made = [];
    for (const name of ["a", "b", "c", "d", "e"])
      made.push((await client.call(createBrokerAccount, { broker: "paper", name })).accountId);
    for (const order of ["asc", "desc"] as const) {
      const found = (await client.all(listBrokerAccounts, { order }, 2)).map((it) => it.accountId);
      expect(found.toSorted()).toEqual(made.toSorted());
    }
    expect(await client.all(listBrokerAccounts, { broker: "fix" })).toEqual([]);
  });

  describe("at their broker", () => {
    it("show what the broker has: positions, orders of ours and of others, cash", async () => {
      const accountId = await add();
      alpaca.book.submit({ client_order_id: "by-hand", symbol: "ACME", qty: "5", side: "sell" });
      const { data: orders } = await owner.call(getBrokerOrders, { accountId });
      expect(orders).toMatchObject([
        { orderId: null, symbol: "ACME", side: "sell", quantity: "5" },
      ]);
      alpaca.book.fill("by-hand", "99");
      const { data: positions } = await owner.call(getBrokerPositions, { accountId });
      expect(positions).toEqual([{ symbol: "ACME", quantity: "-5", averagePrice: "99.5" }]);
      const { data: balances } = await owner.call(getBrokerBalances, { accountId });
      expect(balances).toEqual([{ currency: "USD", total: "100000.25", available: "200000.5" }]);
      expect(await owner.call(testBrokerAccount, { accountId })).toMatchObject({
        isUsable: true,
        text: "account ****1234 is ACTIVE",
      });
      expect((await owner.call(reconcileBrokerAccount, { accountId })).breaks).toEqual([]);
    });

    it("with keys that it does not know are refused in its words, and without the keys", async () => {
      const accountId = await add({ credentials: { ...KEYS, secretKey: "not-the-secret-at-all" } });
      const { isUsable, text } = await owner.call(testBrokerAccount, { accountId });
      expect([isUsable, text]).toEqual([false, expect.stringContaining("not authorized")]);
      for (const route of [getBrokerPositions, getBrokerOrders, getBrokerBalances]) {
        const answer = await owner.ask(route, { accountId });
        expectProblem(answer, "BROKER_REFUSED");
        expect(answer.text).not.toContain("not-the-secret");
      }
      expectProblem(await owner.ask(reconcileBrokerAccount, { accountId }), "BROKER_REFUSED");
      await owner.call(deleteBrokerAccount, { accountId });
      // Its stream was refused too, which is an alarm of its own.
      node().errors.splice(0);
    });

    it("that does not answer is no failure of ours", async () => {
      const gone = await AlpacaServer.start(KEYS);
      const accountId = await add({ settings: { baseUrl: gone.url } });
      await gone.close();
      expectProblem(await owner.ask(getBrokerPositions, { accountId }), "BROKER_UNREACHABLE");
      expectProblem(await owner.ask(reconcileBrokerAccount, { accountId }), "BROKER_UNREACHABLE");
      expect((await owner.call(testBrokerAccount, { accountId })).isUsable).toBe(false);
      await owner.call(deleteBrokerAccount, { accountId });
    });
  });

  describe("with orders", () => {
    let portfolioId: string;

    beforeAll(async () => {
      const market = await HandMarket.open(node());
      await market.list("ACME");
      await market.play({ ACME: 100 });
      const portfolio = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
      portfolioId = (await owner.call(createPortfolio, portfolio)).portfolioId;
    });

    const order = (brokerAccountId: string) => ({
      portfolioId,
      symbol: "ACME",
      side: "buy",
      type: "limit",
      price: "99",
      quantity: "2",
      timeInForce: "gtc",
      brokerAccountId,
    });
    const until = (orderId: string, status: string) =>
      eventually(`order ${orderId} to be ${status}`, async () => {
        const found = await owner.call(getOrder, { orderId });
        return found.status === status ? found : null;
      });

    it("take them, follow them, and cannot be deleted while they are open", async () => {
      const accountId = await add();
      const { orderId } = await owner.call(createOrder, order(accountId));
      const { venue } = await until(orderId, "new");
      expect(venue).toBe(`ALPACA:${accountId}`);
      expectProblem(await owner.ask(deleteBrokerAccount, { accountId }), "BROKER_ACCOUNT_IN_USE");
      const elsewhere = { accountId, settings: { environment: "paper" } };
      expectProblem(await owner.ask(updateBrokerAccount, elsewhere), "BROKER_ACCOUNT_IN_USE");
      alpaca.book.fill(orderId, "98.5");
      await until(orderId, "filled");
      await owner.call(deleteBrokerAccount, { accountId });
      expectProblem(await owner.ask(getBrokerAccount, { accountId }), "NOT_FOUND");
      const { reasons } = expectProblem(
        await owner.ask(createOrder, order(accountId)),
        "ORDER_DENIED",
      );
      expect(reasons?.map(({ code }) => code)).toEqual(["BROKER_ACCOUNT_NOT_FOUND"]);
    });

    it("go on with what is open when they are disabled or get new keys, and take nothing new", async () => {
      const accountId = await add();
      const [first, second] = [
        (await owner.call(createOrder, order(accountId))).orderId,
        (await owner.call(createOrder, order(accountId))).orderId,
      ];
      for (const orderId of [first, second]) await until(orderId, "new");
      await owner.call(updateBrokerAccount, { accountId, status: "disabled", credentials: KEYS });
      const { reasons } = expectProblem(
        await owner.ask(createOrder, order(accountId)),
        "ORDER_DENIED",
      );
      expect(reasons?.map(({ code }) => code)).toEqual(["BROKER_ACCOUNT_DISABLED"]);
      await owner.call(cancelOrder, { orderId: first });
      await until(first, "canceled");
      alpaca.book.fill(second, "98");
      await until(second, "filled");
      await owner.call(updateBrokerAccount, { accountId, status: "enabled" });
      const { orderId } = await owner.call(createOrder, order(accountId));
      await until(orderId, "new");
      await owner.call(cancelOrder, { orderId });
      await until(orderId, "canceled");
    });

    it("with the same keys leave each order to the one that it was placed through", async () => {
      const shared = await AlpacaServer.start(KEYS);
      const settings = { baseUrl: shared.url };
      const [first, second] = [await add({ settings }), await add({ settings })];
      await eventually("both to listen", () => (shared.listeners === 2 ? true : null));
      const { orderId } = await owner.call(createOrder, order(first));
      await until(orderId, "new");
      shared.book.fill(orderId, "98.5");
      await until(orderId, "filled");
      const found = await owner.call(reconcileBrokerAccount, { accountId: second });
      expect(found.breaks.map(({ kind }) => kind)).not.toContain("orderUnknown");
      const { data } = await owner.call(getOrderEvents, { orderId, limit: 100 });
      const types = data.map(({ type }) => type);
      expect(types).toContain("OrderFilled");
      expect(types).not.toContain("ReportConflicted");
      for (const accountId of [first, second]) await owner.call(deleteBrokerAccount, { accountId });
      await shared.close();
    });

    it("of others take no orders of mine", async () => {
      const accountId = await add();
      const { client } = await signUp(node(), { role: "trader" });
      const theirs = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
      const { portfolioId: own } = await client.call(createPortfolio, theirs);
      const answer = await client.ask(createOrder, { ...order(accountId), portfolioId: own });
      const { reasons } = expectProblem(answer, "ORDER_DENIED");
      expect(reasons?.map(({ code }) => code)).toEqual(["BROKER_ACCOUNT_NOT_FOUND"]);
    });
  });

  it("that were sealed with a key that is gone can be seen, renamed and filled in again, and not used", async () => {
    const accountId = await add();
    const { pool } = node().database;
    await pool.query(
      `UPDATE brokers.account SET sealed = regexp_replace(sealed, '^v1\\.[^.]+', 'v1.lost'), version = version + 1
        WHERE account_id = $1`,
      [accountId],
    );
    expect((await owner.call(getBrokerAccount, { accountId })).credentials).toBeNull();
    expect((await owner.call(updateBrokerAccount, { accountId, name: "x" })).name).toBe("x");
    const refused = await owner.ask(getBrokerPositions, { accountId });
    const { detail } = expectProblem(refused, "CREDENTIALS_UNREADABLE");
    expect(detail).toContain("sealed with key lost");
    expectProblem(
      await owner.ask(updateBrokerAccount, { accountId, settings: { environment: "paper" } }),
      "CREDENTIALS_UNREADABLE",
    );
    await eventually("the alarm", () =>
      node().errors.some((line) => line.includes("credentialsUnreadable")) ? true : null,
    );
    node().errors.splice(0);
    await owner.call(updateBrokerAccount, { accountId, credentials: KEYS });
    expect((await owner.call(testBrokerAccount, { accountId })).isUsable).toBe(true);
  });
});
