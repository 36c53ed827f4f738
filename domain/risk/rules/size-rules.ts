import { Decimal, dec, isMultipleOf, text, ZERO } from "../../shared/decimal.ts";
import type { Facts } from "../order-facts.ts";
import { type OrderRule, deny, highest, lowest, valueAt } from "./rule.ts";

export const quantityIsPositive: OrderRule = ({ quantity }) =>
  quantity.lessThanOrEqualTo(ZERO)
    ? deny("QUANTITY_NOT_POSITIVE", "the quantity must be above 0", "above 0", text(quantity))
    : null;

export const quantityIsOnLot: OrderRule = ({ quantity, instrument }) =>
  instrument !== null && !isMultipleOf(quantity, instrument.lotSize)
    ? deny(
        "QUANTITY_OFF_LOT",
        "the quantity must be a multiple of the lot size",
        instrument.lotSize,
        text(quantity),
      )
    : null;

export const quantityIsInsideLimits: OrderRule = ({ quantity, instrument }) => {
  const { minQuantity, maxQuantity } = instrument ?? {};
  if (minQuantity !== undefined && quantity.lessThan(minQuantity))
    return deny(
      "QUANTITY_BELOW_MINIMUM",
      "the quantity is below the instrument's smallest",
      minQuantity,
      text(quantity),
    );
  return maxQuantity !== undefined && quantity.greaterThan(maxQuantity)
    ? deny(
        "QUANTITY_ABOVE_MAXIMUM",
        "the quantity is above the instrument's largest",
        maxQuantity,
        text(quantity),
      )
    : null;
};

export const displayIsPartOfIt: OrderRule = ({ order, quantity, instrument }) => {
  const { displayQty } = order;
  if (displayQty === undefined) return null;
  const isPart = dec(displayQty).greaterThan(ZERO) && quantity.greaterThanOrEqualTo(displayQty);
  const isOnLot = instrument === null || isMultipleOf(dec(displayQty), instrument.lotSize);
  return isPart && isOnLot
    ? null
    : deny(
        "DISPLAY_QUANTITY_INVALID",
        "what is displayed must be whole lots, and no more than the order",
        `lots of ${instrument?.lotSize ?? "the instrument"}, up to ${text(quantity)}`,
        displayQty,
      );
};

/** The lower of the portfolio's limit and the instrument's. */
export const notionalIsInsideLimit: OrderRule = (facts) => {
  const { context, instrument, baseRate } = facts;
  const { maxOrderNotional: own } = context.limits;
  // The portfolio's is in its base currency, the instrument's in the instrument's.
  const rate = baseRate ?? dec(1);
  const limits = [
    own === undefined ? undefined : dec(own).dividedBy(rate),
    instrument?.maxNotional,
  ];
  const limit = lowest(limits.filter((one) => one !== undefined));
  const notional = notionalOf(facts);
  return limit !== null && notional !== null && notional.greaterThan(limit)
    ? deny(
        "NOTIONAL_EXCEEDS_LIMIT",
        "the order's value is above the limit per order",
        text(limit),
        text(notional),
      )
    : null;
};

export const notionalIsWorthIt: OrderRule = (facts) => {
  const limit = facts.instrument?.minNotional;
  const notional = notionalOf(facts);
  return limit !== undefined && notional !== null && notional.lessThan(limit)
    ? deny(
        "NOTIONAL_BELOW_MINIMUM",
        "the order's value is below the instrument's smallest",
        limit,
        text(notional),
      )
    : null;
};

/** Buys at their limit, else the touch; sells at the higher of the two, as they may be filled there. */
function notionalOf(facts: Facts): Decimal | null {
  const { order, limitPrice, stopPrice, touch } = facts;
  const market = stopPrice ?? touch;
  const price = order.side === "buy" ? (limitPrice ?? market) : highest(limitPrice, market);
  return valueAt(price, facts.quantity, facts);
}
