import { isBsonRegExp, isDocument } from "./bson.ts";
import { serverError } from "./errors.ts";
import { compileElement, compileFilter, isOperators } from "./matcher.ts";
import { toDouble } from "./numbers.ts";
import { compare, isEqual } from "./order.ts";
import { comparator, sortKeys } from "./sort.ts";

/** What an operator makes of an array; the given one is not changed. */
export type ArrayChange = (array: readonly unknown[]) => readonly unknown[];

const MODIFIERS = new Set(["$each", "$position", "$slice", "$sort"]);

/** `$push`: at the end or at `$position`, then `$sort`ed, then cut by `$slice`. */
export function push(operand: unknown): ArrayChange {
  if (!isDocument(operand) || !Object.hasOwn(operand, "$each"))
    return (array) => [...array, operand];
  const unknown = Object.keys(operand).find((name) => !MODIFIERS.has(name));
  if (unknown !== undefined)
    throw serverError("BadValue", `Unrecognized clause in $push: ${unknown}`);
  const items = eachOf(operand["$each"]);
  const { $position: position, $slice: slice, $sort: sort } = operand;
  const order = sort === undefined ? null : elementOrder(sort);
  const at = position === undefined ? null : whole("$position", position);
  const limit = slice === undefined ? null : whole("$slice", slice);
  return (array) => {
    const pushed = array.toSpliced(at ?? array.length, 0, ...items);
    if (order !== null) pushed.sort(order);
    if (limit === null) return pushed;
    return limit < 0 ? pushed.slice(limit) : pushed.slice(0, limit);
  };
}

function elementOrder(sort: unknown): (a: unknown, b: unknown) => number {
  if (!isDocument(sort)) {
    const direction = whole("$sort", sort);
    return (a, b) => compare(a, b) * direction;
  }
  const order = comparator(sortKeys(sort));
  return (a, b) => order(isDocument(a) ? a : {}, isDocument(b) ? b : {});
}

function whole(name: string, operand: unknown): number {
  const value = toDouble(operand);
  if (!Number.isInteger(value)) throw serverError("BadValue", `${name} has to be a whole number`);
  return value;
}

function eachOf(each: unknown): readonly unknown[] {
  if (!Array.isArray(each)) throw serverError("TypeMismatch", "$each has to be an array");
  return each;
}

/** `$addToSet`: what is not yet there, once. */
export function addToSet(operand: unknown): ArrayChange {
  const items =
    isDocument(operand) && Object.hasOwn(operand, "$each") ? eachOf(operand["$each"]) : [operand];
  return (array) => {
    const set = [...array];
    for (const item of items) if (!set.some((member) => isEqual(member, item))) set.push(item);
    return set;
  };
}

/** `$pop`: the last, or with −1 the first. */
export function pop(operand: unknown): ArrayChange {
  const end = whole("$pop", operand);
  if (end !== 1 && end !== -1) throw serverError("FailedToParse", "$pop expects 1 or -1");
  return (array) => (end === 1 ? array.slice(0, -1) : array.slice(1));
}

/** `$pull`: what is equal, or what matches conditions on the element or on its fields. */
export function pull(operand: unknown): ArrayChange {
  const isPulled = pulled(operand);
  return (array) => array.filter((item) => !isPulled(item));
}

function pulled(operand: unknown): (item: unknown) => boolean {
  if (isOperators(operand)) return compileElement(operand);
  if (isBsonRegExp(operand)) return compileElement({ $regex: operand });
  if (!isDocument(operand)) return (item) => isEqual(item, operand);
  const matches = compileFilter(operand);
  return (item) => isDocument(item) && matches(item);
}

/** `$pullAll`: what is equal to one of these. */
export function pullAll(operand: unknown): ArrayChange {
  if (!Array.isArray(operand)) throw serverError("BadValue", "$pullAll requires an array");
  return (array) => array.filter((item) => !operand.some((gone) => isEqual(item, gone)));
}
