/**
 * The first round of a split: the market order's part is taken now, the others rest at their venues. Together they are what
 * was left, so that no fill of theirs can be too many. What is not sent (nothing displays so much, no price is known at which
 * to rest) is taken with the rest, when the limit orders are over.
 */
import { dec, type DecimalString } from "../../shared/decimal.ts";
import { quantityOf } from "../algorithms/lots.ts";
import { splitInLots, splitTermsOf } from "../algorithms/split-terms.ts";
import type { Venue } from "../routing/venue.ts";
import type { MarketSeen } from "./messages.ts";
import {
  lotSizeOf,
  nothing,
  type Parameters,
  type Piece,
  remaining,
  type SliceDecision,
  tighter,
} from "./slice-terms.ts";
import { isRefused, type StartedParent } from "./state.ts";
import { takerPieces } from "./take-slice.ts";

type Routing = Parameters<"smartRouting">;

/** Until a child is taken, each round begins with the split; afterwards what is left is taken. */
export function isSplitRound({ strategy, children }: StartedParent): boolean {
  return (
    strategy.name === "smartRouting" &&
    strategy.parameters.method === "split" &&
    children.every(({ standing }) => isRefused(standing))
  );
}

export function decideSplit(
  state: StartedParent,
  market: MarketSeen | null,
  parameters: Routing,
): SliceDecision {
  const lots = remaining(state);
  if (lots <= 0) return nothing(null);
  const { venues = [] } = parameters;
  const quantity = quantityOf(lots, lotSizeOf(state));
  const terms = splitTermsOf(parameters, quantity, { quote: market?.quote ?? null });
  if (terms === null) return nothing("the market shows no bid and ask");
  const split = splitInLots(terms, lots);
  const taken =
    split.market > 0 ? takerPieces(state, displayedTo(venues, market), split.market) : [];
  const wanted = venues.flatMap((venue, index) => {
    const part = split.limits[index] ?? 0;
    return part > 0 ? [{ venue: venue.name, piece: restingPiece(state, market, venue, part) }] : [];
  });
  const pieces = [...taken, ...wanted.flatMap(({ piece }) => piece ?? [])];
  const homeless = wanted.filter(({ piece }) => piece === null).map(({ venue }) => venue);
  return { pieces, reason: reasonOf(pieces, homeless), volume: null };
}

/** Levels that were given are those of the first round, as everywhere. */
function displayedTo(venues: readonly Venue[], market: MarketSeen | null): readonly Venue[] {
  return venues.some(({ levels }) => levels.length > 0) ? venues : (market?.venues ?? []);
}

/** Null where nobody says at what price, or the venue takes no order so small. */
function restingPiece(
  state: StartedParent,
  market: MarketSeen | null,
  { name, queue, minQuantity = "0" }: Venue,
  lots: number,
): Piece | null {
  const best = queue?.price ?? bestOf(state, market?.ownSide ?? [], name);
  if (best === null) return null;
  if (dec(quantityOf(lots, lotSizeOf(state))).lessThan(minQuantity)) return null;
  const price = tighter(state, best) ?? best;
  const isPostOnly = market?.postOnlyAt?.includes(name) === true;
  return { lots, price, venue: name, ...(isPostOnly && { postOnly: true }) };
}

/** What the venue displays of the order's own side: bids for a buy. */
function bestOf(
  { order }: StartedParent,
  ownSide: readonly Venue[],
  name: string,
): DecimalString | null {
  const levels = ownSide.find((venue) => venue.name === name)?.levels ?? [];
  const sign = order.side === "buy" ? -1 : 1;
  const [best] = levels
    .filter(({ size }) => dec(size).greaterThan(0))
    .toSorted((a, b) => sign * dec(a.price).comparedTo(b.price));
  return best?.price ?? null;
}

function reasonOf(pieces: readonly Piece[], homeless: readonly string[]): string | null {
  if (homeless.length > 0)
    return `nothing rests at ${homeless.join(", ")}: no price is known there, or the part is below its least quantity`;
  return pieces.length === 0 ? "no venue displays anything within the limit" : null;
}
