import { type Document, isBsonRegExp, isDocument } from "./bson.ts";
import { serverError } from "./errors.ts";
import { compileFilter } from "./matcher.ts";
import { positionIn } from "./position.ts";
import { type Positions, placesAt } from "./update-path.ts";

/** Where none can be: in what is renamed, and in a document that is only being made. */
export const NO_POSITIONS: Positions = {
  first: () => {
    throw serverError("BadValue", "a positional operator has no place here");
  },
  filter: (name) => {
    throw serverError("BadValue", `No array filter found for identifier '${name}'`);
  },
};

/** The positional parts of an update's paths, by what the document was found by and by its `arrayFilters`. */
export function positionsIn(document: Document, filter: unknown, arrayFilters: unknown): Positions {
  const filters = new Map<string, (element: unknown) => boolean>();
  for (const one of Array.isArray(arrayFilters) ? arrayFilters : []) {
    const [name, matches] = arrayFilter(one);
    filters.set(name, matches);
  }
  return {
    first: (path) => {
      const at = positionIn(filter, document, path);
      if (at !== null) return at;
      throw serverError(
        "BadValue",
        "The positional operator did not find the match needed from the query.",
      );
    },
    filter: (name) => filters.get(name) ?? NO_POSITIONS.filter(name),
  };
}

/** `{ "item.price": { $gt: 5 } }` is a filter of documents that have the element as `item`. */
function arrayFilter(
  filter: unknown,
): readonly [name: string, matches: (element: unknown) => boolean] {
  const [path] = pathsOf(filter);
  const name = path?.split(".")[0];
  if (name === undefined) throw serverError("FailedToParse", "an array filter needs a field");
  const matches = compileFilter(filter);
  return [name, (element) => matches({ [name]: element })];
}

function pathsOf(filter: unknown): readonly string[] {
  if (!isDocument(filter)) return [];
  return Object.entries(filter).flatMap(([name, value]) =>
    name.startsWith("$") && Array.isArray(value) ? value.flatMap(pathsOf) : [name],
  );
}

/** What a document that an upsert makes begins with: the values that its filter asks for. */
export function startOfUpsert(filter: unknown): Document {
  const document: Document = {};
  for (const [path, value] of equalities(filter)) {
    for (const place of placesAt(document, path, NO_POSITIONS, true)) place.set(value);
  }
  return document;
}

/** The paths that a filter wants to be equal to a value. */
export function equalities(filter: unknown): readonly (readonly [path: string, value: unknown])[] {
  if (!isDocument(filter)) return [];
  return Object.entries(filter).flatMap(([name, condition]) => {
    if (name === "$and" && Array.isArray(condition)) return condition.flatMap(equalities);
    if (name.startsWith("$")) return [];
    if (!isDocument(condition)) return isBsonRegExp(condition) ? [] : [[name, condition] as const];
    if (Object.hasOwn(condition, "$eq")) return [[name, condition["$eq"]] as const];
    return Object.keys(condition)[0]?.startsWith("$") ? [] : [[name, condition] as const];
  });
}
