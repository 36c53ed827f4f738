/**
 * Fields of untrusted parameters, described once: what is read and what is told of them come from the same line. Every fault is
 * found, not the first.
 */
import { dec, type DecimalString, text } from "../../shared/decimal.ts";
import type { Json } from "../../shared/json.ts";
import { isoMs } from "./iso-time.ts";

/** The field errors of the REST contract that a parameter can have. */
export type FieldFault = {
  /** from the root of what was read, e.g. `venues[2].levels[0].price` */
  readonly path: string;
  readonly code:
    | "REQUIRED"
    | "UNKNOWN_FIELD"
    | "INVALID_TYPE"
    | "INVALID_VALUE"
    | "OUT_OF_RANGE"
    | "IMPRECISE_NUMBER";
  readonly message: string;
};

export type Read<T> = { readonly value: T } | { readonly faults: readonly FieldFault[] };

/** JSON Schema, 2020-12. */
export type FieldSchema = { readonly [key: string]: Json };

export interface Field<T> {
  readonly isOptional: boolean;
  readonly schema: FieldSchema;
  read(value: unknown, path: string): Read<T>;
}

interface OptionalField<T> extends Field<T> {
  readonly isOptional: true;
}

export type Shape = { readonly [name: string]: Field<unknown> };

type OptionalKeys<S> = { [K in keyof S]: S[K] extends OptionalField<unknown> ? K : never }[keyof S];
type ValueOf<F> = F extends Field<infer T> ? T : never;
/** What a shape reads. A type alias, so that it is assignable to Json. */
export type Values<S> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K]>;
} & { readonly [K in OptionalKeys<S>]?: ValueOf<S[K]> };

function faultAt<T>(path: string, code: FieldFault["code"], message: string): Read<T> {
  return { faults: [{ path, code, message }] };
}

export function optional<T>(field: Field<T>): OptionalField<T> {
  return { ...field, isOptional: true };
}

interface Bounds {
  readonly min?: number;
  /** the value must be above it */
  readonly above?: number;
  readonly max?: number;
}

export function number(description: string, bounds: Bounds = {}): Field<number> {
  return {
    isOptional: false,
    schema: { type: "number", description, ...boundsSchema(bounds) },
    read: (value, path) => {
      const isNumber = typeof value === "number" && Number.isFinite(value);
      if (!isNumber) return faultAt(path, "INVALID_TYPE", "must be a number");
      return isInside(value, bounds) ? { value } : faultAt(path, "OUT_OF_RANGE", rangeText(bounds));
    },
  };
}

export function integer(description: string, bounds: Bounds = {}): Field<number> {
  const base = number(description, bounds);
  return {
    isOptional: false,
    schema: { ...base.schema, type: "integer" },
    read: (value, path) =>
      typeof value === "number" && !Number.isSafeInteger(value)
        ? faultAt(path, "INVALID_TYPE", "must be an integer")
        : base.read(value, path),
  };
}

export function boolean(description: string): Field<boolean> {
  return {
    isOptional: false,
    schema: { type: "boolean", description },
    read: (value, path) =>
      typeof value === "boolean" ? { value } : faultAt(path, "INVALID_TYPE", "must be a boolean"),
  };
}

export type DecimalSign = "any" | "nonNegative" | "positive";
const PLAIN = /^-?\d{1,24}(?:\.\d{1,18})?$/;

/** A string, or a number that JSON keeps exactly. */
export function decimal(description: string, sign: DecimalSign): Field<DecimalString> {
  return {
    isOptional: false,
    schema: { type: ["string", "number"], format: "decimal", description },
    read: (value, path) => readDecimal(value, sign, path),
  };
}

function readDecimal(value: unknown, sign: DecimalSign, path: string): Read<DecimalString> {
  if (typeof value !== "number" && typeof value !== "string") {
    return faultAt(path, "INVALID_TYPE", "must be a decimal, as a string or a number");
  }
  const digits = String(value);
  if (typeof value === "number" && isImprecise(digits)) {
    return faultAt(
      path,
      "IMPRECISE_NUMBER",
      "has more digits than a JSON number keeps: send a string",
    );
  }
  if (!PLAIN.test(digits)) {
    return faultAt(
      path,
      "INVALID_VALUE",
      "must be a plain decimal of at most 24 digits before and 18 after the point",
    );
  }
  const found = dec(digits);
  if (sign === "positive" && !found.greaterThan(0))
    return faultAt(path, "OUT_OF_RANGE", "must be above 0");
  if (sign === "nonNegative" && found.lessThan(0))
    return faultAt(path, "OUT_OF_RANGE", "must not be negative");
  return { value: text(found) };
}

/** 16 or more significant digits, or an exponent: a float64 may have lost some on the way. */
function isImprecise(digits: string): boolean {
  if (!/^-?[\d.]+$/.test(digits)) return true;
  return digits.replace(/[-.]/g, "").replace(/^0+/, "").length > 15;
}

export function name(description: string): Field<string> {
  return {
    isOptional: false,
    schema: { type: "string", minLength: 1, maxLength: 64, description },
    read: (value, path) => {
      if (typeof value !== "string") return faultAt(path, "INVALID_TYPE", "must be a string");
      const isName = /^[\w .:/-]{1,64}$/.test(value);
      return isName
        ? { value }
        : faultAt(path, "INVALID_VALUE", "must be 1 to 64 letters, digits or . _ : / -");
    },
  };
}

