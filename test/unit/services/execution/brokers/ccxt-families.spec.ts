import {
  ccxtFamily,
  whyUnusable,
} from "../../../../../services/execution/brokers/ccxt-families.ts";
import { placingOf } from "../../../../../services/execution/brokers/ccxt-placing.ts";
import { shortIdOf } from "../../../../../services/execution/brokers/client-ids.ts";
import { ORDER_ID, market, payload, silentExchange } from "./ccxt-words.ts";

const SHORT = shortIdOf(ORDER_ID);
const GATE_ID = `t-${SHORT}`;
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
  [
    "hitbtc",
    "client_order_id",
    SHORT,
    { id: 1, client_order_id: SHORT, symbol: "BTCUSDT", side: "buy" },
  ],
  [
    "coinex",
    "client_id",
    SHORT,
    { code: 0, data: { order_id: 1, market: "BTCUSDT", client_id: SHORT, side: "buy" } },
  ],
  ["xt", "clientOrderId", SHORT, { rc: 0, mc: "SUCCESS", result: { orderId: "1" } }],
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

  // https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint: 128 bits in hex
  it.each(["spot", "swap"])("is the 128 bits of Hyperliquid's, %s", (marketType) => {
    const family = ccxtFamily("hyperliquid", marketType);
    expect(family.clientIdOf(ORDER_ID, 0)).toBe("0x0b0e7a3c6a515d0e9d0e0a4a3f0c9b11");
    expect(family.orderIdOf("0x0b0e7a3c6a515d0e9d0e0a4a3f0c9b11")).toBe(ORDER_ID);
    expect(["0x", COMPACT, `0x${COMPACT}0`].map(family.orderIdOf)).toEqual([null, null, null]);
  });

  it("would not be asked for by ccxt at Kraken and Bybit: their orders are looked through", () => {
    expect(["kraken", "bybit"].map((id) => ccxtFamily(id, "spot").ask)).toEqual(["scan", "scan"]);
  });

  it("has no revisions where an order keeps it", () => {
    for (const id of ["okx", "gate", "hyperliquid", "hitbtc", "coinex", "xt", "bitvavo"])
      expect(() => ccxtFamily(id, "spot").clientIdOf(ORDER_ID, 1)).toThrow("keeps");
  });

  it("is not read out of the id of somebody else", () => {
    const strangers = ["web_7f3a", "x-TKT5PX2F22ecb58eb9074fb1be018c", `${COMPACT}0`, ""];
    for (const id of ["binance", "okx", "kraken", "gate", "hyperliquid", "coinex", "bitvavo"])
      expect(strangers.map(ccxtFamily(id, "spot").orderIdOf)).toEqual([null, null, null, null]);
  });
});

describe("a venue that nobody has looked into", () => {
  it("is offered nothing special, and what it does not show is doubted", () => {
    expect(ccxtFamily("bitvavo", "spot")).toMatchObject({
      ask: "scan",
      edit: "none",
      triggered: [],
      showsClientIds: false,
    });
  });

  it("is sent the 22 letters and digits that fit the strictest rule known", () => {
    for (const marketType of ["spot", "swap"]) {
      const family = ccxtFamily("bitvavo", marketType);
      expect(family.clientIdOf(ORDER_ID, 0)).toBe(SHORT);
      expect(family.orderIdOf(SHORT)).toBe(ORDER_ID);
    }
  });

  it("cannot be used when its ids have no room for ours", () => {
    expect(whyUnusable("bitfinex")).toContain("45 bits");
    expect(whyUnusable("gate")).toBeNull();
    expect(whyUnusable("binance")).toBeNull();
  });
});
