import type { ApprovedOrder } from "../order/new-order.ts";
import { Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { MarketView, OrderChanges } from "./messages.ts";
import type { OpenOrder } from "./open-orders.ts";

/** A split as the orders of its symbol see it: so many new units for so many old ones. */
export interface SplitOfOrders {
  readonly symbol: string;
  readonly newUnits: number;
  readonly oldUnits: number;
  readonly lotSize: DecimalString;
  readonly effectiveAtMs: number;
}

/** Scaled quotes are for the check alone: more decimals than any tick has, and few enough to be read in a denial. */
const QUOTE_DECIMALS = 12;

/**
 * An order's terms in new units. What is left of it is multiplied, and rounded down to the lot; the whole quantity is that
 * and what was filled, which stays as it was reported (FIX: OrderQty = CumQty + LeavesQty, and no report is ever restated).
 * Prices are divided, and rounded to the tick away from the market, so that a rounding makes no order easier to fill or to
 * set off: those of limits to buy, stops to sell and touched orders to buy down, those of the others up. Both prices of one
 * order go the same way, so that none passes the other.
 *
 * Source: FINRA Rule 5330 for limits to buy and stops to sell (price down to the quotation increment, size down). It
 * leaves limits to sell and stops to buy alone, and cancels all orders at a reverse split; here no order may rest in old
 * units, so both are adjusted by the same arithmetic.
 * @returns the reason, where the order cannot be brought into new units by an amendment
 */
export function newTerms(
  { approved, cumQty }: OpenOrder,
  split: SplitOfOrders,
  tickOfInstrument: DecimalString | undefined,
): OrderChanges | { readonly reason: string } {
  const { orderQty, price, stopPx, displayQty, ordType } = approved;
  if (ordType === "trailingStop")
    return { reason: "its stop follows prices from before the split" };
  if (displayQty !== undefined) return { reason: "the quantity that it shows cannot be amended" };
  const leaves = wholeLots(dec(orderQty).minus(cumQty), split);
  if (leaves.lessThanOrEqualTo(ZERO)) return { reason: "not a lot would be left of it" };
  const tickSize = approved.tickSize ?? tickOfInstrument;
  if (tickSize === undefined) return { reason: "the tick size is not known" };
  const perNew = (value: DecimalString) => pricePerNew(value, approved, { split, tickSize });
  const changes: OrderChanges = {
    orderQty: text(leaves.plus(cumQty)),
    ...(price !== undefined && { price: perNew(price) }),
    ...(stopPx !== undefined && { stopPx: perNew(stopPx) }),
  };
  const isNothing = [changes.price, changes.stopPx].includes("0");
  return isNothing ? { reason: "nothing would be left of its price" } : changes;
}

/** Rounded down to the lot. */
export function wholeLots(
  quantity: Decimal,
  { newUnits, oldUnits, lotSize }: Pick<SplitOfOrders, "newUnits" | "oldUnits" | "lotSize">,
): Decimal {
  // One division of exact numbers: what is a whole number of lots comes out as one.
  return quantity.times(newUnits).dividedBy(dec(lotSize).times(oldUnits)).floor().times(lotSize);
}

/**
 * The market as the check of an order in new units has to see it: the quote was of old units, its prices are divided and its
 * sizes multiplied. A quote of after the split is in new units already.
 */
export function marketInNewUnits(market: MarketView, split: SplitOfOrders): MarketView {
  const { quote } = market;
  if (quote === null || quote.tsEventMs > split.effectiveAtMs) return market;
  const ratio = dec(split.newUnits).dividedBy(split.oldUnits);
  const price = (value: DecimalString | null) =>
    value === null ? null : readable(dec(value).dividedBy(ratio));
  const size = (value: DecimalString | null) =>
    value === null ? null : readable(dec(value).times(ratio));
  return {
    ...market,
    quote: {
      symbol: quote.symbol,
      bid: price(quote.bid),
      ask: price(quote.ask),
      bidSize: size(quote.bidSize),
      askSize: size(quote.askSize),
      last: price(quote.last),
      lastSize: size(quote.lastSize),
      tsEventMs: quote.tsEventMs,
      tsInitMs: quote.tsInitMs,
    },
  };
}

function readable(value: Decimal): DecimalString {
  return text(value.toDecimalPlaces(QUOTE_DECIMALS, Decimal.ROUND_HALF_EVEN));
}

function pricePerNew(
  price: DecimalString,
  order: ApprovedOrder,
  { split, tickSize }: { readonly split: SplitOfOrders; readonly tickSize: DecimalString },
): DecimalString {
  const ticks = dec(price).times(split.oldUnits).dividedBy(dec(tickSize).times(split.newUnits));
  return text((restsBelow(order) ? ticks.floor() : ticks.ceil()).times(tickSize));
}

/** Whether it waits for the market to fall to it. */
function restsBelow({ ordType, side }: ApprovedOrder): boolean {
  const isStop = ordType === "stop" || ordType === "stopLimit" || ordType === "trailingStop";
  return (side === "buy") !== isStop;
}
