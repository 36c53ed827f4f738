/**
 * The one place where decimal prices and quantities become the whole ticks and lots of the matching book, and back.
 * The lot of a book among real market data is the step of the data's quantities, which is often finer than that of orders:
 * venues that made their lot larger still display the odd sizes of older orders.
 */
import { type Decimal, type DecimalString, dec, text } from "../../shared/decimal.ts";

export interface Grid {
  /** above 0 */
  readonly tickSize: DecimalString;
  /** above 0 */
  readonly lotSize: DecimalString;
}

/** A level adds up exactly below 2^53 lots; this leaves room for a thousand of the largest orders at one price. */
const MAX_LOTS = 2 ** 43;

/** Why a number has no place on the grid; too large are more than 2^53 − 1 ticks or 2^43 lots. */
export type OffGrid = "priceOffTick" | "priceTooLarge" | "quantityOffLot" | "quantityTooLarge";

/** @returns whole ticks, of the price's sign; nothing is rounded */
export function toTicks(price: DecimalString, { tickSize }: Grid): number | OffGrid {
  return stepsIn(dec(price), tickSize, Number.MAX_SAFE_INTEGER, "priceOffTick", "priceTooLarge");
}

/** @returns whole lots, of the quantity's sign; nothing is rounded */
export function toLots(quantity: DecimalString, { lotSize }: Grid): number | OffGrid {
  return stepsIn(dec(quantity), lotSize, MAX_LOTS, "quantityOffLot", "quantityTooLarge");
}

export function priceOf(ticks: number, { tickSize }: Grid): DecimalString {
  return text(dec(tickSize).times(ticks));
}

export function quantityOf(lots: number, { lotSize }: Grid): DecimalString {
  return text(dec(lotSize).times(lots));
}

function stepsIn(
  value: Decimal,
  step: DecimalString,
  most: number,
  off: OffGrid,
  large: OffGrid,
): number | OffGrid {
  if (value.abs().greaterThan(dec(step).times(most))) return large;
  // Exact: a quotient of 53 bits that is whole needs none of the 60 digits' rounding.
  if (!value.modulo(step).isZero()) return off;
  // Plus 0, as a number may be minus zero.
  return value.dividedBy(step).toNumber() + 0;
}
