import type { Side } from "../order/new-order.ts";
import type { OrderContext } from "../risk/order-facts.ts";
import { markPrice } from "../risk/reference-price.ts";
import { type Decimal, dec, text, ZERO } from "../shared/decimal.ts";
import type { MarketView } from "./messages.ts";
import { type Account, buyingPower, openPositions } from "./state.ts";

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
    positionQty: account.positions[symbol]?.quantity ?? "0",
    openBuyQty: text(openQuantity(account, symbol, "buy")),
    openSellQty: text(openQuantity(account, symbol, "sell")),
    ordersLastMinute: account.approvedAtMs.filter((atMs) => atMs > nowMs - MINUTE_MS).length,
    market,
  };
}

/** Still to be filled, of all open orders of one symbol and side. */
export function openQuantity(account: Account, symbol: string, side: Side): Decimal {
  let quantity = ZERO;
  for (const { hold } of Object.values(account.orders))
    if (hold.symbol === symbol && hold.side === side) quantity = quantity.plus(hold.quantity);
  return quantity;
}

/** Cash and positions: `symbol` at the market where its price is known, everything else at cost. */
export function equityAt(
  account: Account,
  symbol: string,
  market: Pick<MarketView, "quote">,
): Decimal {
  const mark = markPrice(market.quote);
  let equity = dec(account.cash);
  for (const position of openPositions(account)) {
    const isMarked = position.symbol === symbol && mark !== null;
    const value = isMarked
      ? mark.times(position.quantity).times(position.multiplier)
      : position.cost;
    equity = equity.plus(value);
  }
  return equity;
}
