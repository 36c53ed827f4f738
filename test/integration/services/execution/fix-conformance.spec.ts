import { describeBroker } from "./broker-conformance.ts";
import type { BrokerFault, BrokerRig, BrokerSide } from "./broker-conformance.ts";
import { FixAccount, SYMBOL } from "./fix-account.ts";
import type { FixServer } from "../../../support/fix-server.ts";

const FAULTS: Readonly<Partial<Record<BrokerFault, (server: FixServer) => void>>> = {
  lateReply: (server) => server.fault("silentOrder"),
  cancelRefused: (server) => server.fault("cancelRefused"),
  replaceRefused: (server) => server.fault("replaceRefused"),
  replaceReplyDropped: (server) => server.fault("cutAfterReplace"),
  streamCut: (server) => {
    server.isClosed = true;
    server.cut();
  },
  streamReplayed: (server) => {
    server.copies = 3;
  },
  streamReordered: (server) => server.hold(),
};

function sideOf(account: FixAccount): BrokerSide {
  const { server } = account;
  return {
    orders: (orderId) => account.made(orderId),
    fill: (orderId, price, quantity) =>
      server.fill(orderId, price, quantity === undefined ? undefined : Number(quantity)),
    cancel: (orderId) => server.cancel(orderId),
    fault: (fault) => FAULTS[fault]?.(server),
    heal: () => server.heal(),
    listening: () => account.listening(),
  };
}

async function open(): Promise<BrokerRig> {
  const account = await FixAccount.open();
  const { node, portfolioId, market, accountId, venue } = account;
  return {
    node,
    portfolioId,
    market,
    symbol: SYMBOL,
    orderFields: { brokerAccountId: accountId },
    // A session tells of no positions and no cash.
    accountId: null,
    venue,
    side: sideOf(account),
    close: (options) => account.close(options),
  };
}

describeBroker("FIX", {
  open,
  // sound: the table's keys are faults. The others have no like here: what is cut off, a request or its answer, arrives with
  // the next logon before anybody is in doubt (see fix-faults.spec.ts), and there are no answers like 5xx and 429.
  faults: Object.keys(FAULTS) as readonly BrokerFault[],
  unsupported: { type: "limitIfTouched", stopPrice: "95" },
});
