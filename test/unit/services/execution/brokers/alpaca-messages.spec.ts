import {
  parseExact,
  readList,
  readPosition,
  readStreamMessage,
} from "../../../../../services/execution/brokers/alpaca-messages.ts";
import { order } from "./alpaca-words.ts";

describe("numbers", () => {
  it.each(["0.1", "1e-7", "12345678901234567890.123456789", "100.00"])(
    "sent as the number %s stay as they are written",
    (source) => {
      expect(parseExact(`{"deep":[{"price":${source}}]}`)).toEqual({ deep: [{ price: source }] });
    },
  );

  it.each([
    ["10.00", "10"],
    ["1e-7", "0.0000001"],
    [7, null],
    ["ten", null],
    ["NaN", null],
    [null, null],
  ])("a quantity of %p reads as %p", (sent, read) => {
    const ask = () => order({ filled_qty: sent }).filledQty;
    if (read === null) expect(ask).toThrow("Alpaca");
    else expect(ask()).toBe(read);
  });
});

describe("positions", () => {
  it.each([
    [{ symbol: "AAPL", qty: "5", side: "long" }, "5"],
    [{ symbol: "AAPL", qty: "-5", side: "short" }, "-5"],
    [{ symbol: "AAPL", qty: "5", side: "short" }, "-5"],
  ])("%p is %s", (position, qty) => {
    expect(readPosition(position)).toEqual({ symbol: "AAPL", qty, averagePrice: null });
  });
});

describe("what is not a list", () => {
  it("is not read as an empty one: a missing order would be concluded from it", () => {
    expect(() => readList({ message: "hello" }, readPosition)).toThrow("a list");
  });
});

const ORDER = {
  id: "a5be8f5e-fdfa-41f5-a644-7a74fe947a8f",
  client_order_id: "4642fd68-d59a-47d7-a9ac-e22f536828d1",
  submitted_at: "2022-04-19T13:45:04.980944666-04:00",
  updated_at: "2022-04-19T13:45:05.027690731-04:00",
  symbol: "SOLUSD",
  filled_qty: "1790.86",
  status: "filled",
};

describe("messages of the stream", () => {
  it.each([
    [
      { stream: "authorization", data: { status: "authorized", action: "authenticate" } },
      { kind: "authorization", isAuthorized: true },
    ],
    [
      { stream: "authorization", data: { status: "unauthorized", action: "listen" } },
      { kind: "authorization", isAuthorized: false },
    ],
    [
      { stream: "listening", data: { streams: ["trade_updates"] } },
      { kind: "listening", streams: ["trade_updates"] },
    ],
    [
      { action: "error", data: { error_message: "internal server error" } },
      { kind: "error", message: "internal server error" },
    ],
    [{ stream: "account_updates", data: {} }, { kind: "other" }],
  ])("%j is understood", (sent, read) => {
    expect(readStreamMessage(sent)).toEqual(read);
  });

  /** Every event of https://docs.alpaca.markets/docs/websocket-streaming. */
  it.each([
    "accepted",
    "new",
    "fill",
    "partial_fill",
    "canceled",
    "expired",
    "done_for_day",
    "replaced",
    "rejected",
    "pending_new",
    "stopped",
    "pending_cancel",
    "pending_replace",
    "calculated",
    "suspended",
    "order_replace_rejected",
    "order_cancel_rejected",
  ])("%s carries the order as it stands", (event) => {
    const timestamp = "2022-04-19T17:45:05.024916716Z";
    const sent = { stream: "trade_updates", data: { event, timestamp, order: ORDER } };
    expect(readStreamMessage(sent)).toEqual({
      kind: "update",
      event,
      timestamp,
      order: expect.objectContaining({
        clientOrderId: ORDER.client_order_id,
        filledQty: "1790.86",
        submittedAtMs: Date.UTC(2022, 3, 19, 17, 45, 4, 980),
      }) as unknown,
    });
  });

  it("an update without its order is not passed over", () => {
    expect(() => readStreamMessage({ stream: "trade_updates", data: { event: "new" } })).toThrow(
      "an order",
    );
  });
});
