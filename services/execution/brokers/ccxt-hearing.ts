import { dec } from "../../../domain/shared/decimal.ts";
import { type VenueOrder, findVenueOrder } from "../../../models/venue-orders.ts";
import type { NodeContext } from "../../context.ts";
import type { CcxtFamily } from "./ccxt-families.ts";
import type { CcxtFills } from "./ccxt-fills.ts";
import type { CcxtNews } from "./ccxt-news.ts";
import { type OurCcxtOrder, meaningOf, ourOrder, statusReports } from "./ccxt-reports.ts";
import type { Desk } from "./desk.ts";
import { OPEN_STATUSES } from "./reconciliation.ts";

export interface CcxtHearingParts {
  readonly node: NodeContext;
  readonly venue: string;
  readonly family: CcxtFamily;
  readonly fills: CcxtFills;
  readonly desk: Desk;
}

/**
 * Tells the orders what a stream has brought, where it is as good as an answer; whatever it leaves open is to be asked for.
 * The reports have the same execIds as those of an answer, so that it does not matter which of the two comes first.
 * @returns whether the exchange is to be asked now
 */
export async function hear(parts: CcxtHearingParts, news: CcxtNews): Promise<boolean> {
  const { family, venue, fills } = parts;
  if (!family.streamsReports) return true;
  const known = news.orders.map((order) => {
    const ours = ourOrder(order, { family, venue });
    fills.remember(order.id, ours?.orderId ?? null);
    return ours;
  });
  // Fills first: what closes an order gives back its hold, which they are to be paid from.
  await fills.hear(news.trades);
  let isUnclear = false;
  for (const ours of known) if (ours !== null && (await hearOrder(parts, ours))) isUnclear = true;
  return isUnclear;
}

async function hearOrder(parts: CcxtHearingParts, theirs: OurCcxtOrder): Promise<boolean> {
  const { node, venue, desk } = parts;
  const ours = await findVenueOrder(node.pool, theirs.orderId);
  // A stranger's, or one that is over: the comparison of the books has a word for either.
  if (ours?.venue !== venue || !isOpen(ours)) return false;
  // Whoever asked for the amendment says what came of it: that the one before is canceled is a part of that.
  if (ours.venueOrderId !== null && ours.venueOrderId !== theirs.order.id) return false;
  if (needsAsking(ours, theirs)) return true;
  const isHeardOf = ours.status !== "pendingNew" && ours.status !== "unknown";
  if (meaningOf(theirs.order) !== "live" || !isHeardOf) await desk.tellAll(statusReports(theirs));
  return false;
}

function isOpen({ status }: VenueOrder): boolean {
  return OPEN_STATUSES.some((open) => open === status);
}

/** Streams do not say whether an order that waited was set off; and what they say of it may come before its fills. */
function needsAsking(ours: VenueOrder, { order }: OurCcxtOrder): boolean {
  const meaning = meaningOf(order);
  return (
    ours.status === "pendingReplace" ||
    meaning === "unknown" ||
    (meaning === "live" && order.triggerPrice !== null) ||
    order.filled === null ||
    dec(order.filled).greaterThan(ours.cumQty)
  );
}
