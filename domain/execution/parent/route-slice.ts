/** The slices of smart routing: each is a round over the venues for what is not yet filled. */
import { impactRoute } from "../routing/impact.ts";
import type { Venue } from "../routing/venue.ts";
import type { MarketSeen } from "./messages.ts";
import {
  nothing,
  type Parameters,
  type Piece,
  remaining,
  type SliceDecision,
} from "./slice-terms.ts";
import { decideSplit, isSplitRound } from "./split-slice.ts";
import type { StartedParent } from "./state.ts";
import { iocPieces, routeTermsOf, takerPieces } from "./take-slice.ts";

type Routing = Parameters<"smartRouting">;

/**
 * A model of the venues that was given stands for all rounds; levels that were given are those of the first. A split looks in
 * every round: where its orders rest depends on what is displayed.
 */
export function routesByMarket({ venues, method }: Routing, index: number): boolean {
  return venues === undefined || method === "split" || (method !== "impact" && index > 0);
}

export function decideRouting(
  state: StartedParent,
  index: number,
  market: MarketSeen | null,
  parameters: Routing,
): SliceDecision {
  if (isSplitRound(state)) return decideSplit(state, market, parameters);
  const given = routesByMarket(parameters, index) ? undefined : parameters.venues;
  const venues = given ?? market?.venues ?? null;
  if (venues === null) return nothing("no venue displays anything");
  switch (parameters.method ?? "take") {
    case "take":
    case "split":
      return sent(
        takerPieces(state, venues, remaining(state), parameters.limit),
        "no venue displays anything within the limit",
      );
    case "impact":
      return spread(state, venues, given === undefined ? null : filledByVenue(state), parameters);
  }
}

/** @param filled what has moved the prices of given models; null where the venues have just been looked at */
function spread(
  state: StartedParent,
  venues: readonly Venue[],
  filled: ReadonlyMap<string, number> | null,
  { limit }: Routing,
): SliceDecision {
  const route = impactRoute({
    ...routeTermsOf(state, venues, remaining(state), limit),
    tickSize: state.facts.instrument.tickSize,
    ...(filled !== null && { taken: filled }),
  });
  const reason =
    route.unknown.length === venues.length
      ? "no venue shows two prices, from which to fit an impact"
      : "no venue is within the limit";
  return sent(iocPieces(state, route.allocations), reason);
}

function filledByVenue({ children }: StartedParent): ReadonlyMap<string, number> {
  const filled = new Map<string, number>();
  for (const { venue, standing } of children) {
    if (venue !== null) filled.set(venue, (filled.get(venue) ?? 0) + Number(standing.cumQty));
  }
  return filled;
}

function sent(pieces: readonly Piece[], elsewise: string): SliceDecision {
  return { pieces, reason: pieces.length === 0 ? elsewise : null, volume: null };
}
