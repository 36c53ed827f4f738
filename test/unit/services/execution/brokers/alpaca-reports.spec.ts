import { uuidv5 } from "../../../../../mixins/actor/ids.ts";
import { readFill } from "../../../../../services/execution/brokers/alpaca-messages.ts";
import {
  cancelRefusal,
  fillReport,
  isOurs,
  statusReports,
} from "../../../../../services/execution/brokers/alpaca-reports.ts";
import { CLIENT_ORDER_ID, order } from "./alpaca-words.ts";

const types = (changes: Readonly<Record<string, unknown>>): readonly string[] =>
  statusReports("ALPACA", order(changes)).map(({ execType }) => execType);

/** Every status of https://docs.alpaca.markets/docs/orders-at-alpaca#order-lifecycle. */
describe("an order that the broker shows as", () => {
  it.each([
    "new",
    "accepted",
    "pending_new",
    "accepted_for_bidding",
    "held",
    "partially_filled",
    "done_for_day",
    "calculated",
    "stopped",
    "suspended",
    "pending_cancel",
    "pending_replace",
    "filled",
  ])("%s was taken, and is closed by nothing but its fills", (status) => {
    expect(types({ status })).toEqual(["new"]);
  });

  it.each([
    ["canceled", "canceled"],
    ["replaced", "canceled"],
    ["expired", "expired"],
    ["rejected", "rejected"],
  ])("%s was taken, and is %s", (status, execType) => {
    expect(types({ status })).toEqual(["new", execType]);
  });

  it("rejected with a part filled keeps that part, and only the rest ends", () => {
    expect(types({ status: "rejected", filled_qty: "3" })).toEqual(["new", "canceled"]);
  });

  it("something that the documentation does not have was taken, and no more is concluded", () => {
    expect(types({ status: "levitating" })).toEqual(["new"]);
  });
});

describe("reports", () => {
  it("of one order have the same ids from wherever and whenever they come", () => {
    const early = statusReports("ALPACA", order({ status: "canceled" }));
    const late = statusReports(
      "ALPACA",
      order({ status: "canceled", updated_at: "2021-03-17T00:00:00Z" }),
    );
    expect(late.map(({ execId }) => execId)).toEqual(early.map(({ execId }) => execId));
    expect(new Set(early.map(({ execId }) => execId)).size).toBe(2);
  });

  it("name the order, the broker's own name for it, and the broker's times", () => {
    expect(statusReports("ALPACA", order())).toEqual([
      {
        execId: "new:61e69015-8549-4bfd-b9c3-01e75843f47d",
        venue: "ALPACA",
        clOrdId: CLIENT_ORDER_ID,
        orderId: CLIENT_ORDER_ID,
        transactTimeMs: Date.UTC(2021, 2, 16, 18, 38, 1, 937),
        execType: "new",
        venueOrderId: "61e69015-8549-4bfd-b9c3-01e75843f47d",
      },
    ]);
  });

  it("of refused cancels differ by their occasion", () => {
    const [one, two] = ["a", "b"].map((at) => cancelRefusal("ALPACA", order(), at, "no").execId);
    expect(one).not.toBe(two);
  });

  it("of a fill carry its activity's id, its quantity and price as they were written", () => {
    const fill = readFill({
      activity_type: "FILL",
      cum_qty: "1",
      id: "20190524113406977::8efc7b9a-8b2b-4000-9955-d36e7db0df74",
      leaves_qty: "0",
      price: "1.63",
      qty: "0.100000000000000001",
      side: "buy",
      symbol: "LPCN",
      transaction_time: "2019-05-24T15:34:06.977Z",
      order_id: "904837e3-3b76-47ec-b432-046db621571b",
      type: "fill",
    });
    const ours = { orderId: CLIENT_ORDER_ID, currency: "USD", assetClass: "equity" } as const;
    expect(fillReport("ALPACA", fill, ours)).toEqual({
      execId: "20190524113406977::8efc7b9a-8b2b-4000-9955-d36e7db0df74",
      venue: "ALPACA",
      clOrdId: CLIENT_ORDER_ID,
      orderId: CLIENT_ORDER_ID,
      transactTimeMs: Date.UTC(2019, 4, 24, 15, 34, 6, 977),
      execType: "trade",
      lastQty: "0.100000000000000001",
      lastPx: "1.63",
      fees: "0",
      currency: "USD",
      liquidity: "taker",
      settlementDate: "2019-05-29",
    });
  });
});

describe("a client order id", () => {
  it("is ours when it is made of our orders' names", () => {
    expect(isOurs(uuidv5("9a7c3d52-6f0e-4b1c-8d2a-51e0c4b7f613", "order"))).toBe(true);
  });

  it.each(["by-hand", "eb9e2aaa-f71a-4f51-b5b4-52a6c565dad4", ""])("is not when it is %j", (id) => {
    expect(isOurs(id)).toBe(false);
  });
});
