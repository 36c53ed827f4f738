import type { NewOrder, Side } from "../order/new-order.ts";
import { spendable } from "../risk/funding.ts";
import { affordableQuantity, holdTerms, type HoldTerms } from "../risk/hold.ts";
import { fixedFraction } from "../risk/position-size.ts";
import { touchPrice } from "../risk/reference-price.ts";
import { get } from "../shared/bucket-map.ts";
import type { Decision, Env } from "../shared/decider.ts";
import { Decimal, dec, floorTo, text, ZERO } from "../shared/decimal.ts";
import { Refusal } from "../shared/errors.ts";
import type { ActOnSignal, OrderVerdict, PortfolioEvent, Signal } from "./messages.ts";
import { findOrder, heldWith, membersOf, openQuantity } from "./open-orders.ts";
import { currencyContext } from "./currency/currency-context.ts";
import { affordableBuy } from "./margin/affordable.ts";
import { marginContext } from "./margin/margin-context.ts";
import { equityAt } from "./order-context.ts";
import { requestBasket } from "./request-basket.ts";
import { judge } from "./request-order.ts";
import { signalBracket } from "./signal-bracket.ts";
import { entryTerms, hasExits, type SignalTerms } from "./signal-terms.ts";
import { type Account, buyingPower, positionOf, signalKey } from "./state.ts";

type Decided = Decision<PortfolioEvent, OrderVerdict>;

/** How much to trade, and whether that opens a position; or why nothing. */
type Sizing = { readonly quantity: Decimal; readonly opens?: true } | { readonly none: string };

/**
 * Turns a signal into an order, a market order without other terms: a buy fills the position up to its fraction of equity, as far as
 * buying power goes; a sell offers all that is held and not yet offered, and when a margin portfolio is to be short, the fraction
 * beyond it. A buy that is to end flat buys back what is short and nothing more. The order then passes the same check as any
 * other; one with exits begins a group with them.
 * @throws Refusal ORDERS_OPEN while an order that is to be over still holds something: nothing is recorded then
 */
export function actOnSignal(account: Account, asked: ActOnSignal, env: Env): Decided {
  refuseOpen(account, asked.after ?? []);
  const command = sided(account, asked);
  const { signal } = command;
  const sizing = isOutdated(account, signal)
    ? { none: "this signal, or a later one of the strategy, was acted upon before" }
    : size(account, command);
  if ("none" in sizing) return nothing(sizing.none);
  const terms = sizing.opens === true ? command.terms : undefined;
  const order = makeOrder(account, { ...command, terms }, sizing.quantity, env);
  if (order === null) return nothing(`${signal.symbol} has no price, so no limit can be set`);
  return place(account, order, { ...command, terms }, env);
}

function nothing(reason: string): Decided {
  return { events: [], reply: { verdict: "none", reason } };
}

function refuseOpen({ orders }: Account, ids: readonly string[]): void {
  const open = ids.find((orderId) => findOrder(orders, orderId) !== undefined);
  if (open === undefined) return;
  throw new Refusal("conflict", "ORDERS_OPEN", `order ${open} still holds what is to be traded`);
}

function place(account: Account, order: NewOrder, command: Resolved, env: Env): Decided {
  const { market, terms, ends } = command;
  const { signalId, strategyId, symbol, asOfMs } = command.signal;
  const signal = { signalId, strategyId, symbol, asOfMs };
  if (terms === undefined || !hasExits(terms))
    return judge(account, order, market, ends === "first" ? null : signal, env);
  const basket = signalBracket(order, terms, { market, signal }, env);
  if (basket === null) return nothing(`${symbol} has no price to measure exits from`);
  const { reply, ...decided } = requestBasket(account, basket, env);
  const denied = reply.orders.find(({ verdict }) => verdict === "denied");
  const entry = denied ?? reply.orders[0];
  if (entry === undefined) throw new Error("expected a verdict on the entry");
  return { ...decided, reply: entry };
}

