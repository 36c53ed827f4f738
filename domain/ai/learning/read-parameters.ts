import type { Json } from "../../shared/json.ts";
import type {
  NumberTerms,
  ParameterFault,
  Parameters,
  ParameterSchema,
  ParameterTerms,
} from "./parameters.ts";

type ReadParameters =
  | { readonly isValid: true; readonly parameters: Parameters }
  | { readonly isValid: false; readonly faults: readonly ParameterFault[] };

/**
 * Checks what an algorithm is told against what it may be told.
 * @returns the parameters in the schema's order, defaults filled in, whatever the order in which they were given; or every fault:
 *          names that the schema does not know first, then by the schema's order
 */
export function readParameters(
  schema: ParameterSchema,
  given: { readonly [name: string]: Json | undefined },
): ReadParameters {
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(schema, name))
    .map((name) => faultOf(name, `is not one of ${Object.keys(schema).join(", ") || "none"}`));
  const faults = [...unknown, ...wrongOnes(schema, given)];
  if (faults.length > 0) return { isValid: false, faults };
  const parameters = Object.entries(schema).map(([name, terms]): readonly [string, Json] => [
    name,
    valueOf(given, name) ?? terms.default,
  ]);
  return { isValid: true, parameters: Object.fromEntries(parameters) };
}

function wrongOnes(
  schema: ParameterSchema,
  given: { readonly [name: string]: Json | undefined },
): readonly ParameterFault[] {
  return Object.entries(schema).flatMap(([name, terms]) => {
    const value = valueOf(given, name);
    const message = value === undefined ? null : wrongIn(terms, value);
    return message === null ? [] : [faultOf(name, message)];
  });
}

/** A name like `toString` is not given because every object has it. */
function valueOf(
  given: { readonly [name: string]: Json | undefined },
  name: string,
): Json | undefined {
  return Object.hasOwn(given, name) ? given[name] : undefined;
}

function faultOf(name: string, message: string): ParameterFault {
  return { path: `parameters.${name}`, message };
}

/** @returns null of a value that can be taken */
function wrongIn(terms: ParameterTerms, value: Json): string | null {
  switch (terms.type) {
    case "integer":
    case "number":
      return wrongNumber(terms, value);
    case "boolean":
      return typeof value === "boolean" ? null : "must be true or false";
    case "enum":
      return typeof value === "string" && terms.values.includes(value)
        ? null
        : `must be one of ${terms.values.join(", ")}`;
    case "integers":
      return wrongList(value, terms.lengthMax, (one) =>
        wrongNumber({ ...terms, type: "integer" }, one),
      );
    case "members":
      return wrongList(value, terms.lengthMax, wrongMember);
  }
}

function wrongNumber({ type, min, max }: Omit<NumberTerms, "default">, value: Json): string | null {
  const isRight = type === "integer" ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (typeof value === "number" && isRight && value >= min && value <= max) return null;
  return `must be ${type === "integer" ? "a whole number" : "a number"} from ${min} to ${max}`;
}

/** Names the first element that is wrong. */
function wrongList(
  value: Json,
  lengthMax: number,
  wrongElement: (element: Json) => string | null,
): string | null {
  if (!isList(value) || value.length > lengthMax)
    return `must be a list of at most ${lengthMax} elements`;
  for (const [i, element] of value.entries()) {
    const message = wrongElement(element);
    if (message !== null) return `element ${i} ${message}`;
  }
  return null;
}

/** Whether its algorithm exists and takes its parameters is for the ensemble to say, which has the book. */
function wrongMember(value: Json): string | null {
  const isMember = typeof value === "object" && value !== null && !isList(value);
  return isMember && typeof value["algorithm"] === "string"
    ? null
    : "must be { algorithm, parameters }";
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
