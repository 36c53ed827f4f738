import { type Document, bsonType, isDocument } from "./bson.ts";
import { refused, serverError } from "./errors.ts";
import { cutKey, distinctKey, encodeKey, isLongKey } from "./key.ts";
import { type Matcher, compileFilter } from "./matcher.ts";
import { toDouble } from "./numbers.ts";
import { reach } from "./paths.ts";

/** What an index was declared as; the fields of `key` in their order. */
export interface IndexSpec {
  readonly key: Readonly<Record<string, 1 | -1>>;
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly partialFilterExpression: Document | null;
  /** documents are removed so long after the date in the first field */
  readonly expireAfterSeconds: number | null;
}

export interface Index extends IndexSpec {
  readonly indexId: number;
  readonly name: string;
  /** every document has one key here, and none was cut */
  readonly isExact: boolean;
  readonly paths: readonly (readonly string[])[];
  /** whether a document belongs into the index */
  readonly covers: Matcher;
}

/** The keys of a document in one index. */
export interface Keys {
  readonly keys: readonly Buffer[];
  readonly isExact: boolean;
}

const OPTIONS = new Set([
  "name",
  "unique",
  "sparse",
  "partialFilterExpression",
  "expireAfterSeconds",
  // They say how MongoDB builds and stores an index, and nothing about what it finds.
  "background",
  "v",
  "ns",
  "commitQuorum",
  "_automatic",
]);

/** @throws MongoServerError for a kind of index that finds otherwise than by order */
export function readIndexSpec(
  key: unknown,
  options: Document,
): IndexSpec & { readonly name: string } {
  const unknown = Object.entries(options).find(
    ([name, value]) => !OPTIONS.has(name) && value !== undefined,
  );
  if (unknown !== undefined) throw refused(`the index option ${unknown[0]}`);
  const fields = readKey(key);
  const {
    unique = false,
    sparse = false,
    partialFilterExpression: partial,
    expireAfterSeconds: ttl,
  } = options;
  if (partial !== undefined && !isDocument(partial)) {
    throw serverError("BadValue", "partialFilterExpression has to be a document");
  }
  if (partial !== undefined) compileFilter(partial);
  if (ttl !== undefined && Object.keys(fields).length > 1) {
    throw serverError("BadValue", "expireAfterSeconds needs an index of one field");
  }
  const name = options["name"] ?? Object.entries(fields).flat().join("_");
  if (typeof name !== "string") throw serverError("BadValue", "the name of an index is a string");
  return {
    name,
    key: fields,
    unique: unique === true,
    sparse: sparse === true,
    partialFilterExpression: partial ?? null,
    expireAfterSeconds: ttl === undefined ? null : seconds(ttl),
  };
}

function readKey(key: unknown): Record<string, 1 | -1> {
  const entries = isDocument(key) ? Object.entries(key) : [];
  if (entries.length === 0) throw serverError("BadValue", "an index needs a field");
  return Object.fromEntries(
    entries.map(([path, direction]) => {
      if (path.includes("$**")) throw refused("a wildcard index");
      if (typeof direction === "string") throw refused(`an index of the kind ${direction}`);
      const number = toDouble(direction);
      if (number === 0 || Number.isNaN(number))
        throw serverError("BadValue", "the direction of an index is 1 or -1");
      return [path, number > 0 ? 1 : -1];
    }),
  );
}

function seconds(value: unknown): number {
  const number = toDouble(value);
  if (number >= 0 && number <= 2_147_483_647) return number;
  throw serverError("BadValue", "expireAfterSeconds is between 0 and 2147483647");
}

/** @param spec as it is stored */
export function openIndex(indexId: number, name: string, spec: Document, isExact: boolean): Index {
  // sound: `readIndexSpec` made what is stored
  const { key, unique, sparse, partialFilterExpression, expireAfterSeconds } =
    spec as unknown as IndexSpec;
  const partial = partialFilterExpression === null ? null : compileFilter(partialFilterExpression);
  const paths = Object.keys(key).map((path) => path.split("."));
  return {
    indexId,
    name,
    key,
    unique,
    sparse,
    partialFilterExpression,
    expireAfterSeconds,
    isExact,
    paths,
    covers: (document) =>
      (partial === null || partial(document)) &&
      (!sparse || paths.some((path) => reach(document, path).some((value) => value !== undefined))),
  };
}

/**
 * A key for each element when a field is an array; what is missing is null.
 * @throws MongoServerError CannotIndexParallelArrays when two fields are arrays
 */
export function keysOf(index: Index, document: Document): Keys {
  if (!index.covers(document)) return { keys: [], isExact: true };
  const columns = index.paths.map((path) => valuesAt(document, path));
  refuseParallel(index, columns);
  const rows = columns.reduce<readonly (readonly unknown[])[]>(
    (tuples, { values }) => tuples.flatMap((tuple) => values.map((value) => [...tuple, value])),
    [[]],
  );
  const long = rows.map(encodeKey);
  const fitting = long.map(index.unique ? distinctKey : cutKey);
  const distinct = new Map(fitting.map((key) => [key.toString("latin1"), key]));
  return {
    keys: [...distinct.values()],
    isExact: columns.every(({ isArray }) => !isArray) && !long.some(isLongKey),
  };
}

interface Column {
  readonly values: readonly unknown[];
  readonly isArray: boolean;
}

function valuesAt(document: Document, path: readonly string[]): Column {
  const reached = reach(document, path);
  const values = reached.flatMap((value: unknown): readonly unknown[] =>
    Array.isArray(value) ? (value.length === 0 ? [undefined] : value) : [value ?? null],
  );
  return {
    values: values.length === 0 ? [null] : values,
    isArray: reached.length !== 1 || Array.isArray(reached[0]),
  };
}

function refuseParallel({ paths }: Index, columns: readonly Column[]): void {
  const arrays = paths.filter((_, i) => columns[i]?.isArray === true).map(([root]) => root);
  if (new Set(arrays).size > 1) {
    throw serverError(
      "CannotIndexParallelArrays",
      `cannot index parallel arrays [${arrays.join("] [")}]`,
    );
  }
}

/** The key of `_id`, under which a document is stored. */
export function idKey(id: unknown): Buffer {
  if (Array.isArray(id)) throw serverError("BadValue", "The '_id' value cannot be of type array");
  if (bsonType(id) === "BSONRegExp" || id instanceof RegExp) {
    throw serverError("BadValue", "The '_id' value cannot be of type regex");
  }
  const key = encodeKey([id]);
  if (isLongKey(key)) throw refused("an _id of more than 1,000 bytes");
  return key;
}
