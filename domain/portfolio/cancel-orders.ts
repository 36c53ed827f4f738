import type { ActorRef, TellEffect } from "../shared/decider.ts";
import { values } from "../shared/bucket-map.ts";
import type { OpenOrders } from "./open-orders.ts";

/** Asks each open order, or what it is a part of, to be canceled. @param symbol of theirs; null: all */
export function cancelsOf(
  { orders }: { readonly orders: OpenOrders },
  requestedBy: string,
  symbol: string | null = null,
): readonly TellEffect[] {
  const refs = new Map<string, ActorRef>();
  for (const { approved } of values(orders.byId)) {
    if (symbol !== null && approved.symbol !== symbol) continue;
    const { parent, orderId } = approved;
    const { type, id } = parent ?? { type: "order", id: orderId };
    refs.set(`${type}:${id}`, { type, id });
  }
  return [...refs.values()].map((to) => ({
    kind: "tell",
    to,
    command: { type: "RequestCancel", requestedBy, ...(to.type === "order" && { ifOpen: true }) },
    isJoint: true,
  }));
}
