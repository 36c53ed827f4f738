import { type Document, isDocument } from "./bson.ts";
import { compileFilter } from "./matcher.ts";
import { valueAt } from "./paths.ts";

/**
 * The place of the first element of the array at `path` that the filter's own condition on this array matches, for the
 * positional `$`; null when the filter has none, or no element matches.
 */
export function positionIn(filter: unknown, document: Document, path: string): number | null {
  const array = valueAt(document, path);
  if (!Array.isArray(array)) return null;
  for (const [name, condition] of conditions(filter)) {
    const rest = name === path ? "" : name.startsWith(`${path}.`) ? name.slice(path.length) : null;
    if (rest === null) continue;
    const matches = compileFilter({ [`v${rest}`]: condition });
    const at = array.findIndex((element) => matches({ v: [element] }));
    if (at !== -1) return at;
  }
  return null;
}

/** Of the filter itself, and of what it combines with `$and` and `$or`. */
function conditions(filter: unknown): readonly (readonly [string, unknown])[] {
  if (!isDocument(filter)) return [];
  return Object.entries(filter).flatMap(([name, value]) =>
    (name === "$and" || name === "$or") && Array.isArray(value)
      ? value.flatMap(conditions)
      : [[name, value] as const],
  );
}
