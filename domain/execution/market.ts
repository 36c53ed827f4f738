import type { Bar } from "../market/bar.ts";
import type { SubmitPayload } from "../order/messages.ts";
import type { Side } from "../order/new-order.ts";
import { type DecimalString, dec } from "../shared/decimal.ts";
import type { BarHistory } from "./bar-history.ts";
import type { MarketSeen } from "./paper-messages.ts";
import { wholeOf } from "./sessions.ts";
import { PLAIN_RULES, type VenueRules } from "./venue-rules.ts";

/** A bar, a part of one, or a quote as it is offered to the orders. */
export interface Market {
  readonly seen: MarketSeen;
  /** the bar's; null for a quote */
  readonly range: Pick<Bar, "high" | "low" | "close"> | null;
  readonly rules: VenueRules;
  /** the price was moved to, from what was offered before: no gap lies between */
  readonly isMovedTo: boolean;
  /** what was traded in the bar, or is displayed to each side; null when not known */
  readonly volume: { readonly [side in Side]: DecimalString | null };
  /** the bars before it */
  readonly history: BarHistory;
}

export function marketOf(
  seen: MarketSeen,
  range: Market["range"],
  more: Partial<Omit<Market, "seen" | "range">> = {},
): Market {
  const { rules = PLAIN_RULES, isMovedTo = false, history = [] } = more;
  return {
    seen,
    range,
    rules,
    isMovedTo,
    history,
    volume: more.volume ?? { buy: null, sell: null },
  };
}

export function beginsMs(seen: MarketSeen): number {
  return seen.by === "bar" ? seen.startMs : seen.timeMs;
}

/** The time that the market has reached with it. When the prices inside of a bar were is not known: no time before its end. */
export function endsMs(seen: MarketSeen): number {
  if (seen.by === "quote") return seen.timeMs;
  return seen.of === undefined || seen.endMs === seen.of.endMs ? seen.endMs : seen.of.startMs;
}

/** By its last millisecond it is certain that something happened at some time inside the bar. */
export function lastMs(seen: MarketSeen): number {
  return seen.by === "bar" ? seen.endMs - 1 : seen.timeMs;
}

/** No look-ahead: the whole bar must begin, and a quote be strictly later, after all that was seen when the order came. */
export function isEligible(
  order: { readonly activeFromMs: number | null },
  seen: MarketSeen,
): boolean {
  if (order.activeFromMs === null) return false;
  return seen.by === "bar"
    ? wholeOf(seen).startMs >= order.activeFromMs
    : seen.timeMs > order.activeFromMs;
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
