import { randomUUID } from "node:crypto";
import {
  cancelOrder,
  createOrder,
  getOrder,
  getOrderEvents,
} from "../../../../mixins/rest/routes/orders.ts";
import type { OrderView } from "../../../../mixins/rest/routes/orders.ts";
import { createPortfolio, getPortfolio } from "../../../../mixins/rest/routes/portfolios.ts";
import { listTrades } from "../../../../mixins/rest/routes/trades.ts";
import type { TradeView } from "../../../../mixins/rest/routes/trades.ts";
import { AlpacaServer } from "../../../support/alpaca-server.ts";
import type { AlpacaServerOptions } from "../../../support/alpaca-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { startTestNode } from "../../../support/node.ts";
import type { TestNode, TestNodeOptions } from "../../../support/node.ts";

const SYMBOL = "ACME";
export const CASH = "100000";

const KEY_ID = "PKINTEGRATION";
const SECRET_KEY = "integration-secret-key";

interface Setting {
  readonly server?: AlpacaServerOptions;
  /** what the node is told, where it is not what the server knows */
  readonly secretKey?: string;
  readonly node?: TestNodeOptions;
}

/** A node, a broker beside it, and a portfolio that trades there. */
export class AlpacaAccount {
  node: TestNode;
  server: AlpacaServer;
  readonly portfolioId: string;

  private constructor(node: TestNode, server: AlpacaServer, portfolioId: string) {
    this.node = node;
    this.server = server;
    this.portfolioId = portfolioId;
  }

  static async open({ server: options, secretKey, node: nodeOptions }: Setting = {}) {
    const server = await AlpacaServer.start({
      keyId: KEY_ID,
      secretKey: SECRET_KEY,
      ...options,
    });
    const env = environment(server, secretKey ?? SECRET_KEY);
    const node = await startTestNode({ ...nodeOptions, env });
    const market = await HandMarket.open(node);
    await market.list(SYMBOL, { venue: "ALPACA" });
    await market.play({ [SYMBOL]: "100" });
    const { portfolioId } = await node.admin.call(createPortfolio, {
      name: "Alpaca",
      baseCurrency: "USD",
      initialCash: CASH,
    });
    return new AlpacaAccount(node, server, portfolioId);
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
      this.node = await startTestNode({ database, env: environment(this.server, SECRET_KEY) });
    };
  }

  /** The broker goes away with every connection, and comes back with its books. */
  async vanish(): Promise<() => Promise<void>> {
    const { port, book, keyId, secretKey } = this.server;
    await this.server.close();
    return async () => {
      this.server = await AlpacaServer.start({ port, book, keyId, secretKey });
    };
  }

  async place(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { orderId } = await this.node.admin.call(
      createOrder,
      {
        portfolioId: this.portfolioId,
        symbol: SYMBOL,
        side: "buy",
        type: "limit",
        price: "100",
        quantity: "10",
        timeInForce: "day",
        ...changes,
      },
      { "idempotency-key": randomUUID() },
    );
    return orderId;
  }

  cancel(orderId: string): Promise<unknown> {
    return this.node.admin.call(cancelOrder, { orderId });
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

  portfolio() {
    return this.node.admin.call(getPortfolio, { portfolioId: this.portfolioId });
  }

  /** Waits for the stream, so that nothing is left to the comparison of the books. */
  async listening(): Promise<void> {
    await eventually("the stream", () => (this.server.listeners > 0 ? true : null));
  }
}

function environment({ url }: AlpacaServer, secretKey: string) {
  return { ALPACA_KEY_ID: KEY_ID, ALPACA_SECRET_KEY: secretKey, ALPACA_BASE_URL: url };
}
