/** Why the venue does not take an order. */
import type { SubmitPayload } from "../order/messages.ts";
import { type DecimalString, dec } from "../shared/decimal.ts";

export interface Fault {
  readonly reason: string;
  readonly text: string;
}

/** @param symbol the one that this venue trades */
export function findFault(order: SubmitPayload, symbol: string): Fault | null {
  if (order.symbol !== symbol) {
    return { reason: "unknownSymbol", text: `this venue trades ${symbol}, not ${order.symbol}` };
  }
  return findTermFault(order) ?? findTimeFault(order) ?? findShownFault(order);
}

/** What can be wrong with terms that an amendment may change, too. */
export function findTermFault(order: SubmitPayload): Fault | null {
  const { ordType, orderQty, price, stopPx } = order;
  if (!isPositive(orderQty))
    return { reason: "incorrectQuantity", text: `quantity ${orderQty} is not above 0` };
  switch (ordType) {
    case "market":
      return null;
    case "limit":
      return price === null ? missing("price", "a limit order needs a price") : null;
    case "stop":
    case "marketIfTouched":
      return stopPx === undefined ? missing("stopPx", `a ${ordType} order needs a stopPx`) : null;
    case "stopLimit":
    case "limitIfTouched":
      if (price === null) return missing("price", `a ${ordType} order needs a price`);
      return stopPx === undefined ? missing("stopPx", `a ${ordType} order needs a stopPx`) : null;
    case "trailingStop":
      return findTrailFault(order);
  }
}

function findTrailFault({ trail, tickSize }: SubmitPayload): Fault | null {
  if (trail === undefined) return missing("trail", "a trailing stop needs a trail");
  const distance = Object.values(trail)[0];
  if (distance === undefined || !isPositive(distance))
    return { reason: "incorrectTrail", text: `trail ${distance ?? ""} is not above 0` };
  const isOfTicks = "ticks" in trail;
  if (isOfTicks && tickSize === undefined)
    return missing("tickSize", "a trail in ticks needs the instrument's tick size");
  return null;
}

function findTimeFault(order: SubmitPayload): Fault | null {
  const { timeInForce, expireAtMs, ordType } = order;
  switch (timeInForce) {
    case "day":
    case "gtc":
    case "ioc":
    case "fok":
      return null;
    case "gtd":
      return expireAtMs === undefined
        ? missing("expireAtMs", "a gtd order needs the time at which it ends")
        : null;
    case "opg":
    case "cls": {
      if (ordType === "market" || ordType === "limit") return null;
      const text = `${timeInForce} is for market and limit orders, not for ${ordType}`;
      return { reason: "unsupportedTimeInForce", text };
    }
  }
}

function findShownFault({ postOnly, displayQty, price, timeInForce }: SubmitPayload): Fault | null {
  const isResting = timeInForce === "day" || timeInForce === "gtc" || timeInForce === "gtd";
  if (postOnly === true && (price === null || !isResting))
    return { reason: "unsupportedPostOnly", text: "post only is for limits that may rest" };
  if (displayQty !== undefined && !isPositive(displayQty))
    return { reason: "incorrectDisplayQty", text: `displayQty ${displayQty} is not above 0` };
  return null;
}

function missing(field: string, text: string): Fault {
  return { reason: `${field}Missing`, text };
}

function isPositive(value: DecimalString): boolean {
  return dec(value).greaterThan(0);
}
