import { Context, ProcessingMode, evalExpr } from "mingo/core";
import * as accumulators from "mingo/operators/accumulator";
import * as expressions from "mingo/operators/expression";
import type { Options } from "mingo/types";
import { type Document, bsonType, isDecimal128, isDocument, isLong } from "./bson.ts";
import { refused, serverError } from "./errors.ts";
import { typeName } from "./filter-types.ts";
import { add, isNumeric, mean, toDouble } from "./numbers.ts";
import { compare, isEqual } from "./order.ts";

type Operator = (on: unknown, expression: unknown, options: Options) => unknown;

/** The value of an expression on a document. */
export type Evaluate = (document: Document, expression: unknown) => unknown;

/** They would run code that came with a query, or make a decimal that mingo does not have. */
const LEFT_OUT = new Set([
  "$function",
  "$accumulator",
  "$toDecimal",
  "$convert",
  "$toHashedIndexKey",
]);

/** By MongoDB's order of types, which knows decimals and longs. */
const COMPARISONS: Readonly<Record<`$${string}`, (order: number) => unknown>> = {
  $eq: (order) => order === 0,
  $ne: (order) => order !== 0,
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
  $cmp: Math.sign,
};

/** What mingo counts with doubles alone; it would pass over a decimal, and the answer would be wrong. */
const DOUBLES_ONLY = new Set(
  [
    "$abs $add $ceil $divide $exp $floor $ln $log $log10 $mod $multiply $pow $round $sigmoid $sqrt $subtract $trunc",
    "$stdDevPop $stdDevSamp $median $percentile $covariancePop $covarianceSamp $expMovingAvg $maxN $minN",
  ].flatMap((names) => names.split(" ")),
);

const comparisons = Object.fromEntries(
  Object.entries(COMPARISONS).map(([name, judge]) => [
    name,
    (on: unknown, expression: unknown, options: Options) => {
      const [a, b] = pair(name, evalExpr(on, expression, options));
      return judge(compare(a, b));
    },
  ]),
);

/** Of the types that JavaScript does not have. */
const conversions = {
  $in: (on: unknown, expression: unknown, options: Options) => {
    const [value, list] = pair("$in", evalExpr(on, expression, options));
    if (!Array.isArray(list)) throw serverError("BadValue", "$in needs an array");
    return list.some((item) => isEqual(item, value));
  },
  $type: (on: unknown, expression: unknown, options: Options) =>
    typeName(evalExpr(on, expression, options)),
  // sound: mingo's operators take whatever they are evaluated on
  $toDouble: overNumber(expressions.$toDouble as Operator, toDouble),
  $toString: overBson(expressions.$toString as Operator),
};

function overNumber(operator: Operator, convert: (value: unknown) => unknown): Operator {
  return (on, expression, options) => {
    const value = evalExpr(on, expression, options);
    return isNumeric(value) ? convert(value) : operator(on, expression, options);
  };
}

function overBson(operator: Operator): Operator {
  return (on, expression, options) => {
    const value = evalExpr(on, expression, options);
    return bsonType(value) === undefined ? operator(on, expression, options) : String(value);
  };
}

function pair(name: string, both: unknown): readonly [unknown, unknown] {
  if (Array.isArray(both) && both.length === 2) return [both[0], both[1]];
  throw serverError("BadValue", `${name} expects two operands`);
}

/** Over the values of a group, or over the operands of an expression. */
function overNumbers(fold: (values: readonly unknown[]) => unknown): Operator {
  return (on, expression, options) => fold(operands(on, expression, options).filter(isNumeric));
}

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

function overValues(fold: (values: readonly unknown[]) => unknown): Operator {
  return (on, expression, options) => fold(operands(on, expression, options).filter(isThere));
}

function operands(on: unknown, expression: unknown, options: Options): readonly unknown[] {
  if (Array.isArray(on) && expression === null) return on;
  if (Array.isArray(on)) return on.map((item) => evalExpr(item, expression, withoutRoot(options)));
  const value = evalExpr(on, expression, options);
  return Array.isArray(value) ? value : [value];
}

/** Each document of a group is the root of its own expression; mingo's options carry the group as the root. */
function withoutRoot(options: Options): Options {
  // sound: mingo wraps what it was given, and keeps it under this name
  return "options" in options ? (options.options as Options) : options;
}

const best = (sign: 1 | -1) => (values: readonly unknown[]) =>
  values.reduce<unknown>(
    (a, b) => (a === undefined || compare(b, a) * sign > 0 ? b : a),
    undefined,
  ) ?? null;

const exactAccumulators = {
  $sum: overNumbers((values) => values.reduce(add, 0)),
  $avg: overNumbers(mean),
  $max: overValues(best(1)),
  $min: overValues(best(-1)),
};

/** The operator, refused where a decimal or a long that no double holds is among what it is to count with. */
function guarded(name: string, operator: Operator): Operator {
  return (on, expression, options) => {
    const values = Array.isArray(on) ? [on, expression] : evalExpr(on, expression, options);
    if (
      Array.isArray(on) ? holdsDecimal(operands(on, expression, options)) : holdsDecimal(values)
    ) {
      throw refused(`${name} of Decimal128 or of integers beyond 2^53`);
    }
    return operator(on, expression, options);
  };
}

function holdsDecimal(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsDecimal);
  return isDecimal128(value) || isLong(value);
}

function prepared(operators: object): object {
  const kept = Object.entries(operators).filter(([name]) => !LEFT_OUT.has(name));
  const entries = kept.map(([name, operator]: [string, Operator]) => [
    name,
    DOUBLES_ONLY.has(name) ? guarded(name, operator) : operator,
  ]);
  return Object.fromEntries(entries);
}

/** mingo's expressions, with numbers and comparisons as BSON has them. */
export const expressionContext: Context = Context.init({
  expression: { ...prepared(expressions), ...comparisons, ...conversions },
  accumulator: { ...prepared(accumulators), ...exactAccumulators },
});

export function computeOptions(context: Context, more: Partial<Options> = {}): Options {
  return {
    idKey: "_id",
    // $setWindowFields is made of a $function of its own; none of a query's is ever let through.
    scriptEnabled: true,
    useStrictMode: true,
    failOnError: true,
    processingMode: ProcessingMode.CLONE_OFF,
    ...more,
    context,
  };
}

/** The value of an aggregation expression on a document. */
export function evaluate(document: Document, expression: unknown): unknown {
  refuseUnknown(expression);
  return evalExpr(document, expression, computeOptions(expressionContext));
}

/**
 * mingo would take some unknown operators for fields.
 * @throws MongoServerError naming the operator
 */
export function refuseUnknown(expression: unknown): void {
  if (Array.isArray(expression)) expression.forEach(refuseUnknown);
  if (!isDocument(expression)) return;
  for (const [name, value] of Object.entries(expression)) {
    if (name === "$literal") continue;
    if (name.startsWith("$") && !isKnown(name)) throw refused(`the expression ${name}`);
    refuseUnknown(value);
  }
}

function isKnown(name: string): boolean {
  if (LEFT_OUT.has(name)) return false;
  return [expressions, accumulators].some((operators) => Object.hasOwn(operators, name));
}
