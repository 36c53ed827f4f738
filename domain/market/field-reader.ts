import { dec, text, type DecimalString } from "../shared/decimal.ts";
import type { MarketDataRefusal, Refused } from "./refusal.ts";

const PLAIN_DECIMAL = /^-?\d+(?:\.\d+)?$/;
/** as they leave `text` */
const CANONICAL = /^(?:0|-?[1-9]\d*|-?(?:0|[1-9]\d*)\.\d*[1-9])$/;
const INTEGER_DIGITS_MAX = 20;
const FRACTION_DIGITS_MAX = 18;
const DECIMAL = "a plain decimal of at most 20.18 digits";
const SYMBOL = /^[A-Za-z0-9^][A-Za-z0-9._/^=-]{0,31}$/;
const SOURCE_LENGTH_MAX = 64;
/** what a store's four bytes hold */
const COUNT_MAX = 2_147_483_647;
const COUNT = `an integer from 0 to ${COUNT_MAX}`;
/** the range of ECMAScript times, ±100 million days */
const TIME_MS_MAX = 8.64e15;

/**
 * Reads fields of an untrusted object and remembers the first fault. After a fault the values that it hands out mean
 * nothing: look at `fault` before using any.
 */
export class FieldReader {
  fault: Refused | null = null;
  private readonly input: { readonly [key: string]: unknown };

  constructor(input: { readonly [key: string]: unknown }) {
    this.input = input;
  }

  /**
   * A price, size or volume in canonical form, sign allowed. Text must be plain digits; a JSON number is taken at its
   * shortest decimal. At most 20 digits before the point and 18 after.
   */
  decimal(field: string): DecimalString {
    const value = this.input[field];
    const digits = typeof value === "number" ? plainText(value) : value;
    if (typeof digits !== "string") return this.refuse("NOT_A_DECIMAL", field, DECIMAL, "0");
    if (isTooLong(digits)) return this.refuse("NUMBER_TOO_LONG", field, DECIMAL, "0");
    if (!PLAIN_DECIMAL.test(digits)) return this.refuse("NOT_A_DECIMAL", field, DECIMAL, "0");
    return canonical(digits);
  }

  /** As `decimal`, where nothing (absent, null or empty text) is null. */
  decimalOrNull(field: string): DecimalString | null {
    const value = this.input[field];
    return value === undefined || value === null || value === "" ? null : this.decimal(field);
  }

  countOrNull(field: string): number | null {
    const value = this.input[field];
    if (value === undefined || value === null) return null;
    const isCount =
      typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= COUNT_MAX;
    return isCount ? value : this.refuse("COUNT_INVALID", field, COUNT, 0);
  }

  timeMs(field: string): number {
    const value = this.input[field];
    const isTime =
      typeof value === "number" && Number.isSafeInteger(value) && Math.abs(value) <= TIME_MS_MAX;
    return isTime ? value : this.refuse("TIME_INVALID", field, "integer epoch ms", 0);
  }

  symbol(): string {
    const value = this.input["symbol"];
    const isSymbol = typeof value === "string" && SYMBOL.test(value);
    return isSymbol ? value : this.refuse("SYMBOL_INVALID", "symbol", "a symbol", "");
  }

  source(): string {
    const value = this.input["source"];
    const isSource =
      typeof value === "string" && value.length > 0 && value.length <= SOURCE_LENGTH_MAX;
    return isSource ? value : this.refuse("SOURCE_INVALID", "source", "1 to 64 characters", "");
  }

  /** Records the fault unless an earlier one stands, and gives `filler` back. */
  refuse<T>(reason: MarketDataRefusal, field: string, expected: string, filler: T): T {
    const found = describe(this.input[field]);
    this.fault ??= { reason, detail: `${field}: expected ${expected}, found ${found}` };
    return filler;
  }
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// A JSON number may print an exponent (1e-7) and still be an ordinary size.
function plainText(value: number): string | null {
  return Number.isFinite(value) ? text(dec(value)) : null;
}

// What `text(dec(digits))` gives, of plain digits, at a tenth of its cost: this is done five times a bar.
function canonical(digits: string): DecimalString {
  if (CANONICAL.test(digits)) return digits;
  const isNegative = digits.startsWith("-");
  const point = digits.indexOf(".");
  let from = isNegative ? 1 : 0;
  const whole = point === -1 ? digits.length : point;
  while (from < whole - 1 && digits[from] === "0") from += 1;
  let until = digits.length;
  if (point !== -1) while (digits[until - 1] === "0") until -= 1;
  if (until - 1 === point) until -= 1;
  const size = digits.slice(from, until);
  return isNegative && size !== "0" ? `-${size}` : size;
}

// Asked before the pattern, so that a megabyte of digits costs nothing.
function isTooLong(digits: string): boolean {
  if (digits.length <= FRACTION_DIGITS_MAX) return false;
  if (digits.length > INTEGER_DIGITS_MAX + FRACTION_DIGITS_MAX + 2) return true;
  const [integer = "", fraction = ""] = digits.replace("-", "").split(".");
  return integer.length > INTEGER_DIGITS_MAX || fraction.length > FRACTION_DIGITS_MAX;
}

function describe(value: unknown): string {
  // An object from outside may throw when it is asked for its text.
  if (typeof value === "object" && value !== null) return "an object";
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
}
