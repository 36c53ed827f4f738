import { Buffer } from "node:buffer";
import { writeUuid } from "../../domain/shared/uuid.ts";

/**
 * Array parameters in PostgreSQL's binary format, a column of rows each. As text every element is quoted here and unquoted
 * there, character by character, and JSON is mostly quotes.
 */

const OID = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int4: 23,
  text: 25,
  json: 114,
  timestamptz: 1184,
  uuid: 2950,
} as const;

const HEADER_BYTES = 20;
const EMPTY_HEADER_BYTES = 12;
const LENGTH_BYTES = 4;
const HIGH = 2 ** 32;

export function texts(items: readonly (string | null)[]): Buffer {
  return strings(OID.text, items);
}

/** @param items JSON as text */
export function jsons(items: readonly (string | null)[]): Buffer {
  return strings(OID.json, items);
}

export function ints(items: readonly number[]): Buffer {
  return fixed(OID.int4, 4, items, (buffer, at, item) => buffer.writeInt32BE(item, at));
}

export function bigints(items: readonly number[]): Buffer {
  return fixed(OID.int8, 8, items, writeInt64);
}

export function booleans(items: readonly boolean[]): Buffer {
  return fixed(OID.bool, 1, items, (buffer, at, item) => buffer.writeUInt8(Number(item), at));
}

/** 2000-01-01, from which PostgreSQL counts microseconds. */
const POSTGRES_EPOCH_MS = 946_684_800_000;

/** @param items epoch milliseconds */
export function instants(items: readonly number[]): Buffer {
  return fixed(OID.timestamptz, 8, items, (buffer, at, item) =>
    writeInt64(buffer, at, (item - POSTGRES_EPOCH_MS) * 1_000),
  );
}

/** @throws Error for what is no UUID */
export function uuids(items: readonly string[]): Buffer {
  return fixed(OID.uuid, 16, items, (buffer, at, item) => {
    if (!writeUuid(buffer, at, item)) throw new Error(`expected a UUID, found ${item}`);
  });
}

/** @param items bytes in hex */
export function bytes(items: readonly string[]): Buffer {
  return variable(
    OID.bytea,
    items,
    (item) => item.length / 2,
    (buffer, at, item) => {
      const written = buffer.write(item, at, "hex");
      if (written * 2 !== item.length) throw new Error(`expected bytes in hex, found ${item}`);
    },
  );
}

function strings(oid: number, items: readonly (string | null)[]): Buffer {
  return variable(
    oid,
    items,
    (item) => Buffer.byteLength(item),
    (buffer, at, item) => buffer.write(item, at),
  );
}

/** An integer that a float64 holds, in two halves: BigInt costs ten times as much. */
function writeInt64(buffer: Buffer, at: number, item: number): void {
  buffer.writeInt32BE(Math.floor(item / HIGH), at);
  buffer.writeInt32BE(item | 0, at + 4);
}

function fixed<T>(
  oid: number,
  size: number,
  items: readonly T[],
  write: (buffer: Buffer, at: number, item: T) => void,
): Buffer {
  const buffer = begin(oid, items.length, items.length * (LENGTH_BYTES + size), false);
  let at = HEADER_BYTES;
  for (const item of items) {
    buffer.writeInt32BE(size, at);
    write(buffer, at + LENGTH_BYTES, item);
    at += LENGTH_BYTES + size;
  }
  return buffer;
}

function variable(
  oid: number,
  items: readonly (string | null)[],
  sizeOf: (item: string) => number,
  write: (buffer: Buffer, at: number, item: string) => void,
): Buffer {
  const sizes = items.map((item) => (item === null ? -1 : sizeOf(item)));
  const total = sizes.reduce((sum, size) => sum + LENGTH_BYTES + Math.max(0, size), 0);
  const buffer = begin(oid, items.length, total, sizes.includes(-1));
  let at = HEADER_BYTES;
  items.forEach((item, i) => {
    const size = sizes[i] ?? -1;
    buffer.writeInt32BE(size, at);
    at += LENGTH_BYTES;
    if (item === null || size === 0) return;
    write(buffer, at, item);
    at += size;
  });
  return buffer;
}

/** One dimension, counted from 1; an empty array has none. */
function begin(oid: number, count: number, contentBytes: number, hasNulls: boolean): Buffer {
  if (count === 0) {
    const empty = Buffer.alloc(EMPTY_HEADER_BYTES);
    empty.writeInt32BE(oid, 8);
    return empty;
  }
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + contentBytes);
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(Number(hasNulls), 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}
