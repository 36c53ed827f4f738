import { type Decimal, dec, type DecimalString, text, ZERO } from "../../shared/decimal.ts";

/** Counts of lots are exact integers of float64; beyond this many an order is not scheduled. */
export const LOTS_MAX = 1e15;

/**
 * How many lots a quantity is.
 * @throws RangeError unless `quantity` is a multiple of `lotSize`, not negative and at most `LOTS_MAX` lots
 */
export function lotsOf(quantity: DecimalString, lotSize: DecimalString): number {
  const lots = dec(quantity).dividedBy(lotSize);
  if (!lots.isInteger() || lots.isNegative() || lots.greaterThan(LOTS_MAX)) {
    throw new RangeError(
      `quantity ${quantity}: expected a multiple of ${lotSize}, at most ${String(LOTS_MAX)} of them`,
    );
  }
  return lots.toNumber();
}

/** Whole lots in a quantity, rounded down; never negative. */
export function wholeLots(quantity: Decimal, lotSize: DecimalString): number {
  return Math.max(0, quantity.dividedBy(lotSize).floor().toNumber());
}

export function quantityOf(lots: number, lotSize: DecimalString): DecimalString {
  return text(dec(lotSize).times(lots));
}

/** `count` parts as equal as lots allow; what does not divide goes one lot each to the first parts. */
export function splitEqually(lots: number, count: number): readonly number[] {
  const base = Math.floor(lots / count);
  const longer = lots - base * count;
  return Array.from({ length: count }, (_, index) => base + (index < longer ? 1 : 0));
}

/**
 * Parts in proportion to weights, by the method of the largest remainder (Hamilton): the whole lots of each ideal part, then
 * one lot each to the largest fractions; ties to the earlier part. The sum is exactly `lots`.
 * @param weights float64, finite, none negative, with a positive sum
 * @throws RangeError for other weights
 */
export function splitByWeight(lots: number, weights: readonly number[]): readonly number[] {
  const exact = weights.map((weight) => nonNegative(weight));
  const total = exact.reduce((sum, weight) => sum.plus(weight), ZERO);
  if (total.isZero()) throw new RangeError("weights: expected a positive sum, found 0");
  const ideals = exact.map((weight) => weight.times(lots).dividedBy(total));
  const parts = ideals.map((ideal) => ideal.floor().toNumber());
  const left = lots - parts.reduce((sum, part) => sum + part, 0);
  const order = ideals
    .map((ideal, index) => ({ index, fraction: ideal.minus(ideal.floor()) }))
    .toSorted((a, b) => b.fraction.comparedTo(a.fraction) || a.index - b.index);
  const lucky = new Set(order.slice(0, left).map(({ index }) => index));
  return parts.map((part, index) => part + (lucky.has(index) ? 1 : 0));
}

function nonNegative(weight: number): Decimal {
  if (!(weight >= 0) || !Number.isFinite(weight)) {
    throw new RangeError(`weights: expected finite numbers ≥ 0, found ${String(weight)}`);
  }
  return dec(weight);
}
