import { type Document, isBsonRegExp, isDocument } from "./bson.ts";
import { refused, serverError } from "./errors.ts";
import { type Evaluate, evaluate, refuseUnknown } from "./expressions.ts";
import { regexTest, typeTest } from "./filter-types.ts";
import { toDouble } from "./numbers.ts";
import { compare, isEqual, rankOf } from "./order.ts";
import { reach } from "./paths.ts";

/** Whether a document matches. */
export type Matcher = (document: Document) => boolean;

/** Judges all values that a path reaches in a document; `undefined` is a missing one. */
type Judge = (reached: readonly unknown[]) => boolean;

/**
 * The filter as a function. Null finds what is missing too; a comparison finds values of its own type only; a path or a
 * condition finds an array by its elements, as MongoDB's manual has it.
 * @param filter plain, as `plainQuery` makes it
 * @param evaluateOn of `$expr`, where there are variables
 * @throws MongoServerError for an operator that is not known, or used wrongly
 */
export function compileFilter(filter: unknown, evaluateOn: Evaluate = evaluate): Matcher {
  if (!isDocument(filter)) throw serverError("BadValue", "a filter has to be a document");
  const tests = Object.entries(filter).map(([name, condition]) =>
    compileEntry(name, condition, evaluateOn),
  );
  return (document) => tests.every((test) => test(document));
}

function compileEntry(name: string, condition: unknown, evaluateOn: Evaluate): Matcher {
  if (!name.startsWith("$")) return compilePath(name, condition);
  switch (name) {
    case "$and": {
      const all = compileList(name, condition, evaluateOn);
      return (document) => all.every((test) => test(document));
    }
    case "$or": {
      const any = compileList(name, condition, evaluateOn);
      return (document) => any.some((test) => test(document));
    }
    case "$nor": {
      const none = compileList(name, condition, evaluateOn);
      return (document) => !none.some((test) => test(document));
    }
    case "$expr":
      refuseUnknown(condition);
      return (document) => isTrue(evaluateOn(document, condition));
    case "$comment":
      return () => true;
    default:
      throw refused(`the operator ${name}`);
  }
}

function compileList(name: string, conditions: unknown, evaluateOn: Evaluate): readonly Matcher[] {
  if (!Array.isArray(conditions) || conditions.length === 0) {
    throw serverError("BadValue", `${name} must be a nonempty array`);
  }
  return conditions.map((condition) => compileFilter(condition, evaluateOn));
}

function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && value !== 0;
}

function compilePath(path: string, condition: unknown): Matcher {
  const segments = path.split(".");
  const judge = compileCondition(condition);
  return (document) => judge(reach(document, segments));
}

/** `{ $gt: 1, $lt: 5 }` is a condition of operators; every other document is a value to be equal to. */
export function isOperators(condition: unknown): condition is Document {
  return isDocument(condition) && Object.keys(condition)[0]?.startsWith("$") === true;
}

function compileCondition(condition: unknown): Judge {
  if (isBsonRegExp(condition)) return some(regexOrEqual(condition));
  if (!isOperators(condition)) return equalTo(condition);
  const judges = Object.entries(condition).map(([name, operand]) =>
    compileOperator(name, operand, condition),
  );
  return (reached) => judges.every((judge) => judge(reached));
}

function compileOperator(name: string, operand: unknown, all: Document): Judge {
  switch (name) {
    case "$eq":
      return equalTo(operand);
    case "$ne":
      return not(equalTo(operand));
    case "$gt":
      return ordered(operand, (order) => order > 0);
    case "$gte":
      return ordered(operand, (order) => order >= 0);
    case "$lt":
      return ordered(operand, (order) => order < 0);
    case "$lte":
      return ordered(operand, (order) => order <= 0);
    case "$in":
      return among(name, operand);
    case "$nin":
      return not(among(name, operand));
    case "$not":
      if (!isBsonRegExp(operand) && !isOperators(operand)) {
        throw serverError("BadValue", "$not needs a regex or a document of operators");
      }
      return not(compileCondition(operand));
    case "$exists": {
      const isWanted = isTrue(operand);
      return (reached) => reached.some((value) => value !== undefined) === isWanted;
    }
    case "$type":
      return some(typeTest(operand));
    case "$mod":
      return some(remainder(operand));
    case "$regex":
      return some(regexTest(operand, all["$options"]));
    case "$options":
      if (!Object.hasOwn(all, "$regex")) throw serverError("BadValue", "$options needs a $regex");
      return () => true;
    case "$size":
      return (reached) =>
        reached.some((value) => Array.isArray(value) && value.length === size(operand));
    case "$all":
      return allOf(operand);
    case "$elemMatch":
      return elementMatching(operand);
    default:
      throw refused(`the operator ${name}`);
  }
}

