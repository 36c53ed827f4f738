import { dec, type DecimalString } from "../../shared/decimal.ts";
import { lotsOf, quantityOf, wholeLots } from "./lots.ts";
import { draw } from "./seeded.ts";

export interface IcebergTerms {
  readonly displayQuantity: DecimalString;
  /** in [0, 1): each slice differs from the display quantity by up to this fraction of it; absent: none */
  readonly variance?: number;
  readonly lotSize: DecimalString;
  readonly seed: number;
}

/**
 * The slice to show when the one before is complete or cancelled: display · (1 + u), u in [−variance, variance], down to the lot
 * but at least one, and never more than remains. No slice is above display · (1 + variance).
 * @param index of the slice, from 0: it names the draw
 * @param remaining lots not yet executed
 * @returns lots; 0 when nothing remains
 */
export function icebergSlice(terms: IcebergTerms, index: number, remaining: number): number {
  const offset = (2 * draw(terms.seed, index) - 1) * (terms.variance ?? 0);
  const shown = dec(terms.displayQuantity).times(1 + offset);
  return Math.min(Math.max(1, wholeLots(shown, terms.lotSize)), remaining);
}

/**
 * Every slice of an order, in their order.
 * @throws RangeError unless the quantity is a multiple of the lot and the display quantity at least one lot
 */
export function icebergSlices(
  terms: IcebergTerms,
  quantity: DecimalString,
): readonly DecimalString[] {
  if (dec(terms.displayQuantity).lessThan(terms.lotSize)) {
    throw new RangeError(`displayQuantity: expected at least the lot, ${terms.lotSize}`);
  }
  const slices: DecimalString[] = [];
  for (let remaining = lotsOf(quantity, terms.lotSize); remaining > 0;) {
    const lots = icebergSlice(terms, slices.length, remaining);
    slices.push(quantityOf(lots, terms.lotSize));
    remaining -= lots;
  }
  return slices;
}
