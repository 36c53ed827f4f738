import { createHash } from "node:crypto";
import type { Document } from "./bson.ts";
import { exact, toDouble } from "./numbers.ts";
import { RANK, bytesOf, rankOf } from "./order.ts";

/** PostgreSQL's B-tree takes entries of up to 2,700 bytes. */
const KEY_BYTES = 1_000;

/**
 * Bytes whose order is MongoDB's order of the values, one after the other; equal values have equal bytes, whatever type
 * of number they are. No encoding is a prefix of another, so that a compound key sorts by its first value first.
 */
export function encodeKey(values: readonly unknown[]): Buffer {
  const parts: Buffer[] = [];
  for (const value of values) write(value, parts);
  return Buffer.concat(parts);
}

/** What fits into an index: a long key is cut, so that its place says where it is about, not exactly. */
export function cutKey(key: Buffer): Buffer {
  return key.length <= KEY_BYTES ? key : key.subarray(0, KEY_BYTES);
}

/** What stands for a key where keys must differ: a long one ends in a digest of the whole. */
export function distinctKey(key: Buffer): Buffer {
  if (key.length <= KEY_BYTES) return key;
  return Buffer.concat([key.subarray(0, KEY_BYTES), createHash("sha256").update(key).digest()]);
}

export function isLongKey(key: Buffer): boolean {
  return key.length > KEY_BYTES;
}

/** The first bytes behind all that begin with `prefix`; null when there is nothing behind them. */
export function behind(prefix: Buffer): Buffer | null {
  const last = prefix.findLastIndex((byte) => byte !== 0xff);
  if (last === -1) return null;
  const next = Buffer.from(prefix.subarray(0, last + 1));
  next.writeUInt8((next[last] ?? 0) + 1, last);
  return next;
}

function write(value: unknown, parts: Buffer[]): void {
  const rank = rankOf(value);
  parts.push(Buffer.of(rank));
  switch (rank) {
    case RANK.number:
      writeNumber(value, parts, 0);
      break;
    case RANK.string:
      parts.push(delimited(Buffer.from(String(value))));
      break;
    case RANK.boolean:
      parts.push(Buffer.of(Number(value)));
      break;
    case RANK.date:
      parts.push(orderedDouble(Number(value)));
      break;
    case RANK.array:
      // sound: it has the rank of arrays
      for (const item of value as readonly unknown[]) write(item ?? null, parts);
      parts.push(Buffer.of(0));
      break;
    case RANK.object:
      // sound: it has the rank of documents
      writeDocument(value as Document, parts);
      break;
    case RANK.objectId:
      parts.push(bytesOf(value));
      break;
    case RANK.binary:
    case RANK.timestamp:
    case RANK.regex:
    case RANK.code:
      parts.push(delimited(bytesOf(value)));
      break;
    case RANK.minKey:
    case RANK.undefined:
    case RANK.null:
    case RANK.maxKey:
  }
}

function writeDocument(document: Document, parts: Buffer[]): void {
  for (const [name, value] of Object.entries(document)) {
    parts.push(Buffer.of(rankOf(value)), delimited(Buffer.from(name)));
    write(value, parts);
  }
  parts.push(Buffer.of(0));
}

/** A zero byte within becomes 00 FF and the end is 00 00, which sorts a string before all that it begins. */
function delimited(bytes: Buffer): Buffer {
  if (!bytes.includes(0)) return Buffer.concat([bytes, END]);
  const escaped = [...bytes].flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte]));
  return Buffer.concat([Buffer.from(escaped), END]);
}

const END = Buffer.of(0, 0);
const LESS = 0x40;
const SAME = 0x80;
const MORE = 0xc0;
/** Each takes 53 bits of what is left; a Decimal128 has 113. */
const REMAINDERS = 3;

/** The nearest double, and whether the number is it, or by how much it is less or more: the nearest double of that … */
function writeNumber(value: unknown, parts: Buffer[], depth: number): void {
  const double = toDouble(value);
  const nearest = Number.isFinite(double) ? double : Math.sign(double) * Number.MAX_VALUE;
  if (typeof value === "number" || depth === REMAINDERS || !exact(value).isFinite()) {
    parts.push(orderedDouble(double), Buffer.of(SAME));
    return;
  }
  const rest = exact(value).minus(exact(nearest));
  parts.push(orderedDouble(nearest), Buffer.of(rest.isZero() ? SAME : rest.isPos() ? MORE : LESS));
  if (!rest.isZero()) writeNumber(rest, parts, depth + 1);
}

/** NaN first, then from −Infinity to Infinity; −0 is 0. */
function orderedDouble(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  if (Number.isNaN(value)) return bytes;
  bytes.writeDoubleBE(value + 0);
  if ((bytes[0] ?? 0) < 0x80) bytes.writeUInt8((bytes[0] ?? 0) | 0x80);
  else for (let i = 0; i < 8; i += 1) bytes.writeUInt8(0xff - (bytes[i] ?? 0), i);
  return bytes;
}
