import type { ActorRef } from "../../domain/shared/decider.ts";
import {
  createBrokerAccount,
  deleteBrokerAccount,
  getBrokerAccount,
  testBrokerAccount,
  updateBrokerAccount,
} from "../../mixins/rest/routes/brokers.ts";
import { cancelOrder, createOrder, getOrder } from "../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../mixins/rest/routes/portfolios.ts";
import { AlpacaServer } from "../support/alpaca-server.ts";
import { CLIENT, FixServer } from "../support/fix-server.ts";
import type { HttpClient } from "../support/http.ts";
import { NatsServer, describeWithNats } from "../support/nats-server.ts";
import { eventually } from "../support/node-eventually.ts";
import { HandMarket } from "../support/node-market.ts";
import { startTestNode } from "../support/node.ts";
import type { TestNode } from "../support/node.ts";

const PORTFOLIO = { name: "Desk", baseCurrency: "USD", initialCash: "100000" };
const KEYS = { keyId: "PKTWONODES", secretKey: "secret-of-two-nodes" };

describeWithNats("a broker account of two nodes", () => {
  let nats: NatsServer;
  let alpaca: AlpacaServer;
  const nodes: TestNode[] = [];
  let a: HttpClient;
  let b: HttpClient;
  let portfolioId: string;

  beforeAll(async () => {
    nats = await NatsServer.start();
    alpaca = await AlpacaServer.start(KEYS);
    const env = {
      NATS_URL: nats.url,
      BROKER_HOSTS: "127.0.0.1",
      CREDENTIALS_KEY: Buffer.alloc(32, 7).toString("base64"),
    };
    const first = await startTestNode({ env });
    nodes.push(first);
    const second = await startTestNode({ env, database: first.database });
    nodes.push(second);
    [a, b] = [first.admin, second.admin];
    const market = await HandMarket.open(first);
    await market.list("ACME");
    await market.play({ ACME: "100" });
    portfolioId = (await a.call(createPortfolio, PORTFOLIO)).portfolioId;
  });

  afterAll(async () => {
    for (const node of nodes.toReversed()) await node.stop();
    await nodes[0]?.database.drop();
    await alpaca.close();
    await nats.remove();
    const errors = nodes.flatMap((node) => node.errors);
    if (errors.length > 0) throw new Error(`logged as errors: ${errors.join()}`);
  });

  const add = async () => {
    const settings = { baseUrl: alpaca.url };
    const body = { broker: "alpaca", name: "Desk", credentials: KEYS, settings };
    return (await a.call(createBrokerAccount, body)).accountId;
  };
  const order = (brokerAccountId: string, of = portfolioId) => ({
    portfolioId: of,
    symbol: "ACME",
    side: "buy",
    type: "limit",
    price: "99",
    quantity: "2",
    timeInForce: "gtc",
    brokerAccountId,
  });
  const fixAccount = (port: number) => ({
    broker: "fix",
    name: "Prime",
    credentials: {},
    settings: {
      host: "127.0.0.1",
      port,
      senderCompId: CLIENT,
      targetCompId: "BROKER",
      heartbeatSeconds: 1,
      answerSeconds: 2,
      feeBps: "1",
    },
  });
  const ownerOf = (ref: ActorRef) => nodes[0]?.context.actorSystem.ownerOf(ref);
  const listeners = (count: number) =>
    eventually(`${count} listeners`, () => (alpaca.listeners === count ? true : null));

  it("is known to the other at once, takes orders from both, and is followed by one", async () => {
    const accountId = await add();
    expect((await b.call(testBrokerAccount, { accountId })).isUsable).toBe(true);
    await listeners(1);
    for (const client of [a, b]) {
      const { orderId } = await client.call(createOrder, order(accountId));
      await eventually("the order at its broker", async () =>
        (await client.call(getOrder, { orderId })).status === "new" ? true : null,
      );
      alpaca.book.fill(orderId, "98");
      await eventually("its fill", async () =>
        (await client.call(getOrder, { orderId })).status === "filled" ? true : null,
      );
    }
    expect(alpaca.listeners).toBe(1);
    await a.call(deleteBrokerAccount, { accountId });
    await listeners(0);
  });

  it("whose broker is spoken to over one line takes orders from the node that does not hold it", async () => {
    const fix = await FixServer.start();
    const { accountId } = await a.call(createBrokerAccount, fixAccount(fix.port));
    const holder = ownerOf({ type: "venue", id: accountId });
    // Orders lie beside their portfolio: one is looked for that the other node has.
    const elsewhere = await eventually("a portfolio of the other node", async () => {
      const made = (await a.call(createPortfolio, PORTFOLIO)).portfolioId;
      return ownerOf({ type: "order", id: made }) === holder ? null : made;
    });
    const orders: string[] = [];
    for (let count = 0; count < 4; count++)
      orders.push((await a.call(createOrder, order(accountId, elsewhere))).orderId);
    for (const orderId of orders)
      await eventually("the order at its broker", async () =>
        (await b.call(getOrder, { orderId })).status === "new" ? true : null,
      );
    for (const orderId of orders)
      expect(ownerOf({ type: "order", id: orderId })).not.toBe(
        ownerOf({ type: "venue", id: accountId }),
      );
    for (const orderId of orders) await b.call(cancelOrder, { orderId });
    for (const orderId of orders)
      await eventually("its cancel", async () =>
        (await a.call(getOrder, { orderId })).status === "canceled" ? true : null,
      );
    await a.call(deleteBrokerAccount, { accountId });
    await fix.close();
  });

  it("that gets other keys on one node is spoken for with them on the other", async () => {
    const accountId = await add();
    await listeners(1);
    const usable = async () => (await b.call(testBrokerAccount, { accountId })).isUsable;
    expect(await usable()).toBe(true);
    const credentials = { ...KEYS, secretKey: "not-the-secret-any-more" };
    await a.call(updateBrokerAccount, { accountId, credentials });
    await eventually("the new keys at the other node", async () =>
      (await usable()) ? null : true,
    );
    await a.call(updateBrokerAccount, { accountId, credentials: KEYS });
    await eventually("the old keys again", async () => ((await usable()) ? true : null));
    await listeners(1);
    await a.call(deleteBrokerAccount, { accountId });
    const { status } = await b.ask(getBrokerAccount, { accountId });
    expect(status).toBe(404);
    await eventually("no orders through the other node", async () => {
      const answer = await b.ask(createOrder, order(accountId));
      return answer.text.includes("BROKER_ACCOUNT_NOT_FOUND") ? true : null;
    });
    await listeners(0);
    // The stream was refused the keys that were wrong on purpose.
    for (const { errors } of nodes) errors.splice(0);
  });
});
