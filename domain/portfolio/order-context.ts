import type { NewOrder, Side } from "../order/new-order.ts";
import type { OrderContext } from "../risk/order-facts.ts";
import { markPrice } from "../risk/reference-price.ts";
import { type Decimal, add, dec, text, ZERO } from "../shared/decimal.ts";
import type { MarketView } from "./messages.ts";
import { bestResting, heldWith, membersOf, openQuantity } from "./open-orders.ts";
import { type Account, positionOf } from "./state.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The portfolio as the pre-trade check of an order in `symbol` sees it. */
export function orderContext(
  account: Account,
  order: NewOrder,
  market: MarketView,
  nowMs: number,
): OrderContext {
  const { symbol, side, ocoGroup } = order;
  const { orders, dayStart } = account;
  // The legs of its group hold for it too: what it asks for beyond that is what counts.
  const shared = ocoGroup === undefined ? null : heldWith(orders, order);
  const open = (of: Side) => {
    const quantity = openQuantity(orders, symbol, of);
    return of === side && shared !== null ? text(dec(quantity).minus(shared.quantity)) : quantity;
  };
  const resting = bestResting(orders, symbol, side === "buy" ? "sell" : "buy");
  const isSameDay = dayStart.day === Math.floor(nowMs / DAY_MS);
  return {
    status: account.status,
    tradingState: account.tradingState,
    baseCurrency: account.opening.baseCurrency,
    limits: account.limits,
    equity: text(equityAt(account, symbol, market)),
    dayStartEquity: isSameDay ? dayStart.equity : add(account.cash, account.positionsCost),
    buyingPower: text(
      dec(account.cash)
        .minus(orders.reserved)
        .plus(shared?.cash ?? ZERO),
    ),
    positionQty: positionOf(account, symbol)?.quantity ?? "0",
    openBuyQty: open("buy"),
    openSellQty: open("sell"),
    ownOppositePrice: resting === null ? null : text(resting),
    isGroupOfOthers: membersOf(orders, ocoGroup).some(
      ({ approved }) => approved.symbol !== symbol || approved.side !== side,
    ),
    ordersLastMinute: countAfter(account.approvedAtMs, nowMs - MINUTE_MS),
    nowMs,
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
