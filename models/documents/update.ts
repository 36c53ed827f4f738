import { type Document, isDocument, timestampOf } from "./bson.ts";
import { serverError } from "./errors.ts";
import { add, isNumeric, multiply, toDouble } from "./numbers.ts";
import { compare, isEqual } from "./order.ts";
import { type ArrayChange, addToSet, pop, pull, pullAll, push } from "./update-arrays.ts";
import { type Place, type Positions, placesAt } from "./update-path.ts";
import { NO_POSITIONS, positionsIn } from "./update-positions.ts";
import { runUpdatePipeline } from "./update-pipeline.ts";

export interface UpdateContext {
  /** what the document was found by: the positional `$` asks it */
  readonly filter: unknown;
  readonly arrayFilters: unknown;
  readonly nowMs: number;
  /** the document is new: `$setOnInsert` counts */
  readonly isInsert: boolean;
}

/** Changes the document, or gives another one in its place. */
export type Update = (document: Document, context: UpdateContext) => Document;

/**
 * An update by operators or by a pipeline.
 * @param update plain, as `plainQuery` makes it
 * @throws MongoServerError for an operator that is not known, and for two that change one path
 */
export function compileUpdate(update: unknown): Update {
  if (Array.isArray(update)) return keepingId((document) => runUpdatePipeline(document, update));
  if (!isDocument(update))
    throw serverError("FailedToParse", "an update has to be a document or a pipeline");
  const changes = Object.entries(update).flatMap(([name, fields]) => changesOf(name, fields));
  refuseConflicts(changes.flatMap(({ paths }) => paths));
  return keepingId((document, context) => {
    const positions = positionsIn(document, context.filter, context.arrayFilters);
    for (const { apply } of changes) apply(document, positions, context);
    return document;
  });
}

/** All fields anew, but for `_id`. */
export function compileReplacement(replacement: unknown): Update {
  if (!isDocument(replacement) || Object.keys(replacement).some((name) => name.startsWith("$"))) {
    throw serverError("FailedToParse", "a replacement has to be a document without operators");
  }
  return keepingId(({ _id }) => ({ ...(_id !== undefined && { _id }), ...replacement }));
}

interface Change {
  readonly paths: readonly string[];
  readonly apply: (document: Document, positions: Positions, context: UpdateContext) => void;
}

type PlaceChange = (place: Place, context: UpdateContext) => void;

function changesOf(name: string, fields: unknown): readonly Change[] {
  if (!name.startsWith("$"))
    throw serverError("FailedToParse", `an update needs operators, found ${name}`);
  const operator = OPERATORS.get(name);
  if (name !== "$rename" && operator === undefined) {
    throw serverError("FailedToParse", `Unknown modifier: ${name}`);
  }
  if (!isDocument(fields)) throw serverError("FailedToParse", `${name} needs a document of fields`);
  return Object.entries(fields).map(([path, operand]) =>
    operator === undefined ? rename(path, operand) : changeAt(path, operator(operand, path), name),
  );
}

/** What removes does not make what is missing on its way. */
const ONLY_WHAT_IS_THERE = new Set(["$unset", "$pull", "$pullAll", "$pop"]);

function changeAt(path: string, change: PlaceChange, name: string): Change {
  const makes = !ONLY_WHAT_IS_THERE.has(name);
  return {
    paths: [path],
    apply: (document, positions, context) => {
      if (name === "$setOnInsert" && !context.isInsert) return;
      for (const place of placesAt(document, path, positions, makes)) change(place, context);
    },
  };
}

function rename(path: string, operand: unknown): Change {
  if (typeof operand !== "string" || operand === path) {
    throw serverError("BadValue", `$rename needs another name for ${path}`);
  }
  return {
    paths: [path, operand],
    apply: (document) => {
      const [from] = placesAt(document, path, NO_POSITIONS, false);
      const value = from?.get();
      if (value === undefined) return;
      from?.remove();
      for (const place of placesAt(document, operand, NO_POSITIONS, true)) place.set(value);
    },
  };
}

const set =
  (operand: unknown): PlaceChange =>
  (place) =>
    place.set(structured(operand));

