import type { DecimalString } from "../../shared/decimal.ts";
import { lotsOf, quantityOf } from "../algorithms/lots.ts";

/** A venue whose cost for x units is a·x + ½·b·x², float64: the first unit costs a, and each makes the next dearer by b. */
export interface ConvexVenue {
  readonly name: string;
  readonly a: number;
  /** ≥ 0 */
  readonly b: number;
}

export interface WaterLevel {
  /** μ: what the last unit costs at each venue that is used */
  readonly marginalCost: number;
  /** in the order of the venues */
  readonly quantities: readonly number[];
}

/**
 * min Σ a·x + ½·b·x² with Σx = Q, x ≥ 0, in real numbers: x = max(0, (μ − a)/b), where μ is found by sorting the a (the
 * conditions of Karush, Kuhn and Tucker). A venue with b = 0 takes whatever is left at its price.
 * @throws RangeError without venues, for Q < 0, b < 0 or numbers that are not finite
 */
export function fillWater(quantity: number, venues: readonly ConvexVenue[]): WaterLevel {
  check(quantity, venues);
  const flat = venues.filter(({ b }) => b === 0).toSorted((x, y) => x.a - y.a)[0];
  const mu = Math.min(levelOf(quantity, venues), flat?.a ?? Infinity);
  const quantities = venues.map(({ a, b }) => (b > 0 ? Math.max(0, (mu - a) / b) : 0));
  const rest = quantity - quantities.reduce((sum, x) => sum + x, 0);
  return {
    marginalCost: mu,
    quantities: quantities.map((x, index) => (venues[index] === flat ? Math.max(0, rest) : x)),
  };
}

/** μ over the venues with b > 0, cheapest first: a venue joins while its a is below the level that the others reach. */
function levelOf(quantity: number, venues: readonly ConvexVenue[]): number {
  let mu = Infinity;
  let capacity = 0;
  let offset = quantity;
  const curved = venues.filter(({ b }) => b > 0).toSorted((x, y) => x.a - y.a);
  for (const { a, b } of curved) {
    if (a >= mu) break;
    capacity += 1 / b;
    offset += a / b;
    mu = offset / capacity;
  }
  return mu;
}

/**
 * The same in whole lots, exactly optimal among those. At most one lot a venue lies between the floor of the real solution and
 * the marginal cost μ, so that the optimum takes at least that floor less as many lots as there are venues; from there the
 * cheapest lot is taken next, which is optimal for separable convex costs (Gross 1956). Ties go to the earlier venue. Where b is
 * so small beside a that float64 cannot tell the lots apart, what is left goes out in larger pieces, and the sum is still exact.
 * @returns a quantity a venue, in their order
 */
export function fillWaterInLots(
  quantity: DecimalString,
  lotSize: DecimalString,
  venues: readonly ConvexVenue[],
): readonly DecimalString[] {
  const lots = lotsOf(quantity, lotSize);
  const lot = Number(lotSize);
  const perLot = venues.map(({ name, a, b }) => ({ name, a: a * lot, b: b * lot * lot }));
  const floors = fillWater(lots, perLot).quantities.map((x) =>
    Math.max(0, Math.min(Math.floor(x), lots) - venues.length),
  );
  const parts = cutTo(lots, floors);
  for (let left = lots - total(parts); left > 0;) {
    const cheapest = indexOfLeast(
      perLot.map(({ a, b }, index) => a + b * ((parts[index] ?? 0) + 0.5)),
    );
    const taken = Math.max(1, Math.floor(left / (PIECES * venues.length)));
    parts[cheapest] = (parts[cheapest] ?? 0) + taken;
    left -= taken;
  }
  return parts.map((part) => quantityOf(part, lotSize));
}

/** More than this many lots a venue are left only where float64 has lost them. */
const PIECES = 64;

function cutTo(lots: number, parts: readonly number[]): number[] {
  let left = lots;
  return parts.map((part) => {
    const kept = Math.min(part, left);
    left -= kept;
    return kept;
  });
}

function total(parts: readonly number[]): number {
  return parts.reduce((sum, part) => sum + part, 0);
}

/** a·x + ½·b·x², summed. */
export function convexCost(venues: readonly ConvexVenue[], quantities: readonly number[]): number {
  return venues.reduce((sum, { a, b }, index) => {
    const x = quantities[index] ?? 0;
    return sum + a * x + (b * x * x) / 2;
  }, 0);
}

function indexOfLeast(values: readonly number[]): number {
  return values.indexOf(Math.min(...values));
}

function check(quantity: number, venues: readonly ConvexVenue[]): void {
  const isSound =
    venues.length > 0 &&
    quantity >= 0 &&
    Number.isFinite(quantity) &&
    venues.every(({ a, b }) => Number.isFinite(a) && Number.isFinite(b) && b >= 0);
  if (!isSound)
    throw new RangeError(
      "water-filling: expected venues with finite a and b ≥ 0, and a quantity ≥ 0",
    );
}
