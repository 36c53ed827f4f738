import type { NewOrder, Side } from "../order/new-order.ts";
import { type OrderRisk, orderRisk } from "../risk/live/order-risk.ts";
import type { HedgingContext, OrderContext } from "../risk/order-facts.ts";
import { markPrice } from "../risk/reference-price.ts";
import { type Decimal, add, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import { currencyContext } from "./currency/currency-context.ts";
import { rateFor, toBase } from "./currency/currency-book.ts";
import { heldBySymbol } from "./margin/margin-state.ts";
import { marginContext } from "./margin/margin-context.ts";
import type { MarketView } from "./messages.ts";
import { bestResting, heldWith, membersOf, openQuantity } from "./open-orders.ts";
import { type Account, equityAtCost, type Position, positionOf, positionsIn } from "./state.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The portfolio as the pre-trade check of an order in `symbol` sees it. */
export function orderContext(
  account: Account,
  order: NewOrder,
  market: MarketView,
  nowMs: number,
  isFlattening = false,
  paidIn: string | null = null,
): OrderContext {
  const { symbol, side, ocoGroup } = order;
  const { orders, dayStart } = account;
  const { baseCurrency } = account.opening;
  // The legs of its group hold for it too: what it asks for beyond that is what counts.
  const shared = ocoGroup === undefined ? null : heldWith(orders, order);
  const isHedging = account.opening.accounting === "hedging";
  const key = isHedging && order.positionId !== undefined ? order.positionId : symbol;
  const open = (of: Side) => {
    const quantity = openQuantity(orders, key, of);
    return of === side && shared !== null ? text(dec(quantity).minus(shared.quantity)) : quantity;
  };
  const [openBuyQty, openSellQty] = [open("buy"), open("sell")];
  // An order in a hedging portfolio that names no position has none to make smaller.
  const isOpening = isHedging && order.positionId === undefined;
  const held = isOpening ? undefined : heldUnder(account, key, symbol);
  const sharedCash = shared?.cash ?? ZERO;
  const groupCash = (shared?.foreign ?? null) === null ? sharedCash : ZERO;
  const resting = bestResting(orders, symbol, side === "buy" ? "sell" : "buy", isHedging);
  const heldByGroup = shared === null ? "0" : text(shared.quantity);
  const risk = orderRisk(account, { order, market, heldByGroup, nowMs, isFlattening });
  const isSameDay = dayStart.day === Math.floor(nowMs / DAY_MS);
  return {
    status: account.status,
    tradingState: risk.standing.state,
    baseCurrency,
    // What is to be closed is closed, whatever the portfolio may risk.
    limits: isFlattening ? {} : risk.inForce.limits,
    equity: text(knownEquity(risk) ?? equityAt(account, symbol, market)),
    dayStartEquity:
      dayOpenEquity(account, nowMs) ?? (isSameDay ? dayStart.equity : equityAtCost(account)),
    buyingPower: text(dec(account.cash).minus(orders.reserved).plus(groupCash)),
    positionQty: held?.quantity ?? "0",
    openBuyQty,
    openSellQty,
    ownOppositePrice: resting === null ? null : text(resting),
    isGroupOfOthers: membersOf(orders, ocoGroup).some(
      ({ approved }) => approved.symbol !== symbol || approved.side !== side,
    ),
    ordersLastMinute: countAfter(account.approvedAtMs, nowMs - MINUTE_MS),
    nowMs,
    market,
    margin: marginContext(account, {
      symbol,
      market,
      openBuyQty: key === symbol ? openBuyQty : openQuantity(orders, symbol, "buy"),
      openSellQty: key === symbol ? openSellQty : openQuantity(orders, symbol, "sell"),
      groupCash,
    }),
    currency: currencyContext(account, {
      market,
      groupCash: sharedCash.minus(groupCash),
      paidIn: paidIn ?? (sharedCash.isZero() ? null : (shared?.foreign ?? baseCurrency)),
    }),
    hedging: isHedging ? hedgingOf(account, order) : null,
    namesPosition: order.positionId !== undefined,
    risk,
  };
}

function knownEquity({ after }: OrderRisk): Decimal | null {
  return after === null || "missing" in after ? null : after.equity;
}

/** At the market, where somebody has marked it today. */
function dayOpenEquity({ riskBook }: Account, nowMs: number): DecimalString | null {
  const { dayOpen } = riskBook;
  return dayOpen?.day === Math.floor(nowMs / DAY_MS) ? dayOpen.equity : null;
}

/** A position of another symbol says nothing about this order. */
function heldUnder(account: Account, key: string, symbol: string): Position | undefined {
  const position = positionOf(account, key);
  return position?.symbol === symbol && position.quantity !== "0" ? position : undefined;
}

/** What stands side by side in the order's symbol, and what orders that open more will add. */
function hedgingOf(account: Account, { symbol, positionId }: NewOrder): HedgingContext {
  const held = heldBySymbol(positionsIn(account, symbol)).get(symbol);
  return {
    isPositionKnown:
      positionId === undefined || heldUnder(account, positionId, symbol) !== undefined,
    long: add(held?.long ?? "0", openQuantity(account.orders, symbol, "buy")),
    short: add(held?.short ?? "0", openQuantity(account.orders, symbol, "sell")),
  };
}

/** How many of these ascending times are after `ms`; by halves, as a limit of 10,000 a minute keeps 10,000 of them. */
function countAfter(times: readonly number[], ms: number): number {
  let [first, end] = [0, times.length];
  while (first < end) {
    const middle = (first + end) >>> 1;
    if ((times[middle] ?? ms) > ms) end = middle;
    else first = middle + 1;
  }
  return times.length - first;
}

/** Cash and positions: `symbol` at the market where its price is known, everything else at cost. */
export function equityAt(
  account: Account,
  symbol: string,
  market: Pick<MarketView, "quote" | "exchange">,
): Decimal {
  const atCost = dec(equityAtCost(account));
  const positions = positionsIn(account, symbol);
  const mark = positions.length === 0 ? null : markPrice(market.quote);
  if (mark === null) return atCost;
  return positions.reduce((equity, { quantity, multiplier, cost, baseCost, currency }) => {
    const value = mark.times(quantity).times(multiplier);
    if (baseCost === undefined) return equity.plus(value.minus(cost));
    const rate = rateFor(account, currency, market.exchange?.rate);
    return equity.plus(toBase(value, rate).minus(baseCost));
  }, atCost);
}
