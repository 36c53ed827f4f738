import type { Liquidity } from "../order/execution-report.ts";
import { Decimal, type DecimalString, dec, floorTo, text } from "../shared/decimal.ts";
import { auctionOf, auctionOffer, isForAuction } from "./auctions.ts";
import type { VenueOrder } from "./book.ts";
import { type Close, endedAfter, endedBefore, isCutShort } from "./endings.ts";
import { type Offer, isImmediate, offerAfter, offerTo } from "./fill-models.ts";
import { type Market, arrivalPrice, beginsMs, isEligible, isMarketable } from "./market.ts";
import { slip } from "./slippage.ts";
import { isTouched, isWaiting, setOff } from "./triggers.ts";

/** What a bar or quote does to one order: it may be set off, filled once, and ended. */
export interface Outcome {
  readonly setOff: SettingOff | null;
  readonly fill: Fill | null;
  readonly close: Close | null;
}

export interface SettingOff {
  readonly atMs: number;
  /** it has become a limit that could not trade at once */
  readonly rests: boolean;
}

export interface Fill {
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly liquidity: Liquidity;
  readonly atMs: number;
}

const UNTOUCHED: Outcome = { setOff: null, fill: null, close: null };

/**
 * Offers a bar or quote to an order; the rules are in docs/PAPER.md.
 * @param available what may still be taken of it; null when not limited
 */
export function match(order: VenueOrder, market: Market, available: Decimal | null): Outcome {
  const { seen } = market;
  const ended = endedBefore(order, seen);
  if (ended !== null) return { ...UNTOUCHED, close: ended };
  const visible = isEligible(order, seen) ? visibleTo(order, market) : null;
  const outcome = visible === null ? UNTOUCHED : trade(order, visible, available);
  if (outcome.close !== null || isComplete(order, outcome)) return outcome;
  return { ...outcome, close: endedAfter(order, seen) };
}

/** Of a bar in which its time ends an order sees the first price only. */
function visibleTo(order: VenueOrder, market: Market): Market | null {
  if (market.range === null || !isCutShort(order, market.seen)) return market;
  return market.isMovedTo ? null : { ...market, range: null };
}

function isComplete(order: VenueOrder, { fill }: Outcome): boolean {
  return fill !== null && fill.quantity.equals(leavesOf(order));
}

export function leavesOf(order: VenueOrder): Decimal {
  return dec(order.submitted.orderQty).minus(order.cumQty);
}

function trade(order: VenueOrder, market: Market, available: Decimal | null): Outcome {
  const arrival = arrivalPrice(market.seen, order.submitted.side);
  // A quote without the other side is no market for this order, and takes no chance away from it.
  if (arrival === null) return UNTOUCHED;
  if (isForAuction(order)) return bid(order, market, available);
  if (isWaiting(order)) return wait(order, market, arrival, available);
  const offer = offerTo(order, market, arrival);
  if (offer === null)
    return isImmediate(order) ? missed(order, arrival, beginsMs(market.seen)) : UNTOUCHED;
  return accept(order, market, offer, available);
}

function wait(
  order: VenueOrder,
  market: Market,
  arrival: DecimalString,
  available: Decimal | null,
): Outcome {
  const hit = setOff(order, market, arrival);
  if (hit === null) return UNTOUCHED;
  const offer = offerAfter(order, market, hit, arrival);
  const { atMs } = hit;
  const isUnmet = offer === null && isImmediate(order);
  if (isUnmet) return { ...missed(order, text(hit.price), atMs), setOff: { atMs, rests: false } };
  const outcome = offer === null ? UNTOUCHED : accept(order, market, offer, available);
  const rests = order.submitted.price !== null && offer?.liquidity !== "taker";
  return { ...outcome, setOff: { atMs, rests } };
}

/** The auction is the only chance: what it does not fill has expired. */
function bid(order: VenueOrder, market: Market, available: Decimal | null): Outcome {
  const auction = auctionOf(order, market);
  if (auction === null) return UNTOUCHED;
  const offer = auctionOffer(order, auction);
  const outcome = offer === null ? UNTOUCHED : take(order, market, offer, available);
  if (outcome.close !== null || isComplete(order, outcome)) return outcome;
  const words = `${order.submitted.timeInForce}: the auction was at ${text(dec(auction.price))}`;
  return { ...outcome, close: { as: "expired", text: words, atMs: auction.atMs } };
}

