import type { Instrument } from "../market/instrument.ts";
import type { Quote } from "../market/quote.ts";
import type { NewOrder } from "../order/new-order.ts";
import type {
  MarketView,
  OrderRoute,
  PortfolioLimits,
  TradingState,
} from "../portfolio/messages.ts";
import { Decimal, dec, type DecimalString, ZERO } from "../shared/decimal.ts";
import type { Line } from "../portfolio/margin/margin-state.ts";
import type { MarginTerms } from "../portfolio/margin/terms.ts";
import { baseRateOf, type CurrencyContext, type Funding, fundingOf } from "./funding.ts";
import { hasLimit, holdCash, holdTerms, type HoldTerms } from "./hold.ts";
import type { OrderRisk } from "./live/order-risk.ts";
import { marginHold } from "./margin-hold.ts";
import { onlyReduces } from "./reducing.ts";
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
  /** null: a cash portfolio */
  readonly margin: MarginContext | null;
  /** null: a portfolio of one currency */
  readonly currency: CurrencyContext | null;
  /** null: a netting portfolio */
  readonly hedging: HedgingContext | null;
  readonly namesPosition: boolean;
  readonly risk: OrderRisk;
}

/** Units of the order's symbol that stand side by side, with what open orders will add. */
export interface HedgingContext {
  /** the position that the order names is there; true when it names none */
  readonly isPositionKnown: boolean;
  readonly long: DecimalString;
  readonly short: DecimalString;
}

/** What the margin of an order is checked by. Money is in the base currency. */
export interface MarginContext {
  readonly terms: MarginTerms;
  readonly isCallOpen: boolean;
  /** symbols and currencies of which no price or rate is known; the rest says nothing then */
  readonly missing: readonly string[];
  readonly equity: DecimalString;
  /** initial margin of all symbols but the order's, their open orders filled at the worst */
  readonly othersInitial: DecimalString;
  /** for fees and slippage of open orders, what the legs of the order's group hold not counted */
  readonly reserved: DecimalString;
  /** the order's symbol, without the order */
  readonly line: Line;
  readonly mark: DecimalString;
  /** units of the base currency for one of the instrument's */
  readonly rate: DecimalString;
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
  /** of buys, and of all orders of a margin portfolio: the cash to hold */
  readonly cash: Decimal | null;
  /** of buys of a cash portfolio: what they are paid with */
  readonly funding: Funding | null;
  /** units of the base currency for one of the instrument's */
  readonly baseRate: Decimal | null;
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
  const funding =
    context.margin !== null || terms === null || instrument === null
      ? null
      : fundingOf(holdCash(quantity, terms), instrument, context);
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
    cash:
      context.margin === null
        ? (funding?.cash ?? null)
        : marginCash(order, quantity, instrument, context),
    funding,
    baseRate: instrument && baseRateOf(instrument, context),
  };
}

/** What only makes a position smaller is never kept from it for want of money. */
function marginCash(
  order: NewOrder,
  quantity: Decimal,
  instrument: Instrument | null,
  context: OrderContext,
): Decimal | null {
  if (onlyReduces(order.side, quantity, context)) return ZERO;
  const { margin, market } = context;
  const { quote, feeBps } = market;
  if (instrument === null || margin === null) return null;
  const seen = { quote: ofSymbol(quote, order.symbol), feeBps };
  const held = marginHold(order, quantity, instrument, seen, dec(margin.mark));
  return held && held.times(margin.rate).toDecimalPlaces(CASH_DECIMALS, Decimal.ROUND_UP);
}

/** Cash is held in steps of this many decimals. */
const CASH_DECIMALS = 8;

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
