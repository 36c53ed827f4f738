import { createBrokerAccount } from "../../../../mixins/rest/routes/brokers.ts";
import { createPortfolio } from "../../../../mixins/rest/routes/portfolios.ts";
import { orderIdOf } from "../../../../services/execution/brokers/client-ids.ts";
import { AlpacaServer } from "../../../support/alpaca-server.ts";
import type { Control } from "../../../support/alpaca-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { HandMarket } from "../../../support/node-market.ts";
import { startTestNode } from "../../../support/node.ts";
import { describeBroker } from "./broker-conformance.ts";
import type { BrokerFault, BrokerRig, BrokerSide } from "./broker-conformance.ts";

const KEYS = { keyId: "PKCONFORM", secretKey: "conformance-secret" };
const POST = "POST /v2/orders";
const PATCH = "PATCH /v2/orders";

const FAULTS: Readonly<Record<BrokerFault, Control>> = {
  dropReply: { faults: [{ on: POST, kind: "dropAfter", times: 1 }], stream: { isMute: true } },
  lateReply: {
    faults: [{ on: POST, kind: "delayAfter", delayMs: 6_000, times: 1 }],
    stream: { isMute: true },
  },
  dropRequest: { faults: [{ on: POST, kind: "dropBefore", times: 1 }] },
  serverError: { faults: [{ on: POST, kind: "statusAfter", times: 1 }], stream: { isMute: true } },
  rateLimit: { faults: [{ on: POST, kind: "status", status: 429, times: 2 }] },
  cancelRefused: {
    faults: [{ on: "DELETE /v2/orders", kind: "status", status: 422, times: 1 }],
  },
  replaceRefused: {
    faults: [{ on: PATCH, kind: "status", status: 422, message: "order is not open", times: 1 }],
  },
  replaceReplyDropped: { faults: [{ on: PATCH, kind: "dropAfter", times: 1 }] },
  streamCut: { stream: { isClosed: true, cut: true } },
  streamReplayed: { stream: { copies: 3 } },
  streamReordered: { stream: { isHeld: true } },
};

const HEALED: Control = {
  faults: [],
  stream: { copies: 1, isHeld: false, isMute: false, isClosed: false, release: "reversed" },
};

function sideOf(server: AlpacaServer): BrokerSide {
  const { book } = server;
  return {
    orders: (orderId) =>
      [...book.orders.values()].filter(
        ({ client_order_id: id, replaces }) => replaces === null && orderIdOf(id) === orderId,
      ).length,
    fill: (orderId, price, quantity) =>
      book.fill(book.newest(orderId).client_order_id, price, quantity),
    cancel: (orderId) => book.end(orderId, "canceled"),
    fault: (fault) => server.control(FAULTS[fault]),
    heal: () => server.control(HEALED),
    listening: () => eventually("the stream", () => (server.listeners > 0 ? undefined : null)),
  };
}

async function open(): Promise<BrokerRig> {
  const server = await AlpacaServer.start(KEYS);
  const node = await startTestNode({ env: { BROKER_HOSTS: "127.0.0.1" } });
  const market = await HandMarket.open(node);
  await market.list("ACME");
  await market.play({ ACME: "100" });
  const portfolio = { name: "Alpaca", baseCurrency: "USD", initialCash: "100000" };
  const { portfolioId } = await node.admin.call(createPortfolio, portfolio);
  const { accountId, venue } = await node.admin.call(createBrokerAccount, {
    broker: "alpaca",
    name: "Desk",
    credentials: KEYS,
    settings: { baseUrl: server.url },
  });
  return {
    node,
    portfolioId,
    market,
    symbol: "ACME",
    orderFields: { brokerAccountId: accountId },
    accountId,
    venue,
    side: sideOf(server),
    close: async () => {
      await node.stop();
      await node.database.drop();
      await server.close();
      expect(node.errors).toEqual([]);
    },
  };
}

describeBroker("Alpaca", {
  open,
  // sound: the table has an entry for every fault
  faults: Object.keys(FAULTS) as readonly BrokerFault[],
  unsupported: { type: "marketIfTouched", price: undefined, stopPrice: "95" },
});
