/** So many digits survive a double: what has more could change its value on the way through `JSON.parse`. */
const SAFE_DIGITS = 15;
/** Looks for numbers outside of strings only roughly: a hit costs time, and no hit is certain. */
const LONG_NUMBER = /[:[,]\s*-?[\d.]{16}|[:[,]\s*-?[\d.]+[eE]/;

/**
 * JSON whose numbers are as they were written: those that a double may not hold become the text that they were sent as.
 * @returns undefined for what is no JSON, as ccxt has it
 */
export function parseLossless(source: string): unknown {
  try {
    return LONG_NUMBER.test(source) ? parseSlowly(source) : JSON.parse(source);
  } catch {
    return undefined;
  }
}

function parseSlowly(source: string): unknown {
  // sound: ES2025 hands the source of a primitive to the reviver; the typings of ES2024 do not know it yet
  const parse = JSON.parse as (
    source: string,
    revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown;
  return parse(source, (_key, value, context) => {
    const digits = context.source ?? "";
    return typeof value === "number" && digits.length > SAFE_DIGITS ? digits : value;
  });
}
