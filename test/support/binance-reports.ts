import type { BinanceEvent } from "./binance-book.ts";

/** `executionReport` (https://developers.binance.com/docs/binance-spot-api-docs/user-data-stream#order-update). */
export function spotReport({ order, kind, trade, timeMs }: BinanceEvent): object {
  const isCanceled = kind === "CANCELED";
  return {
    e: "executionReport",
    E: timeMs,
    s: order.symbol,
    // A cancel has an id of its own; the order's stands beside it.
    c: isCanceled ? `cancel-${order.orderId}` : order.clientOrderId,
    S: order.side,
    o: order.type,
    f: order.timeInForce,
    q: order.origQty,
    p: order.price,
    P: order.stopPrice,
    F: order.icebergQty,
    g: -1,
    C: isCanceled ? order.clientOrderId : "",
    x: kind,
    X: order.status,
    r: "NONE",
    i: String(order.orderId),
    l: trade?.qty ?? "0.00000000",
    z: order.executedQty,
    L: trade?.price ?? "0.00000000",
    n: trade?.commission ?? "0",
    N: trade?.commissionAsset ?? null,
    T: trade?.time ?? timeMs,
    t: trade?.id ?? -1,
    I: 8_641_984,
    w: order.isWorking,
    m: trade?.isMaker ?? false,
    M: false,
    O: order.time,
    Z: order.cummulativeQuoteQty,
    Y: trade?.quoteQty ?? "0.00000000",
    Q: "0.00000000",
    W: order.time,
    V: "NONE",
  };
}

/**
 * `ORDER_TRADE_UPDATE`
 * (https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Order-Update).
 */
export function contractReport({ order, kind, trade, timeMs }: BinanceEvent): object {
  return {
    e: "ORDER_TRADE_UPDATE",
    E: timeMs,
    T: timeMs,
    o: {
      s: order.symbol,
      c: order.clientOrderId,
      S: order.side,
      o: order.type,
      f: order.timeInForce,
      q: order.origQty,
      p: order.price,
      ap: "0",
      sp: order.stopPrice,
      x: kind,
      X: order.status,
      i: String(order.orderId),
      l: trade?.qty ?? "0",
      z: order.executedQty,
      L: trade?.price ?? "0",
      ...(trade && { N: trade.commissionAsset, n: trade.commission }),
      T: trade?.time ?? timeMs,
      t: trade?.id ?? 0,
      b: "0",
      a: "0",
      m: trade?.isMaker ?? false,
      R: false,
      wt: "CONTRACT_PRICE",
      ot: order.type,
      ps: "BOTH",
      cp: false,
      rp: "0",
    },
  };
}
