import { type DecimalString, dec, floorTo, text } from "../../../domain/shared/decimal.ts";
import type { SubmitPayload } from "../../../domain/order/messages.ts";
import type { CcxtRejectReason } from "./ccxt-errors.ts";
import type { CcxtMarket, CcxtParams } from "./ccxt-exchange.ts";
import type { CcxtFamily } from "./ccxt-families.ts";

/** The arguments of ccxt's `createOrder`. */
export interface Placing {
  readonly symbol: string;
  readonly type: "market" | "limit";
  readonly side: "buy" | "sell";
  readonly amount: DecimalString;
  readonly price: DecimalString | undefined;
  readonly params: CcxtParams;
}

/** The order cannot go to this venue as it is; nothing was sent. */
export class Unplaceable extends Error {
  readonly reason: CcxtRejectReason | "currencyMismatch" | "contractMismatch";

  constructor(reason: Unplaceable["reason"], words: string) {
    super(words);
    this.name = "Unplaceable";
    this.reason = reason;
  }
}

/** As ccxt has them (https://docs.ccxt.com/#/?id=precision-mode). */
const DECIMAL_PLACES = 2;
const SIGNIFICANT_DIGITS = 3;

/**
 * An order in ccxt's words. A buy never goes without a limit: the hold is a promise that no fill costs more than its worst
 * price, and a venue's own market orders know no such bound. So a market buy is a limit order that takes what it can get at
 * once, at the worst price rounded down to the venue's step, and a stop buy waits with that limit.
 * @param clientId the name that the venue gets for it
 * @throws Unplaceable
 */
export function placingOf(
  order: SubmitPayload,
  clientId: string,
  family: CcxtFamily,
  market: CcxtMarket,
  precisionMode: number,
): Placing {
  checkMarket(order, market);
  const cap =
    order.worstPrice === null ? null : floorToStep(order.worstPrice, market, precisionMode);
  const price = order.price ?? cap ?? undefined;
  return {
    symbol: String(market["symbol"]),
    type: price === undefined ? "market" : "limit",
    side: order.side,
    amount: order.orderQty,
    price,
    params: { [family.idParam]: clientId, ...paramsOf(order, family, price !== undefined) },
  };
}

/** What would make the venue's books mean something else than ours. */
function checkMarket(order: SubmitPayload, market: CcxtMarket): void {
  const isContract = market["contract"] === true;
  const currency = isContract ? market["settle"] : market["quote"];
  if (currency !== order.currency)
    throw new Unplaceable(
      "currencyMismatch",
      `${order.symbol} is in ${order.currency} here, and in ${String(currency)} at the venue`,
    );
  if (isContract && market["linear"] !== true)
    throw new Unplaceable("contractMismatch", "a contract that is not linear cannot be booked");
  const size = isContract ? String(market["contractSize"]) : "1";
  if (!/^\d+(\.\d+)?$/.test(size) || !dec(size).equals(order.multiplier))
    throw new Unplaceable(
      "contractMismatch",
      `${order.symbol} has the multiplier ${order.multiplier} here, and ${size} at the venue`,
    );
}

function floorToStep(
  price: DecimalString,
  market: CcxtMarket,
  precisionMode: number,
): DecimalString {
  const precision: unknown = market["precision"];
  const step: unknown =
    typeof precision === "object" && precision !== null ? Reflect.get(precision, "price") : null;
  if (typeof step !== "string" && typeof step !== "number") return price;
  // 1 is ROUND_DOWN of decimal.js: towards zero, and prices are positive.
  if (precisionMode === DECIMAL_PLACES) return text(dec(price).toDecimalPlaces(Number(step), 1));
  if (precisionMode === SIGNIFICANT_DIGITS)
    return text(dec(price).toSignificantDigits(Number(step), 1));
  return text(floorTo(dec(price), text(dec(step))));
}

function paramsOf(order: SubmitPayload, family: CcxtFamily, hasLimit: boolean): CcxtParams {
  return {
    // What may only rest has no other time in force, and Binance refuses one beside it (-1106).
    ...(order.postOnly === true ? { postOnly: true } : timeOf(order, hasLimit)),
    ...triggerOf(order, family),
    ...(order.reduceOnly === true && { reduceOnly: true }),
    ...(order.displayQty !== undefined && { icebergAmount: order.displayQty }),
  };
}

/** An order at the market takes what is there, whatever else was asked: it cannot rest. */
function timeOf({ ordType, timeInForce }: SubmitPayload, hasLimit: boolean): CcxtParams {
  if (!hasLimit) return {};
  switch (timeInForce) {
    case "gtc":
      return { timeInForce: ordType === "market" ? "IOC" : "GTC" };
    case "ioc":
      return { timeInForce: "IOC" };
    case "fok":
      return { timeInForce: "FOK" };
    case "day":
    case "gtd":
    case "opg":
    case "cls":
      throw new Unplaceable("notSupported", `the venue has no time in force ${timeInForce}`);
  }
}

/** `stopLossPrice` sets off when the market has moved against the side of the order, `takeProfitPrice` when for it. */
function triggerOf(order: SubmitPayload, family: CcxtFamily): CcxtParams {
  const { ordType, stopPx, trail } = order;
  if (ordType === "market" || ordType === "limit") return {};
  if (!family.triggered.includes(ordType))
    throw new Unplaceable("notSupported", `orders of type ${ordType} are not sent to this venue`);
  switch (ordType) {
    case "stop":
    case "stopLimit":
      return { stopLossPrice: needed(stopPx) };
    case "marketIfTouched":
    case "limitIfTouched":
      return { takeProfitPrice: needed(stopPx) };
    case "trailingStop":
      if (trail === undefined || !("bps" in trail) || !family.hasTrailingBps)
        throw new Unplaceable("notSupported", "this venue trails by basis points alone");
      return {
        trailingPercent: text(dec(trail.bps).dividedBy(100)),
        stopLossOrTakeProfit: "stopLoss",
        ...(stopPx !== undefined && { trailingTriggerPrice: stopPx }),
      };
  }
}

function needed(stopPx: DecimalString | undefined): DecimalString {
  if (stopPx === undefined) throw new Unplaceable("invalidOrder", "the order has no trigger");
  return stopPx;
}