/** What closes a position is on the other side of it, whatever the signal says. */
function sided(account: Account, command: ActOnSignal): ActOnSignal {
  if (command.goal !== "closed") return command;
  const { insteadOf } = command;
  const isLong = positionToCome(account, command.signal.symbol, insteadOf).greaterThan(ZERO);
  const signal: Signal = { ...command.signal, side: isLong ? "sell" : "buy" };
  return { ...command, signal, goal: "flat" };
}

function isOutdated(account: Account, signal: Signal): boolean {
  const actedAsOfMs = get(account.actedAsOfMs, signalKey(signal.strategyId, signal.symbol));
  return actedAsOfMs !== undefined && signal.asOfMs <= actedAsOfMs;
}

/** With the terms that hold for what it turned out to do. */
type Resolved = Omit<ActOnSignal, "terms"> & { readonly terms: SignalTerms | undefined };

function size(account: Account, command: ActOnSignal): Sizing {
  const { instrument } = command.market;
  const { side, symbol } = command.signal;
  if (side === "hold") return { none: "the signal asks to hold" };
  if (account.opening.accounting === "hedging")
    return { none: "a signal does not say which of the positions side by side it means" };
  if (instrument === null) return { none: `${symbol} is not known, so the order cannot be sized` };
  if (side === "buy")
    return command.goal === "flat" ? sizeCover(account, command) : opening(account, command);
  // A cash portfolio sells what it holds, and so does everybody what cannot be borrowed.
  const canShort = account.opening.margin !== undefined && instrument.shortable;
  return command.goal === "short" && canShort
    ? opening(account, command)
    : command.mustOpen === true
      ? { none: `${symbol} cannot be sold short here` }
      : sizeSell(account, command, instrument.lotSize);
}

function opening(account: Account, command: ActOnSignal): Sizing {
  const { signal, terms } = command;
  const why =
    (terms !== undefined && hasExits(terms) ? whyNoMore(account, command) : null) ??
    whyTooMany(account, command);
  if (why !== null) return { none: why };
  const sized = signal.side === "buy" ? sizeBuy(account, command) : sizeShort(account, command);
  return "none" in sized ? sized : { ...sized, opens: true };
}

/** Exits stand for what one entry was filled: a second entry would have others at other prices. */
function whyNoMore(account: Account, { signal: { symbol, side } }: ActOnSignal): string | null {
  const toCome = positionToCome(account, symbol);
  const stands = side === "buy" ? toCome.greaterThan(ZERO) : toCome.lessThan(ZERO);
  return stands ? "a position with exits stands, and nothing is added to it" : null;
}

function whyTooMany(account: Account, { signal, maxOpen }: ActOnSignal): string | null {
  if (maxOpen === undefined || isTaken(account, signal.symbol)) return null;
  const taken = maxOpen.symbols.filter((symbol) => isTaken(account, symbol)).length;
  return taken < maxOpen.positions ? null : `${taken} positions of the strategy are open already`;
}

/** A position stands, or an order for one. */
function isTaken(account: Account, symbol: string): boolean {
  return (
    !dec(positionOf(account, symbol)?.quantity ?? "0").isZero() ||
    openQuantity(account.orders, symbol, "buy") !== "0" ||
    openQuantity(account.orders, symbol, "sell") !== "0"
  );
}

function sizeCover(account: Account, command: ActOnSignal): Sizing {
  const { signal, market } = command;
  const { symbol } = signal;
  const lotSize = market.instrument?.lotSize ?? "1";
  const wanted = floorTo(positionToCome(account, symbol, command.insteadOf).negated(), lotSize);
  if (wanted.lessThanOrEqualTo(ZERO)) return { none: `no ${symbol} is sold short` };
  return { quantity: wanted };
}