const not =
  (judge: Judge): Judge =>
  (reached) =>
    !judge(reached);

/** Holds for a value, or for an element of it when it is an array. */
function some(test: (value: unknown) => boolean): Judge {
  return (reached) =>
    reached.some(
      (value) => test(value) || (Array.isArray(value) && value.some((item) => test(item))),
    );
}

function equalTo(operand: unknown): Judge {
  if (operand === null) return some((value) => value === null || value === undefined);
  return some((value) => value !== undefined && isEqual(value, operand));
}

function ordered(operand: unknown, accepts: (order: number) => boolean): Judge {
  if (isBsonRegExp(operand)) throw serverError("BadValue", "a regex cannot be compared");
  if (Number.isNaN(operand)) return some((value) => Number.isNaN(value) && accepts(0));
  const rank = rankOf(operand);
  return some((value) => {
    const found = operand === null ? (value ?? null) : value;
    if (found === undefined || rankOf(found) !== rank || Number.isNaN(found)) return false;
    return accepts(compare(found, operand));
  });
}

function among(name: string, operand: unknown): Judge {
  if (!Array.isArray(operand)) throw serverError("BadValue", `${name} needs an array`);
  const judges = operand.map((item) =>
    isBsonRegExp(item) ? some(regexOrEqual(item)) : equalTo(item),
  );
  return (reached) => judges.some((judge) => judge(reached));
}

function regexOrEqual(regex: { readonly pattern: string; readonly options: string }) {
  const matches = regexTest(regex, undefined);
  return (value: unknown): boolean => matches(value);
}

function remainder(operand: unknown): (value: unknown) => boolean {
  if (!Array.isArray(operand) || operand.length !== 2) {
    throw serverError("BadValue", "$mod needs a divisor and a remainder");
  }
  const [divisor, rest] = operand.map((item) => Math.trunc(toDouble(item)));
  if (!divisor || rest === undefined || Number.isNaN(rest)) {
    throw serverError("BadValue", "the divisor of $mod cannot be 0");
  }
  return (value) => typeof value !== "string" && Math.trunc(toDouble(value)) % divisor === rest;
}

function size(operand: unknown): number {
  const wanted = toDouble(operand);
  if (!Number.isInteger(wanted) || wanted < 0)
    throw serverError("BadValue", "$size needs a whole number");
  return wanted;
}

function allOf(operand: unknown): Judge {
  if (!Array.isArray(operand)) throw serverError("BadValue", "$all needs an array");
  if (operand.length === 0) return () => false;
  const judges = operand.map((item) =>
    isDocument(item) && Object.hasOwn(item, "$elemMatch")
      ? elementMatching(item["$elemMatch"])
      : isBsonRegExp(item)
        ? some(regexOrEqual(item))
        : equalTo(item),
  );
  return (reached) => judges.every((judge) => judge(reached));
}

const COMBINING = new Set(["$and", "$or", "$nor", "$expr"]);

function elementMatching(operand: unknown): Judge {
  const test = compileElement(operand);
  return (reached) => reached.some((value) => Array.isArray(value) && value.some(test));
}

/** Conditions on the element itself, `{ $gt: 1 }`, or on its fields, `{ price: 1 }`. */
export function compileElement(operand: unknown): (element: unknown) => boolean {
  if (!isDocument(operand)) throw serverError("BadValue", "$elemMatch needs a document");
  const [first] = Object.keys(operand);
  if (isOperators(operand) && !COMBINING.has(first ?? "")) {
    const judge = compileCondition(operand);
    return (element) => judge([element]);
  }
  const matches = compileFilter(operand);
  return (element) =>
    isDocument(element)
      ? matches(element)
      : Array.isArray(element) && matches(Object.fromEntries(element.entries()));
}
