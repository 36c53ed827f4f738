import { type Document, isBsonRegExp, isDocument } from "./bson.ts";
import { serverError } from "./errors.ts";
import { type Evaluate, evaluate } from "./expressions.ts";
import { compileElement } from "./matcher.ts";
import { toDouble } from "./numbers.ts";
import { setField, valueAt } from "./paths.ts";
import { positionIn } from "./position.ts";

type Project = (document: Document) => Document;
type Tree = Map<string, Tree | null>;

/**
 * What is left of a document: named fields, or all but named ones, with `$slice`, `$elemMatch`, the positional `$` and
 * expressions.
 * @param filter what the document was found by: the positional `$` asks it
 */
export function compileProjection(projection: unknown, filter: unknown): Project {
  if (!isDocument(projection) || Object.keys(projection).length === 0)
    return (document) => document;
  const entries = Object.entries(projection);
  const named = entries.filter(([, value]) => isSwitch(value));
  const special = entries.filter(([, value]) => !isSwitch(value));
  const others = named.filter(([path]) => path !== "_id");
  const isInclusion = decideKind(others, special, projection);
  const positional = others.filter(([path]) => path.endsWith(".$"));
  const paths = others.map(([path]) => (path.endsWith(".$") ? path.slice(0, -2) : path));
  const showsId = projection["_id"] === undefined ? true : isOn(projection["_id"]);
  // With fields to keep, a sliced or matched array is one of them.
  const tree = treeOf(isInclusion ? [...paths, ...special.map(([path]) => path)] : paths);
  if (showsId === isInclusion) tree.set("_id", null);
  const adjust = [
    ...positional.map(([path]) => positionalAdjust(path.slice(0, -2), filter)),
    ...special.map(([path, value]) => specialAdjust(path, value)),
  ];
  return (document) => {
    const kept = isInclusion ? include(document, tree) : exclude(document, tree);
    for (const change of adjust) change(kept, document);
    return kept;
  };
}

/** The stage `$project`: what is not a switch is an expression, and a document of neither is a part of the path. */
export function compileStageProjection(projection: unknown, evaluateOn: Evaluate): Project {
  const entries = flattened(projection, "");
  if (entries.length === 0) throw serverError("BadValue", "$project needs a field");
  const switches = entries.filter(([, value]) => isSwitch(value));
  const computed = entries.filter(([, value]) => !isSwitch(value));
  const project = compileProjection(
    Object.fromEntries(
      computed.length > 0 && !hasInclusion(switches) ? [...switches, [NOTHING, true]] : switches,
    ),
    {},
  );
  return (document) => {
    const kept = project(document);
    for (const [path, expression] of computed) {
      const value = evaluateOn(document, expression);
      if (value !== undefined) setAt(kept, path, value);
    }
    return kept;
  };
}

/** The name of no field: computed fields alone keep nothing else but `_id`. */
const NOTHING = "\0";

function hasInclusion(switches: readonly (readonly [string, unknown])[]): boolean {
  return switches.some(([path]) => path !== "_id");
}

function flattened(projection: unknown, prefix: string): readonly (readonly [string, unknown])[] {
  if (!isDocument(projection)) throw serverError("BadValue", "$project needs a document");
  return Object.entries(projection).flatMap(([name, value]) =>
    isDocument(value) && !Object.keys(value).some((key) => key.startsWith("$"))
      ? flattened(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] as const],
  );
}

/** `{ $slice: 1 }` alone keeps all other fields, `{ $elemMatch }` and expressions keep none. */
function decideKind(
  others: readonly (readonly [string, unknown])[],
  special: readonly (readonly [string, unknown])[],
  projection: Document,
): boolean {
  const kinds = new Set(others.map(([, value]) => isOn(value)));
  if (kinds.size > 1)
    throw serverError("BadValue", "a projection cannot include and exclude fields");
  const [kind] = kinds;
  if (kind !== undefined) return kind;
  if (special.some(([, value]) => !isSlice(value))) return true;
  return special.length === 0 && isOn(projection["_id"]);
}

function isSwitch(value: unknown): boolean {
  return typeof value === "boolean" || typeof value === "number" || isNumericObject(value);
}

