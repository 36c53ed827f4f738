import { type Document, isBsonRegExp, isDocument } from "./bson.ts";
import type { CollectionState } from "./catalogue.ts";
import type { Index } from "./indexes.ts";
import { behind, cutKey, encodeKey } from "./key.ts";
import { compare } from "./order.ts";
import type { SortKeys } from "./sort.ts";

/** From `from` on, and before `to`; null is no end. */
export interface Range {
  readonly from: Buffer;
  readonly to: Buffer | null;
}

/** Where the documents are that a filter may find. Not all there match, but none that matches is elsewhere. */
export interface Plan {
  /** null: the collection itself, by `_id` */
  readonly index: Index | null;
  readonly ranges: readonly Range[];
  /** they come in the order that was asked for */
  readonly isSorted: boolean;
  readonly isDescending: boolean;
}

/** What the filter demands of one path, all of it to hold. */
interface Demand {
  /** one of these */
  points: readonly unknown[] | null;
  from: { readonly value: unknown } | null;
  to: { readonly value: unknown } | null;
}

const MAX_POINTS = 2_000;
const EVERYTHING: Range = { from: Buffer.alloc(0), to: null };

/** The index whose keys leave the fewest documents to look at, as far as their number of fields tells. */
export function planRead({ indexes }: CollectionState, filter: Document, sort: SortKeys): Plan {
  const demands = demandsOf(filter);
  const candidates = [
    use(null, [["_id"]], true, demands, sort),
    ...indexes
      .filter((index) => isUsable(index, filter, demands))
      .map((index) => use(index, index.paths, index.isExact, demands, sort)),
  ];
  const [best] = candidates.toSorted((a, b) => b.worth - a.worth);
  return best?.plan ?? { index: null, ranges: [EVERYTHING], isSorted: false, isDescending: false };
}

interface Candidate {
  readonly plan: Plan;
  readonly worth: number;
}

function use(
  index: Index | null,
  paths: readonly (readonly string[])[],
  isExact: boolean,
  demands: ReadonlyMap<string, Demand>,
  sort: SortKeys,
): Candidate {
  let prefixes: readonly (readonly unknown[])[] = [[]];
  let fields = 0;
  for (const path of paths) {
    const points = demands.get(path.join("."))?.points;
    if (!points || prefixes.length * points.length > MAX_POINTS) break;
    prefixes = prefixes.flatMap((prefix) => points.map((point) => [...prefix, point]));
    fields += 1;
  }
  const next = paths[fields]?.join(".");
  const asked = next === undefined ? undefined : demands.get(next);
  const ranges = prefixes.map((prefix) => rangeOf(prefix, asked, isExact));
  const isNarrowed = asked !== undefined && (asked.from !== null || asked.to !== null);
  const order = ranges.length === 1 && isExact ? sortOf(paths, fields, sort) : null;
  return {
    plan: { index, ranges, isSorted: order !== null, isDescending: order === -1 },
    worth: fields * 4 + (isNarrowed ? 2 : 0) + (sort.length > 0 && order !== null ? 1 : 0),
  };
}

/** The direction to read in, when the keys behind the fixed fields are in the order of the sort. */
function sortOf(
  paths: readonly (readonly string[])[],
  fixed: number,
  sort: SortKeys,
): 1 | -1 | null {
  const [first] = sort;
  if (first === undefined) return 1;
  const isServed = sort.every(
    ([path, direction], i) => direction === first[1] && path === paths[fixed + i]?.join("."),
  );
  return isServed ? first[1] : null;
}

/** With many keys a document, each end of a range may be met by another one: only one end can be read from the keys. */
function rangeOf(prefix: readonly unknown[], demand: Demand | undefined, isExact: boolean): Range {
  const start = encodeKey(prefix);
  const from = demand?.from ?? null;
  const to = from !== null && !isExact ? null : (demand?.to ?? null);
  const bound = (value: unknown): Buffer => cutKey(Buffer.concat([start, encodeKey([value])]));
  // A comparison finds values of its own type only, and the first byte of a key is the type.
  const typeOf = (value: unknown): Buffer =>
    Buffer.concat([start, encodeKey([value]).subarray(0, 1)]);
  const some = from ?? to;
  if (some === null)
    return { from: cutKey(start), to: start.length === 0 ? null : behind(cutKey(start)) };
  return {
    from: from === null ? cutKey(typeOf(some.value)) : bound(from.value),
    to: behind(to === null ? cutKey(typeOf(some.value)) : bound(to.value)),
  };
}

/** A sparse index lacks what is missing; a partial one has what its filter says, so the query must say that too. */
function isUsable(index: Index, filter: Document, demands: ReadonlyMap<string, Demand>): boolean {
  const first = demands.get(index.paths[0]?.join(".") ?? "");
  if (index.sparse && !excludesNull(first)) return false;
  const partial = index.partialFilterExpression;
  if (partial === null) return true;
  return Object.entries(partial).every(([path, condition]) => {
    if (Object.hasOwn(filter, path) && compare(filter[path], condition) === 0) return true;
    const isThere = isDocument(condition) && condition["$exists"] === true;
    return isThere && Object.keys(condition).length === 1 && excludesNull(demands.get(path));
  });
}

function excludesNull(demand: Demand | undefined): boolean {
  if (demand === undefined) return false;
  if (demand.points !== null) return demand.points.every((point) => point !== null);
  return demand.from !== null || demand.to !== null;
}

function demandsOf(filter: Document): ReadonlyMap<string, Demand> {
  const demands = new Map<string, Demand>();
  const visit = (conditions: Document): void => {
    for (const [path, condition] of Object.entries(conditions)) {
      if (path === "$and" && Array.isArray(condition)) {
        for (const part of condition) if (isDocument(part)) visit(part);
      } else if (!path.startsWith("$")) {
        const known = demands.get(path) ?? { points: null, from: null, to: null };
        demands.set(path, known);
        tighten(known, condition);
      }
    }
  };
  visit(filter);
  return demands;
}

function tighten(known: Demand, condition: unknown): void {
  const isOperators = isDocument(condition) && Object.keys(condition)[0]?.startsWith("$") === true;
  for (const [name, operand] of isOperators
    ? Object.entries(condition)
    : [["$eq", condition] as const]) {
    if (name === "$eq" && isPoint(operand)) known.points ??= [operand];
    if (name === "$in" && Array.isArray(operand) && operand.every(isPoint))
      known.points ??= distinct(operand);
    if ((name === "$gt" || name === "$gte") && isBound(operand)) known.from ??= { value: operand };
    if ((name === "$lt" || name === "$lte") && isBound(operand)) known.to ??= { value: operand };
  }
}

function distinct(values: readonly unknown[]): readonly unknown[] {
  return [
    ...new Map(values.map((value) => [encodeKey([value]).toString("latin1"), value])).values(),
  ];
}

/** An array is equal to a whole array or to an element; keys are of elements. */
function isPoint(value: unknown): boolean {
  return value !== undefined && !Array.isArray(value) && !isBsonRegExp(value);
}

function isBound(value: unknown): boolean {
  return isPoint(value) && value !== null && !Number.isNaN(value) && !isMinOrMax(value);
}

function isMinOrMax(value: unknown): boolean {
  return String(Object(value)["_bsontype"]).endsWith("Key");
}
