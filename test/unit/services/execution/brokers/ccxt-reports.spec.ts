import {
  readCcxtOrder,
  readCcxtTrade,
} from "../../../../../services/execution/brokers/ccxt-messages.ts";
import {
  foreignFees,
  meaningOf,
  statusReports,
  tradeReport,
} from "../../../../../services/execution/brokers/ccxt-reports.ts";
import { ORDER_ID } from "./ccxt-words.ts";

const TERMS = {
  orderId: ORDER_ID,
  venue: "CCXT:1",
  currency: "USDT",
  assetClass: "crypto",
} as const;

/** After the order structure of https://docs.ccxt.com/#/?id=order-structure. */
function order(changes: Readonly<Record<string, unknown>> = {}) {
  return readCcxtOrder({
    id: "123",
    clientOrderId: ORDER_ID,
    timestamp: 1_700_000_000_000,
    lastUpdateTimestamp: 1_700_000_001_000,
    status: "open",
    symbol: "BTC/USDT",
    type: "limit",
    side: "buy",
    price: "40000.1",
    amount: "0.5",
    filled: "0",
    info: { status: "NEW" },
    ...changes,
  });
}

/** After the trade structure of https://docs.ccxt.com/#/?id=trade-structure. */
function trade(changes: Readonly<Record<string, unknown>> = {}) {
  return readCcxtTrade({
    id: "28457",
    order: "123",
    timestamp: 1_700_000_000_500,
    symbol: "BTC/USDT",
    side: "buy",
    takerOrMaker: "maker",
    price: "40000.10",
    amount: "0.100",
    fee: { cost: "0.40", currency: "USDT" },
    ...changes,
  });
}

const types = (changes: Readonly<Record<string, unknown>>, revision = 0): readonly string[] =>
  statusReports({ order: order(changes), orderId: ORDER_ID, revision, venue: "CCXT:1" }).map(
    ({ execType }) => execType,
  );

describe("an order that ccxt shows as", () => {
  it.each([
    [{ status: "open" }, ["new"]],
    [{ status: "canceling" }, ["new"]],
    [{ status: "closed", filled: "0.5" }, ["new"]],
    [{ status: "closed", filled: "0.2" }, ["new", "canceled"]],
    [{ status: "closed", filled: undefined }, ["new"]],
    [{ status: "canceled" }, ["new", "canceled"]],
    [{ status: "expired" }, ["new", "expired"]],
    [{ status: "rejected" }, ["new", "rejected"]],
    [{ status: "rejected", filled: "0.2" }, ["new", "canceled"]],
    [{ status: "something new" }, ["new"]],
  ])("%j is reported as %j", (changes, expected) => {
    expect(types(changes)).toEqual(expected);
  });

  it("set off is reported so, and one that waits is not", () => {
    const stop = { triggerPrice: "41000", status: "open" };
    expect(types({ ...stop, info: { isWorking: true } })).toEqual(["new", "triggered"]);
    expect(types({ ...stop, info: { isWorking: false } })).toEqual(["new"]);
  });

  it("of no known status is neither live nor ended", () => {
    expect(meaningOf(order({ status: undefined }))).toBe("unknown");
  });

  it("made by an amendment is not reported as a new order", () => {
    expect(types({ status: "canceled" }, 1)).toEqual(["canceled"]);
  });

  it("says the same twice with the same execIds, whenever it is looked at", () => {
    const once = (at: number) =>
      statusReports({
        order: order({ status: "canceled", lastUpdateTimestamp: at }),
        orderId: ORDER_ID,
        revision: 0,
        venue: "CCXT:1",
      }).map(({ execId }) => execId);
    expect(once(1)).toEqual(once(2));
  });
});

describe("an execution", () => {
  it("is a trade that settles on its day, with its fee in the order's currency", () => {
    expect(tradeReport(trade(), TERMS)).toEqual({
      execId: "BTC/USDT:123:28457",
      venue: "CCXT:1",
      clOrdId: ORDER_ID,
      orderId: ORDER_ID,
      transactTimeMs: 1_700_000_000_500,
      execType: "trade",
      lastQty: "0.1",
      lastPx: "40000.1",
      fees: "0.4",
      currency: "USDT",
      liquidity: "maker",
      settlementDate: "2023-11-14",
    });
  });

  it("whose venue does not say who rested is read as taker", () => {
    expect(tradeReport(trade({ takerOrMaker: undefined }), TERMS)).toMatchObject({
      liquidity: "taker",
    });
  });

  it("books no fee of another currency, and names it", () => {
    const fees = [
      { cost: "0.0001", currency: "BTC" },
      { cost: "0.01", currency: "USDT" },
    ];
    expect(tradeReport(trade({ fees }), TERMS)).toMatchObject({ fees: "0.01" });
    expect(foreignFees(trade({ fees }), "USDT")).toEqual([{ currency: "BTC", cost: "0.0001" }]);
  });

  it("of both sides of one trade has two execIds", () => {
    const [one, other] = [trade({ order: "1" }), trade({ order: "2" })].map((side) =>
      tradeReport(side, TERMS),
    );
    expect(one?.execId).not.toBe(other?.execId);
  });

  it.each(["id", "order", "price", "amount", "timestamp"])("without %s is not one", (name) => {
    expect(() => trade({ [name]: undefined })).toThrow("expected");
  });
});
