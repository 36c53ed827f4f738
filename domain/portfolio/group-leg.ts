import type { GroupLeg, LegRole } from "../execution/group/messages.ts";
import type { NewOrder } from "../order/new-order.ts";
import type { MarketView } from "./messages.ts";

/** What the portfolio will say of an unknown instrument or broker stands in the denial; here they are as they would be. */
export function legOf(role: LegRole, order: NewOrder, market: MarketView | undefined): GroupLeg {
  const route = market?.route;
  return {
    role,
    order,
    lotSize: market?.instrument?.lotSize ?? "1",
    canReplace: route === undefined || "problem" in route || route.abilities.replace,
  };
}
