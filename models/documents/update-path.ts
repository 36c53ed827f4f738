import { type Document, isDocument } from "./bson.ts";
import { serverError } from "./errors.ts";
import { isIndex, setField } from "./paths.ts";

/** Where an update works: a field of a document, or an element of an array. */
export interface Place {
  readonly get: () => unknown;
  readonly set: (value: unknown) => void;
  readonly remove: () => void;
}

/** What the positional parts of a path stand for. */
export interface Positions {
  /** for `$` after the array at `path` */
  readonly first: (path: string) => number;
  /** for `$[name]` */
  readonly filter: (name: string) => (element: unknown) => boolean;
}

/** Arrays are not filled with more nulls than this by an index behind their end, as in MongoDB. */
const MAX_PADDING = 1_500_000;

/**
 * All places that a path with `$`, `$[]` and `$[name]` names.
 * @param makes whether documents on the way are made when they are missing
 * @throws MongoServerError PathNotViable when a value on the way has no fields
 */
export function placesAt(
  document: Document,
  path: string,
  positions: Positions,
  makes: boolean,
): readonly Place[] {
  return follow(document, path.split("."), [], positions, makes);
}

function follow(
  node: unknown,
  path: readonly string[],
  walked: readonly string[],
  positions: Positions,
  makes: boolean,
): readonly Place[] {
  const [segment = "", ...rest] = path;
  if (segment.startsWith("$")) {
    return elements(node, segment, walked, positions).flatMap((at) =>
      // sound: `elements` has found an array
      step(node as unknown[], String(at), rest, walked, positions, makes),
    );
  }
  return step(node, segment, rest, walked, positions, makes);
}

function elements(
  node: unknown,
  segment: string,
  walked: readonly string[],
  positions: Positions,
): readonly number[] {
  const path = walked.join(".");
  if (!Array.isArray(node)) {
    throw serverError(
      "BadValue",
      `The path '${path}' must exist and be an array to apply ${segment}`,
    );
  }
  if (segment === "$") return [positions.first(path)];
  const all = [...node.keys()];
  if (segment === "$[]") return all;
  const matches = positions.filter(segment.slice(2, -1));
  return all.filter((at) => matches(node[at]));
}

function step(
  node: unknown,
  segment: string,
  rest: readonly string[],
  walked: readonly string[],
  positions: Positions,
  makes: boolean,
): readonly Place[] {
  const here = Array.isArray(node)
    ? elementPlace(node, segment)
    : isDocument(node)
      ? fieldPlace(node, segment)
      : null;
  if (here === null) {
    if (!makes) return [];
    const [owner] = walked.slice(-1);
    throw serverError(
      "PathNotViable",
      `Cannot create field '${segment}' in element '${owner ?? ""}'`,
    );
  }
  if (rest.length === 0) return [here];
  const at = [...walked, segment];
  if (here.get() === undefined) {
    if (!makes) return [];
    if (rest.some((part) => part.startsWith("$"))) {
      throw serverError("BadValue", `The path '${at.join(".")}' must exist to apply array updates`);
    }
    here.set({});
  }
  return follow(here.get(), rest, at, positions, makes);
}

function fieldPlace(node: Document, name: string): Place {
  return {
    get: () => (Object.hasOwn(node, name) ? node[name] : undefined),
    set: (value) => setField(node, name, value),
    remove: () => delete node[name],
  };
}

function elementPlace(node: unknown[], segment: string): Place | null {
  if (!isIndex(segment)) return null;
  const at = Number(segment);
  return {
    get: () => node[at],
    set: (value) => {
      if (at - node.length > MAX_PADDING)
        throw serverError("BadValue", `the index ${at} is too far`);
      while (node.length < at) node.push(null);
      node[at] = value;
    },
    // An element that is unset leaves null: others keep their places.
    remove: () => {
      if (at < node.length) node[at] = null;
    },
  };
}