/** What is held is sold with it. Whether there is margin for the rest, the check of the order says. */
function sizeShort(account: Account, command: ActOnSignal): Sizing {
  const { symbol } = command.signal;
  const target = targetOf(account, command, "sell");
  if ("none" in target) return target;
  const wanted = target.quantity.plus(positionToCome(account, symbol));
  const quantity = floorTo(wanted, command.market.instrument?.lotSize ?? "1");
  if (quantity.lessThanOrEqualTo(ZERO))
    return { none: `the position is at its target of -${text(target.quantity)}` };
  return { quantity };
}

/** The size of a full position, without its sign. */
function targetOf(
  account: Account,
  { signal, fraction, maxPosition, market }: ActOnSignal,
  side: "buy" | "sell",
): Sizing {
  const { symbol } = signal;
  const price = touchPrice(market.quote, side);
  const terms =
    market.instrument === null ? null : holdTerms({ ordType: "market" }, market.instrument, market);
  if (price === null || terms === null)
    return { none: `${symbol} has no price, so the order cannot be sized` };
  const rate = account.opening.currencies === undefined ? dec(1) : baseRateIn(account, market);
  if (rate === null)
    return { none: `nobody knows what ${terms.currency} is worth, so the order cannot be sized` };
  const equity = equityAt(account, symbol, market).dividedBy(rate);
  const full = fixedFraction(equity, fraction, price, terms.multiplier, terms.lotSize);
  const capped = maxPosition === undefined ? full : Decimal.min(full, dec(maxPosition));
  return { quantity: floorTo(capped, terms.lotSize) };
}

/** What open orders will add or take away counts as done: a second signal must not buy the same position twice. */
function sizeBuy(account: Account, command: ActOnSignal): Sizing {
  const { market, signal } = command;
  const { symbol } = signal;
  const sized = targetOf(account, command, "buy");
  if ("none" in sized || market.instrument === null) return sized;
  const priced = entryTerms(command.terms, "buy", market);
  const terms = priced === null ? null : holdTerms(priced, market.instrument, market);
  if (terms === null) return { none: `${symbol} has no price, so the order cannot be sized` };
  const { lotSize } = terms;
  const target = sized.quantity;
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

/** @param without a group whose legs are not counted */
function positionToCome(account: Account, symbol: string, without?: string): Decimal {
  return dec(positionOf(account, symbol)?.quantity ?? "0")
    .plus(openBeside(account, symbol, "buy", without))
    .minus(openBeside(account, symbol, "sell", without));
}

function openBeside(
  { orders }: Account,
  symbol: string,
  side: Side,
  without: string | undefined,
): Decimal {
  const open = dec(openQuantity(orders, symbol, side));
  const [member] = membersOf(orders, without);
  return member?.approved.side === side
    ? open.minus(heldWith(orders, member.approved).quantity)
    : open;
}

function sizeSell(account: Account, command: ActOnSignal, lotSize: string): Sizing {
  const { symbol } = command.signal;
  const held = dec(positionOf(account, symbol)?.quantity ?? "0");
  const offered = openBeside(account, symbol, "sell", command.insteadOf);
  const quantity = floorTo(held.minus(offered), lotSize);
  if (quantity.lessThanOrEqualTo(ZERO)) return { none: `there is no ${symbol} left to sell` };
  return { quantity };
}

/** The one that opens bears the signal's name; one that only ends a position, where the two are told apart, one of its own. */
function makeOrder(
  account: Account,
  { signal, terms, market, ends, insteadOf }: Resolved,
  quantity: Decimal,
  env: Env,
): NewOrder | null {
  const priced = entryTerms(terms, signal.side === "sell" ? "sell" : "buy", market);
  if (priced === null) return null;
  const orderId = env.id("order");
  return {
    orderId,
    clOrdId: ends === undefined ? signal.signalId : orderId,
    tenantId: account.opening.tenantId,
    portfolioId: account.portfolioId,
    symbol: signal.symbol,
    side: signal.side === "sell" ? "sell" : "buy",
    ...priced,
    orderQty: text(quantity),
    ...(insteadOf !== undefined && { ocoGroup: insteadOf }),
    placedBy: `strategy:${signal.strategyId}`,
    signalId: signal.signalId,
  };
}