export function oneOf<const V extends readonly string[]>(
  description: string,
  values: V,
): Field<V[number]> {
  return {
    isOptional: false,
    schema: { type: "string", enum: values, description },
    read: (value, path) => {
      const found = values.find((candidate) => candidate === value);
      return found === undefined
        ? faultAt(path, "INVALID_VALUE", `must be one of ${values.join(", ")}`)
        : { value: found };
    },
  };
}

const LATEST_MS = 253_402_300_800_000;
const NOT_A_TIME =
  "must be an ISO 8601 time (UTC unless it says otherwise) or integer epoch milliseconds";

/** An instant; it is read as epoch milliseconds. */
export function time(description: string): Field<number> {
  return {
    isOptional: false,
    schema: { type: ["string", "integer"], format: "date-time", description },
    read: (value, path) => {
      const ms = typeof value === "string" ? isoMs(value) : value;
      if (typeof ms !== "number") return faultAt(path, "INVALID_TYPE", NOT_A_TIME);
      const isTime = Number.isSafeInteger(ms) && ms >= 0 && ms < LATEST_MS;
      return isTime ? { value: ms } : faultAt(path, "INVALID_VALUE", NOT_A_TIME);
    },
  };
}

interface Lengths {
  readonly min: number;
  readonly max: number;
}

export function list<T>(
  description: string,
  items: Field<T>,
  { min, max }: Lengths,
): Field<readonly T[]> {
  return {
    isOptional: false,
    schema: { type: "array", items: items.schema, minItems: min, maxItems: max, description },
    read: (value, path) => {
      if (!Array.isArray(value)) return faultAt(path, "INVALID_TYPE", "must be an array");
      if (value.length < min || value.length > max) {
        return faultAt(path, "OUT_OF_RANGE", `must have ${String(min)} to ${String(max)} entries`);
      }
      const read = value.map((item, index) => items.read(item, `${path}[${String(index)}]`));
      const faults = faultsOf(read);
      if (faults.length > 0) return { faults };
      return { value: read.flatMap((item) => ("value" in item ? [item.value] : [])) };
    },
  };
}

export function object<S extends Shape>(description: string, shape: S): Field<Values<S>> {
  return {
    isOptional: false,
    schema: { ...schemaOf(shape), description },
    read: (value, path) => readShape(shape, value, path),
  };
}

/** Reads every field, refuses those it does not know. @param path of the object, empty for the root */
export function readShape<S extends Shape>(shape: S, input: unknown, path = ""): Read<Values<S>> {
  if (!isRecord(input)) return faultAt(path, "INVALID_TYPE", "must be an object");
  const prefix = path === "" ? "" : `${path}.`;
  const unknown = Object.keys(input)
    .filter((key) => !Object.hasOwn(shape, key))
    .map((key): FieldFault => ({
      path: prefix + key,
      code: "UNKNOWN_FIELD",
      message: "is not known here",
    }));
  const read = Object.entries(shape).map(
    ([key, field]) => [key, readField(field, input[key], prefix + key)] as const,
  );
  const faults = [...unknown, ...faultsOf(read.map(([, found]) => found ?? { value: undefined }))];
  if (faults.length > 0) return { faults };
  const entries = read.flatMap(([key, found]) =>
    found !== null && "value" in found ? [[key, found.value] as const] : [],
  );
  // Sound: without faults every field of the shape that is not optional has the value that its own reader gave.
  return { value: Object.fromEntries(entries) as Values<S> };
}

/** Null for an optional field that is absent. */
function readField(field: Field<unknown>, value: unknown, path: string): Read<unknown> | null {
  if (value !== undefined) return field.read(value, path);
  return field.isOptional ? null : faultAt(path, "REQUIRED", "is required");
}

export function schemaOf(shape: Shape): FieldSchema {
  const entries = Object.entries(shape);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([key, { schema }]) => [key, schema])),
    required: entries.filter(([, { isOptional }]) => !isOptional).map(([key]) => key),
    additionalProperties: false,
  };
}

function faultsOf(read: readonly Read<unknown>[]): readonly FieldFault[] {
  return read.flatMap((found) => ("faults" in found ? found.faults : []));
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInside(
  value: number,
  { min = -Infinity, above = -Infinity, max = Infinity }: Bounds,
): boolean {
  return value >= min && (above === -Infinity || value > above) && value <= max;
}

function boundsSchema({ min, above, max }: Bounds): FieldSchema {
  return {
    ...(min !== undefined && { minimum: min }),
    ...(above !== undefined && { exclusiveMinimum: above }),
    ...(max !== undefined && { maximum: max }),
  };
}

function rangeText({ min, above, max }: Bounds): string {
  const bounds = [
    ...(min === undefined ? [] : [`at least ${String(min)}`]),
    ...(above === undefined ? [] : [`above ${String(above)}`]),
    ...(max === undefined ? [] : [`at most ${String(max)}`]),
  ];
  return `must be ${bounds.join(" and ")}`;
}
