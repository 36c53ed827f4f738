import { IMPRECISE, isImprecise } from "../../mixins/rest/readers.ts";
import type { FieldError } from "../../mixins/rest/readers.ts";
import { unprocessable } from "../../mixins/rest/rest-error.ts";
import type { AnyRoute } from "../../mixins/rest/route.ts";
import { isRecord } from "../../mixins/rest/schema.ts";
import type { Schema, Shape } from "../../mixins/rest/schema.ts";
import type { JsonBody, RequestBody } from "./body.ts";
import type { FormBody } from "./multipart.ts";

export type Params = { [field: string]: unknown };

/**
 * Path, query and body as the one object that the action takes. Each part may hold its own fields only; whether their
 * values are right is left to the action's validator.
 * @throws RestError 422
 */
export function gather(
  route: AnyRoute,
  path: { readonly [name: string]: string },
  search: string,
  body: RequestBody,
): Params {
  const errors: FieldError[] = [];
  const params: Params = Object.fromEntries(
    Object.entries(path).map(([name, text]) => [name, route.params[name]?.fromQuery(text) ?? text]),
  );
  if (search !== "") addQuery(params, queryFields(route, body === "csv"), search, errors);
  if (body !== null && body !== "csv") {
    if (body.kind === "json") addBody(params, route.body ?? {}, body, errors);
    else addForm(params, route, body, errors);
  }
  if (errors.length > 0) throw unprocessable(errors);
  return params;
}

/** What stands beside rows in a JSON body has no place in CSV. */
function queryFields({ query, body, csv = [] }: AnyRoute, isCsv: boolean): Shape {
  if (!isCsv) return query;
  const moved = Object.entries(body ?? {}).filter(([name]) => csv.includes(name));
  return { ...query, ...Object.fromEntries(moved) };
}

function addQuery(params: Params, fields: Shape, search: string, errors: FieldError[]): void {
  for (const [name, text] of new URLSearchParams(search)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) errors.push(unknownField(name));
    else if (!Object.hasOwn(params, name)) params[name] = field.fromQuery(text);
    else if (field.items === undefined) errors.push(twice(name));
    else params[name] = [params[name], field.fromQuery(text)].flat();
  }
}

function addBody(params: Params, fields: Shape, body: JsonBody, errors: FieldError[]): void {
  const { value, source } = body;
  if (!isRecord(value)) {
    errors.push({ path: "", code: "INVALID_TYPE", message: "the body must be an object" });
    return;
  }
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(fields, name)) params[name] = value[name];
    else errors.push(unknownField(name));
  }
  if (MAYBE_IMPRECISE.test(source)) errors.push(...impreciseIn(fields, source));
}

/** Lists and objects are JSON in a form; texts stand as they are, and numbers as in a query. */
function addForm(params: Params, route: AnyRoute, form: FormBody, errors: FieldError[]): void {
  const { [route.multipart?.file ?? ""]: file, ...fields } = route.body ?? {};
  if (form.file !== null && (file === undefined || form.file.field !== route.multipart?.file))
    errors.push(unknownField(form.file.field));
  for (const [name, text] of form.fields) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) errors.push(unknownField(name));
    else if (Object.hasOwn(params, name)) errors.push(twice(name));
    else if (field.fields === undefined && field.items === undefined)
      params[name] = field.fromQuery(text);
    else addJson(params, name, text, errors);
  }
}

function addJson(params: Params, name: string, text: string, errors: FieldError[]): void {
  try {
    params[name] = JSON.parse(text);
  } catch {
    errors.push({ path: name, code: "INVALID_TYPE", message: "must be JSON" });
  }
}

function unknownField(name: string): FieldError {
  return {
    path: name.slice(0, 100),
    code: "UNKNOWN_FIELD",
    message: "is not a field of this request",
  };
}

function twice(name: string): FieldError {
  return { path: name, code: "INVALID_VALUE", message: "must be given once" };
}

/**
 * A number of sixteen digits, but for a point, or with an exponent, where JSON has numbers: behind white space or one of `:,[`.
 * Strings may match too; then the slow way finds nothing.
 */
const MAYBE_IMPRECISE = /(?:^|[\s:,[])-?(?:\d[\d.]{15}|\d[\d.]*[eE])/;

/** Stands for a number that JSON.parse may have rounded. */
const IMPRECISE_NUMBER = Symbol("imprecise number");

/** Decimal fields whose JSON number says more than a float64 keeps, or has an exponent: nobody can see that afterwards. */
function impreciseIn(fields: Shape, source: string): readonly FieldError[] {
  const tree: unknown = JSON.parse(source, marking);
  return isRecord(tree) ? walkFields(fields, tree, "") : [];
}

function marking(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value;
  return isImprecise(context.source) ? IMPRECISE_NUMBER : value;
}

function walkFields(
  fields: Shape,
  value: { readonly [name: string]: unknown },
  prefix: string,
): readonly FieldError[] {
  return Object.entries(fields).flatMap(([name, field]) => walk(field, value[name], prefix + name));
}

function walk(schema: Schema<unknown>, value: unknown, path: string): readonly FieldError[] {
  if (schema.isDecimal) {
    const { code, message } = IMPRECISE;
    return value === IMPRECISE_NUMBER ? [{ path, code, message }] : [];
  }
  const { fields, items } = schema;
  if (fields && isRecord(value)) return walkFields(fields, value, `${path}.`);
  if (items && Array.isArray(value)) {
    return value.flatMap((item, index) => walk(items, item, `${path}[${index}]`));
  }
  return [];
}
