import { add, dec, Decimal, multiply, text, type DecimalString } from "../../shared/decimal.ts";

/**
 * A decimal with its digits as an integer beside it, for loops over many trades: `units / 10^places`. Plain JSON. `units` is
 * null where an integer of float64 cannot hold them; then the text is computed with, which is slower and just as exact.
 */
export interface Fixed {
  readonly text: DecimalString;
  readonly units: number | null;
  readonly places: number;
}

/** A sum that never rounds: `units / 10^places + rest`. Plain JSON. */
export interface ExactSum {
  readonly units: number;
  readonly places: number;
  /** what did not fit into the units */
  readonly rest: DecimalString;
}

export const NO_SUM: ExactSum = { units: 0, places: 0, rest: "0" };

const POWERS = Array.from({ length: 16 }, (_, places) => 10 ** places);
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
/** Every integer of so many digits is below 2^53. */
const SAFE_DIGITS = 15;

/** @param value in canonical form */
export function fixed(value: DecimalString): Fixed {
  const isNegative = value.charCodeAt(0) === MINUS;
  if (value.length - (isNegative ? 1 : 0) > SAFE_DIGITS)
    return { text: value, units: null, places: 0 };
  let units = 0;
  let places = 0;
  let hasPoint = false;
  for (let at = isNegative ? 1 : 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === POINT) hasPoint = true;
    else {
      units = units * 10 + (code - ZERO);
      if (hasPoint) places += 1;
    }
  }
  return { text: value, units: isNegative ? -units : units, places };
}

/** Negative when `a` is below `b`, 0 when they are equal, else positive. */
export function compareFixed(a: Fixed, b: Fixed): number {
  if (a.units !== null && b.units !== null) {
    if (a.places === b.places) return a.units - b.units;
    const places = Math.max(a.places, b.places);
    const x = scaled(a.units, places - a.places);
    const y = scaled(b.units, places - b.places);
    if (Number.isSafeInteger(x) && Number.isSafeInteger(y)) return x - y;
  }
  return dec(a.text).comparedTo(b.text);
}

export function addFixed(sum: ExactSum, { units, places, text: value }: Fixed): ExactSum {
  return units === null ? addText(sum, value) : addUnits(sum, units, places);
}

/** Adds price · size. */
export function addProduct(sum: ExactSum, price: Fixed, size: Fixed): ExactSum {
  if (price.units !== null && size.units !== null) {
    const units = price.units * size.units;
    if (Number.isSafeInteger(units)) return addUnits(sum, units, price.places + size.places);
  }
  return addText(sum, multiply(price.text, size.text));
}

/** The exact value. */
export function sumText({ units, places, rest }: ExactSum): DecimalString {
  const head = unitsText(units, places);
  return rest === "0" ? head : add(head, rest);
}

/** a / b to so many places, rounded half to even. @param b above 0 */
export function quotient(a: ExactSum, b: ExactSum, places: number): DecimalString {
  if (a.rest === "0" && b.rest === "0" && a.places <= b.places + places) {
    const scale = BigInt(10) ** BigInt(b.places + places - a.places);
    return unitsTextOf(halfEven(BigInt(a.units) * scale, BigInt(b.units)), places);
  }
  const value = dec(sumText(a)).dividedBy(sumText(b));
  return text(value.toDecimalPlaces(places, Decimal.ROUND_HALF_EVEN));
}

function halfEven(a: bigint, b: bigint): bigint {
  const whole = a / b;
  const twice = 2n * (a % b);
  const isOver = twice > b || (twice === b && whole % 2n !== 0n);
  const isUnder = -twice > b || (-twice === b && whole % 2n !== 0n);
  return isOver ? whole + 1n : isUnder ? whole - 1n : whole;
}

function unitsTextOf(units: bigint, places: number): DecimalString {
  const value = Number(units);
  return Number.isSafeInteger(value)
    ? unitsText(value, places)
    : text(dec(units.toString()).times(`1e-${places}`));
}

/** The float64 nearest to the value, or next to it: for statistics. */
export function sumFloat({ units, places, rest }: ExactSum): number {
  const head = units / (POWERS[places] ?? 10 ** places);
  return rest === "0" ? head : head + Number(rest);
}

/** Whether the sum is at least `least`, exactly. */
export function reaches(sum: ExactSum, least: Fixed): boolean {
  if (sum.rest === "0" && least.units !== null) {
    const places = Math.max(sum.places, least.places);
    const found = scaled(sum.units, places - sum.places);
    const wanted = scaled(least.units, places - least.places);
    if (Number.isSafeInteger(found) && Number.isSafeInteger(wanted)) return found >= wanted;
  }
  return dec(sumText(sum)).greaterThanOrEqualTo(least.text);
}

/** Whether `high` is at least `by` above `low`, exactly. */
export function isApart(high: Fixed, low: Fixed, by: Fixed): boolean {
  if (high.units !== null && low.units !== null && by.units !== null) {
    const places = Math.max(high.places, low.places, by.places);
    const top = scaled(high.units, places - high.places);
    const bottom = scaled(low.units, places - low.places);
    const wanted = scaled(by.units, places - by.places);
    const safe = [top, bottom, wanted, top - bottom].every(Number.isSafeInteger);
    if (safe) return top - bottom >= wanted;
  }
  return dec(high.text).minus(low.text).greaterThanOrEqualTo(by.text);
}

function addUnits(sum: ExactSum, units: number, places: number): ExactSum {
  const common = Math.max(sum.places, places);
  const total =
    common === sum.places && common === places
      ? sum.units + units
      : scaled(sum.units, common - sum.places) + scaled(units, common - places);
  if (Number.isSafeInteger(total) && isExact(sum, units, places, common)) {
    return { units: total, places: common, rest: sum.rest };
  }
  // What was gathered goes to the rest, and the units begin anew: once in many trades.
  return { units, places, rest: sumText(sum) };
}

/** A sum of two that are safe is exact; the terms may have left the safe integers when they were scaled. */
function isExact(sum: ExactSum, units: number, places: number, common: number): boolean {
  return (
    Number.isSafeInteger(scaled(sum.units, common - sum.places)) &&
    Number.isSafeInteger(scaled(units, common - places))
  );
}

function addText(sum: ExactSum, value: DecimalString): ExactSum {
  return { units: sum.units, places: sum.places, rest: add(sum.rest, value) };
}

function scaled(units: number, places: number): number {
  return places === 0 ? units : units * (POWERS[places] ?? Infinity);
}

function unitsText(units: number, places: number): DecimalString {
  if (places === 0) return String(units);
  const digits = String(Math.abs(units)).padStart(places + 1, "0");
  const whole = digits.slice(0, -places);
  const fraction = digits.slice(-places).replace(/0+$/, "");
  const value = fraction === "" ? whole : `${whole}.${fraction}`;
  return units < 0 ? `-${value}` : value;
}
