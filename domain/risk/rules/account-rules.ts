import { Decimal, dec, text, ZERO } from "../../shared/decimal.ts";
import { tellsWhy } from "../kill-switch/switch.ts";
import type { Facts } from "../order-facts.ts";
import {
  type OrderRule,
  deny,
  highest,
  baseValueAt,
  reduces,
  reducingSide,
  reducible,
} from "./rule.ts";

export const portfolioIsOpen: OrderRule = ({ context }) =>
  context.status === "closed"
    ? deny("PORTFOLIO_CLOSED", "the portfolio is closed", "open", context.status)
    : null;

export const portfolioMayTrade: OrderRule = ({ context: { tradingState, risk } }) =>
  tradingState === "halted" && !risk.isFlattening
    ? deny(
        "TRADING_HALTED",
        risk.standing.by === null
          ? "trading of the portfolio is halted"
          : `trading is halted: ${tellsWhy(risk.standing.by)}`,
        "active",
        tradingState,
      )
    : null;

export const onlyReducesWhileReducing: OrderRule = (facts) =>
  facts.context.tradingState === "reducing" && !reduces(facts)
    ? deny(
        "TRADING_REDUCING",
        facts.context.risk.standing.by === null
          ? "only orders that make a position smaller are taken"
          : `only orders that make a position smaller are taken: ${tellsWhy(facts.context.risk.standing.by)}`,
        `a ${reducingSide(facts)} of at most ${text(reducible(facts))}`,
        `${facts.order.side} of ${text(facts.quantity)}`,
      )
    : null;

/** The position with all open orders of this side and this one, over equity. Sells of a cash portfolio only make it smaller. */
export const positionIsInsideLimit: OrderRule = (facts) => {
  const { order, context, quantity } = facts;
  const limit = context.limits.maxPositionPct;
  const isSell = order.side === "sell";
  if (limit === undefined || (isSell && context.margin === null) || reduces(facts)) return null;
  const wanted = context.hedging
    ? quantity.plus(isSell ? context.hedging.short : context.hedging.long)
    : isSell
      ? quantity.minus(context.positionQty).plus(context.openSellQty)
      : quantity.plus(context.positionQty).plus(context.openBuyQty);
  const market = highest(facts.stopPrice, facts.touch);
  const value = baseValueAt(highest(facts.limitPrice, market), wanted, facts);
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

export const rateIsInsideLimit: OrderRule = ({ context }) => {
  const limit = context.limits.maxOrdersPerMinute;
  const observed = context.ordersLastMinute + 1;
  return limit !== undefined && observed > limit
    ? deny("ORDER_RATE_EXCEEDED", "too many orders within 60 s", String(limit), String(observed))
    : null;
};

export const symbolIsAllowed: OrderRule = ({ order, context }) => {
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

/** Of a portfolio that keeps several currencies the denial names the one that does not suffice. */
export const buyingPowerSuffices: OrderRule = ({ context, funding }) => {
  if (funding === null || funding.cash.lessThanOrEqualTo(funding.free)) return null;
  const { cash, free, currency } = funding;
  const isOne = context.currency === null;
  return deny(
    "INSUFFICIENT_BUYING_POWER",
    isOne
      ? "the order could cost more than there is to spend"
      : `the order could cost more ${currency} than there is to spend`,
    isOne ? free : `${free} ${currency}`,
    isOne ? text(cash) : `${text(cash)} ${currency}`,
  );
};

export const sellIsCovered: OrderRule = ({ order, context, quantity, instrument }) => {
  if (order.side === "buy") return null;
  if (context.margin !== null && instrument?.shortable !== false) return null;
  const available = dec(context.positionQty).minus(context.openSellQty);
  return quantity.greaterThan(available)
    ? deny(
        "SHORT_NOT_ALLOWED",
        context.margin === null
          ? "a cash portfolio sells only what it holds and has not yet offered"
          : `${order.symbol} cannot be sold short`,
        text(available),
        text(quantity),
      )
    : null;
};

export const dailyLossIsInsideLimit: OrderRule = (facts) => {
  const { dayStartEquity, equity, limits } = facts.context;
  const limit = limits.maxDailyLossPct;
  const start = dec(dayStartEquity);
  if (limit === undefined || !start.greaterThan(ZERO) || reduces(facts)) return null;
  const loss = start.minus(equity).dividedBy(start);
  return loss.greaterThan(limit)
    ? deny(
        "DAILY_LOSS_EXCEEDED",
        "the portfolio has lost too much today",
        limit,
        text(loss.toDecimalPlaces(8, Decimal.ROUND_UP)),
      )
    : null;
};

/** An order that names a position closes it: it neither adds to it nor goes beyond it. */
export const reduceOnlyReduces: OrderRule = (facts) =>
  (facts.order.reduceOnly === true || isClosing(facts)) && !reduces(facts)
    ? deny(
        "REDUCE_ONLY_WOULD_INCREASE",
        "the order would not only reduce the position",
        `a ${reducingSide(facts)} of at most ${text(reducible(facts))}`,
        `${facts.order.side} of ${text(facts.quantity)}`,
      )
    : null;

function isClosing({ context: { hedging, namesPosition } }: Facts): boolean {
  return hedging !== null && namesPosition && hedging.isPositionKnown;
}

export const positionIsKnown: OrderRule = ({ order, context }) => {
  const { hedging, namesPosition } = context;
  if (!namesPosition || hedging?.isPositionKnown === true) return null;
  return deny(
    "POSITION_NOT_FOUND",
    hedging === null
      ? "a netting portfolio has one position of a symbol, and no names for it"
      : `no position of that id is open in ${order.symbol}`,
    hedging === null ? "no position" : `an open position in ${order.symbol}`,
    order.positionId ?? "none",
  );
};

/** To trade with oneself moves nothing but the tape, and is forbidden on most venues. */
export const doesNotCrossItself: OrderRule = ({ order, context, limitPrice, stopPrice, touch }) => {
  if (context.ownOppositePrice === null || stopPrice !== null) return null;
  const own = dec(context.ownOppositePrice);
  const reach = limitPrice ?? touch;
  if (reach === null) return null;
  const isBuy = order.side === "buy";
  const crosses = isBuy ? reach.greaterThanOrEqualTo(own) : reach.lessThanOrEqualTo(own);
  return crosses
    ? deny(
        "SELF_CROSS",
        "the order could trade with an own one on the other side",
        `${isBuy ? "below" : "above"} ${text(own)}`,
        text(reach),
      )
    : null;
};

export const groupIsOfOneKind: OrderRule = ({ order, context }) =>
  context.isGroupOfOthers
    ? deny(
        "ORDER_GROUP_MISMATCH",
        "the legs of a group trade one symbol on one side",
        "the symbol and side of the other legs",
        `${order.side} of ${order.symbol}`,
      )
    : null;
