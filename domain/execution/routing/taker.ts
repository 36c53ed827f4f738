import type { Side } from "../../order/new-order.ts";
import { type Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import { lotsOf, quantityOf } from "../algorithms/lots.ts";
import { byCost, ladderOf, type LadderTerms, type Step } from "./ladder.ts";
import type { Allocation, FlightRisk, Venue } from "./venue.ts";

/** Subsets of venues are tried one by one when a venue has a fee per order or a least quantity: 2¹² of them at most. */
export const FIXED_COST_VENUES_MAX = 12;

export interface RouteTerms {
  readonly side: Side;
  readonly quantity: DecimalString;
  readonly lotSize: DecimalString;
  readonly venues: readonly Venue[];
  /** worst price to take, fees apart */
  readonly limit?: DecimalString;
  readonly risk?: FlightRisk;
}

export type Route = {
  /** by venue and level, in the order in which they are taken */
  readonly allocations: readonly Allocation[];
  readonly filled: DecimalString;
  /** what the displayed books cannot fill within the limit */
  readonly unfilled: DecimalString;
  /** what a buy pays or a sale brings, fees included */
  readonly allIn: DecimalString;
  readonly fees: DecimalString;
  /** of what is filled, by the venues' probabilities */
  readonly expectedFill: DecimalString;
};

/**
 * The cheapest way to take the quantity from the displayed books; of what cannot all be had, as much as can.
 *
 * Without fees per order this is a continuous knapsack with equal weights: taking the cheapest lots first is optimal. With
 * fees per order or least quantities every subset of venues is tried, and within one the same greedy after each venue's least
 * quantity: the cost of a venue is convex in its lots.
 * @throws RangeError when the quantity is not a multiple of the lot, or more than FIXED_COST_VENUES_MAX venues have fixed costs
 */
export function takerRoute(terms: RouteTerms): Route {
  const lots = lotsOf(terms.quantity, terms.lotSize);
  const ladders = new Map(terms.venues.map((venue) => [venue, ladderOf(venue, terms)]));
  const choices = subsets(terms.venues).flatMap(
    (subset) => fillFrom(subset, ladders, terms, lots) ?? [],
  );
  return routeOf(choices.reduce(better), terms);
}

/** What a router does that looks at prices alone, with the same ties. Its cost includes the fees that it did not look at. */
function priceOnlyRoute(terms: RouteTerms): Route {
  const byName = new Map(terms.venues.map((venue) => [venue.name, venue]));
  const steps = terms.venues.flatMap((venue) => ladderOf(withoutFees(venue), pricesOnly(terms)));
  const taken = takeCheapest(steps, lotsOf(terms.quantity, terms.lotSize));
  const chargedFor = taken.map((step) => ({
    ...step,
    venue: byName.get(step.venue.name) ?? step.venue,
  }));
  return routeOf(selectionOf(chargedFor), terms);
}

function withoutFees({ name, levels, latencyMs }: Venue): Venue {
  return { name, levels, feePerUnit: "0", ...(latencyMs !== undefined && { latencyMs }) };
}

function pricesOnly({ side, lotSize, limit }: RouteTerms): LadderTerms {
  return { side, lotSize, ...(limit !== undefined && { limit }) };
}

/** What all-in routing saves against routing by price, fees counted in both; null when the two do not fill the same. */
export function savingOf(terms: RouteTerms, route: Route): DecimalString | null {
  const other = priceOnlyRoute(terms);
  if (other.filled !== route.filled) return null;
  const saved = dec(other.allIn).minus(route.allIn);
  return text(terms.side === "buy" ? saved : saved.negated());
}

interface Selection {
  readonly steps: readonly Step[];
  readonly lots: number;
  /** what is minimised, fees per order included */
  readonly cost: Decimal;
}

/** The venue sets to try: all of them when nothing is fixed. The first is the whole, so that ties keep it. */
function subsets(venues: readonly Venue[]): readonly (readonly Venue[])[] {
  const fixed = venues.filter(hasFixedCost);
  if (fixed.length > FIXED_COST_VENUES_MAX) {
    throw new RangeError(
      `venues: expected at most ${String(FIXED_COST_VENUES_MAX)} with a fee per order or a least quantity, ` +
        `found ${String(fixed.length)}`,
    );
  }
  const free = venues.filter((venue) => !hasFixedCost(venue));
  return Array.from({ length: 2 ** fixed.length }, (_, mask) => [
    ...free,
    ...fixed.filter((__, index) => (mask & (1 << index)) === 0),
  ]);
}

export function hasFixedCost(venue: Venue): boolean {
  return !dec(venue.feePerOrder ?? "0").isZero() || !dec(venue.minQuantity ?? "0").isZero();
}

/** Null when the least quantities of the subset's venues cannot be kept. */
function fillFrom(
  subset: readonly Venue[],
  ladders: ReadonlyMap<Venue, readonly Step[]>,
  terms: RouteTerms,
  lots: number,
): Selection | null {
  const due: Step[] = [];
  const rest: Step[] = [];
  for (const venue of subset) {
    const least = leastLots(venue, terms);
    const [first, after] = cut(ladders.get(venue) ?? [], least);
    if (countLots(first) < least) return null;
    due.push(...first);
    rest.push(...after);
  }
  const left = lots - countLots(due);
  if (left < 0) return null;
  return selectionOf([...due, ...takeCheapest(rest, left)]);
}

function leastLots(venue: Venue, { lotSize }: RouteTerms): number {
  return venue.minQuantity === undefined
    ? 0
    : dec(venue.minQuantity).dividedBy(lotSize).ceil().toNumber();
}

function takeCheapest(steps: readonly Step[], lots: number): readonly Step[] {
  return cut(steps.toSorted(byCost), lots)[0];
}

/** The first `lots` lots, and those after them. */
function cut(steps: readonly Step[], lots: number): readonly [readonly Step[], readonly Step[]] {
  const first: Step[] = [];
  const after: Step[] = [];
  let left = lots;
  for (const step of steps) {
    const taken = Math.min(step.lots, left);
    left -= taken;
    if (taken > 0) first.push({ ...step, lots: taken });
    if (taken < step.lots) after.push({ ...step, lots: step.lots - taken });
  }
  return [first, after];
}

function countLots(steps: readonly Step[]): number {
  return steps.reduce((sum, { lots }) => sum + lots, 0);
}

function selectionOf(steps: readonly Step[]): Selection {
  const perUnit = steps.reduce((sum, step) => sum.plus(step.costPerLot.times(step.lots)), ZERO);
  return { steps, lots: countLots(steps), cost: perUnit.plus(orderFees(steps)) };
}

function orderFees(steps: readonly Step[]): Decimal {
  const used = new Set(steps.map(({ venue }) => venue));
  return [...used].reduce((sum, { feePerOrder }) => sum.plus(feePerOrder ?? "0"), ZERO);
}

/** More lots first, then less cost; ties keep the earlier. */
function better(a: Selection, b: Selection): Selection {
  if (a.lots !== b.lots) return a.lots > b.lots ? a : b;
  return b.cost.lessThan(a.cost) ? b : a;
}

function routeOf({ steps, lots }: Selection, { side, quantity, lotSize }: RouteTerms): Route {
  const taken = steps.toSorted(byCost);
  const fees = taken.reduce(
    (sum, step) => sum.plus(dec(step.venue.feePerUnit).times(lotSize).times(step.lots)),
    orderFees(taken),
  );
  const price = taken.reduce((sum, step) => sum.plus(priceOf(step)), ZERO);
  const filled = quantityOf(lots, lotSize);
  return {
    allocations: allocationsOf(taken),
    filled,
    unfilled: text(dec(quantity).minus(filled)),
    allIn: text(side === "buy" ? price.plus(fees) : price.minus(fees)),
    fees: text(fees),
    expectedFill: expectedFill(taken, lotSize),
  };
}

function priceOf({ parts, lots }: Step): Decimal {
  return parts.reduce((sum, { price, perLot }) => sum.plus(perLot.times(price)), ZERO).times(lots);
}

function expectedFill(steps: readonly Step[], lotSize: DecimalString): DecimalString {
  const lots = steps.reduce(
    (sum, { venue, lots: taken }) => sum.plus(dec(venue.fillProbability ?? 1).times(taken)),
    ZERO,
  );
  return text(lots.times(lotSize));
}

/** One entry a venue and level, also where a lot straddles levels or a least quantity was taken first. */
function allocationsOf(steps: readonly Step[]): readonly Allocation[] {
  const totals = new Map<string, { venue: string; price: DecimalString; quantity: Decimal }>();
  for (const { venue, parts, lots } of steps) {
    for (const { price, perLot } of parts) {
      const key = JSON.stringify([venue.name, price]);
      const before = totals.get(key)?.quantity ?? ZERO;
      const quantity = before.plus(perLot.times(lots));
      totals.set(key, { venue: venue.name, price, quantity });
    }
  }
  return [...totals.values()].map(({ venue, price, quantity }) => ({
    venue,
    price,
    quantity: text(quantity),
  }));
}
