import { Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import { sumLots } from "./lots.ts";
import type { Lot } from "./messages.ts";

/** Costs are divided in steps of this many decimals, as when a lot is sold in part. */
const COST_DECIMALS = 8;

export interface SplitTerms {
  readonly newUnits: number;
  readonly oldUnits: number;
  readonly lotSize: DecimalString;
}

export interface SplitLots {
  readonly lots: readonly Lot[];
  readonly quantity: Decimal;
  readonly cost: Decimal;
  /** what is left of a lot, exactly: so many `newUnits`-for-`oldUnits` old units, in new ones times `oldUnits` */
  readonly fractionTimesOld: Decimal;
  /** released with the fraction */
  readonly fractionCost: Decimal;
}

/**
 * Lots after a split. The position as a whole is multiplied and cut off to the lot size, towards zero; what each lot gets
 * follows from the running sum, so that the lots add up to the position exactly. Cost does not change but for the part that
 * goes with the fraction, taken from the last lot; that of a lot that vanishes goes to the next one.
 */
export function splitLots(lots: readonly Lot[], terms: SplitTerms): SplitLots {
  const before = sumLots(lots);
  const quantity = newQuantity(before.quantity, terms);
  const fractionTimesOld = before.quantity
    .times(terms.newUnits)
    .minus(quantity.times(terms.oldUnits));
  const fractionCost = costOfFraction(before, fractionTimesOld, terms, quantity.isZero());
  const cost = before.cost.minus(fractionCost);
  return {
    lots: quantity.isZero() ? [] : spread(lots, terms, fractionCost),
    quantity,
    cost,
    fractionTimesOld,
    fractionCost,
  };
}

function newQuantity(quantity: Decimal, { newUnits, oldUnits, lotSize }: SplitTerms): Decimal {
  const lotsTimesOld = quantity.times(newUnits).dividedBy(lotSize);
  return lotsTimesOld.dividedToIntegerBy(oldUnits).times(lotSize);
}

function costOfFraction(
  { quantity, cost }: { readonly quantity: Decimal; readonly cost: Decimal },
  fractionTimesOld: Decimal,
  { newUnits }: SplitTerms,
  isAll: boolean,
): Decimal {
  if (isAll) return cost;
  if (fractionTimesOld.isZero()) return ZERO;
  const exact = cost.times(fractionTimesOld).dividedBy(quantity.times(newUnits));
  return exact.toDecimalPlaces(COST_DECIMALS, Decimal.ROUND_HALF_EVEN);
}

function spread(lots: readonly Lot[], terms: SplitTerms, fractionCost: Decimal): readonly Lot[] {
  const result: Lot[] = [];
  let [sumBefore, sumAfter, costWaiting] = [ZERO, ZERO, ZERO];
  for (const lot of lots) {
    sumBefore = sumBefore.plus(lot.quantity);
    const quantity = newQuantity(sumBefore, terms).minus(sumAfter);
    sumAfter = sumAfter.plus(quantity);
    costWaiting = costWaiting.plus(lot.cost);
    if (quantity.isZero()) continue;
    result.push({ quantity: text(quantity), cost: text(costWaiting) });
    costWaiting = ZERO;
  }
  return withLast(result, costWaiting.minus(fractionCost));
}

/** The last lot takes what is left over, and pays for the fraction. */
function withLast(lots: readonly Lot[], costChange: Decimal): readonly Lot[] {
  const last = lots.at(-1);
  if (last === undefined) return lots;
  return lots.with(lots.length - 1, {
    quantity: last.quantity,
    cost: text(dec(last.cost).plus(costChange)),
  });
}