function accept(
  order: VenueOrder,
  market: Market,
  offer: Offer,
  available: Decimal | null,
): Outcome {
  const { postOnly, price } = order.submitted;
  if (postOnly === true && offer.liquidity === "taker") {
    if (order.hasRested && !isWaiting(order) && price !== null)
      return take(order, market, { ...offer, price: dec(price), liquidity: "maker" }, available);
    const words = `post only: it would take at ${text(offer.price)}`;
    return { ...UNTOUCHED, close: { as: "rejected", text: words, atMs: offer.atMs } };
  }
  return take(order, market, offer, available);
}

function take(order: VenueOrder, market: Market, offer: Offer, available: Decimal | null): Outcome {
  const { liquidity, atMs } = offer;
  const price = priceOf(order, market, offer);
  const tooDear = findTooDear(order, price, atMs);
  if (tooDear !== null) return tooDear;
  const wanted = leavesOf(order);
  const quantity = quantityOf(order, wanted, liquidity, available);
  const { timeInForce } = order.submitted;
  const words = `${timeInForce}: ${text(quantity)} of ${text(wanted)} were to be had`;
  const isShort = quantity.lessThan(wanted);
  if (isShort && timeInForce === "fok") return canceled(words, atMs);
  const fill = quantity.isZero() ? null : { quantity, price, liquidity, atMs };
  const isCut = isShort && timeInForce === "ioc";
  return { setOff: null, fill, close: isCut ? canceled(words, atMs).close : null };
}

/** Slippage is for orders that take any price; a limit is what protects from it. */
function priceOf(order: VenueOrder, market: Market, { price, bound }: Offer): Decimal {
  const { price: limit, side, tickSize } = order.submitted;
  if (limit !== null) return price;
  const { history, rules } = market;
  const quantity = leavesOf(order);
  const volume = market.volume[side];
  const { slippage } = rules;
  const slipped = slip({ slippage, side, price, quantity, volume, history, tickSize });
  if (bound === undefined) return slipped;
  return side === "buy" ? Decimal.max(bound, slipped) : Decimal.min(bound, slipped);
}

/** A gap beyond what the hold covers: spending it would take cash that was promised elsewhere. */
function findTooDear(order: VenueOrder, price: Decimal, atMs: number): Outcome | null {
  const { worstPrice, side, ordType } = order.submitted;
  if (side === "sell" || worstPrice === null || price.lessThanOrEqualTo(worstPrice)) return null;
  const found = `${ordType} buy would fill at ${text(price)}`;
  return canceled(`${found}, above ${worstPrice}, the worst price that is held for`, atMs);
}

/** All of it, or whole lots of what there is; of what makes no more than is shown at a time. */
function quantityOf(
  order: VenueOrder,
  wanted: Decimal,
  liquidity: Liquidity,
  available: Decimal | null,
): Decimal {
  const { displayQty, lotSize } = order.submitted;
  const isShown = displayQty !== undefined && liquidity === "maker";
  const asked = isShown ? Decimal.min(wanted, displayQty) : wanted;
  return available === null || available.greaterThanOrEqualTo(asked)
    ? asked
    : floorTo(available, lotSize);
}

function missed(order: VenueOrder, price: DecimalString, atMs: number): Outcome {
  const { timeInForce, price: limit } = order.submitted;
  const words = `${timeInForce}: the market at ${text(dec(price))} did not meet the limit ${limit ?? ""}`;
  return canceled(words, atMs);
}

function canceled(words: string, atMs: number): Outcome {
  return { ...UNTOUCHED, close: { as: "canceled", text: words, atMs } };
}

/**
 * In which order the legs of a group meet what is offered: first what happens at its first price, which is certain; then stops,
 * as nothing says which extreme of a bar came first and the worse is assumed; then the rest.
 */
export function legRank(order: VenueOrder, market: Market): 0 | 1 | 2 {
  const arrival = arrivalPrice(market.seen, order.submitted.side);
  if (arrival === null) return 2;
  if (!isWaiting(order)) return isMarketable(order.submitted, arrival) ? 0 : 2;
  const hit = setOff(order, market, arrival);
  if (hit?.isAtOnce === true) return 0;
  return isTouched(order.submitted.ordType) ? 2 : 1;
}
