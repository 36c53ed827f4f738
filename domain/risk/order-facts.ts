import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/quote.ts";
import type { NewOrder } from "../order/new-order.ts";
import type {
  MarketView,
  OrderRoute,
  PortfolioLimits,
  TradingState,
} from "../portfolio/messages.ts";
import { type Decimal, dec, type DecimalString } from "../shared/decimal.ts";
import { hasLimit, holdCash, holdTerms, type HoldTerms } from "./hold.ts";
import { lastPrice, touchPrice } from "./reference-price.ts";

/** The portfolio as the check sees it. Money is in the base currency; quantities are of the order's symbol. */
export interface OrderContext {
  readonly status: "open" | "closed";
  readonly tradingState: TradingState;
  readonly baseCurrency: string;
  readonly limits: PortfolioLimits;
  /** cash and positions, the order's symbol at the market */
  readonly equity: DecimalString;
  /** cash and positions at cost, as the day (UTC) began */
  readonly dayStartEquity: DecimalString;
  /** cash that no open order holds; what the legs of the order's group hold counts as free, as do their quantities below */
  readonly buyingPower: DecimalString;
  readonly positionQty: DecimalString;
  /** still to be filled of open buys */
  readonly openBuyQty: DecimalString;
  /** still to be filled of open sells */
  readonly openSellQty: DecimalString;
  /** the best limit price of an own order that rests on the other side; null when there is none */
  readonly ownOppositePrice: DecimalString | null;
  /** the order's group has legs of another symbol or side */
  readonly isGroupOfOthers: boolean;
  /** orders and amendments approved within the last 60 s, this one not counted */
  readonly ordersLastMinute: number;
  /** of the turn, epoch ms */
  readonly nowMs: number;
  readonly market: MarketView;
}

/** What the rules look at, read once from order and context. Null: not known, so the rules that need it cannot run. */
export interface Facts {
  readonly order: NewOrder;
  readonly context: OrderContext;
  readonly quantity: Decimal;
  /** null: an order without a limit, or one that lacks its price */
  readonly limitPrice: Decimal | null;
  readonly instrument: Instrument | null;
  /** null: it waits for nothing, or lacks its trigger */
  readonly stopPrice: Decimal | null;
  /** what the order would trade at now */
  readonly touch: Decimal | null;
  readonly last: Decimal | null;
  /** of buys */
  readonly terms: HoldTerms | null;
  /** of buys: the cash to hold */
  readonly cash: Decimal | null;
}

/** Null: to the instrument's venue, which nobody has asked. */
export function routeOf({ context }: Pick<Facts, "context">): OrderRoute | null {
  const { route } = context.market;
  return route === undefined || "problem" in route ? null : route;
}

export function findFacts(order: NewOrder, context: OrderContext): Facts {
  const instrument = usable(ofSymbol(context.market.instrument, order.symbol));
  const quote: Quote | null = ofSymbol(context.market.quote, order.symbol);
  const { feeBps } = context.market;
  const quantity = dec(order.orderQty);
  const terms =
    instrument === null || order.side === "sell"
      ? null
      : holdTerms(order, instrument, { quote, feeBps });
  return {
    order,
    context,
    quantity,
    limitPrice: hasLimit(order) && order.price !== undefined ? dec(order.price) : null,
    stopPrice: order.stopPx === undefined ? null : dec(order.stopPx),
    instrument,
    touch: touchPrice(quote, order.side),
    last: lastPrice(quote, order.side),
    terms,
    cash: terms === null ? null : holdCash(quantity, terms),
  };
}

/** A market view of another symbol says nothing about this order. */
function ofSymbol<T extends { readonly symbol: string }>(
  value: T | null,
  symbol: string,
): T | null {
  return value?.symbol === symbol ? value : null;
}

/** An instrument whose steps are not positive cannot be priced or sized: as good as unknown. */
function usable(instrument: Instrument | null): Instrument | null {
  if (instrument === null) return null;
  const { tickSize, lotSize, multiplier } = instrument;
  return [tickSize, lotSize, multiplier].every((step) => dec(step).greaterThan(0))
    ? instrument
    : null;
}
