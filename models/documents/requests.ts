import {
  type Document,
  encode,
  isDocument,
  newObjectId,
  plainDocument,
  plainQuery,
  present,
} from "./bson.ts";
import type { Modify, Query } from "./collection.ts";
import { refused, serverError } from "./errors.ts";
import { toDouble } from "./numbers.ts";
import { sortKeys } from "./sort.ts";
import { compileReplacement, compileUpdate } from "./update.ts";

/** What a caller may add to an operation. */
export type Options = Readonly<Record<string, unknown>> | undefined;

/** They would change what is found or written; the rest concerns a network or a plan. */
const REFUSED_OPTIONS = [
  "collation",
  "session",
  "explain",
  "tailable",
  "min",
  "max",
  "returnKey",
  "showRecordId",
  "let",
];

export function checkOptions(options: Options): Readonly<Record<string, unknown>> {
  const found = REFUSED_OPTIONS.find(
    (name) => options?.[name] !== undefined && options[name] !== null && options[name] !== false,
  );
  if (found !== undefined)
    throw refused(found === "session" ? "a session or transaction" : `the option ${found}`);
  return options ?? {};
}

/** As it is to be stored: `_id` first. */
export function withId(document: object): Document {
  const { _id: id, ...fields } = plainDocument(document);
  const made = { _id: id ?? newObjectId(), ...fields };
  const dollar = Object.keys(made).find((name) => name.startsWith("$"));
  if (dollar !== undefined)
    throw serverError("BadValue", `the field '${dollar}' may not begin with $`);
  if (encode(made).length > MAX_BYTES)
    throw serverError("BadValue", "a document has at most 16 MiB");
  return made;
}

const MAX_BYTES = 16 * 1_024 * 1_024;

export function asDocument(value: unknown): Document {
  if (value === undefined || value === null) return {};
  if (isDocument(value)) return value;
  throw serverError("BadValue", "expected a document");
}

export function readQuery(filter: unknown, options: Readonly<Record<string, unknown>>): Query {
  const limit = count("limit", options["limit"]);
  return {
    filter: asDocument(plainQuery(filter)),
    sort: sortKeys(options["sort"]),
    skip: count("skip", options["skip"]),
    // A negative limit is a batch that is the last.
    limit: Math.abs(limit),
  };
}

function count(name: string, value: unknown): number {
  if (value === undefined || value === null) return 0;
  const number = toDouble(value);
  if (Number.isInteger(number) && (number >= 0 || name === "limit")) return number;
  throw serverError("BadValue", `${name} has to be a whole number`);
}

export function readUpdate(filter: unknown, update: unknown, options: Options): Modify {
  return readModify(filter, options, compileUpdate(withPlainLongs(plainQuery(update))));
}

/** A pipeline counts with doubles; an update by operators keeps longs. */
function withPlainLongs(update: unknown): unknown {
  return Array.isArray(update) ? present(update) : update;
}

export function readReplacement(filter: unknown, replacement: unknown, options: Options): Modify {
  const plain = asDocument(plainQuery(replacement));
  return readModify(filter, options, compileReplacement(plain));
}

function readModify(filter: unknown, options: Options, update: Modify["update"]): Modify {
  const checked = checkOptions(options);
  return {
    filter: asDocument(plainQuery(filter)),
    sort: sortKeys(checked["sort"]),
    update,
    arrayFilters: plainQuery(checked["arrayFilters"]),
    isUpsert: checked["upsert"] === true,
  };
}
