/** Orders that end by time: day with its session, gtd at its instant, and any with a cancel when it arrives. */
import type { VenueOrder } from "./book.ts";
import { endsMs, isEligible } from "./market.ts";
import type { MarketSeen } from "./paper-messages.ts";
import { closeOfDateMs, sessionOf, tradedUntilMs, wholeOf } from "./sessions.ts";
import { isoDate } from "./settlement.ts";

export interface Close {
  readonly as: "canceled" | "expired" | "rejected";
  readonly text: string;
  readonly atMs: number;
}

/** An order that had ended when this began; the market since then is none of its business. */
export function endedBefore(order: VenueOrder, seen: MarketSeen): Close | null {
  const session = sessionOfOrder(order, seen);
  const isLater = session !== null && sessionOf(order.submitted.calendar, seen).date > session.date;
  return isLater ? session.close : endedBy(order, wholeOf(seen).startMs);
}

/** An order that ends with this, after it had what it could have of it. */
export function endedAfter(order: VenueOrder, seen: MarketSeen): Close | null {
  const session = sessionOfOrder(order, seen);
  const isOver = session !== null && endsMs(seen) >= session.close.atMs;
  return isOver ? session.close : endedBy(order, endsMs(seen));
}

/** Ends inside of it: of a bar only the first price is known to have come before. */
export function isCutShort(order: VenueOrder, seen: MarketSeen): boolean {
  const endMs = Math.min(cancelMs(order), expiryMs(order));
  return endMs < tradedUntilMs(order.submitted.calendar, seen);
}

/** The session with which a day order ends; null for other orders, and while nothing has been offered yet. */
function sessionOfOrder(
  order: VenueOrder,
  seen: MarketSeen,
): { readonly date: number; readonly close: Close } | null {
  const { timeInForce, calendar } = order.submitted;
  if (timeInForce !== "day" && timeInForce !== "cls") return null;
  const date =
    order.sessionDay ?? (isEligible(order, seen) ? sessionOf(calendar, seen).date : null);
  if (date === null) return null;
  const atMs = closeOfDateMs(calendar, date, seen);
  return { date, close: { as: "expired", text: `the day ${isoDate(date)} is over`, atMs } };
}

function endedBy(order: VenueOrder, atMs: number): Close | null {
  const canceledMs = cancelMs(order);
  const expiredMs = expiryMs(order);
  if (canceledMs <= Math.min(atMs, expiredMs))
    return { as: "canceled", text: "canceled on request", atMs: canceledMs };
  return expiredMs <= atMs ? { as: "expired", text: "its time is over", atMs: expiredMs } : null;
}

function cancelMs({ cancelAtMs = Infinity }: VenueOrder): number {
  return cancelAtMs;
}

function expiryMs({ submitted: { timeInForce, expireAtMs = Infinity } }: VenueOrder): number {
  return timeInForce === "gtd" ? expireAtMs : Infinity;
}
