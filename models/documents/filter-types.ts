import { bsonType, isBsonRegExp } from "./bson.ts";
import { refused, serverError } from "./errors.ts";
import { RANK, type Rank, rankOf } from "./order.ts";

const INT32 = 2_147_483_648;
const isInt = (value: unknown): boolean =>
  typeof value === "number" && Number.isInteger(value) && Math.abs(value) < INT32;
const ofRank =
  (...ranks: readonly Rank[]) =>
  (value: unknown): boolean =>
    value !== undefined && ranks.includes(rankOf(value));
const named =
  (name: string) =>
  (value: unknown): boolean =>
    bsonType(value) === name;

/** Name, number and test of each type that `$type` may ask for. */
const TYPES: readonly (readonly [string, number, (value: unknown) => boolean])[] = [
  ["double", 1, (value) => typeof value === "number" && !isInt(value)],
  ["string", 2, ofRank(RANK.string)],
  ["object", 3, ofRank(RANK.object)],
  ["array", 4, ofRank(RANK.array)],
  ["binData", 5, ofRank(RANK.binary)],
  ["objectId", 7, ofRank(RANK.objectId)],
  ["bool", 8, ofRank(RANK.boolean)],
  ["date", 9, ofRank(RANK.date)],
  ["null", 10, (value) => value === null],
  ["regex", 11, ofRank(RANK.regex)],
  ["javascript", 13, named("Code")],
  ["int", 16, isInt],
  ["timestamp", 17, ofRank(RANK.timestamp)],
  ["long", 18, named("Long")],
  ["decimal", 19, named("Decimal128")],
  ["minKey", -1, ofRank(RANK.minKey)],
  ["maxKey", 127, ofRank(RANK.maxKey)],
];

/** The name of a value's type, as the expression `$type` gives it. */
export function typeName(value: unknown): string {
  return TYPES.find(([, , test]) => test(value))?.[0] ?? "missing";
}

export function typeTest(wanted: unknown): (value: unknown) => boolean {
  const tests = (Array.isArray(wanted) ? wanted : [wanted]).map((type: unknown) => {
    if (type === "number") return ofRank(RANK.number);
    const entry = TYPES.find(([name, number]) => type === name || type === number);
    if (entry === undefined) throw serverError("BadValue", `unknown type: ${String(type)}`);
    return entry[2];
  });
  return (value) => tests.some((test) => test(value));
}

/** @param options letters of `i`, `m`, `s`, as MongoDB has them */
export function regexTest(pattern: unknown, options: unknown): (value: unknown) => boolean {
  const regex = regexOf(pattern, options);
  return (value) => typeof value === "string" && regex.test(value);
}

/** @throws MongoServerError when JavaScript cannot do what the expression says */
export function regexOf(pattern: unknown, options: unknown): RegExp {
  const [source, own] = isBsonRegExp(pattern) ? [pattern.pattern, pattern.options] : [pattern, ""];
  const letters = typeof options === "string" ? options : own;
  if (typeof source !== "string") throw serverError("BadValue", "$regex has to be a string");
  if (/[^imsu]/.test(letters)) throw refused(`the option "${letters}" of $regex`);
  return compiled(source, letters);
}

function compiled(source: string, letters: string): RegExp {
  try {
    return new RegExp(source, [...new Set(letters)].filter((letter) => letter !== "u").join(""));
  } catch (error) {
    throw serverError("BadValue", `$regex is not valid: ${String(error)}`);
  }
}
