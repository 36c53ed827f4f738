import { type Document, isDocument } from "./bson.ts";

const INDEX = /^(0|[1-9]\d*)$/;

export const isIndex = (segment: string): boolean => INDEX.test(segment);

/**
 * Every value that a dotted path reaches: through an array it goes on in each element that is a document, and in the one
 * that a number names. `undefined` stands for a document that lacks the field. What is at the end is not unfolded.
 */
export function reach(
  value: unknown,
  path: readonly string[],
  at = 0,
  found: unknown[] = [],
): unknown[] {
  const segment = path[at];
  if (segment === undefined) {
    found.push(value);
  } else if (Array.isArray(value)) {
    if (isIndex(segment) && Number(segment) < value.length) {
      reach(value[Number(segment)], path, at + 1, found);
    }
    for (const item of value) if (isDocument(item)) reach(item, path, at, found);
  } else if (isDocument(value) && Object.hasOwn(value, segment)) {
    reach(value[segment], path, at + 1, found);
  } else {
    found.push(undefined);
  }
  return found;
}

/** The one value at a path that does not unfold arrays; `undefined` when there is none. */
export function valueAt(document: Document, path: string): unknown {
  let value: unknown = document;
  for (const segment of path.split(".")) {
    if (Array.isArray(value) && isIndex(segment)) value = value[Number(segment)];
    else if (isDocument(value) && Object.hasOwn(value, segment)) value = value[segment];
    else return undefined;
  }
  return value;
}

/** Sets a field of a document that may have any name: `__proto__` too is a field like others. */
export function setField(document: Document, name: string, value: unknown): void {
  if (name === "__proto__") {
    Object.defineProperty(document, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    document[name] = value;
  }
}
