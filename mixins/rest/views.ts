import type { Json } from "../../domain/shared/json.ts";
import { unprocessable } from "./rest-error.ts";
import { isRecord } from "./schema.ts";

/** @param ms epoch milliseconds */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A page of a list. `nextCursor` is null on the last one. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

export function page<T>(data: readonly T[], nextCursor: string | null): Page<T> {
  return { data, nextCursor };
}

/** `time` is epoch ms that a store can hold, `uuid` a text that it takes for one. */
type Kind = "string" | "uuid" | "number" | "time";
type Value<K extends Kind> = K extends "string" | "uuid" ? string : number;

/** Where a list goes on, as an opaque text. */
export function encodeCursor(position: { readonly [key: string]: Json }): string {
  return Buffer.from(JSON.stringify(position)).toString("base64url");
}

/**
 * What `encodeCursor` was given; null when there is no cursor.
 * @param shape the type of each member of the position
 * @throws RestError 422 naming `cursor` when it is not one of ours
 */
export function decodeCursor<S extends { readonly [key: string]: Kind }>(
  cursor: string | undefined,
  shape: S,
): { readonly [K in keyof S]: Value<S[K]> } | null {
  if (cursor === undefined) return null;
  const position = parse(cursor);
  const names = Object.keys(shape);
  if (
    !isRecord(position) ||
    Object.keys(position).length !== names.length ||
    Object.entries(shape).some(([name, kind]) => !isOfKind(position[name], kind))
  ) {
    throw unprocessable([
      { path: "cursor", code: "INVALID_VALUE", message: "is not a cursor of this list" },
    ]);
  }
  // sound: every member was checked against the shape
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return position as { readonly [K in keyof S]: Value<S[K]> };
}

/** The time of PostgreSQL begins in 4714 BC. */
const EARLIEST_MS = -2e14;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A cursor comes from outside: nothing in it may be refused by the store with an error of its own. */
function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "string":
      return typeof value === "string" && value.isWellFormed() && !value.includes("\0");
    case "uuid":
      return typeof value === "string" && UUID.test(value);
    case "number":
      return Number.isSafeInteger(value);
    case "time":
      return Number.isSafeInteger(value) && Number(value) >= EARLIEST_MS;
  }
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return null;
  }
}
