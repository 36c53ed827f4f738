import type { Denial, DenialCode } from "../order/new-order.ts";
import { Decimal, dec, isMultipleOf, text, ZERO } from "../shared/decimal.ts";
import type { Facts } from "./order-facts.ts";

/** One question about an order. Null: the rule is kept, or another rule's denial already says why it cannot be asked. */
type OrderRule = (facts: Facts) => Denial | null;

/** How far a limit price may stand from the market when the portfolio's limits do not say: half of it. */
const DEFAULT_PRICE_COLLAR = dec("0.5");

const instrumentIsKnown: OrderRule = ({ order, instrument }) =>
  instrument === null
    ? deny("INSTRUMENT_NOT_FOUND", `${order.symbol} is not known`, "a known symbol", order.symbol)
    : null;

/** Every order needs a price: market orders for their worst price, limit orders for the collar. */
const marketIsKnown: OrderRule = ({ order, touch }) =>
  touch === null
    ? deny("NO_MARKET_DATA", `there is no price of ${order.symbol}`, "a quote", "none")
    : null;

const marketIsFresh: OrderRule = ({ order, context, touch }) =>
  touch !== null && context.market.isStale
    ? deny(
        "STALE_MARKET_DATA",
        `the last quote of ${order.symbol} is too old`,
        "a fresh quote",
        `a quote of ${context.market.quote?.tsEventMs ?? "unknown time"}`,
      )
    : null;

const portfolioIsOpen: OrderRule = ({ context }) =>
  context.status === "closed"
    ? deny("PORTFOLIO_CLOSED", "the portfolio is closed", "open", context.status)
    : null;

const currencyIsBase: OrderRule = ({ context, instrument }) =>
  instrument !== null && instrument.currency !== context.baseCurrency
    ? deny(
        "CURRENCY_MISMATCH",
        "only instruments in the portfolio's base currency can be traded",
        context.baseCurrency,
        instrument.currency,
      )
    : null;

const quantityIsPositive: OrderRule = ({ quantity }) =>
  quantity.lessThanOrEqualTo(ZERO)
    ? deny("QUANTITY_NOT_POSITIVE", "the quantity must be above 0", "above 0", text(quantity))
    : null;

const quantityIsOnLot: OrderRule = ({ quantity, instrument }) =>
  instrument !== null && !isMultipleOf(quantity, instrument.lotSize)
    ? deny(
        "QUANTITY_OFF_LOT",
        "the quantity must be a multiple of the lot size",
        instrument.lotSize,
        text(quantity),
      )
    : null;

const priceIsPositive: OrderRule = ({ order, limitPrice }) =>
  order.ordType === "limit" && (limitPrice === null || limitPrice.lessThanOrEqualTo(ZERO))
    ? deny(
        "PRICE_NOT_POSITIVE",
        "a limit order needs a price above 0",
        "above 0",
        limitPrice === null ? "none" : text(limitPrice),
      )
    : null;

const priceIsOnTick: OrderRule = ({ limitPrice, instrument }) =>
  limitPrice !== null && instrument !== null && !isMultipleOf(limitPrice, instrument.tickSize)
    ? deny(
        "PRICE_OFF_TICK",
        "the price must be a multiple of the tick size",
        instrument.tickSize,
        text(limitPrice),
      )
    : null;

/** Only the aggressive side: a buy far above the market or a sell far below it gives money away. */
const priceIsInsideCollar: OrderRule = ({ order, context, limitPrice, last }) => {
  if (limitPrice === null || last === null) return null;
  const collar = dec(context.limits.priceCollarPct ?? DEFAULT_PRICE_COLLAR);
  const isBuy = order.side === "buy";
  const bound = last.times(isBuy ? collar.plus(1) : new Decimal(1).minus(collar));
  const isOutside = isBuy ? limitPrice.greaterThan(bound) : limitPrice.lessThan(bound);
  if (!isOutside) return null;
  const message = `the price stands too far ${isBuy ? "above" : "below"} the market's ${text(last)}`;
  return deny("PRICE_COLLAR", message, text(bound), text(limitPrice));
};

