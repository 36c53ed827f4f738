import type { DecimalString } from "../../shared/decimal.ts";

/** As many digits as prices and sizes may have everywhere else. */
const PLAIN = /^-?\d{1,20}(?:\.\d{1,18})?$/;
const LEADING_ZEROS = /^(-?)0+(?=\d)/;
const ZERO = 48;

/**
 * The canonical text of a decimal as venues write it (`61837.63000000` is `61837.63`), or null when it is none. Equal values
 * have equal texts, so that a text can serve as a key. Books change too often to make a Decimal of each price.
 */
export function canonical(digits: unknown): DecimalString | null {
  if (typeof digits !== "string" || digits.length > 40 || !PLAIN.test(digits)) return null;
  const plain = withoutTrailingZeros(digits).replace(LEADING_ZEROS, "$1");
  return plain === "-0" ? "0" : plain;
}

function withoutTrailingZeros(digits: string): string {
  if (!digits.includes(".")) return digits;
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end -= 1;
  return digits.slice(0, digits.charAt(end - 1) === "." ? end - 1 : end);
}

/** Compares two canonical decimals exactly: below 0, 0 or above 0. */
export function compareTexts(a: DecimalString, b: DecimalString): number {
  if (a === b) return 0;
  const isNegative = a.startsWith("-");
  if (isNegative !== b.startsWith("-")) return isNegative ? -1 : 1;
  return isNegative ? compareDigits(b.slice(1), a.slice(1)) : compareDigits(a, b);
}

// Without leading zeros the longer integer is the larger one; integers of one length compare like words, and so do fractions.
function compareDigits(a: string, b: string): number {
  const lengths = integerLength(a) - integerLength(b);
  if (lengths !== 0) return lengths;
  return a < b ? -1 : a > b ? 1 : 0;
}

function integerLength(digits: string): number {
  const point = digits.indexOf(".");
  return point < 0 ? digits.length : point;
}
