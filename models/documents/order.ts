import {
  type Document,
  bsonType,
  isBinary,
  isBsonRegExp,
  isDocument,
  isObjectId,
  isTimestamp,
} from "./bson.ts";
import { compareNumbers, isNumeric } from "./numbers.ts";

/** The place of each type in MongoDB's order; the bytes that index keys begin with, too. */
export const RANK = {
  minKey: 0x02,
  /** what is missing, and in indexes an empty array */
  undefined: 0x05,
  null: 0x0a,
  number: 0x14,
  string: 0x1e,
  object: 0x28,
  array: 0x32,
  binary: 0x3c,
  objectId: 0x46,
  boolean: 0x50,
  date: 0x5a,
  timestamp: 0x5b,
  regex: 0x64,
  code: 0x6e,
  maxKey: 0x7f,
} as const;

export type Rank = (typeof RANK)[keyof typeof RANK];

/** @throws TypeError for a value that BSON does not have */
export function rankOf(value: unknown): Rank {
  if (value === undefined) return RANK.undefined;
  if (value === null) return RANK.null;
  if (typeof value === "string") return RANK.string;
  if (typeof value === "boolean") return RANK.boolean;
  if (isNumeric(value)) return RANK.number;
  if (Array.isArray(value)) return RANK.array;
  if (value instanceof Date) return RANK.date;
  if (value instanceof RegExp) return RANK.regex;
  return BY_NAME.get(bsonType(value) ?? "") ?? rankOfDocument(value);
}

const BY_NAME: ReadonlyMap<string, Rank> = new Map([
  ["MinKey", RANK.minKey],
  ["BSONSymbol", RANK.string],
  ["Binary", RANK.binary],
  ["ObjectId", RANK.objectId],
  ["Timestamp", RANK.timestamp],
  ["BSONRegExp", RANK.regex],
  ["Code", RANK.code],
  ["MaxKey", RANK.maxKey],
  ["DBRef", RANK.object],
]);

function rankOfDocument(value: unknown): Rank {
  if (isDocument(value)) return RANK.object;
  throw new TypeError(`expected a BSON value, found ${typeof value} ${bsonType(value) ?? ""}`);
}

/** MongoDB's total order of values: by type first, then by value. Negative when a comes first. */
export function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  const rank = rankOf(a);
  const byRank = rank - rankOf(b);
  if (byRank !== 0) return byRank;
  switch (rank) {
    case RANK.number:
      return compareNumbers(a, b);
    case RANK.string:
      return compareStrings(String(a), String(b));
    case RANK.boolean:
      return Number(a) - Number(b);
    case RANK.date:
      return Number(a) - Number(b);
    case RANK.array:
      // sound: both have the rank of arrays
      return compareArrays(a as readonly unknown[], b as readonly unknown[]);
    case RANK.object:
      // sound: both have the rank of documents
      return compareDocuments(a as Document, b as Document);
    case RANK.minKey:
    case RANK.undefined:
    case RANK.null:
    case RANK.maxKey:
      return 0;
    case RANK.binary:
    case RANK.objectId:
    case RANK.timestamp:
    case RANK.regex:
    case RANK.code:
      return Buffer.compare(bytesOf(a), bytesOf(b));
  }
}

export function isEqual(a: unknown, b: unknown): boolean {
  return compare(a, b) === 0;
}

const BEYOND_BMP = /[\ud800-\uffff]/;

/** By the bytes of UTF-8. UTF-16 has the same order but for surrogates, which stand below U+E000 there. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  if (BEYOND_BMP.test(a) && BEYOND_BMP.test(b))
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const order = compare(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Field by field in their order: the type of the value, then the name, then the value. */
function compareDocuments(a: Document, b: Document): number {
  const [left, right] = [Object.entries(a), Object.entries(b)];
  for (const [i, [name, value]] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const order =
      rankOf(value) - rankOf(other[1]) ||
      compareStrings(name, other[0]) ||
      compare(value, other[1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Bytes in whose order values of these types stand: a binary by its length first, then by its subtype. */
export function bytesOf(value: unknown): Buffer {
  if (isObjectId(value)) return Buffer.from(value.id);
  if (isBinary(value)) {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(value.length());
    head.writeUInt8(value.sub_type, 4);
    return Buffer.concat([head, value.buffer.subarray(0, value.length())]);
  }
  if (isTimestamp(value)) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value.toBigInt()));
    return bytes;
  }
  if (isBsonRegExp(value)) return Buffer.from(`${value.pattern}\0${value.options}`);
  if (value instanceof RegExp) return Buffer.from(`${value.source}\0${value.flags}`);
  return Buffer.from(JSON.stringify(value));
}
