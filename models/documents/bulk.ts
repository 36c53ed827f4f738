import { type Document, isDocument } from "./bson.ts";
import { asServerError, serverError } from "./errors.ts";
import { withId } from "./requests.ts";
import type { Outcome, Write } from "./writer.ts";

interface Changed {
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly upsertedCount: number;
  readonly upsertedId: unknown;
}

interface Deleted {
  readonly deletedCount: number;
}

type Options = Readonly<Record<string, unknown>>;

/** What a bulk is made of. */
export interface BulkTarget {
  readonly documents: {
    writeMany(writes: readonly Write[], isOrdered: boolean): Promise<readonly Outcome[]>;
  };
  updateOne(filter: unknown, update: unknown, options: Options): Promise<Changed>;
  updateMany(filter: unknown, update: unknown, options: Options): Promise<Changed>;
  replaceOne(filter: unknown, replacement: unknown, options: Options): Promise<Changed>;
  deleteOne(filter: unknown, options: Options): Promise<Deleted>;
  deleteMany(filter: unknown, options: Options): Promise<Deleted>;
}

/** An operation of a bulk that failed, as MongoDB's driver tells it. */
class BulkFailure {
  readonly err: {
    index: number;
    readonly code: number;
    readonly errmsg: string;
    readonly op: unknown;
  };

  constructor(index: number, error: unknown, op: unknown) {
    const { code, message } = asServerError(error);
    this.err = { index, code, errmsg: message, op };
  }

  get code(): number {
    return this.err.code;
  }

  /** mongoose changes it when it has left out documents before. */
  get index(): number {
    return this.err.index;
  }

  get errmsg(): string {
    return this.err.errmsg;
  }

  getOperation(): unknown {
    return this.err.op;
  }

  toJSON(): unknown {
    return this.err;
  }
}

/** The counts of MongoDB's wire protocol; the names are its own. */
export interface BulkCounts {
  readonly ok: number;
  readonly writeErrors: readonly BulkFailure[];
  readonly insertedIds: readonly { readonly index: number; readonly _id: unknown }[];
  readonly upserted: readonly { readonly index: number; readonly _id: unknown }[];
  readonly nInserted: number;
  readonly nMatched: number;
  readonly nModified: number;
  readonly nRemoved: number;
}

/** What mongoose and its users read of a bulk: a class, because mongoose makes empty ones itself. */
export class BulkResult {
  readonly insertedCount: number;
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly deletedCount: number;
  readonly upsertedCount: number;
  readonly insertedIds: Readonly<Record<number, unknown>>;
  readonly upsertedIds: Readonly<Record<number, unknown>>;
  readonly #counts: BulkCounts;

  constructor(counts: BulkCounts) {
    this.#counts = counts;
    this.insertedCount = counts.nInserted;
    this.matchedCount = counts.nMatched;
    this.modifiedCount = counts.nModified;
    this.deletedCount = counts.nRemoved;
    this.upsertedCount = counts.upserted.length;
    this.insertedIds = byIndex(counts.insertedIds);
    this.upsertedIds = byIndex(counts.upserted);
  }

  get ok(): number {
    return this.#counts.ok;
  }

  /** mongoose looks here when an error tells of one failure alone. */
  get result(): BulkCounts {
    return this.#counts;
  }

  isOk(): boolean {
    return this.ok === 1;
  }

  hasWriteErrors(): boolean {
    return this.#counts.writeErrors.length > 0;
  }

  getWriteErrorCount(): number {
    return this.#counts.writeErrors.length;
  }

  getWriteErrors(): readonly BulkFailure[] {
    return this.#counts.writeErrors;
  }

  getWriteErrorAt(index: number): BulkFailure | undefined {
    return this.#counts.writeErrors[index];
  }

  getUpsertedIdAt(index: number): unknown {
    return this.#counts.upserted[index];
  }

  getRawResponse(): BulkCounts {
    return this.#counts;
  }
}

function byIndex(ids: BulkCounts["insertedIds"]): Readonly<Record<number, unknown>> {
  return Object.fromEntries(ids.map(({ index, _id }) => [index, _id]));
}

/** What one operation did. */
interface Done {
  readonly insertedId?: unknown;
  readonly upsertedId?: unknown;
  readonly matched?: number;
  readonly modified?: number;
  readonly removed?: number;
}

type Result = Done | Error | "skipped";

/** Inserts that follow each other go together. */
const INSERTS_AT_ONCE = 500;

/**
 * Carries out operations one after the other; when they are ordered, up to the first that fails.
 * @throws what the database said when it could not be reached, or MongoServerError for what is no operation
 */
