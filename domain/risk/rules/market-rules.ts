import { findCalendar, sessionAt } from "../../market/calendars/calendars.ts";
import { dec, text, ZERO } from "../../shared/decimal.ts";
import { currencyProblem } from "../funding.ts";
import { type OrderRule, deny, reduces } from "./rule.ts";

export const instrumentIsKnown: OrderRule = ({ order, instrument }) =>
  instrument === null
    ? deny("INSTRUMENT_NOT_FOUND", `${order.symbol} is not known`, "a known symbol", order.symbol)
    : null;

/** Every order needs a price: market orders for their worst price, limit orders for the collar. */
export const marketIsKnown: OrderRule = ({ order, touch }) =>
  touch === null
    ? deny("NO_MARKET_DATA", `there is no price of ${order.symbol}`, "a quote", "none")
    : null;

export const marketIsFresh: OrderRule = ({ order, context, touch }) =>
  touch !== null && context.market.isStale
    ? deny(
        "STALE_MARKET_DATA",
        `the last quote of ${order.symbol} is too old`,
        "a fresh quote",
        `a quote of ${context.market.quote?.tsEventMs ?? "unknown time"}`,
      )
    : null;

export const instrumentTrades: OrderRule = ({ instrument }) =>
  instrument?.isHalted === true
    ? deny("INSTRUMENT_HALTED", `trading of ${instrument.symbol} is halted`, "trading", "halted")
    : null;

/** By the market's own time, so that a replay of the past keeps the past's hours. */
export const marketIsOpen: OrderRule = ({ instrument, context }) => {
  if (instrument?.isRegularHoursOnly !== true) return null;
  const atMs = context.market.quote?.tsEventMs;
  const calendar = findCalendar(instrument.calendar);
  if (calendar === null || atMs === undefined) return null;
  return sessionAt(calendar, atMs) === null
    ? deny(
        "MARKET_CLOSED",
        `${instrument.symbol} is traded in the sessions of ${instrument.calendar} only`,
        `a session of ${instrument.calendar}`,
        `market time ${atMs}`,
      )
    : null;
};

export const riskCanBeChecked: OrderRule = ({ instrument, context }) => {
  if (instrument?.isRegularHoursOnly === true && findCalendar(instrument.calendar) === null)
    return deny(
      "RISK_UNAVAILABLE",
      "the instrument's hours cannot be checked",
      "a known calendar",
      instrument.calendar,
    );
  if (
    context.limits.maxDailyLossPct !== undefined &&
    !dec(context.dayStartEquity).greaterThan(ZERO)
  )
    return deny(
      "RISK_UNAVAILABLE",
      "the day's loss cannot be put in relation to the equity that the day began with",
      "above 0",
      context.dayStartEquity,
    );
  return null;
};

export const expiryIsAhead: OrderRule = ({ order, context }) => {
  if (order.timeInForce !== "gtd") return null;
  const { quote } = context.market;
  // A replay of the past has its own time, which is the one that the venue goes by.
  const nowMs = quote?.tsEventMs ?? context.nowMs;
  return order.expireAtMs !== undefined && order.expireAtMs > nowMs
    ? null
    : deny(
        "EXPIRE_TIME_IN_PAST",
        "a gtd order needs an end that lies ahead of the market's time",
        `after ${nowMs}`,
        String(order.expireAtMs ?? "none"),
      );
};

export const currencyIsKept: OrderRule = ({ context, instrument }) => {
  const problem = instrument === null ? null : currencyProblem(instrument, context);
  if (problem === null) return null;
  return deny(
    "CURRENCY_MISMATCH",
    context.currency === null
      ? "only instruments in the portfolio's base currency can be traded"
      : "only instruments in the portfolio's currencies can be traded",
    problem.allowed,
    instrument?.currency ?? "none",
  );
};

/** A position in another currency is of no known size, and cannot be paid for by conversion. What only reduces needs none. */
export const exchangeIsKnown: OrderRule = (facts) => {
  const { context, instrument, baseRate, order, terms, funding } = facts;
  if (instrument === null || currencyProblem(instrument, context) !== null) return null;
  const isUnpaid = order.side === "buy" && terms !== null && context.margin === null && !funding;
  if ((baseRate !== null && !isUnpaid) || reduces(facts)) return null;
  const pair = `${instrument.currency} in ${context.baseCurrency}`;
  return baseRate === null
    ? deny("FX_RATE_MISSING", `nobody knows what ${pair} is worth`, "an exchange rate", "none")
    : deny(
        "FX_RATE_MISSING",
        `the last rate of ${pair} is too old to convert at`,
        "a fresh exchange rate",
        text(baseRate),
      );
};
