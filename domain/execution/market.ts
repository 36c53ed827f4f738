import type { Bar } from "../market/bar.ts";
import type { SubmitPayload } from "../order/messages.ts";
import type { Side } from "../order/new-order.ts";
import { type DecimalString, dec } from "../shared/decimal.ts";
import type { MarketSeen } from "./paper-messages.ts";

const DAY_MS = 86_400_000;

/** A bar or quote as it is offered to the orders; `range` is the bar's, null for a quote. */
export interface Market {
  readonly seen: MarketSeen;
  readonly range: Pick<Bar, "high" | "low"> | null;
}

export function beginsMs(seen: MarketSeen): number {
  return seen.by === "bar" ? seen.startMs : seen.timeMs;
}

export function endsMs(seen: MarketSeen): number {
  return seen.by === "bar" ? seen.endMs : seen.timeMs;
}

/** Days since the epoch of the UTC date. */
export function sessionDay(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

export function endOfDayMs(day: number): number {
  return (day + 1) * DAY_MS;
}

/** No look-ahead: a bar must begin, and a quote be strictly later, after all that was seen when the order came. */
export function isEligible(
  order: { readonly activeFromMs: number | null },
  seen: MarketSeen,
): boolean {
  if (order.activeFromMs === null) return false;
  return seen.by === "bar" ? seen.startMs >= order.activeFromMs : seen.timeMs > order.activeFromMs;
}

/** The first price at which the side could trade: a bar's open, a quote's opposite touch; null when there is none. */
export function arrivalPrice(seen: MarketSeen, side: Side): DecimalString | null {
  if (seen.by === "bar") return seen.open;
  return side === "buy" ? seen.ask : seen.bid;
}

/** Whether the order's limit allows the price; a market order takes any. */
export function isMarketable(
  order: Pick<SubmitPayload, "price" | "side">,
  price: DecimalString,
): boolean {
  if (order.price === null) return true;
  return order.side === "buy"
    ? dec(price).lessThanOrEqualTo(order.price)
    : dec(price).greaterThanOrEqualTo(order.price);
}
