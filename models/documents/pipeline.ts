import { Aggregator } from "mingo/aggregator";
import { Context, evalExpr } from "mingo/core";
import { Lazy } from "mingo/lazy";
import * as stages from "mingo/operators/pipeline";
import * as windows from "mingo/operators/window";
import type { Options } from "mingo/types";
import { type Document, isBsonRegExp, isDecimal128, isDocument } from "./bson.ts";
import { refused, serverError } from "./errors.ts";
import { computeOptions, expressionContext, refuseUnknown } from "./expressions.ts";
import { regexOf } from "./filter-types.ts";
import { encodeKey } from "./key.ts";
import { compileFilter } from "./matcher.ts";
import { compare, isEqual, rankOf } from "./order.ts";
import { reach } from "./paths.ts";
import { compileStageProjection } from "./projection.ts";
import { comparator, sortKeys } from "./sort.ts";

/** All documents of another collection of the same database. */
export type Resolver = (collection: string) => readonly Document[];

type Items = ReturnType<typeof Lazy>;
type Stage = (items: Items, operand: unknown, options: Options) => Items;

/** Not among them are those that write, that search a text or the globe, or that tell of a server. */
const KNOWN =
  "$addFields $bucket $count $facet $group $limit $lookup $match $project $replaceRoot $replaceWith $sample $set " +
  "$setWindowFields $skip $sort $sortByCount $unionWith $unset $unwind";
const KNOWN_STAGES: ReadonlySet<string> = new Set(KNOWN.split(" "));

/** Where BSON's types and MongoDB's order matter, the stages are of our own. */
const ownStages: Readonly<Record<`$${string}`, Stage>> = {
  $match: (items, filter, options) => {
    const matches = compileFilter(filter, (document, expression) =>
      evalExpr(document, expression, options),
    );
    return items.filter((document: Document) => matches(document));
  },
  $sort: (items, sort) => {
    const order = comparator(sortKeys(sort));
    return items.transform((all: Document[]) => Lazy(all.toSorted(order)));
  },
  $project: (items, projection, options) => {
    const project = compileStageProjection(projection, (document, expression) =>
      evalExpr(document, expression, options),
    );
    return items.map((document: Document) => project(document));
  },
  $group: (items, group, options) =>
    items.transform((all: Document[]) => Lazy(groups(all, asDocument("$group", group), options))),
  $sortByCount: (items, by, options) =>
    items.transform((all: Document[]) =>
      Lazy(groups(all, { _id: by, count: { $sum: 1 } }, options).toSorted(MOST_FIRST)),
    ),
  $bucket: (items, bucket, options) =>
    items.transform((all: Document[]) =>
      Lazy(buckets(all, asDocument("$bucket", bucket), options)),
    ),
  $setWindowFields: (items, operand, options) => {
    const { sortBy } = asDocument("$setWindowFields", operand);
    const paths = sortBy === undefined ? [] : sortKeys(sortBy).map(([path]) => path.split("."));
    return items.transform((all: Document[]) => {
      if (paths.some((path) => all.some((one) => reach(one, path).some(isDecimal128)))) {
        throw refused("$setWindowFields by a Decimal128");
      }
      return mingoWindows(Lazy(all), operand, options);
    });
  },
  $lookup: (items, lookup, options) => join(items, asDocument("$lookup", lookup), options),
};

const MOST_FIRST = comparator([["count", -1]]);
// sound: mingo checks the operand itself
const mingoWindows = stages.$setWindowFields as Stage;

const context: Context = Context.from(
  Context.init({
    pipeline: { ...only(stages, KNOWN_STAGES), ...ownStages },
    window: { ...windows },
  }),
  expressionContext,
);

function only(operators: object, known: ReadonlySet<string>): object {
  return Object.fromEntries(Object.entries(operators).filter(([name]) => known.has(name)));
}

/**
 * The documents that a pipeline makes of documents.
 * @param pipeline plain, with longs as numbers
 * @throws MongoServerError for a stage or an operator that is not known
 */
export function runPipeline(
  documents: readonly Document[],
  pipeline: readonly unknown[],
  resolve: Resolver,
): Document[] {
  const prepared = pipeline.map(prepareStage);
  const options = computeOptions(context, {
    collectionResolver: (name) => [...resolve(name)],
  });
  try {
    return new Aggregator(prepared, options).run([...documents], options);
  } catch (error) {
    // mingo's own errors have no code; what it was asked for was wrong.
    if (error instanceof Error && error.name === "Error")
      throw serverError("BadValue", error.message);
    throw error;
  }
}

/** The collections that a pipeline joins, those within its inner pipelines too. */
export function joinedBy(pipeline: readonly unknown[]): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isDocument(value)) return;
    for (const [stage, operand] of Object.entries(value)) {
      if (stage === "$unionWith" && typeof operand === "string") names.add(operand);
      if (isDocument(operand) && ["$lookup", "$unionWith"].includes(stage)) {
        const name = operand["from"] ?? operand["coll"];
        if (typeof name === "string") names.add(name);
      }
      visit(operand);
    }
  };
  visit(pipeline);
  return names;
}

function asDocument(stage: string, operand: unknown): Document {
  if (isDocument(operand)) return operand;
  throw serverError("BadValue", `${stage} needs a document`);
}

