import type { NewOrder } from "../order/new-order.ts";
import { spendable } from "../risk/funding.ts";
import { affordableQuantity, holdTerms, type HoldTerms } from "../risk/hold.ts";
import { fixedFraction } from "../risk/position-size.ts";
import { touchPrice } from "../risk/reference-price.ts";
import { get } from "../shared/bucket-map.ts";
import type { Decision, Env } from "../shared/decider.ts";
import { Decimal, dec, floorTo, text, ZERO } from "../shared/decimal.ts";
import type { OrderVerdict, PortfolioCommand, PortfolioEvent, Signal } from "./messages.ts";
import { openQuantity } from "./open-orders.ts";
import { currencyContext } from "./currency/currency-context.ts";
import { affordableBuy } from "./margin/affordable.ts";
import { marginContext } from "./margin/margin-context.ts";
import { equityAt } from "./order-context.ts";
import { judge } from "./request-order.ts";
import { type Account, buyingPower, positionOf, signalKey } from "./state.ts";

type ActOnSignal = Extract<PortfolioCommand, { type: "ActOnSignal" }>;

/** How much to trade, or why nothing. */
type Sizing = { readonly quantity: Decimal } | { readonly none: string };

/**
 * Turns a signal into a market order: a buy fills the position up to its fraction of equity, as far as buying power goes; a
 * sell offers all that is held and not yet offered. The order then passes the same check as any other.
 */
export function actOnSignal(
  account: Account,
  command: ActOnSignal,
  env: Env,
): Decision<PortfolioEvent, OrderVerdict> {
  const { signal } = command;
  const sizing = isOutdated(account, signal)
    ? { none: "this signal, or a later one of the strategy, was acted upon before" }
    : size(account, command);
  if ("none" in sizing) return { events: [], reply: { verdict: "none", reason: sizing.none } };
  const order = makeOrder(account, signal, sizing.quantity, env);
  const { signalId, strategyId, symbol, asOfMs } = signal;
  return judge(account, order, command.market, { signalId, strategyId, symbol, asOfMs }, env);
}

function isOutdated(account: Account, signal: Signal): boolean {
  const actedAsOfMs = get(account.actedAsOfMs, signalKey(signal.strategyId, signal.symbol));
  return actedAsOfMs !== undefined && signal.asOfMs <= actedAsOfMs;
}

function size(account: Account, command: ActOnSignal): Sizing {
  const { instrument } = command.market;
  const { side, symbol } = command.signal;
  if (side === "hold") return { none: "the signal asks to hold" };
  if (account.opening.accounting === "hedging")
    return { none: "a signal does not say which of the positions side by side it means" };
  if (instrument === null) return { none: `${symbol} is not known, so the order cannot be sized` };
  return side === "buy" ? sizeBuy(account, command) : sizeSell(account, symbol, instrument.lotSize);
}

/** What open orders will add or take away counts as done: a second signal must not buy the same position twice. */
function sizeBuy(account: Account, { signal, fraction, market }: ActOnSignal): Sizing {
  const { symbol } = signal;
  const price = touchPrice(market.quote, "buy");
  const terms =
    market.instrument === null ? null : holdTerms({ ordType: "market" }, market.instrument, market);
  if (price === null || terms === null)
    return { none: `${symbol} has no price, so the order cannot be sized` };
  const { multiplier, lotSize } = terms;
  const rate = account.opening.currencies === undefined ? dec(1) : baseRateIn(account, market);
  if (rate === null)
    return { none: `nobody knows what ${terms.currency} is worth, so the order cannot be sized` };
  const equity = equityAt(account, symbol, market).dividedBy(rate);
  const target = fixedFraction(equity, fraction, price, multiplier, lotSize);
  const wanted = floorTo(target.minus(positionToCome(account, symbol)), lotSize);
  if (wanted.lessThanOrEqualTo(ZERO))
    return { none: `the position is at its target of ${text(target)}` };
  const affordable = affordableOf(account, symbol, market, terms);
  if (affordable.lessThanOrEqualTo(ZERO)) return { none: whyNothing(account, lotSize) };
  return { quantity: Decimal.min(wanted, affordable) };
}

function affordableOf(
  account: Account,
  symbol: string,
  market: ActOnSignal["market"],
  terms: HoldTerms,
): Decimal {
  const openBuyQty = openQuantity(account.orders, symbol, "buy");
  const openSellQty = openQuantity(account.orders, symbol, "sell");
  const asked = { symbol, market, openBuyQty, openSellQty, groupCash: ZERO };
  const margin = marginContext(account, asked);
  return margin === null || market.instrument === null
    ? affordableQuantity(spendableOn(account, market), terms)
    : affordableBuy(margin, market.instrument, market);
}

/** Units of the base currency for one of the instrument's. */
function baseRateIn(account: Account, { instrument, exchange }: ActOnSignal["market"]) {
  if (instrument?.currency === account.opening.baseCurrency) return dec(1);
  return exchange === undefined ? null : dec(exchange.rate);
}

/** In the instrument's currency. */
function spendableOn(account: Account, market: ActOnSignal["market"]): Decimal {
  const { baseCurrency } = account.opening;
  const currency = currencyContext(account, { market, groupCash: ZERO, paidIn: null });
  const power = buyingPower(account);
  if (market.instrument === null) return dec(power);
  return spendable(market.instrument, { baseCurrency, buyingPower: power, currency });
}

function whyNothing(account: Account, lotSize: string): string {
  return account.opening.margin === undefined
    ? `buying power ${buyingPower(account)} does not cover a lot of ${lotSize}`
    : `the margin that is free does not cover a lot of ${lotSize}`;
}

function positionToCome(account: Account, symbol: string): Decimal {
  return dec(positionOf(account, symbol)?.quantity ?? "0")
    .plus(openQuantity(account.orders, symbol, "buy"))
    .minus(openQuantity(account.orders, symbol, "sell"));
}

function sizeSell(account: Account, symbol: string, lotSize: string): Sizing {
  const held = dec(positionOf(account, symbol)?.quantity ?? "0");
  const quantity = floorTo(held.minus(openQuantity(account.orders, symbol, "sell")), lotSize);
  if (quantity.lessThanOrEqualTo(ZERO)) return { none: `there is no ${symbol} left to sell` };
  return { quantity };
}

/** Good till cancelled: a signal comes at a bar's close, when a day order would expire before the next session. */
function makeOrder(account: Account, signal: Signal, quantity: Decimal, env: Env): NewOrder {
  return {
    orderId: env.id("order"),
    clOrdId: signal.signalId,
    tenantId: account.opening.tenantId,
    portfolioId: account.portfolioId,
    symbol: signal.symbol,
    side: signal.side === "sell" ? "sell" : "buy",
    ordType: "market",
    orderQty: text(quantity),
    timeInForce: "gtc",
    placedBy: `strategy:${signal.strategyId}`,
    signalId: signal.signalId,
  };
}
