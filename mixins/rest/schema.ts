import type { Json } from "../../domain/shared/json.ts";
import type { DecimalString } from "../../domain/shared/decimal.ts";
import { Invalid, readDecimal, readText, readTime } from "./readers.ts";
import type { FieldError, Reader, Sign, TextLimits } from "./readers.ts";
import type {
  CrossCheck,
  Definitions,
  Infer,
  JsonSchema,
  ObjectSchema,
  OptionalSchema,
  Rule,
  Schema,
  Shape,
} from "./schema-types.ts";

export type { CrossCheck, Definitions, Infer, JsonSchema, ObjectSchema, Schema, Shape };

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

function leaf<T>(rule: Rule, doc: JsonSchema, fromQuery = asText): Schema<T> {
  return { rule: () => ({ ...rule }), doc: () => doc, fromQuery, isOptional: false };
}

function read<T>(reader: Reader<T>, doc: JsonSchema, fromQuery = asText): Schema<T> {
  return leaf({ type: "custom", check: checkWith(reader) }, doc, fromQuery);
}

interface Complaint {
  readonly type: string;
  readonly field?: string;
  readonly message: string;
}

function checkWith(reader: Reader<unknown>) {
  return (value: unknown, errors: Complaint[]): unknown => {
    const found = reader(value);
    if (!(found instanceof Invalid)) return found;
    errors.push({ type: found.code, message: found.message });
    return value;
  };
}

const asText = (text: string): unknown => text;
const asNumber = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);
const asTime = (text: string): unknown => (/^-?\d{5,}$/.test(text) ? Number(text) : text);
const asBoolean = (text: string): unknown =>
  text === "true" ? true : text === "false" ? false : text;

function string(limits: TextLimits & { format?: string; example?: string } = {}): Schema<string> {
  const { min, max = 500, pattern, format, example } = limits;
  return read(readText(limits), {
    type: "string",
    maxLength: max,
    ...(min !== undefined && { minLength: min }),
    ...(pattern !== undefined && { pattern: pattern.source }),
    ...(format !== undefined && { format }),
    ...(example !== undefined && { examples: [example] }),
  });
}

/** A decimal in a request: a string, or a number that JSON keeps exactly. It arrives as a canonical decimal string. */
function decimal({
  sign = "any",
  example = "190.1",
}: { sign?: Sign; example?: string } = {}): Schema<DecimalString> {
  const doc = { type: ["string", "number"], format: "decimal", examples: [example] };
  return { ...read(readDecimal(sign), doc), isDecimal: true };
}

const DECIMAL_TEXT = { type: "string", format: "decimal", examples: ["190.1"] };

/** A decimal in a response: always a string. */
function decimalText(): Schema<DecimalString> {
  return leaf({ type: "string" }, DECIMAL_TEXT);
}

/** An instant in a request. It arrives as epoch milliseconds. */
function time(): Schema<number> {
  const doc = {
    type: ["string", "integer"],
    format: "date-time",
    description: "ISO 8601, or epoch milliseconds",
    examples: ["2026-03-02T14:30:00.000Z"],
  };
  return read(readTime, doc, asTime);
}

/** An instant in a response: ISO 8601, UTC, milliseconds. */
function isoTime(): Schema<string> {
  const examples = ["2026-03-02T14:30:00.000Z"];
  return leaf({ type: "string" }, { type: "string", format: "date-time", examples });
}

function number(bounds: Bounds = {}): Schema<number> {
  return leaf({ type: "number", ...bounds }, { type: "number", ...boundsDoc(bounds) }, asNumber);
}

function integer(bounds: Bounds = {}): Schema<number> {
  const rule = { type: "number", integer: true, ...bounds };
  return leaf(rule, { type: "integer", ...boundsDoc(bounds) }, asNumber);
}

function boundsDoc({ min, max }: Bounds): JsonSchema {
  return {
    ...(min !== undefined && { minimum: min }),
    ...(max !== undefined && { maximum: max }),
  };
}

function boolean(): Schema<boolean> {
  return leaf({ type: "boolean" }, { type: "boolean" }, asBoolean);
}

function oneOf<const V extends readonly string[]>(values: V): Schema<V[number]> {
  return leaf({ type: "enum", values: [...values] }, { type: "string", enum: values });
}

