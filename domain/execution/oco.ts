/**
 * Legs of one group at one venue are one quantity: a fill of one is taken from the others in the same turn, and when one is
 * filled, or nothing is left of another, the others end. So no order of events fills the group twice.
 */
import type { ReportOf, SubmitPayload } from "../order/messages.ts";
import type { Env } from "../shared/decider.ts";
import { type Decimal, dec, text } from "../shared/decimal.ts";
import type { VenueOrder } from "./book.ts";
import type { Market } from "./market.ts";
import { type Fill, leavesOf, legRank } from "./matching.ts";
import type { PaperVenueEvent } from "./paper-messages.ts";
import { closing, head } from "./paper-reports.ts";

/** By time of acceptance, the legs of a group where its first one stands, in the order of `legRank`. */
export function inTurn(orders: readonly VenueOrder[], market: Market): readonly VenueOrder[] {
  if (orders.every(({ submitted }) => submitted.ocoGroup === undefined)) return orders;
  const first = new Map<string, number>();
  for (const { number, submitted } of orders)
    if (submitted.ocoGroup !== undefined && !first.has(submitted.ocoGroup))
      first.set(submitted.ocoGroup, number);
  const placeOf = ({ number, submitted }: VenueOrder) =>
    first.get(submitted.ocoGroup ?? "") ?? number;
  const rank = new Map(orders.map((order) => [order, legRank(order, market)]));
  return orders.toSorted(
    (a, b) =>
      placeOf(a) - placeOf(b) || (rank.get(a) ?? 2) - (rank.get(b) ?? 2) || a.number - b.number,
  );
}

/**
 * What a fill of one leg does to the others.
 * @param others the open legs as they stand
 */
export function afterFill(
  order: VenueOrder,
  fill: Pick<Fill, "quantity" | "atMs">,
  others: readonly VenueOrder[],
  env: Env,
): readonly PaperVenueEvent[] {
  const isFilled = fill.quantity.equals(leavesOf(order));
  return others.map((leg) => {
    const left = leavesOf(leg).minus(fill.quantity);
    return isFilled || !left.greaterThan(0)
      ? closing(leg.submitted, ended(fill.atMs), env)
      : shrunk(leg, dec(leg.submitted.orderQty).minus(fill.quantity), fill.atMs, env);
  });
}

function ended(atMs: number) {
  return { as: "canceled", text: "another order of its group was filled", atMs } as const;
}

/** Smaller, so that it keeps its place. */
function shrunk(leg: VenueOrder, quantity: Decimal, atMs: number, env: Env): PaperVenueEvent {
  const order: SubmitPayload = { ...leg.submitted, orderQty: text(quantity) };
  const { orderQty, price, stopPx = null } = order;
  const report: ReportOf<"replaced"> = {
    // It only ever shrinks: the quantity tells one shrinking from another.
    ...head(order, `shrunk:${orderQty}`, atMs, env),
    execType: "replaced",
    revision: null,
    venueOrderId: leg.venueOrderId,
    orderQty,
    price,
    stopPx,
  };
  const { activeFromMs } = leg;
  return { type: "VenueOrderReplaced", order, keepsPlace: true, activeFromMs, report };
}
