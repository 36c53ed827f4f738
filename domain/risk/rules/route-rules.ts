import type { Trail } from "../../order/new-order.ts";
import type { RouteProblem } from "../../portfolio/messages.ts";
import { routeOf } from "../order-facts.ts";
import { type OrderRule, deny, unsupported } from "./rule.ts";

export const routeIsKnown =
  (code: RouteProblem["problem"]): OrderRule =>
  ({ order, context }) => {
    const { route } = context.market;
    if (route === undefined || !("problem" in route) || route.problem !== code) return null;
    const asked = code === "VENUE_NOT_FOUND" ? order.exDestination : order.brokerAccountId;
    const limit =
      code === "VENUE_NOT_FOUND" ? "a venue that a broker trades on" : "a usable account";
    return deny(code, route.message, limit, asked ?? context.market.instrument?.venue ?? "none");
  };

export const typeIsSupported: OrderRule = (facts) => {
  const { ordType, trail } = facts.order;
  const abilities = routeOf(facts)?.abilities;
  if (abilities === undefined) return null;
  if (!abilities.ordTypes.includes(ordType))
    return unsupported("ORDER_TYPE_UNSUPPORTED", "order type", abilities.ordTypes, ordType);
  const kind = trailKind(trail);
  return kind === null || abilities.trails.includes(kind)
    ? null
    : unsupported("ORDER_TYPE_UNSUPPORTED", "trail", abilities.trails, kind);
};

export const timeInForceIsSupported: OrderRule = (facts) => {
  const { timeInForce } = facts.order;
  const supported = routeOf(facts)?.abilities.timesInForce;
  return supported === undefined || supported.includes(timeInForce)
    ? null
    : unsupported("TIME_IN_FORCE_UNSUPPORTED", "time in force", supported, timeInForce);
};

export const flagsAreSupported: OrderRule = (facts) => {
  const abilities = routeOf(facts)?.abilities;
  if (abilities === undefined) return null;
  const flags = (["postOnly", "reduceOnly", "displayQty"] as const).filter(
    (flag) => facts.order[flag] !== undefined,
  );
  // What only ever reduces needs no word of the venue: the check has seen to it.
  const missing = flags.find((flag) => flag !== "reduceOnly" && !abilities[flag]);
  return missing === undefined
    ? null
    : unsupported(
        "FLAG_UNSUPPORTED",
        "flag",
        flags.filter((flag) => abilities[flag]),
        missing,
      );
};

function trailKind(trail: Trail | undefined): "amount" | "bps" | "ticks" | null {
  if (trail === undefined) return null;
  return "amount" in trail ? "amount" : "bps" in trail ? "bps" : "ticks";
}
