/**
 * The path of the first field in which two JSON values differ, or null when they say the same. The order of keys does not
 * count (a store may change it), and an absent key equals an undefined one.
 */
export function firstDifference(a: unknown, b: unknown): string | null {
  return difference(a, b, "");
}

function difference(a: unknown, b: unknown, path: string): string | null {
  if (a === b) return null;
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return path;
  for (const key of [...new Set([...Object.keys(a), ...Object.keys(b)])].toSorted()) {
    const found = difference(a[key], b[key], path === "" ? key : `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

/** Arrays too: their indices serve as keys. */
function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}
