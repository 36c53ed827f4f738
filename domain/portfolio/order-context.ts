import type { OrderContext } from "../risk/order-facts.ts";
import { markPrice } from "../risk/reference-price.ts";
import { type Decimal, dec, text } from "../shared/decimal.ts";
import type { MarketView } from "./messages.ts";
import { openQuantity } from "./open-orders.ts";
import { type Account, buyingPower, positionOf } from "./state.ts";

const MINUTE_MS = 60_000;

/** The portfolio as the pre-trade check of an order in `symbol` sees it. */
export function orderContext(
  account: Account,
  symbol: string,
  market: MarketView,
  nowMs: number,
): OrderContext {
  return {
    status: account.status,
    baseCurrency: account.opening.baseCurrency,
    limits: account.limits,
    equity: text(equityAt(account, symbol, market)),
    buyingPower: buyingPower(account),
    positionQty: positionOf(account, symbol)?.quantity ?? "0",
    openBuyQty: openQuantity(account.orders, symbol, "buy"),
    openSellQty: openQuantity(account.orders, symbol, "sell"),
    ordersLastMinute: countAfter(account.approvedAtMs, nowMs - MINUTE_MS),
    market,
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
  market: Pick<MarketView, "quote">,
): Decimal {
  const atCost = dec(account.cash).plus(account.positionsCost);
  const position = positionOf(account, symbol);
  const mark = position === undefined ? null : markPrice(market.quote);
  if (position === undefined || mark === null) return atCost;
  const value = mark.times(position.quantity).times(position.multiplier);
  return atCost.plus(value.minus(position.cost));
}
