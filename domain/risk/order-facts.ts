import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/quote.ts";
import type { NewOrder } from "../order/new-order.ts";
import type { MarketView, PortfolioLimits } from "../portfolio/messages.ts";
import { type Decimal, dec, type DecimalString } from "../shared/decimal.ts";
import { holdCash, holdTerms, type HoldTerms } from "./hold.ts";
import { lastPrice, touchPrice } from "./reference-price.ts";

/** The portfolio as the check sees it. Money is in the base currency; quantities are of the order's symbol. */
export interface OrderContext {
  readonly status: "open" | "closed";
  readonly baseCurrency: string;
  readonly limits: PortfolioLimits;
  /** cash and positions, the order's symbol at the market */
  readonly equity: DecimalString;
  /** cash that no open order holds */
  readonly buyingPower: DecimalString;
  readonly positionQty: DecimalString;
  /** still to be filled of open buys */
  readonly openBuyQty: DecimalString;
  /** still to be filled of open sells */
  readonly openSellQty: DecimalString;
  /** orders approved within the last 60 s, this one not counted */
  readonly ordersLastMinute: number;
  readonly market: MarketView;
}

/** What the rules look at, read once from order and context. Null: not known, so the rules that need it cannot run. */
export interface Facts {
  readonly order: NewOrder;
  readonly context: OrderContext;
  readonly quantity: Decimal;
  /** null: a market order, or a limit order that lacks its price */
  readonly limitPrice: Decimal | null;
  readonly instrument: Instrument | null;
  /** what the order would trade at now */
  readonly touch: Decimal | null;
  readonly last: Decimal | null;
  /** of buys */
  readonly terms: HoldTerms | null;
  /** of buys: the cash to hold */
  readonly cash: Decimal | null;
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
    limitPrice: order.ordType === "limit" && order.price !== undefined ? dec(order.price) : null,
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
