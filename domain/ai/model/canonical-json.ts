import type { Json } from "../../shared/json.ts";

/**
 * JSON with the keys of every object in order and no space, so that what is equal has equal bytes.
 * @throws RangeError of a number that is not finite
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError(`expected finite numbers, found ${value}`);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.keys(value)
    .toSorted()
    .flatMap((key) => memberOf(key, value[key]));
  return `{${members.join(",")}}`;
}

function memberOf(key: string, value: Json | undefined): readonly string[] {
  return value === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(value)}`];
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}
