import { Decimal as DecimalJs } from "decimal.js";

/**
 * Money, prices and quantities. A value is exact to 60 significant digits and never prints an exponent.
 * State, events and the wire carry `DecimalString`; a `Decimal` lives only inside one computation.
 */
export const Decimal = DecimalJs.clone({ precision: 60, toExpNeg: -100, toExpPos: 100 });
export type Decimal = DecimalJs;

/** A plain decimal number: optional minus sign, digits, optional fraction. Never an exponent, NaN or infinity. */
export type DecimalString = string;

export const ZERO = new Decimal(0);

/** @throws Error when `value` is not a finite decimal number */
export function dec(value: DecimalString | number | Decimal): Decimal {
  if (typeof value === "string") return read.get(value) ?? readText(value);
  // A Decimal never changes, so that it can be handed on as it is.
  return finite(value instanceof Decimal ? value : new Decimal(value), value);
}

/** What was read last: a check reads the same prices, limits and zeros again and again, and reading is most of its work. */
const read = new Map<DecimalString, Decimal>();
const READ_MAX = 4_096;
/** Longer ones are sums and products, which are seldom met again. */
const READ_LENGTH_MAX = 20;

function readText(value: DecimalString): Decimal {
  const decimal = finite(new Decimal(value), value);
  if (value.length > READ_LENGTH_MAX) return decimal;
  if (read.size >= READ_MAX) read.clear();
  read.set(value, decimal);
  return decimal;
}

function finite(decimal: Decimal, value: unknown): Decimal {
  if (!decimal.isFinite()) throw new Error(`expected a finite decimal, found ${String(value)}`);
  return decimal;
}

/** The canonical text of a decimal: no exponent, no trailing zeros, no minus zero. */
export function text(value: Decimal): DecimalString {
  return value.isZero() ? "0" : value.toFixed();
}

export function add(a: DecimalString, b: DecimalString): DecimalString {
  return text(dec(a).plus(b));
}

export function subtract(a: DecimalString, b: DecimalString): DecimalString {
  return text(dec(a).minus(b));
}

export function multiply(a: DecimalString, b: DecimalString): DecimalString {
  return text(dec(a).times(b));
}

/** The largest multiple of `step` that is not above `value` (quantities round down to the lot). */
export function floorTo(value: Decimal, step: DecimalString): Decimal {
  return value.dividedBy(step).floor().times(step);
}

export function isMultipleOf(value: Decimal, step: DecimalString): boolean {
  return value.modulo(step).isZero();
}
