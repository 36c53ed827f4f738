import { Decimal, dec, type DecimalString, text, ZERO } from "../shared/decimal.ts";
import type { Lot, LotChange, LotMethod } from "./messages.ts";

/** Costs are released in steps of this many decimals, half to even; the last sale releases what is left, exactly. */
const COST_DECIMALS = 8;

interface LotSum {
  readonly quantity: Decimal;
  readonly cost: Decimal;
}

/**
 * What a fill does to the lots of a position: it adds one on its own side, or closes lots of the other side and opens one
 * with what is left over (a position that is sold beyond zero is short: negative quantity, negative cost).
 *
 * `fifo` closes the oldest lot first, `lifo` the newest; `average` keeps a single lot and adds to it. A lot that is closed in
 * part releases cost in proportion.
 * @param lots     oldest first, all of one sign
 * @param quantity signed: buys positive, sells negative
 * @param unitCost price × multiplier
 */
export function fillLots(
  lots: readonly Lot[],
  method: LotMethod,
  quantity: Decimal,
  unitCost: Decimal,
): LotChange {
  const [first] = lots;
  const isAdding =
    first === undefined || dec(first.quantity).isNegative() === quantity.isNegative();
  if (!isAdding) return close(lots, method === "fifo" ? "front" : "back", quantity, unitCost);
  const added = { quantity: text(quantity), cost: text(quantity.times(unitCost)) };
  if (method === "average" && first !== undefined)
    return { end: "back", removed: 1, put: [merge(first, added)] };
  return { end: "back", removed: 0, put: [added] };
}

export function changeLots(lots: readonly Lot[], change: LotChange): readonly Lot[] {
  return change.end === "front"
    ? [...change.put, ...lots.slice(change.removed)]
    : [...lots.slice(0, lots.length - change.removed), ...change.put];
}

/** What a change does to quantity and cost. Looks at no more lots than it changes: a position may have thousands. */
export function netOf(lots: readonly Lot[], change: LotChange): LotSum {
  const first = change.end === "front" ? 0 : lots.length - change.removed;
  const removed = sumLots(lots.slice(first, first + change.removed));
  const put = sumLots(change.put);
  return { quantity: put.quantity.minus(removed.quantity), cost: put.cost.minus(removed.cost) };
}

export function sumLots(lots: readonly Lot[]): LotSum {
  let [quantity, cost] = [ZERO, ZERO];
  for (const lot of lots) {
    quantity = quantity.plus(lot.quantity);
    cost = cost.plus(lot.cost);
  }
  return { quantity, cost };
}

/** Cost per unit, multiplier taken out, rounded half to even at 8 decimals; 0 for a flat position. */
export function averagePrice(quantity: Decimal, cost: Decimal, multiplier: DecimalString): Decimal {
  if (quantity.isZero()) return ZERO;
  return rounded(cost.dividedBy(quantity.times(multiplier)));
}

function close(
  lots: readonly Lot[],
  end: LotChange["end"],
  quantity: Decimal,
  unitCost: Decimal,
): LotChange {
  const inOrder = end === "front" ? lots : lots.toReversed();
  let left = quantity;
  let removed = 0;
  for (const lot of inOrder) {
    if (left.isZero()) break;
    removed += 1;
    if (left.abs().lessThan(dec(lot.quantity).abs()))
      return { end, removed, put: [reduce(lot, left)] };
    left = left.plus(lot.quantity);
  }
  const opened = { quantity: text(left), cost: text(left.times(unitCost)) };
  return { end, removed, put: left.isZero() ? [] : [opened] };
}

/** Rounding may not release more than there is: a lot of 10⁻⁹ would otherwise be left with a negative cost. */
function reduce(lot: Lot, quantity: Decimal): Lot {
  const cost = dec(lot.cost);
  const share = rounded(cost.times(quantity.abs()).dividedBy(dec(lot.quantity).abs()));
  const released = share.abs().greaterThan(cost.abs()) ? cost : share;
  return { quantity: text(quantity.plus(lot.quantity)), cost: text(cost.minus(released)) };
}

function merge(lot: Lot, added: Lot): Lot {
  return {
    quantity: text(dec(lot.quantity).plus(added.quantity)),
    cost: text(dec(lot.cost).plus(added.cost)),
  };
}

function rounded(value: Decimal): Decimal {
  return value.toDecimalPlaces(COST_DECIMALS, Decimal.ROUND_HALF_EVEN);
}
