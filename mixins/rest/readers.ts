import { dec, text } from "../../domain/shared/decimal.ts";
import type { DecimalString } from "../../domain/shared/decimal.ts";

/** What may be wrong with one field: a closed list, documented with the problem codes. */
export const FIELD_CODES = [
  "REQUIRED",
  "UNKNOWN_FIELD",
  "INVALID_TYPE",
  "INVALID_VALUE",
  "OUT_OF_RANGE",
  "UNSUPPORTED_VALUE",
  "IMPRECISE_NUMBER",
] as const;
export type FieldCode = (typeof FIELD_CODES)[number];

export interface FieldError {
  /** from the root of the request, e.g. `limits.maxOrderNotional` or `symbols[2]` */
  readonly path: string;
  readonly code: FieldCode;
  readonly message: string;
}

/** Why a value was not read. */
export class Invalid {
  readonly code: FieldCode;
  readonly message: string;

  constructor(code: FieldCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** Turns a value from outside into one of ours, or says why not. */
export type Reader<T> = (value: unknown) => T | Invalid;

export interface TextLimits {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  /** what the pattern means, for the message */
  readonly hint?: string;
}

// oxlint-disable-next-line no-control-regex -- control characters are what is refused; PostgreSQL cannot store a NUL
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

export function readText({ min = 0, max = 500, pattern, hint }: TextLimits): Reader<string> {
  return (value) => {
    if (typeof value !== "string") return new Invalid("INVALID_TYPE", "must be a string");
    if (value.length < min || value.length > max) {
      return new Invalid("OUT_OF_RANGE", `must have ${min} to ${max} characters`);
    }
    if (CONTROL.test(value) || !value.isWellFormed()) {
      return new Invalid("INVALID_VALUE", "must be well-formed text without control characters");
    }
    if (pattern !== undefined && !pattern.test(value)) {
      return new Invalid("INVALID_VALUE", hint ?? `must match ${pattern.source}`);
    }
    return value;
  };
}

export type Sign = "any" | "nonNegative" | "positive";

/** As they leave `text()`: nothing to normalise. */
const CANONICAL = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,14})\.\d{0,14}[1-9])$/;
/** Wide enough for any market, narrow enough for sums and products in 60 digits. */
const PLAIN = /^-?\d{1,24}(?:\.\d{1,18})?$/;

const NOT_A_DECIMAL = new Invalid(
  "INVALID_VALUE",
  "must be a plain decimal number with at most 24 digits before and 18 after the point",
);
const NOT_DECIMAL_TYPE = new Invalid("INVALID_TYPE", "must be a decimal, as a string or a number");
export const IMPRECISE = new Invalid(
  "IMPRECISE_NUMBER",
  "has more digits than a JSON number keeps, or an exponent: send it as a string",
);
const SIGN_ERRORS: Record<Sign, Invalid> = {
  any: NOT_A_DECIMAL,
  nonNegative: new Invalid("OUT_OF_RANGE", "must not be negative"),
  positive: new Invalid("OUT_OF_RANGE", "must be above 0"),
};

export function readDecimal(sign: Sign): Reader<DecimalString> {
  return (value) => {
    const found = decimalText(value);
    return found instanceof Invalid || hasSign(found, sign) ? found : SIGN_ERRORS[sign];
  };
}

function decimalText(value: unknown): DecimalString | Invalid {
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "string") return NOT_DECIMAL_TYPE;
  if (CANONICAL.test(value)) return value;
  return PLAIN.test(value) ? text(dec(value)) : NOT_A_DECIMAL;
}

function numberText(value: number): DecimalString | Invalid {
  const found = String(value);
  return isImprecise(found) || !PLAIN.test(found) ? IMPRECISE : text(dec(found));
}

function hasSign(value: DecimalString, sign: Sign): boolean {
  if (sign === "any") return true;
  return !value.startsWith("-") && (sign === "nonNegative" || value !== "0");
}

/** Whether the text of a JSON number says more than a float64 is sure to keep: 16 or more significant digits, or an exponent. */
export function isImprecise(source: string): boolean {
  if (/[eE]/.test(source)) return true;
  return source.replace(/[-.]/g, "").replace(/^0+/, "").length > 15;
}

const ISO = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const EARLIEST_MS = Date.UTC(1600, 0, 1);
const LATEST_MS = Date.UTC(9999, 0, 1);
const NOT_A_TIME = new Invalid(
  "INVALID_VALUE",
  "must be an ISO 8601 time (UTC unless it says otherwise) or integer epoch milliseconds",
);

/** ISO 8601, or epoch milliseconds; a time without a zone is UTC. */
export const readTime: Reader<number> = (value) => {
  const ms = typeof value === "string" ? isoMs(value) : value;
  if (typeof ms !== "number") return new Invalid("INVALID_TYPE", NOT_A_TIME.message);
  const isInRange = Number.isSafeInteger(ms) && ms >= EARLIEST_MS && ms <= LATEST_MS;
  return isInRange ? ms : NOT_A_TIME;
};

function isoMs(value: string): number {
  const [, date, hours = "00:00", seconds = ":00", zone = "Z"] = ISO.exec(value) ?? [];
  if (date === undefined) return Number.NaN;
  // Date.parse rolls 30 February over to March instead of refusing it.
  const midnight = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(date)) {
    return Number.NaN;
  }
  return Math.trunc(Date.parse(`${date}T${hours}${seconds}${zone}`));
}
