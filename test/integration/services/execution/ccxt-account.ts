import { randomBytes, randomUUID } from "node:crypto";
import {
  createBrokerAccount,
  reconcileBrokerAccount,
} from "../../../../mixins/rest/routes/brokers.ts";
import {
  amendOrder,
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
} from "../../../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPortfolio } from "../../../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../../../mixins/rest/routes/trades.ts";
import type { TradeView } from "../../../../mixins/rest/routes/trades.ts";
import { orderIdOf } from "../../../../services/execution/brokers/client-ids.ts";
import type { BinanceOrder } from "../../../support/binance-book.ts";
import { BinanceServer } from "../../../support/binance-server.ts";
import type { BinanceServerOptions } from "../../../support/binance-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { startTestNode } from "../../../support/node.ts";
import type { TestNode, TestNodeOptions } from "../../../support/node.ts";

export const SYMBOL = "ACME-USD";
export const CASH = "100000";

const API_KEY = "integration-api-key";
const SECRET = "integration-secret-key";

/** The same for a node that comes after another: it has to read what that one has sealed. */
const ENVIRONMENT = { BROKER_HOSTS: "*", CREDENTIALS_KEY: randomBytes(32).toString("base64") };

interface Setting {
  readonly server?: BinanceServerOptions;
  /** what the account is told, where it is not what the server knows */
  readonly secret?: string;
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly cash?: string;
  readonly node?: TestNodeOptions;
  /** before anybody speaks to the server */
  readonly prepare?: (server: BinanceServer) => void;
}

/** A node, an exchange that speaks like Binance beside it, an account there, and a portfolio that trades through it. */
export class CcxtAccount {
  node: TestNode;
  server: BinanceServer;
  readonly portfolioId: string;
  readonly accountId: string;
  readonly venue: string;
  market: HandMarket;

  private constructor(
    node: TestNode,
    server: BinanceServer,
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

  static async open(setting: Setting = {}): Promise<CcxtAccount> {
    const { secret = SECRET, settings, cash = CASH, node: options } = setting;
    const server = await BinanceServer.start({
      apiKey: API_KEY,
      secret: SECRET,
      ...setting.server,
    });
    setting.prepare?.(server);
    const node = await startTestNode({ ...options, env: { ...ENVIRONMENT, ...options?.env } });
    const market = await HandMarket.open(node);
    await market.list(SYMBOL, {
      assetClass: "crypto",
      calendar: "24x7",
      lotSize: "0.001",
      shortable: false,
    });
    await market.play({ [SYMBOL]: "100" });
    const { accountId, venue } = await node.admin.call(
      createBrokerAccount,
      {
        broker: "ccxt",
        name: "An exchange",
        credentials: { apiKey: API_KEY, secret },
        settings: { exchange: "binance", host: server.url, feeBps: "10", ...settings },
      },
      { "idempotency-key": randomUUID() },
    );
    const { portfolioId } = await node.admin.call(createPortfolio, {
      name: "Crypto",
      baseCurrency: "USD",
      initialCash: cash,
    });
    return new CcxtAccount(node, server, market, { portfolioId, accountId, venue });
  }

  /** @throws Error when the node logged an error, unless one was meant */
  async close({ mayHaveErrors = false } = {}): Promise<void> {
    await this.node.stop();
    await this.node.database.drop();
    await this.server.close();
    if (!mayHaveErrors && this.node.errors.length > 0)
      throw new Error(`logged as errors: ${this.node.errors.join()}`);
  }

  /** The node ends; the next begins with its records. */
  async leave(): Promise<() => Promise<void>> {
    const { database } = this.node;
    await this.node.stop();
    return async () => {
      this.node = await startTestNode({ database, env: ENVIRONMENT });
      // Behind the days that the one before has seen.
      this.market = await HandMarket.open(this.node, 1_000);
    };
  }

  /** The exchange goes away with every connection, and comes back with its books. */
  async vanish(): Promise<() => Promise<void>> {
    const { port, book, apiKey, secret } = this.server;
    await this.server.close();
    return async () => {
      this.server = await BinanceServer.start({ port, book, apiKey, secret });
    };
  }

  /** Waits until the account's stream is heard, by one line. */
  async listening(): Promise<void> {
    await eventually("the stream", () => (this.server.stream.listening === 1 ? true : null));
  }

  /** Nothing can be asked for from now on: what is told comes by the stream. */
  deafen(): void {
    this.server.fault(
      { on: "GET /api/v3/o", kind: "status" },
      { on: "GET /api/v3/myTrades", kind: "status" },
      { on: "GET /fapi/v1/o", kind: "status" },
      { on: "GET /fapi/v1/userTrades", kind: "status" },
    );
  }

  /** On a market that has moved just now: an old quote is no reason to trade. */
  async place(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    await this.market.tick({ [SYMBOL]: "100" });
    const { orderId } = await this.node.admin.call(
      createOrder,
      {
        portfolioId: this.portfolioId,
        brokerAccountId: this.accountId,
        symbol: SYMBOL,
        side: "buy",
        type: "limit",
        price: "100",
        quantity: "10",
        timeInForce: "gtc",
        ...changes,
      },
      { "idempotency-key": randomUUID() },
    );
    return orderId;
  }

  cancel(orderId: string): Promise<unknown> {
    return this.node.admin.call(cancelOrder, { orderId });
  }

  amend(orderId: string, changes: Readonly<Record<string, string>>): Promise<unknown> {
    return this.node.admin.call(
      amendOrder,
      { orderId, ...changes },
      { "idempotency-key": randomUUID() },
    );
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

  /** Compares the books now. */
  async compare(): Promise<readonly { readonly kind: string; readonly id: string }[]> {
    const { accountId } = this;
    return (await this.node.admin.call(reconcileBrokerAccount, { accountId })).breaks;
  }

  portfolio() {
    return this.node.admin.call(getPortfolio, { portfolioId: this.portfolioId });
  }

  /** All that the exchange has made of an order of ours, oldest first. */
  made(orderId: string): readonly BinanceOrder[] {
    return this.server.book.orders.filter((order) => orderIdOf(order.clientOrderId) === orderId);
  }

  /** The one that stands for it now. */
  theirs(orderId: string): BinanceOrder {
    const order = this.made(orderId).at(-1);
    if (order === undefined) throw new Error(`the exchange has no order ${orderId}`);
    return order;
  }
}
