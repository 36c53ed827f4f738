import type { Trail } from "../../order/new-order.ts";
import { Decimal, dec, isMultipleOf, text, ZERO } from "../../shared/decimal.ts";
import { hasLimit } from "../hold.ts";
import type { Facts } from "../order-facts.ts";
import { type OrderRule, deny } from "./rule.ts";

/** How far a limit price may stand from the market when the portfolio's limits do not say: half of it. */
const DEFAULT_PRICE_COLLAR = dec("0.5");

export const priceIsPositive: OrderRule = ({ order, limitPrice }) =>
  hasLimit(order) && (limitPrice === null || limitPrice.lessThanOrEqualTo(ZERO))
    ? deny(
        "PRICE_NOT_POSITIVE",
        `a ${order.ordType} order needs a price above 0`,
        "above 0",
        limitPrice === null ? "none" : text(limitPrice),
      )
    : null;

export const stopPriceIsPositive: OrderRule = ({ order, stopPrice }) => {
  const isNeeded = needsStop(order) || stopPrice !== null;
  return isNeeded && (stopPrice === null || stopPrice.lessThanOrEqualTo(ZERO))
    ? deny(
        "STOP_PRICE_NOT_POSITIVE",
        `a ${order.ordType} order needs a stop price above 0`,
        "above 0",
        stopPrice === null ? "none" : text(stopPrice),
      )
    : null;
};

export const trailIsPositive: OrderRule = ({ order }) => {
  if (order.ordType !== "trailingStop") return null;
  const value = trailValue(order.trail);
  return value !== null && dec(value).greaterThan(ZERO)
    ? null
    : deny(
        "TRAIL_NOT_POSITIVE",
        "a trailing stop needs a distance above 0",
        "above 0",
        value ?? "none",
      );
};

export const pricesAreOnTick: OrderRule = ({ order, limitPrice, stopPrice, instrument }) => {
  if (instrument === null) return null;
  const amount = order.trail !== undefined && "amount" in order.trail ? order.trail.amount : null;
  const off = [limitPrice, stopPrice, amount === null ? null : dec(amount)].find(
    (price) => price !== null && !isMultipleOf(price, instrument.tickSize),
  );
  return off === undefined || off === null
    ? null
    : deny(
        "PRICE_OFF_TICK",
        "a price must be a multiple of the tick size",
        instrument.tickSize,
        text(off),
      );
};

/** Only the aggressive side: a buy far above the market or a sell far below it gives money away. */
export const priceIsInsideCollar: OrderRule = ({ order, context, limitPrice, stopPrice, last }) => {
  if (limitPrice === null || last === null) return null;
  const collar = dec(context.limits.priceCollarPct ?? DEFAULT_PRICE_COLLAR);
  const isBuy = order.side === "buy";
  // An order that waits is compared with the market that it waits for.
  const market = stopPrice ?? last;
  const bound = market.times(isBuy ? collar.plus(1) : new Decimal(1).minus(collar));
  const isOutside = isBuy ? limitPrice.greaterThan(bound) : limitPrice.lessThan(bound);
  if (!isOutside) return null;
  const message = `the price stands too far ${isBuy ? "above" : "below"} the market's ${text(market)}`;
  return deny("PRICE_COLLAR", message, text(bound), text(limitPrice));
};

function needsStop({ ordType }: Facts["order"]): boolean {
  switch (ordType) {
    case "stop":
    case "stopLimit":
    case "marketIfTouched":
    case "limitIfTouched":
      return true;
    case "market":
    case "limit":
    case "trailingStop":
      return false;
  }
}

function trailValue(trail: Trail | undefined): string | null {
  if (trail === undefined) return null;
  return "amount" in trail ? trail.amount : "bps" in trail ? trail.bps : trail.ticks;
}
