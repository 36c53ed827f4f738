import { type Document, isDocument } from "./bson.ts";
import { refused, serverError } from "./errors.ts";
import { toDouble } from "./numbers.ts";
import { compare } from "./order.ts";
import { reach } from "./paths.ts";

export type SortKeys = readonly (readonly [path: string, direction: 1 | -1])[];

/** `{ a: 1, b: -1 }`, a Map of that, or what mongoose makes of `"a -b"`. */
export function sortKeys(sort: unknown): SortKeys {
  if (sort === undefined || sort === null) return [];
  const entries: Iterable<readonly [unknown, unknown]> =
    sort instanceof Map ? sort : Array.isArray(sort) ? sort : Object.entries(asDocument(sort));
  return [...entries].map(([path, direction]) => [String(path), asDirection(direction)]);
}

function asDocument(sort: unknown): Document {
  if (isDocument(sort)) return sort;
  throw serverError("BadValue", "a sort has to be a document");
}

function asDirection(direction: unknown): 1 | -1 {
  if (direction === "asc" || direction === "ascending") return 1;
  if (direction === "desc" || direction === "descending") return -1;
  if (isDocument(direction)) throw refused("a sort by $meta");
  const number = toDouble(direction);
  if (number === 1 || number === -1) return number;
  throw serverError("BadValue", "the direction of a sort is 1 or -1");
}

/** Missing is null; an array stands where its least element does, going down where its greatest does. */
export function comparator(keys: SortKeys): (a: Document, b: Document) => number {
  const paths = keys.map(([path, direction]) => [path.split("."), direction] as const);
  return (a, b) => {
    for (const [path, direction] of paths) {
      const order = compare(standIn(a, path, direction), standIn(b, path, direction));
      if (order !== 0) return order * direction;
    }
    return 0;
  };
}

function standIn(document: Document, path: readonly string[], direction: 1 | -1): unknown {
  const reached = reach(document, path);
  const values = reached.flatMap((value: unknown) =>
    Array.isArray(value) ? emptyAsUndefined(value) : [value ?? null],
  );
  if (values.length === 0) return null;
  return values.reduce((a, b) => (compare(b, a) * direction < 0 ? b : a));
}

/** An empty array stands before null, as in an index. */
function emptyAsUndefined(array: readonly unknown[]): readonly unknown[] {
  return array.length === 0 ? [undefined] : array;
}