function array<T>(items: Schema<T>, { min, max }: Bounds = {}): Schema<readonly T[]> {
  return {
    rule: () => ({ type: "array", items: items.rule(), min, max }),
    doc: (definitions) => ({
      type: "array",
      items: items.doc(definitions),
      ...(min !== undefined && { minItems: min }),
      ...(max !== undefined && { maxItems: max }),
    }),
    fromQuery: (text) => text.split(",").map((item) => items.fromQuery(item.trim())),
    isOptional: false,
    items,
  };
}

function record<T>(values: Schema<T>): Schema<{ readonly [key: string]: T }> {
  return {
    rule: () => ({ type: "record", key: { type: "string" }, value: values.rule() }),
    doc: (definitions) => ({ type: "object", additionalProperties: values.doc(definitions) }),
    fromQuery: asText,
    isOptional: false,
  };
}

/** Any JSON: for what is passed on as it was recorded. */
function json(description: string): Schema<Json> {
  return leaf({ type: "any" }, { description });
}

/** One of several forms, in responses. */
function union<A, B>(first: Schema<A>, second: Schema<B>): Schema<A | B> {
  return {
    rule: () => ({ type: "multi", rules: [first.rule(), second.rule()] }),
    doc: (definitions) => ({ anyOf: [first.doc(definitions), second.doc(definitions)] }),
    fromQuery: asText,
    isOptional: false,
  };
}

function optional<T>(inner: Schema<T>): OptionalSchema<T> {
  return { ...inner, rule: () => ({ ...inner.rule(), optional: true }), isOptional: true };
}

function defaulted<T extends Json>(inner: Schema<T>, value: T): Schema<T> {
  return {
    ...inner,
    rule: () => ({ ...inner.rule(), default: value }),
    doc: (definitions) => ({ ...inner.doc(definitions), default: value }),
    hasDefault: true,
  };
}

function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    ...inner,
    rule: () => ({ ...inner.rule(), nullable: true }),
    doc: (definitions) => ({ anyOf: [inner.doc(definitions), { type: "null" }] }),
  };
}

function describe<S extends Schema<unknown>>(inner: S, description: string): S {
  return { ...inner, doc: (definitions) => ({ ...inner.doc(definitions), description }) };
}

/** A part of the document of its own, referred to by name. */
function named<S extends Schema<unknown>>(name: string, inner: S): S {
  return {
    ...inner,
    doc: (definitions) => {
      if (!definitions.has(name)) definitions.set(name, inner.doc(definitions));
      return { $ref: `#/components/schemas/${name}` };
    },
  };
}

function object<F extends Shape>(fields: F, crossCheck?: CrossCheck): ObjectSchema<F> {
  const rule = () => objectRule(fields, crossCheck);
  return {
    rule,
    doc: (definitions) => objectDoc(fields, definitions),
    fromQuery: asText,
    isOptional: false,
    fields,
    validator: { $$root: true, ...rule() },
  };
}

function objectRule(fields: Shape, crossCheck: CrossCheck = () => []): Rule {
  const props = Object.fromEntries(Object.entries(fields).map(([name, f]) => [name, f.rule()]));
  const notNull = Object.keys(props).filter(
    (name) => props[name]?.["optional"] === true && props[name]["nullable"] !== true,
  );
  const custom = (value: unknown, errors: Complaint[], _rule: unknown, path: string): unknown => {
    if (!isRecord(value)) return value;
    const prefix = path === "$$root" ? "" : `${path}.`;
    for (const name of notNull) {
      // fastest-validator lets null pass for absent; a null that means nothing is a mistyped field.
      if (value[name] === null) errors.push(complaint(prefix + name, NOT_NULL));
    }
    for (const error of crossCheck(value)) errors.push(complaint(prefix + error.path, error));
    return value;
  };
  return { type: "object", strict: true, props, custom };
}

const NOT_NULL = { code: "INVALID_TYPE", message: "must not be null; leave it out" } as const;

function complaint(field: string, { code, message }: Omit<FieldError, "path">): Complaint {
  return { type: code, field, message };
}

export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectDoc(fields: Shape, definitions: Definitions): JsonSchema {
  const entries = Object.entries(fields);
  const required = entries.filter(([, f]) => !f.isOptional && !f.hasDefault).map(([name]) => name);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, f]) => [name, f.doc(definitions)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** The words in which the contract of the REST API is written. */
export const s = {
  string,
  decimal,
  decimalText,
  time,
  isoTime,
  number,
  integer,
  boolean,
  enum: oneOf,
  array,
  record,
  json,
  union,
  optional,
  defaulted,
  nullable,
  describe,
  named,
  object,
};
