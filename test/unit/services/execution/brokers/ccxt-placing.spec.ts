import { editingOf } from "../../../../../services/execution/brokers/ccxt-editing.ts";
import { ccxtFamily } from "../../../../../services/execution/brokers/ccxt-families.ts";
import { placingOf } from "../../../../../services/execution/brokers/ccxt-placing.ts";
import type { Placing } from "../../../../../services/execution/brokers/ccxt-placing.ts";
import type { SubmitPayload } from "../../../../../domain/order/messages.ts";
import { ORDER_ID, market, payload, silentExchange } from "./ccxt-words.ts";

const TICK_SIZE = 4;
const BINANCE = ccxtFamily("binance", "spot");

function place(
  changes: Partial<SubmitPayload>,
  marketChanges: Readonly<Record<string, unknown>> = {},
): Placing {
  return placingOf(payload(changes), ORDER_ID, BINANCE, market(marketChanges), TICK_SIZE);
}

describe("an order in ccxt's words", () => {
  it("keeps the digits of its quantity and price", () => {
    expect(place({ orderQty: "0.123", price: "40000.1" })).toEqual({
      symbol: "BTC/USDT",
      type: "limit",
      side: "buy",
      amount: "0.123",
      price: "40000.1",
      params: { clientOrderId: ORDER_ID, timeInForce: "GTC" },
    });
  });

  it("never buys without a limit: at the market it takes what it can up to the worst price, rounded down", () => {
    const atMarket = { ordType: "market", price: null, worstPrice: "40400.19" } as const;
    expect(place(atMarket)).toMatchObject({
      type: "limit",
      price: "40400.1",
      params: { timeInForce: "IOC" },
    });
    expect(place({ ...atMarket, timeInForce: "fok" }).params["timeInForce"]).toBe("FOK");
  });

  it.each([
    [2, 0, "40400"],
    [3, 3, "40400"],
    [4, "0.25", "40400"],
  ])(
    "rounds the worst price down by the exchange's mode of precision (%s)",
    (mode, step, price) => {
      const precision = { amount: "0.001", price: step };
      const order = payload({ ordType: "market", price: null, worstPrice: "40400.19" });
      expect(placingOf(order, ORDER_ID, BINANCE, market({ precision }), mode).price).toBe(price);
    },
  );

  it("sells at the market without a limit and without a time in force", () => {
    const sell = { side: "sell", ordType: "market", price: null, worstPrice: null } as const;
    expect(place(sell)).toMatchObject({
      type: "market",
      price: undefined,
      params: { clientOrderId: ORDER_ID },
    });
  });

  it("waits for its trigger on the side that its type names", () => {
    const stop = { stopPx: "41000", price: null, worstPrice: "42000" } as const;
    expect(place({ ...stop, ordType: "stop" })).toMatchObject({
      type: "limit",
      price: "42000",
      params: { stopLossPrice: "41000" },
    });
    expect(place({ ...stop, ordType: "marketIfTouched" }).params["takeProfitPrice"]).toBe("41000");
    const trail = { ...stop, ordType: "trailingStop", trail: { bps: "125" } } as const;
    expect(place(trail).params).toMatchObject({
      trailingPercent: "1.25",
      stopLossOrTakeProfit: "stopLoss",
    });
  });

  it("that may only rest names no time in force beside it, which Binance refuses (-1106)", () => {
    const { params } = place({ postOnly: true });
    expect(params).toEqual({ clientOrderId: ORDER_ID, postOnly: true });
  });

  it.each<[string, Partial<SubmitPayload>, Readonly<Record<string, unknown>>]>([
    ["in another currency", { currency: "USD" }, {}],
    ["of another size", { multiplier: "10" }, {}],
    ["for a day", { timeInForce: "day" }, {}],
    [
      "of a contract that is not linear",
      { currency: "BTC" },
      { contract: true, settle: "BTC", linear: false, contractSize: "1" },
    ],
    [
      "of contracts of another size",
      {},
      { contract: true, settle: "USDT", linear: true, contractSize: "0.01" },
    ],
  ])("is not placed %s", (_, changes, marketChanges) => {
    expect(() => place(changes, marketChanges)).toThrow(
      expect.objectContaining({ name: "Unplaceable" }),
    );
  });

  it("is not placed with a trigger where nobody knows what the parameters mean", () => {
    const order = payload({ ordType: "stop", stopPx: "41000" });
    const family = ccxtFamily("kraken", "spot");
    expect(() => placingOf(order, ORDER_ID, family, market(), TICK_SIZE)).toThrow("type stop");
  });
});

describe("a quantity or price off the exchange's steps", () => {
  it.each([
    ["0.5001", "40000.1", "quantity 0.5001"],
    ["0.5", "40000.15", "price 40000.15"],
  ])("is refused and not rounded: %s at %s", async (amount, price, words) => {
    const { exchange, sent } = silentExchange("binance", {});
    const ask = exchange.createOrder("BTC/USDT", "limit", "buy", amount, price, {
      clientOrderId: ORDER_ID,
    });
    await expect(ask).rejects.toThrow(words);
    expect(sent).toEqual([]);
  });

  it("is told apart where binary floats cannot", async () => {
    const precision = { amount: "0.00000001", price: "0.00000001" };
    const { exchange, sent } = silentExchange(
      "binance",
      { orderId: 1, side: "BUY" },
      { precision },
    );
    await exchange.createOrder("BTC/USDT", "limit", "buy", "123456789.12345678", "0.00000123", {
      clientOrderId: ORDER_ID,
    });
    expect(sent[0]?.params).toMatchObject({ quantity: "123456789.12345678", price: "0.00000123" });
  });
});

describe("an amendment", () => {
  it("gives the old order up only while nothing of it has traded", () => {
    const after = payload({ price: "40100" });
    const placing = placingOf(after, "new-id", BINANCE, market(), TICK_SIZE);
    expect(editingOf(placing, after, BINANCE)).toMatchObject({
      type: "limit",
      price: "40100",
      params: { clientOrderId: "new-id", timeInForce: "GTC", cancelRestrictions: "ONLY_NEW" },
    });
  });

  it("goes to Binance as one call that stops when the old order cannot be canceled", async () => {
    const { exchange, sent } = silentExchange("binance", { newOrderResponse: { orderId: 2 } });
    const after = payload({ ordType: "stopLimit", stopPx: "39000" });
    const placing = placingOf(after, "new-id", BINANCE, market(), TICK_SIZE);
    const { symbol, type, side, amount, price, params } = editingOf(placing, after, BINANCE);
    await exchange.editOrder("1", symbol, type, side, amount, price, params);
    expect(sent).toEqual([
      {
        method: "POST",
        path: "/api/v3/order/cancelReplace",
        params: expect.objectContaining({
          cancelReplaceMode: "STOP_ON_FAILURE",
          cancelRestrictions: "ONLY_NEW",
          cancelOrderId: "1",
          newClientOrderId: "new-id",
          type: "STOP_LOSS_LIMIT",
          stopPrice: "39000",
          quantity: "0.5",
          price: "40000.1",
        }),
      },
    ]);
  });

  it("is not made of an order at the market, nor of one that trails", () => {
    for (const ordType of ["market", "trailingStop"] as const) {
      const after = payload({ ordType, trail: { bps: "10" } });
      const placing = placingOf(after, "new-id", BINANCE, market(), TICK_SIZE);
      expect(() => editingOf(placing, after, BINANCE)).toThrow("cannot be changed");
    }
  });
});