/** Buys at their limit, else the touch; sells at the higher of the two, as they may be filled there. */
const notionalIsInsideLimit: OrderRule = (facts) => {
  const { order, context, limitPrice, touch } = facts;
  const limit = context.limits.maxOrderNotional;
  if (limit === undefined) return null;
  const price = order.side === "buy" ? (limitPrice ?? touch) : highest(limitPrice, touch);
  const notional = valueAt(price, facts.quantity, facts);
  return notional !== null && notional.greaterThan(limit)
    ? deny(
        "NOTIONAL_EXCEEDS_LIMIT",
        "the order's value is above the limit per order",
        limit,
        text(notional),
      )
    : null;
};

/** The position with all open buys and this one, over equity. Sells only make it smaller. */
const positionIsInsideLimit: OrderRule = (facts) => {
  const { order, context, quantity } = facts;
  const limit = context.limits.maxPositionPct;
  if (limit === undefined || order.side === "sell") return null;
  const wanted = quantity.plus(context.positionQty).plus(context.openBuyQty);
  const value = valueAt(highest(facts.limitPrice, facts.touch), wanted, facts);
  if (value === null) return null;
  const equity = dec(context.equity);
  if (value.lessThanOrEqualTo(equity.times(limit))) return null;
  return deny(
    "POSITION_EXCEEDS_LIMIT",
    "the position would be too large a part of equity",
    limit,
    equity.greaterThan(ZERO)
      ? text(value.dividedBy(equity).toDecimalPlaces(8, Decimal.ROUND_UP))
      : `equity of ${text(equity)}`,
  );
};

const rateIsInsideLimit: OrderRule = ({ context }) => {
  const limit = context.limits.maxOrdersPerMinute;
  const observed = context.ordersLastMinute + 1;
  return limit !== undefined && observed > limit
    ? deny("ORDER_RATE_EXCEEDED", "too many orders within 60 s", String(limit), String(observed))
    : null;
};

const symbolIsAllowed: OrderRule = ({ order, context }) => {
  const restricted = context.limits.restrictedSymbols ?? [];
  return restricted.includes(order.symbol)
    ? deny(
        "SYMBOL_RESTRICTED",
        `${order.symbol} may not be traded`,
        `none of ${restricted.join(", ")}`,
        order.symbol,
      )
    : null;
};

const buyingPowerSuffices: OrderRule = ({ context, cash }) =>
  cash !== null && cash.greaterThan(context.buyingPower)
    ? deny(
        "INSUFFICIENT_BUYING_POWER",
        "the order could cost more than there is to spend",
        context.buyingPower,
        text(cash),
      )
    : null;

const sellIsCovered: OrderRule = ({ order, context, quantity }) => {
  if (order.side === "buy") return null;
  const available = dec(context.positionQty).minus(context.openSellQty);
  return quantity.greaterThan(available)
    ? deny(
        "SHORT_NOT_ALLOWED",
        "a cash portfolio sells only what it holds and has not yet offered",
        text(available),
        text(quantity),
      )
    : null;
};

/** In the order of DENIAL_CODES: one rule a code, so that an answer names all reasons in a stable order. */
export const ORDER_RULES: readonly OrderRule[] = [
  instrumentIsKnown,
  marketIsKnown,
  marketIsFresh,
  portfolioIsOpen,
  currencyIsBase,
  quantityIsPositive,
  quantityIsOnLot,
  priceIsPositive,
  priceIsOnTick,
  priceIsInsideCollar,
  notionalIsInsideLimit,
  positionIsInsideLimit,
  rateIsInsideLimit,
  symbolIsAllowed,
  buyingPowerSuffices,
  sellIsCovered,
];

function deny(code: DenialCode, message: string, limit: string, observed: string): Denial {
  return { code, message, limit, observed };
}

function highest(a: Decimal | null, b: Decimal | null): Decimal | null {
  if (a === null || b === null) return a ?? b;
  return Decimal.max(a, b);
}

function valueAt(price: Decimal | null, quantity: Decimal, { instrument }: Facts): Decimal | null {
  if (price === null || instrument === null) return null;
  return price.times(quantity).times(instrument.multiplier);
}
