/** Stop, touched and trailing orders: what sets them off, and where the market stands then. */
import type { SubmitPayload } from "../order/messages.ts";
import type { OrderType, Side } from "../order/new-order.ts";
import { Decimal, type DecimalString, dec, floorTo } from "../shared/decimal.ts";
import { type Market, arrivalPrice, beginsMs, lastMs } from "./market.ts";
import type { MarketSeen } from "./paper-messages.ts";

/** What of an order decides. */
interface Waiting {
  readonly submitted: SubmitPayload;
  readonly isSetOff?: true;
  /** of trailing orders: the best price since the acceptance */
  readonly trailBest?: DecimalString;
}

/** An order was set off, and the market stood at `price`. */
export interface SetOff {
  readonly price: Decimal;
  readonly atMs: number;
  /** by the first price of what was offered: all the rest of it came later */
  readonly isAtOnce: boolean;
}

/** Whether the order is still to be set off. */
export function isWaiting({ submitted, isSetOff }: Waiting): boolean {
  return isTriggered(submitted.ordType) && isSetOff !== true;
}

function isTriggered(ordType: OrderType): boolean {
  return ordType !== "market" && ordType !== "limit";
}

export function isTouched(ordType: OrderType): boolean {
  return ordType === "marketIfTouched" || ordType === "limitIfTouched";
}

/** Stops of buys and touched sells wait for the price to rise. */
export function isSetOffByRise({
  ordType,
  side,
}: Pick<SubmitPayload, "ordType" | "side">): boolean {
  return (side === "buy") !== isTouched(ordType);
}

/** @param arrival the market's first price for the order's side */
export function setOff(order: Waiting, market: Market, arrival: DecimalString): SetOff | null {
  return order.submitted.ordType === "trailingStop"
    ? trailingSetOff(order, market, arrival)
    : fixedSetOff(order, market, arrival);
}

function fixedSetOff(order: Waiting, market: Market, arrival: DecimalString): SetOff | null {
  const { submitted } = order;
  if (submitted.stopPx === undefined) return null;
  const trigger = dec(submitted.stopPx);
  const isStrict = market.rules.fillModel === "lean" && !isTouched(submitted.ordType);
  const isMet = (price: DecimalString) =>
    isSetOffByRise(submitted)
      ? isAtLeast(dec(price), trigger, isStrict)
      : isAtLeast(trigger, dec(price), isStrict);
  if (isMet(arrival)) return atOnce(market, trigger, arrival);
  const { range } = market;
  const extreme = range === null ? null : isSetOffByRise(submitted) ? range.high : range.low;
  return extreme !== null && isMet(extreme) ? inside(market, trigger) : null;
}

function isAtLeast(value: Decimal, bound: Decimal, isStrict: boolean): boolean {
  return isStrict ? value.greaterThan(bound) : value.greaterThanOrEqualTo(bound);
}

/** A gap leaves nothing at the trigger; a price that was moved to has passed it. */
function atOnce(market: Market, trigger: Decimal, arrival: DecimalString): SetOff {
  const price = market.isMovedTo ? trigger : dec(arrival);
  return { price, atMs: beginsMs(market.seen), isAtOnce: true };
}

function inside({ seen }: Market, price: Decimal): SetOff {
  return { price, atMs: lastMs(seen), isAtOnce: false };
}

/**
 * Against the stop as it stood before, at the first price; then, the first price counted, at the extreme that is against the
 * order; then, the other extreme counted, at the close, which comes last whichever extreme came first. LEAN's knows only the
 * second of these, against the stop as it stood before.
 */
function trailingSetOff(order: Waiting, market: Market, arrival: DecimalString): SetOff | null {
  const { submitted, trailBest = null } = order;
  const { side } = submitted;
  const isLean = market.rules.fillModel === "lean";
  const isMet = (price: DecimalString, stop: Decimal) =>
    side === "buy" ? dec(price).greaterThanOrEqualTo(stop) : dec(price).lessThanOrEqualTo(stop);
  const before = trailStop(submitted, trailBest);
  if (before !== null && isMet(arrival, before)) return atOnce(market, before, arrival);
  const { range } = market;
  if (range === null) return null;
  const opened = better(trailBest, arrival, side);
  const atOpen = (isLean ? before : null) ?? trailStop(submitted, opened);
  const adverse = side === "buy" ? range.high : range.low;
  if (atOpen !== null && isMet(adverse, atOpen)) return inside(market, atOpen);
  if (isLean) return null;
  const atBest = trailStop(
    submitted,
    better(opened, side === "buy" ? range.low : range.high, side),
  );
  return atBest !== null && isMet(range.close, atBest) ? inside(market, atBest) : null;
}

/** The best price that a trailing order has seen, this included; a quote that has none changes nothing. */
export function trailedTo(order: Waiting, seen: MarketSeen): DecimalString | undefined {
  const { side } = order.submitted;
  const arrival = arrivalPrice(seen, side);
  if (arrival === null) return order.trailBest;
  const favourable =
    seen.by === "quote" ? undefined : side === "buy" ? seen.extremes?.low : seen.extremes?.high;
  const opened = better(order.trailBest ?? null, arrival, side);
  return favourable === undefined ? opened : better(opened, favourable, side);
}

function better(best: DecimalString | null, price: DecimalString, side: Side): DecimalString {
  if (best === null) return price;
  const isBetter = side === "buy" ? dec(price).lessThan(best) : dec(price).greaterThan(best);
  return isBetter ? price : best;
}

/**
 * Where the stop stands: behind the best price, but never farther than where it was told to start. On the tick when there is
 * one, rounded away from the market, so that it is never nearer than agreed. Null while neither is known.
 */
function trailStop(
  { side, trail, stopPx, tickSize }: SubmitPayload,
  best: DecimalString | null,
): Decimal | null {
  const start = stopPx === undefined ? null : dec(stopPx);
  if (best === null || trail === undefined) return start;
  const offset = offsetOf(trail, best, tickSize);
  const isBuy = side === "buy";
  const behind = isBuy ? dec(best).plus(offset) : dec(best).minus(offset);
  const rounded = tickSize === undefined ? behind : awayOnTick(behind, isBuy, tickSize);
  if (start === null) return rounded;
  return isBuy ? Decimal.min(start, rounded) : Decimal.max(start, rounded);
}

function offsetOf(
  trail: NonNullable<SubmitPayload["trail"]>,
  best: DecimalString,
  tickSize: DecimalString | undefined,
): Decimal {
  if ("amount" in trail) return dec(trail.amount);
  if ("bps" in trail) return dec(best).abs().times(trail.bps).dividedBy(10_000);
  // An order in ticks is not accepted where the tick is not known.
  return dec(trail.ticks).times(tickSize ?? "0");
}

function awayOnTick(price: Decimal, isBuy: boolean, tickSize: DecimalString): Decimal {
  return isBuy ? floorTo(price.negated(), tickSize).negated() : floorTo(price, tickSize);
}
