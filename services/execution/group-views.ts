import type { GroupSummary, LegSummary } from "../../domain/execution/group/messages.ts";
import type { GroupView } from "../../mixins/rest/routes/baskets.ts";
import type { ContingencyView } from "../../mixins/rest/routes/contingencies.ts";
import type { OrderView } from "../../mixins/rest/routes/orders.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { Pool } from "../../models/postgres/pool.ts";
import { findViews, type StoredView } from "../../models/views.ts";

/** A group in the words of REST. */
export function toGroupView(group: GroupSummary): GroupView {
  return {
    groupId: group.groupId,
    portfolioId: group.portfolioId,
    kind: group.kind,
    status: group.status,
    trigger: group.trigger,
    mode: group.mode,
    legs: group.legs.map(toLegView),
    alarms: group.alarms.map(({ event, role, orderId, text, atMs }) => ({
      event,
      role,
      orderId,
      text,
      at: isoTime(atMs),
    })),
    createdAt: isoTime(group.createdAtMs),
    updatedAt: isoTime(group.updatedAtMs),
  };
}

function toLegView(leg: LegSummary): GroupView["legs"][number] {
  return {
    role: leg.role,
    orderId: leg.orderId,
    orderIds: [...leg.orderIds],
    symbol: leg.symbol,
    side: leg.side,
    type: leg.ordType,
    timeInForce: leg.timeInForce,
    price: leg.price,
    stopPrice: leg.stopPx,
    targetQuantity: leg.targetQty,
    cumQuantity: leg.cumQty,
    workingQuantity: leg.workingQty,
    status: leg.ordStatus,
    ...(leg.reasons.length > 0 && { reasons: [...leg.reasons] }),
    text: leg.text,
  };
}

/** An order's place in its group; null when it has none. */
function contingencyOf(group: GroupSummary, orderId: string): ContingencyView | null {
  const own = group.legs.find((leg) => leg.orderId === orderId || leg.orderIds.includes(orderId));
  if (own === undefined) return null;
  return {
    groupId: group.groupId,
    kind: group.kind,
    role: own.role,
    orders: group.legs.map((leg) => ({ orderId: leg.orderId, role: leg.role })),
  };
}

/** Each order that is of a group with its place in it, as the groups stand now. */
export async function withContingencies(
  pool: Pool,
  orders: readonly OrderView[],
): Promise<OrderView[]> {
  const ids = new Set(orders.flatMap(({ groupId }) => groupId ?? []));
  if (ids.size === 0) return [...orders];
  const found = await findViews(
    pool,
    [...ids].map((id) => ({ type: "group", id })),
  );
  const groups = new Map(found.map((view) => [view.id, groupOf(view)]));
  return orders.map((order) => withContingency(order, groups.get(order.groupId ?? "")));
}

export function withContingency(order: OrderView, group: GroupSummary | undefined): OrderView {
  const contingency = group === undefined ? null : contingencyOf(group, order.orderId);
  return contingency === null ? order : { ...order, contingency };
}

export function groupOf({ doc }: Pick<StoredView, "doc">): GroupSummary {
  // sound: written by the projection of the group kind, or read from its actor
  return doc as unknown as GroupSummary;
}
