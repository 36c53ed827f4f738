import type { OrderSummary } from "../../domain/order/messages.ts";
import type { NewOrder, Trail } from "../../domain/order/new-order.ts";
import type { MarketView } from "../../domain/portfolio/messages.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";

type Particulars = Partial<
  Pick<
    ActionMap["orders.create"]["params"],
    | "price"
    | "stopPrice"
    | "trail"
    | "expireAt"
    | "flags"
    | "venue"
    | "brokerAccountId"
    | "positionId"
  >
>;

/** What only some orders have, from the words of REST. */
export function particularsOf(asked: Particulars): Partial<NewOrder> {
  const { price, stopPrice, trail, expireAt, flags, venue, brokerAccountId, positionId } = asked;
  return {
    ...(price !== undefined && { price }),
    ...(stopPrice !== undefined && { stopPx: stopPrice }),
    ...(trail !== undefined && { trail: trailOf(trail) }),
    ...(expireAt !== undefined && { expireAtMs: expireAt }),
    ...(flags?.postOnly === true && { postOnly: true }),
    ...(flags?.reduceOnly === true && { reduceOnly: true }),
    ...(flags?.displayQuantity !== undefined && { displayQty: flags.displayQuantity }),
    ...(venue !== undefined && { exDestination: venue }),
    ...(brokerAccountId !== undefined && { brokerAccountId }),
    ...(positionId !== undefined && { positionId }),
  };
}

/** The route has seen to it that it is one of the three. */
export function trailOf({ amount, bps, ticks }: NonNullable<Particulars["trail"]>): Trail {
  if (amount !== undefined) return { amount };
  return bps === undefined ? { ticks: String(ticks) } : { bps };
}

/** An order that was only checked, as it would stand. */
export function asIfPlaced(
  order: NewOrder,
  { instrument }: MarketView,
  nowMs: number,
): OrderSummary {
  return {
    ...order,
    price: order.price ?? null,
    ordStatus: "pendingNew",
    cumQty: "0",
    leavesQty: order.orderQty,
    avgPx: null,
    fees: "0",
    currency: instrument?.currency ?? null,
    venue: order.exDestination ?? instrument?.venue ?? null,
    venueOrderId: null,
    signalId: null,
    reasons: [],
    text: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}
