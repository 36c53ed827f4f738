import type { Pool } from "pg";
import { type BulkResult, runBulk } from "./bulk.ts";
import { type Document, isDocument, plainQuery, present } from "./bson.ts";
import { createIndex, dropCollection, dropIndex } from "./catalogue.ts";
import { DocumentCollection, type Modification, type Modify } from "./collection.ts";
import { DocumentCursor } from "./cursor.ts";
import { bulkError, refused, serverError } from "./errors.ts";
import { readIndexSpec } from "./indexes.ts";
import { encodeKey } from "./key.ts";
import { reach } from "./paths.ts";
import { joinedBy, runPipeline } from "./pipeline.ts";
import { compileProjection } from "./projection.ts";
import {
  type Options,
  asDocument,
  checkOptions,
  readQuery,
  readReplacement,
  readUpdate,
  withId,
} from "./requests.ts";

interface UpdateResult {
  readonly acknowledged: true;
  readonly matchedCount: number;
  readonly modifiedCount: number;
  readonly upsertedCount: number;
  readonly upsertedId: unknown;
}

/** A collection with the operations of MongoDB's driver, as far as mongoose calls them. */
export class Operations {
  readonly documents: DocumentCollection;
  readonly #pool: Pool;
  readonly #sibling: (name: string) => Operations;

  constructor(pool: Pool, name: string, sibling: (name: string) => Operations) {
    this.#pool = pool;
    this.#sibling = sibling;
    this.documents = new DocumentCollection(pool, name);
  }

  get collectionName(): string {
    return this.documents.name;
  }

  find(filter: unknown, options?: Options): DocumentCursor {
    const query = readQuery(filter, checkOptions(options));
    const project = compileProjection(plainQuery(options?.["projection"]) ?? {}, query.filter);
    const { documents } = this;
    return new DocumentCursor(async function* read() {
      for await (const { document } of documents.find(query)) yield present(project(document));
    });
  }

  async findOne(filter: unknown, options?: Options): Promise<unknown> {
    const cursor = this.find(filter, { ...options, limit: 1 });
    try {
      return await cursor.next();
    } finally {
      await cursor.close();
    }
  }

  async insertOne(document: object, options?: Options): Promise<unknown> {
    checkOptions(options);
    const inserted = withId(document);
    const outcome = await this.documents.insert(inserted);
    if (outcome instanceof Error) throw outcome;
    return { acknowledged: true, insertedId: inserted["_id"] };
  }

  async insertMany(documents: readonly object[], options?: Options): Promise<unknown> {
    const operations = documents.map((document) => ({ insertOne: { document } }));
    const { insertedCount, insertedIds } = await this.#bulk(operations, options);
    return { acknowledged: true, insertedCount, insertedIds };
  }

  async bulkWrite(operations: readonly object[], options?: Options): Promise<unknown> {
    return this.#bulk(operations, options);
  }

