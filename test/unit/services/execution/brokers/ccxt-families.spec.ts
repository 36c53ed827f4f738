import {
  ccxtFamily,
  whyUnusable,
} from "../../../../../services/execution/brokers/ccxt-families.ts";
import { placingOf } from "../../../../../services/execution/brokers/ccxt-placing.ts";
import { shortIdOf } from "../../../../../services/execution/brokers/client-ids.ts";
import { ORDER_ID, market, payload, silentExchange } from "./ccxt-words.ts";

const GATE_ID = `t-${shortIdOf(ORDER_ID)}`;
const COMPACT = ORDER_ID.replaceAll("-", "");

/** The parameter that the venue's own documentation has for it, and where an order's id is in its answer. */
const VENUES: readonly (readonly [
  id: string,
  parameter: string,
  clientId: string,
  answer: unknown,
])[] = [
  ["binance", "newClientOrderId", ORDER_ID, { symbol: "BTCUSDT", orderId: 1, side: "BUY" }],
  ["okx", "clOrdId", COMPACT, { code: "0", data: [{ ordId: "1", sCode: "0" }] }],
  ["bybit", "orderLinkId", ORDER_ID, { retCode: 0, result: { orderId: "1" } }],
  [
    "coinbase",
    "client_order_id",
    ORDER_ID,
    { success: true, success_response: { order_id: "1", product_id: "BTCUSDT", side: "BUY" } },
  ],
  ["gate", "text", GATE_ID, { id: "1", text: GATE_ID, currency_pair: "BTCUSDT", side: "buy" }],
  ["kraken", "cl_ord_id", ORDER_ID, { error: [], result: { txid: ["1"], descr: {} } }],
];

describe("the id of an order", () => {
  it.each(VENUES)(
    "goes to %s as %s, and leads back to the order",
    async (id, name, clientId, answer) => {
      const family = ccxtFamily(id, "spot");
      const { exchange, sent } = silentExchange(id, answer);
      const { symbol, type, side, amount, price, params } = placingOf(
        payload(),
        family.clientIdOf(ORDER_ID, 0),
        family,
        market(),
        exchange.precisionMode,
      );
      await exchange.createOrder(symbol, type, side, amount, price, params);
      // Bybit is asked for the kind of account before.
      const posts = sent.filter(({ method }) => method === "POST");
      expect(posts.map((call) => call.params[name])).toEqual([clientId]);
      expect(family.orderIdOf(clientId)).toBe(ORDER_ID);
    },
  );

  it.each([
    ["binance", "origClientOrderId", ORDER_ID, { symbol: "BTCUSDT", orderId: 1, side: "BUY" }],
    ["okx", "clOrdId", COMPACT, { code: "0", data: [{ ordId: "1", side: "buy" }] }],
  ])("is what %s is asked by, as %s", async (id, name, clientId, answer) => {
    expect(ccxtFamily(id, "spot").ask).toBe("direct");
    const { exchange, sent } = silentExchange(id, answer);
    await exchange.fetchOrder(undefined, "BTC/USDT", { clientOrderId: clientId });
    expect(sent.map((call) => [call.method, call.params[name]])).toEqual([["GET", clientId]]);
  });

  it("would not be asked for by ccxt at Kraken and Bybit: their orders are looked through", () => {
    expect(["kraken", "bybit"].map((id) => ccxtFamily(id, "spot").ask)).toEqual(["scan", "scan"]);
  });

  it("has no revisions where an order keeps it", () => {
    for (const id of ["okx", "gate"])
      expect(() => ccxtFamily(id, "spot").clientIdOf(ORDER_ID, 1)).toThrow("keeps");
  });

  it("is not read out of the id of somebody else", () => {
    const strangers = ["web_7f3a", "x-TKT5PX2F22ecb58eb9074fb1be018c", `${COMPACT}0`, ""];
    for (const id of ["binance", "okx", "kraken", "gate"])
      expect(strangers.map(ccxtFamily(id, "spot").orderIdOf)).toEqual([null, null, null, null]);
  });
});

describe("a venue that nobody has looked into", () => {
  it("is offered nothing special, and what it does not show is doubted", () => {
    expect(ccxtFamily("hitbtc", "spot")).toMatchObject({
      ask: "scan",
      edit: "none",
      triggered: [],
      showsClientIds: false,
    });
  });

  it("cannot be used when its ids have no room for ours", () => {
    expect(whyUnusable("bitfinex")).toContain("45 bits");
    expect(whyUnusable("gate")).toBeNull();
    expect(whyUnusable("binance")).toBeNull();
  });
});
