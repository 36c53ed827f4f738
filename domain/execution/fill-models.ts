/**
 * At which price a bar or quote offers an order what it wants, in each fill model; the rules are in docs/PAPER.md.
 *
 * LEAN: `EquityFillModel` and `FillModel` (QuantConnect/Lean, Common/Orders/Fills). A limit fills when the bar goes through it,
 * at the worse of the limit and the bar's other extreme; a stop at the worse of the stop and the close; a stop limit that is
 * set off by the close. NautilusTrader: https://nautilustrader.io/docs/latest/concepts/backtesting/bar-execution/; its bars
 * come here as a path of prices (bar-path.ts), and what is left to do is that a limit that rests never fills at another price.
 */
import type { Liquidity } from "../order/execution-report.ts";
import { Decimal, type DecimalString, dec, text } from "../shared/decimal.ts";
import type { VenueOrder } from "./book.ts";
import { type Market, beginsMs, isMarketable, lastMs } from "./market.ts";
import { type SetOff, isTouched } from "./triggers.ts";

export interface Offer {
  readonly price: Decimal;
  readonly liquidity: Liquidity;
  readonly atMs: number;
  /** slippage apart, the fill is no better than this */
  readonly bound?: Decimal;
}

type Range = NonNullable<Market["range"]>;

/**
 * To an order that waits for nothing.
 * @param arrival the market's first price for the order's side
 */
export function offerTo(order: VenueOrder, market: Market, arrival: DecimalString): Offer | null {
  const { seen, range, rules } = market;
  const limit = order.submitted.price;
  if (rules.fillModel === "lean" && range !== null && limit !== null && !isImmediate(order))
    return leanLimit(order, limit, range, lastMs(seen));
  if (isMarketable(order.submitted, arrival)) {
    const isPassed = seen.by === "quote" || rules.fillModel === "nautilus";
    const isMaker = limit !== null && order.hasRested && (isPassed || isPostOnly(order));
    return isMaker
      ? { price: dec(limit), liquidity: "maker", atMs: beginsMs(seen) }
      : { price: dec(arrival), liquidity: "taker", atMs: beginsMs(seen) };
  }
  if (limit === null || range === null || isImmediate(order)) return null;
  const isTouchedIn = isMarketable(order.submitted, extremeOf(order, range));
  return isTouchedIn ? { price: dec(limit), liquidity: "maker", atMs: lastMs(seen) } : null;
}

/** To an order that was set off by the same bar or quote. */
export function offerAfter(
  order: VenueOrder,
  market: Market,
  hit: SetOff,
  arrival: DecimalString,
): Offer | null {
  const { seen, range, rules } = market;
  const { price: limit } = order.submitted;
  if (rules.fillModel === "lean" && range !== null)
    return leanAfter(order, range, hit, lastMs(seen));
  if (limit === null) return { price: hit.price, liquidity: "taker", atMs: hit.atMs };
  if (isMarketable(order.submitted, text(hit.price)))
    return { price: hit.price, liquidity: "taker", atMs: hit.atMs };
  if (isImmediate(order)) return null;
  if (hit.isAtOnce && range !== null) return offerTo(order, market, arrival);
  return afterwards(order, market, limit);
}

/** A touched order is on its way to the limit; of a stop's bar only the close is known to come after the trigger. */
function afterwards(order: VenueOrder, { seen, range }: Market, limit: string): Offer | null {
  if (range === null) return null;
  const later = isTouched(order.submitted.ordType) ? extremeOf(order, range) : range.close;
  return isMarketable(order.submitted, later)
    ? { price: dec(limit), liquidity: "maker", atMs: lastMs(seen) }
    : null;
}

function leanLimit(order: VenueOrder, limit: string, range: Range, atMs: number): Offer | null {
  const { ordType, side } = order.submitted;
  if (ordType === "limitIfTouched") return leanTouched(order, range, atMs);
  const decisive = ordType === "stopLimit" ? range.close : extremeOf(order, range);
  const isThrough =
    side === "buy" ? dec(decisive).lessThan(limit) : dec(decisive).greaterThan(limit);
  if (!isThrough) return null;
  const price = side === "buy" ? Decimal.min(range.high, limit) : Decimal.max(range.low, limit);
  return { price, liquidity: price.equals(limit) ? "maker" : "taker", atMs };
}

function leanTouched(order: VenueOrder, { close }: Range, atMs: number): Offer | null {
  return isMarketable(order.submitted, close)
    ? { price: dec(close), liquidity: "taker", atMs }
    : null;
}

function leanAfter(order: VenueOrder, range: Range, hit: SetOff, atMs: number): Offer | null {
  const { price: limit, ordType } = order.submitted;
  if (limit !== null) return leanLimit(order, limit, range, atMs);
  // LEAN has no market order that waits to be touched: that is filled where it was touched.
  return isTouched(ordType)
    ? { price: hit.price, liquidity: "taker", atMs: hit.atMs }
    : { price: dec(range.close), liquidity: "taker", atMs, bound: hit.price };
}

/** The bar's best price for a limit of this side. */
function extremeOf({ submitted: { side } }: VenueOrder, { high, low }: Range): DecimalString {
  return side === "buy" ? low : high;
}

function isPostOnly({ submitted: { postOnly } }: VenueOrder): boolean {
  return postOnly === true;
}

export function isImmediate({ submitted: { timeInForce } }: VenueOrder): boolean {
  return timeInForce === "ioc" || timeInForce === "fok";
}
