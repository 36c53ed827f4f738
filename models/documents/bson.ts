import mongoose from "mongoose";

const { BSON } = mongoose.mongo;

/** A document, or an object within one: values are BSON values as `decode` gives them. */
export type Document = Record<string, unknown>;

/**
 * Bytes as they are stored. What is undefined becomes null, as with MongoDB's driver.
 * @throws Error for what BSON cannot hold, such as a cycle
 */
export function encode(document: object): Uint8Array {
  return BSON.serialize(document, { ignoreUndefined: false });
}

/**
 * The stored document: int32 and double are numbers, and everything else that JavaScript has no type for (Long,
 * Decimal128, Binary, ObjectId) is an object of the BSON library, so that it is stored again as what it was.
 */
export function decode(body: Uint8Array): Document {
  return BSON.deserialize(body, { promoteLongs: false });
}

/** What a caller hands in, freed from mongoose's wrappers: plain documents, arrays and BSON values. */
export function plainDocument(document: object): Document {
  return decode(encode(document));
}

/**
 * A filter, an update or a pipeline as plain values. Expressions stay `BSONRegExp`, which keeps the options of PCRE;
 * functions become `Code`, which every operator refuses.
 */
export function plainQuery(query: unknown): unknown {
  const body = BSON.serialize({ query }, { ignoreUndefined: false, serializeFunctions: true });
  return BSON.deserialize(body, { promoteLongs: false, bsonRegExp: true })["query"];
}

/** Longs that a number holds exactly become numbers, as MongoDB's driver hands them out. Changes what it is given. */
export function present(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isLong(value)) {
    const number = value.toNumber();
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) value[i] = present(value[i]);
  } else if (isDocument(value)) {
    for (const key of Object.keys(value)) value[key] = present(value[key]);
  }
  return value;
}

/** An embedded document: neither an array, nor a date, nor one of BSON's own types. */
export function isDocument(value: unknown): value is Document {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    prototype === null ||
    (!(value instanceof Date) && bsonType(value) === undefined && !isRegExp(value))
  );
}

/** The name by which the BSON library marks its own types. */
export function bsonType(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const name: unknown = Reflect.get(value, "_bsontype");
  return typeof name === "string" ? name : undefined;
}

function isRegExp(value: object): boolean {
  return value instanceof RegExp;
}

type Bson = typeof BSON;
export type Long = InstanceType<Bson["Long"]>;
export type Decimal128 = InstanceType<Bson["Decimal128"]>;
export type ObjectId = InstanceType<Bson["ObjectId"]>;
export type Binary = InstanceType<Bson["Binary"]>;
export type Timestamp = InstanceType<Bson["Timestamp"]>;
export type BsonRegExp = InstanceType<Bson["BSONRegExp"]>;

export const isLong = (value: unknown): value is Long => bsonType(value) === "Long";
export const isDecimal128 = (value: unknown): value is Decimal128 =>
  bsonType(value) === "Decimal128";
export const isObjectId = (value: unknown): value is ObjectId => bsonType(value) === "ObjectId";
export const isBinary = (value: unknown): value is Binary => bsonType(value) === "Binary";
export const isTimestamp = (value: unknown): value is Timestamp => bsonType(value) === "Timestamp";
export const isBsonRegExp = (value: unknown): value is BsonRegExp =>
  bsonType(value) === "BSONRegExp";

export const newObjectId = (): ObjectId => new BSON.ObjectId();
export const decimal128 = (text: string): Decimal128 => BSON.Decimal128.fromString(text);
export const longOf = (integer: bigint): Long => BSON.Long.fromBigInt(integer);
/** Seconds since 1970 and, as this store counts no operations, 1. */
export const timestampOf = (ms: number): Timestamp =>
  new BSON.Timestamp({ t: Math.floor(ms / 1_000), i: 1 });
