import { randomUUID } from "node:crypto";
import { createBrokerAccount } from "../../../../mixins/rest/routes/brokers.ts";
import {
  amendOrder,
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
} from "../../../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../../../mixins/rest/routes/orders.ts";
import { createPortfolio } from "../../../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../../../mixins/rest/routes/trades.ts";
import type { TradeView } from "../../../../mixins/rest/routes/trades.ts";
import { FixStore } from "../../../../models/fix-sessions.ts";
import { CLIENT, FixServer } from "../../../support/fix-server.ts";
import type { FixServerOptions } from "../../../support/fix-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { startTestNode } from "../../../support/node.ts";
import type { TestNode, TestNodeOptions } from "../../../support/node.ts";

export const SYMBOL = "ACME";

const ENVIRONMENT = { BROKER_HOSTS: "*" };

type Values = Readonly<
  Record<string, string | number | boolean | Readonly<Record<string, string>>>
>;

interface Setting {
  readonly server?: FixServerOptions;
  readonly settings?: Values;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly node?: TestNodeOptions;
}

/** A node, a counterparty beside it, an account there, and a portfolio that trades through it. */
export class FixAccount {
  node: TestNode;
  server: FixServer;
  market: HandMarket;
  readonly portfolioId: string;
  readonly accountId: string;
  readonly venue: string;

  private constructor(
    node: TestNode,
    server: FixServer,
    market: HandMarket,
    ids: { readonly portfolioId: string; readonly accountId: string; readonly venue: string },
  ) {
    this.node = node;
    this.server = server;
    this.market = market;
    this.portfolioId = ids.portfolioId;
    this.accountId = ids.accountId;
    this.venue = ids.venue;
  }

  static async open(setting: Setting = {}): Promise<FixAccount> {
    const server = await FixServer.start(setting.server);
    const node = await startTestNode({
      ...setting.node,
      env: { ...ENVIRONMENT, ...setting.node?.env },
    });
    const market = await HandMarket.open(node);
    await market.list(SYMBOL);
    await market.play({ [SYMBOL]: "100" });
    const { accountId, venue } = await node.admin.call(
      createBrokerAccount,
      {
        broker: "fix",
        name: "A prime broker",
        credentials: setting.credentials ?? {},
        settings: {
          host: "127.0.0.1",
          port: server.port,
          senderCompId: CLIENT,
          targetCompId: "BROKER",
          heartbeatSeconds: 1,
          answerSeconds: 2,
          feeBps: "1",
          ...setting.settings,
        },
      },
      { "idempotency-key": randomUUID() },
    );
    const { portfolioId } = await node.admin.call(createPortfolio, {
      name: "Prime",
      baseCurrency: "USD",
      initialCash: "100000",
    });
    return new FixAccount(node, server, market, { portfolioId, accountId, venue });
  }

  /** @throws Error when the node logged an error, unless one was meant */
  async close({ mayHaveErrors = false } = {}): Promise<void> {
    await this.node.stop();
    await this.node.database.drop();
    await this.server.close();
    if (!mayHaveErrors && this.node.errors.length > 0)
      throw new Error(`logged as errors: ${this.node.errors.join()}`);
  }

  /** The node ends; the next begins with its records, under another name. */
  async leave(): Promise<() => Promise<void>> {
    const { database } = this.node;
    await this.node.stop();
    return async () => {
      this.node = await startTestNode({ database, env: ENVIRONMENT });
      this.market = await HandMarket.open(this.node, 1_000);
    };
  }

  /** As another node sees the session. */
  store(): FixStore {
    const id = `${this.accountId}:${CLIENT}:BROKER`;
    return new FixStore(this.node.database.pool, id);
  }

  /** Waits until orders may be sent. */
  async listening(): Promise<void> {
    await eventually("the session", () => (this.server.isSynchronised ? true : null));
  }

  async place(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    await this.market.play({ [SYMBOL]: "100" });
    const { orderId } = await this.node.admin.call(
      createOrder,
      {
        portfolioId: this.portfolioId,
        brokerAccountId: this.accountId,
        symbol: SYMBOL,
        side: "buy",
        type: "limit",
        price: "99",
        quantity: "10",
        timeInForce: "gtc",
        ...changes,
      },
      { "idempotency-key": randomUUID() },
    );
    return orderId;
  }

  async resting(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const orderId = await this.place(changes);
    await this.until(orderId, "new");
    return orderId;
  }

  cancel(orderId: string): Promise<unknown> {
    return this.node.admin.call(cancelOrder, { orderId });
  }

  amend(orderId: string, changes: Readonly<Record<string, string>>): Promise<unknown> {
    return this.node.admin.call(amendOrder, { orderId, ...changes });
  }

  order(orderId: string): Promise<OrderView> {
    return this.node.admin.call(getOrder, { orderId });
  }

  /** Waits for the order to come to a status. */
  until(orderId: string, status: OrderView["status"]): Promise<OrderView> {
    return eventually(`order ${orderId} to be ${status}`, async () => {
      const order = await this.order(orderId);
      return order.status === status ? order : null;
    });
  }

  async events(orderId: string): Promise<readonly string[]> {
    const events = await this.node.admin.all(getOrderEvents, { orderId, order: "asc" });
    return events.map(({ type }) => type);
  }

  trades(orderId: string): Promise<readonly TradeView[]> {
    return this.node.admin.all(listTrades, { orderId, order: "asc" });
  }

  /** How many orders the counterparty has made of one of ours. */
  made(orderId: string): number {
    return this.server.book.orders.filter(({ names }) => names.includes(orderId)).length;
  }
}
