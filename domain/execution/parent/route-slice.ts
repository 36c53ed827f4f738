/** The slices of smart routing: each is a round over the venues for what is not yet filled. */
import { dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import { quantityOf } from "../algorithms/lots.ts";
import { impactRoute } from "../routing/impact.ts";
import { takerRoute } from "../routing/taker.ts";
import type { Allocation, Venue } from "../routing/venue.ts";
import type { MarketSeen } from "./messages.ts";
import {
  lotSizeOf,
  lotsIn,
  nothing,
  type Parameters,
  type Piece,
  remaining,
  type SliceDecision,
  tighter,
} from "./slice-terms.ts";
import type { StartedParent } from "./state.ts";

type Routing = Parameters<"smartRouting">;

/** A model of the venues that was given stands for all rounds; levels that were given are those of the first. */
export function routesByMarket({ venues, method }: Routing, index: number): boolean {
  return venues === undefined || (method !== "impact" && index > 0);
}

export function decideRouting(
  state: StartedParent,
  index: number,
  market: MarketSeen | null,
  parameters: Routing,
): SliceDecision {
  const given = routesByMarket(parameters, index) ? undefined : parameters.venues;
  const venues = given ?? market?.venues ?? null;
  if (venues === null) return nothing("no venue displays anything");
  switch (parameters.method ?? "take") {
    case "take":
      return take(state, venues, parameters.limit);
    case "impact":
      return spread(state, venues, given === undefined ? null : filledByVenue(state), parameters);
    case "split":
      // Refused before a parent is born: resting orders may fill more than there is left to fill.
      return nothing("a split is not executed");
  }
}

/** One order a venue, at the worst of its prices that the route takes: the venue fills the better ones first. */
function take(
  state: StartedParent,
  venues: readonly Venue[],
  limit: DecimalString | undefined,
): SliceDecision {
  const route = takerRoute(termsOf(state, venues, limit));
  const byVenue = Map.groupBy(route.allocations, ({ venue }) => venue);
  const worstFirst = state.order.side === "buy" ? -1 : 1;
  const parts = [...byVenue].flatMap(([venue, taken]): Allocation[] => {
    const quantity = taken.reduce((sum, part) => sum.plus(part.quantity), ZERO);
    const [worst] = taken.toSorted((a, b) => worstFirst * dec(a.price).comparedTo(b.price));
    return worst === undefined ? [] : [{ venue, price: worst.price, quantity: text(quantity) }];
  });
  return sent(state, parts, "no venue displays anything within the limit");
}

/** @param filled what has moved the prices of given models; null where the venues have just been looked at */
function spread(
  state: StartedParent,
  venues: readonly Venue[],
  filled: ReadonlyMap<string, number> | null,
  { limit }: Routing,
): SliceDecision {
  const route = impactRoute({
    ...termsOf(state, venues, limit),
    tickSize: state.facts.instrument.tickSize,
    ...(filled !== null && { taken: filled }),
  });
  const reason =
    route.unknown.length === venues.length
      ? "no venue shows two prices, from which to fit an impact"
      : "no venue is within the limit";
  return sent(state, route.allocations, reason);
}

function filledByVenue({ children }: StartedParent): ReadonlyMap<string, number> {
  const filled = new Map<string, number>();
  for (const { venue, standing } of children) {
    if (venue !== null) filled.set(venue, (filled.get(venue) ?? 0) + Number(standing.cumQty));
  }
  return filled;
}

function termsOf(state: StartedParent, venues: readonly Venue[], limit: DecimalString | undefined) {
  const worst = tighter(state, limit);
  const lotSize = lotSizeOf(state);
  return {
    side: state.order.side,
    quantity: quantityOf(remaining(state), lotSize),
    lotSize,
    venues,
    ...(worst !== undefined && { limit: worst }),
  };
}

function sent(state: StartedParent, parts: readonly Allocation[], elsewise: string): SliceDecision {
  const pieces = parts.map(({ venue, price, quantity }): Piece => ({
    lots: lotsIn(dec(quantity), state),
    price,
    venue,
    timeInForce: "ioc",
  }));
  return { pieces, reason: pieces.length === 0 ? elsewise : null, volume: null };
}
