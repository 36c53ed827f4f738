/**
 * How to divide an order among venues whose price gets worse as it is taken: price(x) = a ± b·x, so that x units cost
 * a·x ± ½·b·x². Float64: a model of the book, not the book.
 */
import type { Side } from "../../order/new-order.ts";
import { type Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";
import { lotsOf, quantityOf, wholeLots } from "../algorithms/lots.ts";
import type { Allocation, LinearImpact, Venue } from "./venue.ts";
import { type ConvexVenue, convexCost, fillWaterInLots } from "./water-filling.ts";

export interface ImpactTerms {
  readonly side: Side;
  readonly quantity: DecimalString;
  readonly lotSize: DecimalString;
  readonly tickSize: DecimalString;
  readonly venues: readonly Venue[];
  /** worst price to take, fees apart */
  readonly limit?: DecimalString;
  /** what venues with given coefficients have filled since: it has moved their price. Units by name */
  readonly taken?: ReadonlyMap<string, number>;
}

export type ImpactRoute = {
  /** a part for each venue that is used; its price is the worst that the model expects there, at the next tick */
  readonly allocations: readonly Allocation[];
  /** what no venue has within the limit */
  readonly unfilled: DecimalString;
  /** what a buy pays or, negative, a sale brings, fees included */
  readonly cost: number;
  /** venues that are left out: nothing was given, and they display fewer than two prices */
  readonly unknown: readonly string[];
};

interface Modelled extends ConvexVenue {
  readonly impact: LinearImpact;
  /** lots up to the limit */
  readonly most: number;
}

/**
 * The division of least cost by the model, optimal among whole lots: the last unit costs the same everywhere, but where the
 * limit ends a venue's part before.
 * @throws RangeError when the quantity is not a multiple of the lot
 */
export function impactRoute(terms: ImpactTerms): ImpactRoute {
  const modelled = terms.venues.flatMap((venue) => modelOf(venue, terms) ?? []);
  const known = new Set(modelled.map(({ name }) => name));
  const lots = lotsOf(terms.quantity, terms.lotSize);
  const parts = fillCapped(lots, terms.lotSize, modelled);
  const used = modelled.flatMap((venue, index) => {
    const part = parts[index] ?? 0;
    return part > 0 ? [{ venue, quantity: quantityOf(part, terms.lotSize) }] : [];
  });
  return {
    allocations: used.map(({ venue, quantity }) => ({
      venue: venue.name,
      price: worstPrice(venue.impact, quantity, terms),
      quantity,
    })),
    unfilled: quantityOf(lots - parts.reduce((sum, part) => sum + part, 0), terms.lotSize),
    cost: convexCost(
      used.map(({ venue }) => venue),
      used.map(({ quantity }) => Number(quantity)),
    ),
    unknown: terms.venues.filter(({ name }) => !known.has(name)).map(({ name }) => name),
  };
}

/**
 * `a` is the best displayed price, and `b` the slope with which the whole of what is displayed costs what it does:
 * b = 2·|Σ pq − a·Σ q| / (Σ q)². Null for fewer than two prices, which show no slope.
 */
export function fitImpact({ levels }: Pick<Venue, "levels">, side: Side): LinearImpact | null {
  const shown = levels.filter(({ size }) => dec(size).greaterThan(0));
  const prices = shown.map(({ price }) => Number(price));
  if (new Set(prices).size < 2) return null;
  const a = side === "buy" ? Math.min(...prices) : Math.max(...prices);
  const units = shown.reduce((sum, { size }) => sum.plus(size), ZERO);
  const money = shown.reduce((sum, { price, size }) => sum.plus(dec(price).times(size)), ZERO);
  const excess = money.minus(units.times(a)).abs();
  return { a, b: excess.times(2).dividedBy(units.times(units)).toNumber() };
}

function modelOf(venue: Venue, terms: ImpactTerms): Modelled | null {
  const fitted = venue.impact ?? fitImpact(venue, terms.side);
  if (fitted === null) return null;
  const sign = terms.side === "buy" ? 1 : -1;
  const moved = fitted.a + sign * fitted.b * (terms.taken?.get(venue.name) ?? 0);
  const impact = { a: moved, b: fitted.b };
  return {
    name: venue.name,
    a: sign * moved + Number(venue.feePerUnit),
    b: fitted.b,
    impact,
    most: mostLots(impact, terms),
  };
}

/** A sale never goes below a tick. */
function mostLots({ a, b }: LinearImpact, terms: ImpactTerms): number {
  const { side, limit, tickSize, lotSize } = terms;
  if (side === "buy" && limit === undefined) return Infinity;
  const room = side === "buy" ? dec(limit ?? "0").minus(a) : dec(a).minus(limit ?? tickSize);
  if (room.isNegative()) return 0;
  return b === 0 ? Infinity : wholeLots(room.dividedBy(b), lotSize);
}

/**
 * Water-filling with an upper bound a venue. A venue that would take more than its bound takes its bound in the optimum too: to
 * bound the others only raises the level.
 */
function fillCapped(
  lots: number,
  lotSize: DecimalString,
  venues: readonly Modelled[],
): readonly number[] {
  const full = new Map(venues.filter(({ most }) => most === 0).map((venue) => [venue, 0]));
  for (;;) {
    const open = venues.filter((venue) => !full.has(venue));
    const left = lots - [...full.values()].reduce((sum, part) => sum + part, 0);
    const parts = open.length === 0 ? [] : partsOf(left, lotSize, open);
    const found = new Map(open.map((venue, index) => [venue, parts[index] ?? 0]));
    const over = open.filter((venue) => (found.get(venue) ?? 0) > venue.most);
    if (over.length === 0) {
      return venues.map((venue) => full.get(venue) ?? found.get(venue) ?? 0);
    }
    for (const venue of over) full.set(venue, venue.most);
  }
}

function partsOf(lots: number, lotSize: DecimalString, venues: readonly ConvexVenue[]) {
  const parts = fillWaterInLots(quantityOf(lots, lotSize), lotSize, venues);
  return parts.map((part) => lotsOf(part, lotSize));
}

/** At the end of the part; rounded to the tick away from the market, never beyond the limit. */
function worstPrice(
  { a, b }: LinearImpact,
  quantity: DecimalString,
  { side, tickSize, limit }: ImpactTerms,
): DecimalString {
  const moved = dec(b).times(quantity);
  const exact = side === "buy" ? dec(a).plus(moved) : dec(a).minus(moved);
  // Fitted coefficients carry the noise of float64, which must not cost a tick.
  const ticks = exact.dividedBy(tickSize).toSignificantDigits(12);
  const atTick = (side === "buy" ? ticks.ceil() : ticks.floor()).times(tickSize);
  return text(limit === undefined ? atTick : within(atTick, limit, side));
}

function within(price: Decimal, limit: DecimalString, side: Side): Decimal {
  const isBeyond = side === "buy" ? price.greaterThan(limit) : price.lessThan(limit);
  return isBeyond ? dec(limit) : price;
}