export async function runBulk(
  collection: BulkTarget,
  operations: readonly object[],
  isOrdered: boolean,
): Promise<BulkResult> {
  const results: Result[] = [];
  while (results.length < operations.length) {
    const inserts = leadingInserts(
      operations.slice(results.length, results.length + INSERTS_AT_ONCE),
    );
    const done =
      inserts.length > 0
        ? await insertAll(collection, inserts, isOrdered)
        : [await runOne(collection, operations[results.length] ?? {})];
    results.push(...done);
    if (isOrdered && done.some((result) => result instanceof Error)) break;
  }
  return tally(results, operations);
}

function leadingInserts(operations: readonly object[]): readonly object[] {
  const end = operations.findIndex((operation) => !("insertOne" in operation));
  return (end === -1 ? operations : operations.slice(0, end)).map((operation) => {
    const inner: unknown = "insertOne" in operation ? operation.insertOne : null;
    if (isObject(inner) && "document" in inner && isObject(inner.document)) return inner.document;
    throw serverError("FailedToParse", "insertOne needs a document");
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

async function insertAll(
  collection: BulkTarget,
  inserts: readonly object[],
  isOrdered: boolean,
): Promise<readonly Result[]> {
  const documents = inserts.map((document) => attempt(() => withId(document)));
  const bad = documents.findIndex((document) => document instanceof Error);
  if (bad !== -1) {
    const [before, failed] = [inserts.slice(0, bad), documents[bad]];
    const first = before.length === 0 ? [] : await insertAll(collection, before, isOrdered);
    const failure = failed instanceof Error ? failed : new Error("expected a failure");
    if (isOrdered || bad === inserts.length - 1) return [...first, failure];
    return [...first, failure, ...(await insertAll(collection, inserts.slice(bad + 1), isOrdered))];
  }
  // sound: none of them is an error
  const writes = (documents as readonly Document[]).map((after) => ({ before: null, after }));
  const outcomes = await collection.documents.writeMany(writes, isOrdered);
  return outcomes.map((outcome, i) => insertResult(outcome, writes[i]?.after["_id"]));
}

function insertResult(outcome: Outcome, insertedId: unknown): Result {
  return outcome === "done" ? { insertedId } : outcome;
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What a document, an update or a filter is refused for belongs to the operation; all else ends the bulk. */
async function runOne(collection: BulkTarget, operation: object): Promise<Result> {
  try {
    return await carryOut(collection, operation);
  } catch (error) {
    if (error instanceof Error && error.name === "MongoServerError") return error;
    throw error;
  }
}

async function carryOut(collection: BulkTarget, operation: object): Promise<Done> {
  const [[name, inner] = ["", null]] = Object.entries(operation);
  if (!isDocument(inner)) throw serverError("FailedToParse", `${name} needs a document`);
  const { filter, update, replacement, ...options } = inner;
  switch (name) {
    case "updateOne":
      return updated(await collection.updateOne(filter, update, options));
    case "updateMany":
      return updated(await collection.updateMany(filter, update, options));
    case "replaceOne":
      return updated(await collection.replaceOne(filter, replacement, options));
    case "deleteOne":
      return { removed: (await collection.deleteOne(filter, options)).deletedCount };
    case "deleteMany":
      return { removed: (await collection.deleteMany(filter, options)).deletedCount };
    default:
      throw serverError("FailedToParse", `a bulk has no operation ${name}`);
  }
}

function updated(result: Changed): Done {
  return {
    matched: result.matchedCount,
    modified: result.modifiedCount,
    ...(result.upsertedCount > 0 && { upsertedId: result.upsertedId }),
  };
}

function tally(results: readonly Result[], operations: readonly object[]): BulkResult {
  const done = results.map((result) =>
    result instanceof Error || result === "skipped" ? {} : result,
  );
  const sum = (of: (one: Done) => number | undefined): number =>
    done.reduce((total, one) => total + (of(one) ?? 0), 0);
  const ids = (of: (one: Done) => unknown) =>
    done.flatMap((one, index) => (of(one) === undefined ? [] : [{ index, _id: of(one) }]));
  const insertedIds = ids((one) => one.insertedId);
  return new BulkResult({
    ok: 1,
    writeErrors: results.flatMap((result, index) =>
      result instanceof Error ? [new BulkFailure(index, result, operations[index])] : [],
    ),
    insertedIds,
    upserted: ids((one) => one.upsertedId),
    nInserted: insertedIds.length,
    nMatched: sum((one) => one.matched),
    nModified: sum((one) => one.modified),
    nRemoved: sum((one) => one.removed),
  });
}
