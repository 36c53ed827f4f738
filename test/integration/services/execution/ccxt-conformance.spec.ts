import { describeBroker } from "./broker-conformance.ts";
import type { BrokerFault, BrokerSetup, BrokerSide } from "./broker-conformance.ts";
import type { BinanceFault } from "../../../support/binance-server.ts";
import { eventually } from "../../../support/node-eventually.ts";
import { CcxtAccount, SYMBOL } from "./ccxt-account.ts";

const POST = "POST /api/v3/order";
/** What the adapter follows the account by. */
const LOOKS = ["GET /api/v3/openOrders", "GET /api/v3/myTrades"];

const FAULTS: Readonly<Partial<Record<BrokerFault, readonly BinanceFault[]>>> = {
  dropReply: [{ on: POST, kind: "dropAfter", times: 1 }],
  // Whoever looks meanwhile would find the order before its reply is overdue.
  lateReply: [
    { on: POST, kind: "delayAfter", delayMs: 6_000, times: 1 },
    { on: "GET /api/v3/openOrders", kind: "status", times: 3 },
  ],
  dropRequest: [{ on: POST, kind: "dropBefore", times: 1 }],
  serverError: [{ on: POST, kind: "statusAfter", times: 1 }],
  rateLimit: [{ on: POST, kind: "status", status: 429, headers: { "retry-after": "1" }, times: 2 }],
  replaceReplyDropped: [{ on: "POST /api/v3/order/cancelReplace", kind: "dropAfter", times: 1 }],
  streamCut: LOOKS.map((on) => ({ on, kind: "dropBefore" })),
};

/** Faults of which the test is that the order is found by asking. */
const ASKED_FOR: ReadonlySet<BrokerFault> = new Set(["dropReply", "lateReply", "serverError"]);

function sideOf(account: CcxtAccount, isStreamed: boolean): BrokerSide {
  const { server } = account;
  return {
    orders: (orderId) => server.book.orders.filter((o) => o.clientOrderId === orderId).length,
    fill: (orderId, price, quantity) => server.book.fill(account.theirs(orderId), price, quantity),
    cancel: (orderId) => server.book.end(account.theirs(orderId), "CANCELED"),
    fault: (fault) => {
      server.fault(...(FAULTS[fault] ?? []));
      // Nor does the stream say that the order is there.
      server.stream.isMute = ASKED_FOR.has(fault);
      server.stream.isShut = fault === "streamCut";
      if (fault === "streamCut") server.stream.cut();
      server.stream.isTwice = fault === "streamReplayed" || fault === "streamReordered";
      if (fault === "streamReordered") server.stream.keep();
      server.book.isCancelRefused = fault === "cancelRefused";
      server.book.isReplaceRefused = fault === "replaceRefused";
      if (fault === "streamReplayed") server.manners = { isTwice: true };
      if (fault === "streamReordered") server.manners = { isTwice: true, isReversed: true };
    },
    heal: () => {
      server.fault();
      server.book.isCancelRefused = false;
      server.book.isReplaceRefused = false;
      server.stream.isMute = false;
      server.stream.isShut = false;
      server.stream.isTwice = false;
      server.stream.release();
    },
    listening: async () => {
      const isFollowed = () => server.calls.includes("GET /api/v3/openOrders") || null;
      await eventually("the first look", isFollowed);
      if (isStreamed) await account.listening();
    },
  };
}

const setup = (isStreamed: boolean): BrokerSetup => ({
  open: async () => {
    const account = await CcxtAccount.open({
      cash: "1000000",
      settings: { stream: isStreamed },
    });
    const { node, portfolioId, accountId, venue, market } = account;
    return {
      node,
      portfolioId,
      market,
      symbol: SYMBOL,
      orderFields: { brokerAccountId: accountId },
      accountId,
      venue,
      side: sideOf(account, isStreamed),
      close: (options) => account.close(options),
    };
  },
  faults: [
    "dropReply",
    "lateReply",
    "dropRequest",
    "serverError",
    "rateLimit",
    "cancelRefused",
    "replaceRefused",
    "replaceReplyDropped",
    "streamCut",
    "streamReplayed",
    "streamReordered",
  ],
  unsupported: { timeInForce: "day" },
});

describeBroker("an exchange of ccxt with its stream", setup(true));
describeBroker("an exchange of ccxt that is only asked", setup(false));
