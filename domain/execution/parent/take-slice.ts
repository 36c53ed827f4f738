/** The sweep of a taker: the cheapest displayed levels, one order to each venue. */
import { dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import { quantityOf } from "../algorithms/lots.ts";
import { takerRoute } from "../routing/taker.ts";
import type { Allocation, Venue } from "../routing/venue.ts";
import { lotSizeOf, lotsIn, type Piece, tighter } from "./slice-terms.ts";
import type { StartedParent } from "./state.ts";

/** One order a venue, at the worst of its prices that the route takes: the venue fills the better ones first. */
export function takerPieces(
  state: StartedParent,
  venues: readonly Venue[],
  lots: number,
  limit?: DecimalString,
): readonly Piece[] {
  const route = takerRoute(routeTermsOf(state, venues, lots, limit));
  const byVenue = Map.groupBy(route.allocations, ({ venue }) => venue);
  const worstFirst = state.order.side === "buy" ? -1 : 1;
  const parts = [...byVenue].flatMap(([venue, taken]): Allocation[] => {
    const quantity = taken.reduce((sum, part) => sum.plus(part.quantity), ZERO);
    const [worst] = taken.toSorted((a, b) => worstFirst * dec(a.price).comparedTo(b.price));
    return worst === undefined ? [] : [{ venue, price: worst.price, quantity: text(quantity) }];
  });
  return iocPieces(state, parts);
}

export function routeTermsOf(
  state: StartedParent,
  venues: readonly Venue[],
  lots: number,
  limit: DecimalString | undefined,
) {
  const worst = tighter(state, limit);
  const lotSize = lotSizeOf(state);
  return {
    side: state.order.side,
    quantity: quantityOf(lots, lotSize),
    lotSize,
    venues,
    ...(worst !== undefined && { limit: worst }),
  };
}

export function iocPieces(state: StartedParent, parts: readonly Allocation[]): readonly Piece[] {
  return parts.map(({ venue, price, quantity }): Piece => ({
    lots: lotsIn(dec(quantity), state),
    price,
    venue,
    timeInForce: "ioc",
  }));
}