  async #bulk(operations: readonly object[], options: Options): Promise<BulkResult> {
    const isOrdered = checkOptions(options)["ordered"] !== false;
    const result = await runBulk(this, operations, isOrdered);
    if (result.hasWriteErrors()) throw bulkError(result);
    return result;
  }

  async updateOne(filter: unknown, update: unknown, options?: Options): Promise<UpdateResult> {
    return updateResult([await this.documents.modifyOne(readUpdate(filter, update, options))]);
  }

  async replaceOne(
    filter: unknown,
    replacement: unknown,
    options?: Options,
  ): Promise<UpdateResult> {
    return updateResult([
      await this.documents.modifyOne(readReplacement(filter, replacement, options)),
    ]);
  }

  async updateMany(filter: unknown, update: unknown, options?: Options): Promise<UpdateResult> {
    const modify = readUpdate(filter, update, options);
    const done: Modification[] = [];
    for await (const some of chunks(this.documents.find({ filter: modify.filter }))) {
      const changes = await Promise.all(
        some.map((found) => this.documents.modifyFound(found, modify)),
      );
      for (const change of changes) if (change !== null) done.push(change);
    }
    if (done.length === 0 && modify.isUpsert) return this.updateOne(filter, update, options);
    return updateResult(done);
  }

  async deleteOne(
    filter: unknown,
    options?: Options,
  ): Promise<{ readonly acknowledged: true; readonly deletedCount: number }> {
    const removed = await this.documents.removeOne(readQuery(filter, checkOptions(options)));
    return { acknowledged: true, deletedCount: removed === null ? 0 : 1 };
  }

  async deleteMany(
    filter: unknown,
    options?: Options,
  ): Promise<{ readonly acknowledged: true; readonly deletedCount: number }> {
    const query = readQuery(filter, checkOptions(options));
    let deletedCount = 0;
    for await (const some of chunks(this.documents.find({ filter: query.filter }))) {
      const removed = await Promise.all(
        some.map((found) => this.documents.removeFound(found, query.filter)),
      );
      deletedCount += removed.filter((document) => document !== null).length;
    }
    return { acknowledged: true, deletedCount };
  }

  async findOneAndUpdate(filter: unknown, update: unknown, options?: Options): Promise<unknown> {
    return this.#findAndModify(readUpdate(filter, update, options), options);
  }

  async findOneAndReplace(
    filter: unknown,
    replacement: unknown,
    options?: Options,
  ): Promise<unknown> {
    return this.#findAndModify(readReplacement(filter, replacement, options), options);
  }

  async #findAndModify(modify: Modify, options: Options): Promise<unknown> {
    const { before, after, upsertedId } = await this.documents.modifyOne(modify);
    const isAfter =
      options?.["returnDocument"] === "after" || options?.["returnOriginal"] === false;
    const value = projected(isAfter ? after : before, modify.filter, options);
    return answer(value, options, {
      updatedExisting: before !== null,
      n: before === null && upsertedId === undefined ? 0 : 1,
      ...(upsertedId !== undefined && { upserted: upsertedId }),
    });
  }

  async findOneAndDelete(filter: unknown, options?: Options): Promise<unknown> {
    const query = readQuery(filter, checkOptions(options));
    const removed = await this.documents.removeOne(query);
    return answer(projected(removed, query.filter, options), options, {
      n: removed === null ? 0 : 1,
    });
  }

  async countDocuments(filter: unknown, options?: Options): Promise<number> {
    let count = 0;
    for await (const _ of this.documents.find(readQuery(filter ?? {}, checkOptions(options))))
      count += 1;
    return count;
  }

  async estimatedDocumentCount(options?: Options): Promise<number> {
    checkOptions(options);
    const state = await this.documents.state();
    if (state === null) return 0;
    const { rows } = await this.#pool.query<{ count: number }>(
      "SELECT count(*) FROM doc.document WHERE collection_id = $1",
      [state.collectionId],
    );
    return rows[0]?.count ?? 0;
  }

  /** Each value once, arrays by their elements. */
  async distinct(path: string, filter: unknown, options?: Options): Promise<readonly unknown[]> {
    const values = new Map<string, unknown>();
    for await (const { document } of this.documents.find(
      readQuery(filter ?? {}, checkOptions(options)),
    )) {
      for (const value of reach(document, path.split(".")).flat(1)) {
        if (value !== undefined) values.set(encodeKey([value]).toString("latin1"), value);
      }
    }
    return [...values.values()].map(present);
  }

  aggregate(pipeline: readonly unknown[], options?: Options): DocumentCursor {
    checkOptions(options);
    const stages = present(plainQuery(pipeline));
    if (!Array.isArray(stages)) throw serverError("TypeMismatch", "a pipeline has to be an array");
    const read = () => this.#aggregated(stages);
    return new DocumentCursor(async function* results() {
      yield* await read();
    });
  }

  /** What matches first can be found by an index; the rest works on what was found. */
  async #aggregated(stages: readonly unknown[]): Promise<readonly unknown[]> {
    const [first] = stages;
    const match = isDocument(first) && isDocument(first["$match"]) ? first["$match"] : null;
    const joined = new Map<string, readonly Document[]>();
    for (const name of joinedBy(stages)) joined.set(name, await this.#sibling(name).all({}));
    const documents = await this.all(match ?? {});
    const made = runPipeline(
      documents,
      match === null ? stages : stages.slice(1),
      (name) => joined.get(name) ?? [],
    );
    return made.map(present);
  }

  async all(filter: Document): Promise<readonly Document[]> {
    const documents: Document[] = [];
    for await (const { document } of this.documents.find({ filter })) {
      // sound: a document stays one
      documents.push(present(document) as Document);
    }
    return documents;
  }

  async createIndex(key: unknown, options?: Options): Promise<string> {
    const { session: _, ...rest } = checkOptions(options);
    const spec = readIndexSpec(plainQuery(key), asDocument(plainQuery(rest)));
    if (spec.name === "_id_" || Object.keys(spec.key).join() === "_id") return "_id_";
    await createIndex(this.#pool, this.collectionName, spec);
    this.documents.forget();
    return spec.name;
  }

  async dropIndex(name: unknown): Promise<unknown> {
    if (name === "_id_") throw serverError("BadValue", "cannot drop _id index");
    await dropIndex(this.#pool, this.collectionName, String(name));
    this.documents.forget();
    return { ok: 1 };
  }

  async dropIndexes(): Promise<boolean> {
    await this.dropIndex("*");
    return true;
  }

  listIndexes(): DocumentCursor {
    const { documents } = this;
    return new DocumentCursor(async function* read() {
      documents.forget();
      const state = await documents.state();
      if (state === null)
        throw serverError("NamespaceNotFound", `ns does not exist: ${documents.name}`);
      yield { v: 2, key: { _id: 1 }, name: "_id_" };
      for (const {
        name,
        key,
        unique,
        sparse,
        partialFilterExpression,
        expireAfterSeconds,
      } of state.indexes) {
        yield {
          v: 2,
          key: { ...key },
          name,
          ...(unique && { unique }),
          ...(sparse && { sparse }),
          ...(partialFilterExpression !== null && { partialFilterExpression }),
          ...(expireAfterSeconds !== null && { expireAfterSeconds }),
        };
      }
    });
  }

  async drop(): Promise<boolean> {
    const isDropped = await dropCollection(this.#pool, this.collectionName);
    this.documents.forget();
    return isDropped;
  }

  watch(): never {
    throw refused("a change stream");
  }
}

function updateResult(done: readonly Modification[]): UpdateResult {
  const upserted = done.find(({ upsertedId }) => upsertedId !== undefined);
  return {
    acknowledged: true,
    matchedCount: done.filter(({ before }) => before !== null).length,
    modifiedCount: done.filter(({ before, isChanged }) => before !== null && isChanged).length,
    upsertedCount: upserted === undefined ? 0 : 1,
    upsertedId: upserted?.upsertedId ?? null,
  };
}

function projected(document: Document | null, filter: Document, options: Options): unknown {
  if (document === null) return null;
  const projection = options?.["projection"] ?? options?.["fields"];
  return present(compileProjection(plainQuery(projection) ?? {}, filter)(document));
}

function answer(value: unknown, options: Options, lastErrorObject: Document): unknown {
  return options?.["includeResultMetadata"] === true ? { value, lastErrorObject, ok: 1 } : value;
}

const AT_ONCE = 256;

/** Of what is found, so many at a time: they are written together. */
async function* chunks<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[], void, undefined> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < AT_ONCE) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
