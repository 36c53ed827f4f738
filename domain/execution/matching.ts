import type { Liquidity } from "../order/execution-report.ts";
import { type Decimal, type DecimalString, dec, floorTo, text } from "../shared/decimal.ts";
import {
  type Market,
  arrivalPrice,
  beginsMs,
  endOfDayMs,
  endsMs,
  isEligible,
  isMarketable,
  sessionDay,
} from "./market.ts";
import type { MarketSeen } from "./paper-messages.ts";
import type { VenueOrder } from "./book.ts";
import { isoDate } from "./settlement.ts";

/** What a bar or quote does to one order: at most one fill, and perhaps its end. */
export interface Outcome {
  readonly fill: Fill | null;
  readonly close: Close | null;
}

export interface Fill {
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly liquidity: Liquidity;
  readonly atMs: number;
}

export interface Close {
  readonly as: "canceled" | "expired";
  readonly text: string;
  readonly atMs: number;
}

const UNTOUCHED: Outcome = { fill: null, close: null };

/**
 * Offers a bar or quote to an order; the rules are in paper-venue.ts.
 * @param available what may still be taken of it; null when not limited
 */
export function match(order: VenueOrder, market: Market, available: Decimal | null): Outcome {
  const session = sessionOf(order, market.seen);
  if (session !== null && sessionDay(beginsMs(market.seen)) > session) return expiry(session);
  const outcome = isEligible(order, market.seen) ? trade(order, market, available) : UNTOUCHED;
  if (session === null || outcome.close !== null || isComplete(order, outcome)) return outcome;
  const isOver = endsMs(market.seen) >= endOfDayMs(session);
  return isOver ? { ...outcome, close: expiry(session).close } : outcome;
}

/** The date with which a day order ends; null for other orders, and while nothing has been offered yet. */
function sessionOf(order: VenueOrder, seen: MarketSeen): number | null {
  if (order.submitted.timeInForce !== "day") return null;
  return order.sessionDay ?? (isEligible(order, seen) ? sessionDay(beginsMs(seen)) : null);
}

function expiry(session: number): Outcome {
  const words = `the day ${isoDate(session)} is over`;
  return { fill: null, close: { as: "expired", text: words, atMs: endOfDayMs(session) } };
}

function isComplete(order: VenueOrder, { fill }: Outcome): boolean {
  return fill !== null && fill.quantity.equals(leaves(order));
}

function leaves(order: VenueOrder): Decimal {
  return dec(order.submitted.orderQty).minus(order.cumQty);
}

interface Offer {
  readonly price: Decimal;
  readonly liquidity: Liquidity;
  readonly atMs: number;
}

function trade(order: VenueOrder, market: Market, available: Decimal | null): Outcome {
  const arrival = arrivalPrice(market.seen, order.submitted.side);
  // A quote without the other side is no market for this order, and takes no chance away from it.
  if (arrival === null) return UNTOUCHED;
  const offer = offerTo(order, market, arrival);
  if (offer === null) return isImmediate(order) ? missed(order, arrival, market.seen) : UNTOUCHED;
  return tooDear(order, offer) ?? take(order, offer, available);
}

function isImmediate(order: VenueOrder): boolean {
  const { timeInForce } = order.submitted;
  return timeInForce === "ioc" || timeInForce === "fok";
}

function offerTo(order: VenueOrder, market: Market, arrival: DecimalString): Offer | null {
  const { seen, range } = market;
  const limit = order.submitted.price;
  if (isMarketable(order.submitted, arrival)) {
    const isMaker = seen.by === "quote" && order.hasRested && limit !== null;
    return isMaker
      ? { price: dec(limit), liquidity: "maker", atMs: beginsMs(seen) }
      : { price: dec(arrival), liquidity: "taker", atMs: beginsMs(seen) };
  }
  if (limit === null || range === null || isImmediate(order)) return null;
  const extreme = order.submitted.side === "buy" ? range.low : range.high;
  // Touched at some time inside the bar; by its last millisecond it is certain.
  return isMarketable(order.submitted, extreme)
    ? { price: dec(limit), liquidity: "maker", atMs: endsMs(seen) - 1 }
    : null;
}

/** A gap beyond what the hold covers: spending it would take cash that was promised elsewhere. */
function tooDear(order: VenueOrder, offer: Offer): Outcome | null {
  const { worstPrice, side, ordType } = order.submitted;
  if (side === "sell" || worstPrice === null || offer.price.lessThanOrEqualTo(worstPrice))
    return null;
  const found = `${ordType} buy would fill at ${text(offer.price)}`;
  return canceled(`${found}, above ${worstPrice}, the worst price that is held for`, offer.atMs);
}

function take(order: VenueOrder, offer: Offer, available: Decimal | null): Outcome {
  const wanted = leaves(order);
  const quantity = quantityOf(wanted, available, order.submitted.lotSize);
  const { timeInForce } = order.submitted;
  const words = `${timeInForce}: ${text(quantity)} of ${text(wanted)} were to be had`;
  const isShort = quantity.lessThan(wanted);
  if (isShort && timeInForce === "fok") return canceled(words, offer.atMs);
  const { price, liquidity, atMs } = offer;
  const fill = quantity.isZero() ? null : { quantity, price, liquidity, atMs };
  const isCut = isShort && timeInForce === "ioc";
  return { fill, close: isCut ? canceled(words, atMs).close : null };
}

/** All of it, or whole lots of what there is. */
function quantityOf(wanted: Decimal, available: Decimal | null, lotSize: string): Decimal {
  return available === null || available.greaterThanOrEqualTo(wanted)
    ? wanted
    : floorTo(available, lotSize);
}

function missed(order: VenueOrder, arrival: DecimalString, seen: MarketSeen): Outcome {
  const { timeInForce, price } = order.submitted;
  const words = `${timeInForce}: the market at ${text(dec(arrival))} did not meet the limit ${price ?? ""}`;
  return canceled(words, beginsMs(seen));
}

function canceled(words: string, atMs: number): Outcome {
  return { fill: null, close: { as: "canceled", text: words, atMs } };
}
