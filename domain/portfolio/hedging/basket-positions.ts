import type { GroupTerms } from "../../execution/group/messages.ts";
import type { NewOrder } from "../../order/new-order.ts";
import type { Basket } from "../messages.ts";

/**
 * Which positions the legs of a group mean where positions stand side by side: the exits of a bracket close what its entry
 * opens, and the legs of an OCO all close what the first one names.
 */
export function ofPositions(basket: Basket): Basket {
  const { terms, orders, later } = basket;
  const positions = positionsOf(terms);
  const named = (order: NewOrder): NewOrder => {
    const positionId = order.positionId ?? positions.get(order.orderId);
    return positionId === undefined ? order : { ...order, positionId };
  };
  return {
    ...basket,
    terms: { ...terms, legs: terms.legs.map((leg) => ({ ...leg, order: named(leg.order) })) },
    orders: orders.map((one) => ({ ...one, order: named(one.order) })),
    later: later.map((one) => ({ ...one, order: named(one.order) })),
  };
}

/** By order. */
function positionsOf({ kind, legs }: GroupTerms): ReadonlyMap<string, string> {
  const [first, ...others] = legs.map(({ order }) => order);
  const positionId = kind === "bracket" ? (first?.positionId ?? first?.orderId) : first?.positionId;
  if (positionId === undefined || (kind !== "bracket" && kind !== "oco")) return new Map();
  return new Map(others.map(({ orderId }) => [orderId, positionId]));
}