const OPERATORS: ReadonlyMap<string, (operand: unknown, path: string) => PlaceChange> = new Map([
  ["$set", set],
  ["$setOnInsert", set],
  [
    "$unset",
    () => (place: Place) => {
      if (place.get() !== undefined) place.remove();
    },
  ],
  [
    "$inc",
    (operand: unknown, path: string) => arithmetic("$inc", operand, path, (value) => value, add),
  ],
  [
    "$mul",
    (operand: unknown, path: string) =>
      arithmetic("$mul", operand, path, (value) => multiply(0, value), multiply),
  ],
  ["$min", (operand: unknown) => best(operand, -1)],
  ["$max", (operand: unknown) => best(operand, 1)],
  ["$currentDate", currentDate],
  ["$push", (operand: unknown, path: string) => ofArray("$push", path, push(operand), [])],
  [
    "$addToSet",
    (operand: unknown, path: string) => ofArray("$addToSet", path, addToSet(operand), []),
  ],
  ["$pop", (operand: unknown, path: string) => ofArray("$pop", path, pop(operand), null)],
  ["$pull", (operand: unknown, path: string) => ofArray("$pull", path, pull(operand), null)],
  [
    "$pullAll",
    (operand: unknown, path: string) => ofArray("$pullAll", path, pullAll(operand), null),
  ],
  ["$bit", bitwise],
]);

/** A value that goes to several places is not shared between them. */
function structured(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structured);
  if (!isDocument(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, structured(item)]));
}

function arithmetic(
  name: string,
  operand: unknown,
  path: string,
  ofMissing: (operand: unknown) => unknown,
  combine: (a: unknown, b: unknown) => unknown,
): PlaceChange {
  if (!isNumeric(operand))
    throw serverError("TypeMismatch", `Cannot apply ${name} with a non-numeric argument: ${path}`);
  return (place) => {
    const value = place.get();
    if (value !== undefined && !isNumeric(value)) {
      throw serverError(
        "TypeMismatch",
        `Cannot apply ${name} to a value of non-numeric type: ${path}`,
      );
    }
    place.set(value === undefined ? ofMissing(operand) : counted(() => combine(value, operand)));
  };
}

function counted(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    throw error instanceof RangeError ? serverError("BadValue", error.message) : error;
  }
}

function best(operand: unknown, sign: 1 | -1): PlaceChange {
  return (place) => {
    const value = place.get();
    if (value === undefined || compare(operand, value) * sign > 0) place.set(structured(operand));
  };
}

function currentDate(operand: unknown): PlaceChange {
  const type = isDocument(operand) ? operand["$type"] : "date";
  if (type !== "date" && type !== "timestamp") {
    throw serverError("BadValue", "$currentDate is true, or a $type of date or timestamp");
  }
  return (place, { nowMs }) => place.set(type === "date" ? new Date(nowMs) : timestampOf(nowMs));
}

/** @param ofMissing what a missing array is taken for; null leaves it missing */
function ofArray(
  name: string,
  path: string,
  change: ArrayChange,
  ofMissing: readonly unknown[] | null,
): PlaceChange {
  return (place) => {
    const value = place.get() ?? (place.get() === null ? null : ofMissing);
    if (value === null && place.get() === undefined) return;
    if (!Array.isArray(value))
      throw serverError("BadValue", `The field '${path}' must be an array for ${name}`);
    place.set([...change(value)]);
  };
}

function bitwise(operand: unknown, path: string): PlaceChange {
  const entries = isDocument(operand) ? Object.entries(operand) : [];
  if (entries.length === 0)
    throw serverError("FailedToParse", `$bit needs and, or or xor: ${path}`);
  return (place) => {
    const value = place.get() ?? 0;
    const result = entries.reduce(
      (bits, [name, mask]) => combineBits(name, bits, toDouble(mask)),
      toDouble(value),
    );
    if (!Number.isInteger(value))
      throw serverError("BadValue", `$bit works on int32 only: ${path}`);
    place.set(result);
  };
}

function combineBits(name: string, bits: number, mask: number): number {
  switch (name) {
    case "and":
      return bits & mask;
    case "or":
      return bits | mask;
    case "xor":
      return bits ^ mask;
    default:
      throw serverError("BadValue", `$bit knows and, or and xor, found ${name}`);
  }
}

function refuseConflicts(paths: readonly string[]): void {
  for (const [i, path] of paths.entries()) {
    const other = paths.find((one, j) => j !== i && (one === path || path.startsWith(`${one}.`)));
    if (other === undefined) continue;
    throw serverError(
      "ConflictingUpdateOperators",
      `Updating the path '${path}' would create a conflict at '${other}'`,
    );
  }
}

function keepingId(update: Update): Update {
  return (document, context) => {
    const { _id: id } = document;
    const updated = update(document, context);
    if (id === undefined || isEqual(updated["_id"], id)) return updated;
    throw serverError(
      "ImmutableField",
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  };
}