function prepareStage(stage: unknown): Document {
  const [[name, operand] = ["", undefined], ...others] = isDocument(stage)
    ? Object.entries(stage)
    : [];
  if (name === "" || others.length > 0) {
    throw serverError("BadValue", "a pipeline stage has exactly one operator");
  }
  if (!KNOWN_STAGES.has(name)) throw refused(`the stage ${name}`);
  if (name === "$match") return { $match: operand };
  if (name === "$facet") {
    const facets = Object.entries(asDocument(name, operand));
    return { $facet: Object.fromEntries(facets.map(([facet, inner]) => [facet, inside(inner)])) };
  }
  if (isDocument(operand) && Array.isArray(operand["pipeline"])) {
    return { [name]: { ...operand, pipeline: inside(operand["pipeline"]) } };
  }
  // Window functions are operators of this stage alone; mingo refuses those that it does not know.
  if (name !== "$setWindowFields") refuseUnknown(operand);
  return { [name]: withRegexes(operand) };
}

function inside(pipeline: unknown): readonly Document[] {
  if (!Array.isArray(pipeline)) throw serverError("BadValue", "a pipeline has to be an array");
  return pipeline.map(prepareStage);
}

/** Expressions take JavaScript's regexes. */
function withRegexes(value: unknown): unknown {
  if (isBsonRegExp(value)) return regexOf(value, undefined);
  if (Array.isArray(value)) return value.map(withRegexes);
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withRegexes(item)]));
}

/** Values that are equal in MongoDB's order are one group: 1 and Decimal128 1.0 too. */
function groups(documents: readonly Document[], group: Document, options: Options): Document[] {
  if (!Object.hasOwn(group, "_id"))
    throw serverError("BadValue", "a group specification must include an _id");
  const { _id: by, ...fields } = group;
  const members = new Map<string, { readonly id: unknown; readonly documents: Document[] }>();
  for (const document of documents) {
    const id = evalExpr(document, by, options) ?? null;
    const key = encodeKey([id]).toString("latin1");
    const known = members.get(key);
    if (known === undefined) members.set(key, { id, documents: [document] });
    else known.documents.push(document);
  }
  return [...members.values()].map(({ id, documents: own }) => {
    const made = Object.entries(fields).map(([name, accumulator]) => [
      name,
      evalExpr(own, accumulator, options),
    ]);
    return { _id: id, ...Object.fromEntries(made) };
  });
}

/** Each boundary belongs to the bucket that begins with it, and the last one to none. */
function buckets(documents: readonly Document[], bucket: Document, options: Options): Document[] {
  const { groupBy, default: other, output = { count: { $sum: 1 } } } = bucket;
  const boundaries: readonly unknown[] = Array.isArray(bucket["boundaries"])
    ? bucket["boundaries"]
    : [];
  if (boundaries.length < 2) {
    throw serverError("BadValue", "$bucket needs two boundaries or more");
  }
  const placed = documents.map((document) => {
    const value = evalExpr(document, groupBy, options);
    const after = boundaries.findIndex((boundary) => compare(value, boundary) < 0);
    const isInside = after > 0 && rankOf(value) === rankOf(boundaries[after - 1]);
    if (!isInside && !Object.hasOwn(bucket, "default")) {
      throw serverError("BadValue", "$bucket found a value in no bucket, and has no default");
    }
    return { document, id: isInside ? boundaries[after - 1] : other };
  });
  const ids = [...boundaries.slice(0, -1), other];
  return ids.flatMap((id) => {
    const own = placed.filter((one) => isEqual(one.id, id)).map(({ document }) => document);
    if (own.length === 0) return [];
    const [made = {}] = groups(own, { ...asDocument("$bucket", output), _id: null }, options);
    return [{ ...made, _id: id }];
  });
}

function join(items: Items, lookup: Document, options: Options): Items {
  const { from, as, localField, foreignField, let: variables = {}, pipeline } = lookup;
  if (typeof from !== "string" || typeof as !== "string") {
    throw serverError("FailedToParse", "$lookup needs from and as");
  }
  const foreign: readonly Document[] = options.collectionResolver?.(from) ?? [];
  const partners =
    typeof localField === "string" && typeof foreignField === "string"
      ? equalPartners(foreign, localField, foreignField)
      : () => foreign;
  return items.map((document: Document) => {
    const matched = partners(document);
    return { ...document, [as]: Array.isArray(pipeline) ? refine(document, matched) : matched };
  });

  function refine(document: Document, matched: readonly Document[]): Document[] {
    const inner: Options = {
      ...plain(options),
      // sound: `let` is a document of expressions, and so is what they come to
      variables: { ...options.variables, ...(evalExpr(document, variables, options) as Document) },
    };
    // sound: it was found to be an array, of stages that were prepared
    return new Aggregator(pipeline as Document[], inner).run(structuredList(matched), inner);
  }
}

/** mingo's options carry what belongs to one document; what is inside of them does not. */
function plain(options: Options): Options {
  // sound: mingo wraps what it was given, and keeps it under this name
  return "options" in options ? (options.options as Options) : options;
}

/** Stages may change documents that they were given; partners are shared. */
function structuredList(documents: readonly Document[]): Document[] {
  return documents.map((document) => ({ ...document }));
}

/** An array matches by its elements, and what is missing is null, on both sides. */
function equalPartners(
  foreign: readonly Document[],
  localField: string,
  foreignField: string,
): (document: Document) => Document[] {
  const byKey = new Map<string, Set<Document>>();
  for (const document of foreign) {
    for (const key of joinKeys(document, foreignField)) {
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, new Set([document]));
      else known.add(document);
    }
  }
  return (document) => [
    ...new Set(joinKeys(document, localField).flatMap((key) => [...(byKey.get(key) ?? [])])),
  ];
}

function joinKeys(document: Document, path: string): readonly string[] {
  const values = reach(document, path.split(".")).flatMap((value: unknown): readonly unknown[] =>
    Array.isArray(value) ? [value, ...(value as readonly unknown[])] : [value ?? null],
  );
  return values.map((value) => encodeKey([value]).toString("latin1"));
}
