import { Decimal } from "decimal.js";
import { decimal128, isDecimal128, isLong, longOf } from "./bson.ts";

/** Holds every double exactly (767 digits at most), every int64 and every Decimal128. */
const Exact = Decimal.clone({ precision: 1_200, toExpNeg: -9e15, toExpPos: 9e15 });

/** The arithmetic of Decimal128: 34 digits, half to even. */
const Digits34 = Decimal.clone({ precision: 34, rounding: Decimal.ROUND_HALF_EVEN });

const INT32 = 2_147_483_648;

export function isNumeric(value: unknown): boolean {
  return typeof value === "number" || isLong(value) || isDecimal128(value);
}

/** The exact value; NaN and ±Infinity are numbers of decimal.js too. */
export function exact(value: unknown): Decimal {
  if (typeof value !== "number") return new Exact(String(value));
  if (!Number.isFinite(value)) return new Exact(value);
  let scaled = value;
  let halvings = 0;
  // Doubling is exact, and ends: the smallest double is 2^-1074.
  for (; !Number.isInteger(scaled); halvings += 1) scaled *= 2;
  const integer = new Exact(BigInt(scaled).toString());
  return halvings === 0 ? integer : integer.div(new Exact(2).pow(halvings));
}

/** NaN is equal to itself and below every other number, as in MongoDB's order. */
export function compareNumbers(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") {
    if (a === b) return 0;
    if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1;
    return Number.isNaN(b) || a > b ? 1 : -1;
  }
  const [x, y] = [exact(a), exact(b)];
  if (x.isNaN()) return y.isNaN() ? 0 : -1;
  return y.isNaN() ? 1 : x.comparedTo(y);
}

/** The nearest double. */
export function toDouble(value: unknown): number {
  return typeof value === "number" ? value : Number(String(value));
}

export const add = (a: unknown, b: unknown): unknown =>
  combine(
    a,
    b,
    (x, y) => x + y,
    (x, y) => x + y,
    (x, y) => x.plus(y),
    Math.max,
  );

export const multiply = (a: unknown, b: unknown): unknown =>
  combine(
    a,
    b,
    (x, y) => x * y,
    (x, y) => x * y,
    (x, y) => x.times(y),
    (x, y) => x + y,
  );

/** A Decimal128 as soon as one of the two is one, else a double if one has a fraction, else the integer that holds it. */
function combine(
  a: unknown,
  b: unknown,
  ofDoubles: (x: number, y: number) => number,
  ofIntegers: (x: bigint, y: bigint) => bigint,
  ofDecimals: (x: Decimal, y: Decimal) => Decimal,
  places: (x: number, y: number) => number,
): unknown {
  if (isDecimal128(a) || isDecimal128(b)) {
    const [x, y] = [decimalText(a), decimalText(b)];
    return withPlaces(
      ofDecimals(new Digits34(x), new Digits34(y)),
      places(decimalPlaces(x), decimalPlaces(y)),
    );
  }
  if (!isInteger(a) || !isInteger(b)) return ofDoubles(toDouble(a), toDouble(b));
  const result = ofIntegers(toBigInt(a), toBigInt(b));
  const number = Number(result);
  if (!isLong(a) && !isLong(b) && number >= -INT32 && number < INT32) return number;
  if (BigInt.asIntN(64, result) !== result) throw new RangeError("the result exceeds 64 bits");
  return longOf(result);
}

/** 0.10 + 0.2 is 0.30: a decimal remembers its places, as far as 34 digits hold them. */
function withPlaces(value: Decimal, places: number): unknown {
  const text = value.toFixed(Math.max(0, places));
  return places > 0 && text.replace(/[-.]/g, "").replace(/^0+/, "").length <= 34
    ? decimal128(text)
    : toDecimal128(value);
}

function decimalPlaces(text: string): number {
  const [, fraction = "", exponent = "0"] = /^-?\d*(?:\.(\d*))?(?:E([+-]?\d+))?$/i.exec(text) ?? [];
  return fraction.length - Number(exponent);
}

function toDecimal128(value: Decimal): unknown {
  return decimal128(new Digits34(value).plus(0).toString());
}

/** The mean, a Decimal128 as soon as one of them is; null of none. */
export function mean(values: readonly unknown[]): unknown {
  if (values.length === 0) return null;
  const sum = values.reduce((a, b) => add(a, b));
  if (isDecimal128(sum)) return toDecimal128(new Digits34(String(sum)).div(values.length));
  return toDouble(sum) / values.length;
}

/** MongoDB turns a double into the decimal of 15 digits before it counts with it. */
function decimalText(value: unknown): string {
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(15)));
}

function isInteger(value: unknown): boolean {
  return isLong(value) || Number.isSafeInteger(value);
}

function toBigInt(value: unknown): bigint {
  return BigInt(String(value));
}