function isNumericObject(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && "_bsontype" in value && !isBsonRegExp(value)
  );
}

function isOn(value: unknown): boolean {
  return typeof value === "boolean" ? value : toDouble(value) !== 0;
}

function isSlice(value: unknown): value is Document {
  return isDocument(value) && Object.hasOwn(value, "$slice");
}

function treeOf(paths: readonly string[]): Tree {
  const root: Tree = new Map();
  for (const path of paths) {
    let node = root;
    const segments = path.split(".");
    for (const [i, segment] of segments.entries()) {
      const next = node.get(segment);
      if (next === null) break;
      if (i === segments.length - 1) {
        if (next !== undefined) throw serverError("BadValue", `Path collision at ${path}`);
        node.set(segment, null);
      } else {
        const below = next ?? new Map<string, Tree | null>();
        node.set(segment, below);
        node = below;
      }
    }
  }
  return root;
}

function include(document: Document, tree: Tree): Document {
  const kept: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const below = tree.get(name);
    if (below === null) setField(kept, name, value);
    else if (below !== undefined) {
      const part = includeValue(value, below);
      if (part !== undefined) setField(kept, name, part);
    }
  }
  return kept;
}

/** Scalars have no fields to include; within arrays they are left out. */
function includeValue(value: unknown, tree: Tree): unknown {
  if (isDocument(value)) return include(value, tree);
  if (!Array.isArray(value)) return undefined;
  return value
    .map((item: unknown) => includeValue(item, tree))
    .filter((item) => item !== undefined);
}

function exclude(document: Document, tree: Tree): Document {
  const kept: Document = {};
  for (const [name, value] of Object.entries(document)) {
    const below = tree.get(name);
    if (below === undefined) setField(kept, name, value);
    else if (below !== null) setField(kept, name, excludeValue(value, below));
  }
  return kept;
}

function excludeValue(value: unknown, tree: Tree): unknown {
  if (isDocument(value)) return exclude(value, tree);
  return Array.isArray(value) ? value.map((item: unknown) => excludeValue(item, tree)) : value;
}

type Adjust = (kept: Document, original: Document) => void;

function positionalAdjust(path: string, filter: unknown): Adjust {
  return (kept, original) => {
    const array = valueAt(original, path);
    const at = positionIn(filter, original, path);
    if (!Array.isArray(array) || at === null) {
      throw serverError(
        "BadValue",
        `the positional projection on ${path} found no element that the filter matched`,
      );
    }
    setAt(kept, path, [array[at]]);
  };
}

function specialAdjust(path: string, value: unknown): Adjust {
  if (isSlice(value)) {
    return (kept, original) => {
      const array = valueAt(original, path);
      if (Array.isArray(array)) setAt(kept, path, slice(array, value["$slice"]));
    };
  }
  if (isDocument(value) && Object.hasOwn(value, "$elemMatch")) {
    const matches = compileElement(value["$elemMatch"]);
    return (kept, original) => {
      const array = valueAt(original, path);
      const found: unknown[] = Array.isArray(array) ? array.filter(matches).slice(0, 1) : [];
      if (found.length > 0) setAt(kept, path, found);
      else delete kept[path];
    };
  }
  return (kept, original) => {
    const computed = evaluate(original, value);
    if (computed !== undefined) setAt(kept, path, computed);
  };
}

function slice(array: readonly unknown[], operand: unknown): readonly unknown[] {
  if (!Array.isArray(operand)) {
    const count = toDouble(operand);
    return count < 0 ? array.slice(count) : array.slice(0, count);
  }
  const [skip = 0, limit = 0] = operand.map(toDouble);
  if (limit <= 0) throw serverError("BadValue", "the limit of $slice has to be positive");
  const from = skip < 0 ? Math.max(0, array.length + skip) : skip;
  return array.slice(from, from + limit);
}

function setAt(document: Document, path: string, value: unknown): void {
  const segments = path.split(".");
  const last = segments.pop() ?? path;
  let node = document;
  for (const segment of segments) {
    const next = node[segment];
    const below: Document = isDocument(next) ? next : {};
    setField(node, segment, below);
    node = below;
  }
  setField(node, last, value);
}
