import mongoose from "mongoose";
import type { Document } from "./bson.ts";

const { MongoBulkWriteError, MongoServerError } = mongoose.mongo;

/** The codes of MongoDB's server errors that this store answers with. */
const CODES = {
  BadValue: 2,
  FailedToParse: 9,
  TypeMismatch: 14,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  NamespaceNotFound: 26,
  NamespaceExists: 48,
  ImmutableField: 66,
  IndexNotFound: 27,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  WriteConflict: 112,
  CannotIndexParallelArrays: 171,
  QueryPlanKilled: 175,
  NotImplemented: 238,
  DuplicateKey: 11_000,
} as const;

export type ServerErrorName = keyof typeof CODES;
export type ServerError = InstanceType<typeof MongoServerError>;

export function serverError(
  codeName: ServerErrorName,
  message: string,
  more: Document = {},
): ServerError {
  return new MongoServerError({ ...more, message, code: CODES[codeName], codeName });
}

/** What this store does not do is refused: a query that is carried out in part answers another question. */
export function refused(what: string): ServerError {
  return serverError("NotImplemented", `${what} is not supported by the embedded document store`);
}

export function duplicateKey(
  collection: string,
  index: { readonly name: string; readonly key: Document },
  keyValue: Document,
): ServerError {
  const shown = Object.entries(keyValue).map(
    ([path, value]) => `${path}: ${JSON.stringify(value)}`,
  );
  return serverError(
    "DuplicateKey",
    `E11000 duplicate key error collection: ${collection} index: ${index.name} dup key: { ${shown.join(", ")} }`,
    { index: 0, keyPattern: { ...index.key }, keyValue },
  );
}

interface BulkErrorResult {
  getWriteErrors(): readonly { readonly code: number; readonly errmsg: string }[];
}

/** Of a bulk in which operations failed: with the failures, and with what was done. */
export function bulkError(result: BulkErrorResult): InstanceType<typeof MongoBulkWriteError> {
  const failures = result.getWriteErrors();
  const [first] = failures;
  return new MongoBulkWriteError(
    // sound: failures and result have what the driver's own classes have
    { message: first?.errmsg ?? "", code: first?.code ?? 0, writeErrors: failures as never },
    result as never,
  );
}

/** The error as a server error; one of another kind is a value that cannot be stored. */
export function asServerError(error: unknown): { readonly code: number; readonly message: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code =
    typeof error === "object" && error !== null && "code" in error && typeof error.code === "number"
      ? error.code
      : CODES.BadValue;
  return { code, message };
}
