import { FIELD_CODES } from "./readers.ts";
import type { FieldCode, FieldError } from "./readers.ts";
import { isRecord } from "./schema.ts";

/** Enough to repair a request by, few enough that an answer stays small. */
const MAX_ERRORS = 50;
const MAX_PATH = 100;

/** The complaints of fastest-validator in our words. */
export function toFieldErrors(complaints: readonly unknown[]): readonly FieldError[] {
  return complaints.filter(isRecord).flatMap(toErrors).slice(0, MAX_ERRORS);
}

function toErrors(complaint: { readonly [key: string]: unknown }): readonly FieldError[] {
  const type = String(complaint["type"]);
  const path = pathOf(complaint["field"]);
  if (type === "objectStrict") return unknownFields(path, String(complaint["actual"]));
  if (isFieldCode(type)) return [{ path, code: type, message: String(complaint["message"]) }];
  return [{ path, ...explain(type, String(complaint["expected"])) }];
}

function isFieldCode(type: string): type is FieldCode {
  return FIELD_CODES.some((code) => code === type);
}

/** fastest-validator writes `a['b']` for names that are no identifiers. */
function pathOf(field: unknown): string {
  return typeof field === "string" ? field.slice(0, MAX_PATH) : "";
}

function unknownFields(parent: string, names: string): readonly FieldError[] {
  const prefix = parent === "" ? "" : `${parent}.`;
  return names.split(", ").map((name) => ({
    path: (prefix + name).slice(0, MAX_PATH),
    code: "UNKNOWN_FIELD",
    message: "is not a field of this request",
  }));
}

function explain(type: string, expected: string): Omit<FieldError, "path"> {
  switch (type) {
    case "required":
      return { code: "REQUIRED", message: "is required" };
    case "enumValue":
      return { code: "UNSUPPORTED_VALUE", message: `must be one of: ${expected}` };
    case "numberMin":
      return { code: "OUT_OF_RANGE", message: `must be at least ${expected}` };
    case "numberMax":
      return { code: "OUT_OF_RANGE", message: `must be at most ${expected}` };
    case "arrayMin":
      return { code: "OUT_OF_RANGE", message: `must have at least ${expected} items` };
    case "arrayMax":
      return { code: "OUT_OF_RANGE", message: `must have at most ${expected} items` };
    case "numberInteger":
      return { code: "INVALID_VALUE", message: "must be an integer" };
    case "record":
      return { code: "INVALID_TYPE", message: "must be an object" };
    default:
      return { code: "INVALID_TYPE", message: `must be of type ${type}` };
  }
}
