import type { Pool, PoolClient } from "pg";
import { errorCode } from "../postgres/error-code.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { type Document, decode, encode } from "./bson.ts";
import { duplicateKey, serverError } from "./errors.ts";
import { type Index, type IndexSpec, keysOf, openIndex } from "./indexes.ts";
import { compare } from "./order.ts";
import { valueAt } from "./paths.ts";

/** A collection as it was when it was read: with another epoch its indexes may be others. */
export interface CollectionState {
  readonly collectionId: number;
  readonly name: string;
  readonly epoch: number;
  readonly indexes: readonly Index[];
}

interface IndexRow {
  readonly collection_id: number;
  readonly epoch: number;
  readonly index_id: number | null;
  readonly index_name: string;
  readonly spec: Buffer;
  readonly is_exact: boolean;
}

/** @returns null when there is no such collection */
export async function readCollection(
  client: Pool | PoolClient,
  name: string,
): Promise<CollectionState | null> {
  const { rows } = await client.query<IndexRow>({
    name: "doc-collection",
    text: `SELECT c.collection_id, c.epoch, i.index_id, i.name AS index_name, i.spec, i.is_exact
             FROM doc.collection c LEFT JOIN doc.index i USING (collection_id)
            WHERE c.name = $1 ORDER BY i.index_id`,
    values: [name],
  });
  const [first] = rows;
  if (first === undefined) return null;
  return {
    collectionId: first.collection_id,
    name,
    epoch: first.epoch,
    indexes: rows.flatMap(({ index_id: id, index_name: indexName, spec, is_exact: isExact }) =>
      id === null ? [] : [openIndex(id, indexName, decode(spec), isExact)],
    ),
  };
}

/** Makes the collection unless it is there. */
export async function ensureCollection(pool: Pool, name: string): Promise<CollectionState> {
  if (!/^[^\0$][^\0]{0,199}$/.test(name))
    throw serverError("BadValue", `a collection cannot be called "${name}"`);
  await pool.query("INSERT INTO doc.collection (name) VALUES ($1) ON CONFLICT DO NOTHING", [name]);
  const state = await readCollection(pool, name);
  // Somebody has dropped it in this moment.
  return state ?? ensureCollection(pool, name);
}

/** @returns whether there was one */
export async function dropCollection(pool: Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query("DELETE FROM doc.collection WHERE name = $1", [name]);
  return rowCount === 1;
}

export async function collectionNames(pool: Pool): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    "SELECT name FROM doc.collection ORDER BY name",
  );
  return rows.map(({ name }) => name);
}

type NamedSpec = IndexSpec & { readonly name: string };

/**
 * Makes an index over all documents that are there; writers wait meanwhile. The same index again is no change.
 * @throws MongoServerError DuplicateKey when a unique one cannot be, or when another index has its name or its key
 */
export async function createIndex(pool: Pool, collection: string, spec: NamedSpec): Promise<void> {
  const { collectionId } = await ensureCollection(pool, collection);
  await inTransaction(pool, async (client) => {
    await lockExclusively(client, collectionId);
    const state = await readCollection(client, collection);
    if (state === null || hasIndex(state, spec)) return;
    const { rows } = await client.query<{ index_id: number }>(
      "INSERT INTO doc.index (collection_id, name, spec) VALUES ($1, $2, $3) RETURNING index_id",
      [collectionId, spec.name, Buffer.from(encode(stored(spec)))],
    );
    const index = openIndex(rows[0]?.index_id ?? 0, spec.name, stored(spec), true);
    await fill(client, state, index);
    await renewEpoch(client, collectionId);
  });
}

function stored({
  key,
  unique,
  sparse,
  partialFilterExpression,
  expireAfterSeconds,
}: IndexSpec): Document {
  return { key, unique, sparse, partialFilterExpression, expireAfterSeconds };
}

function hasIndex({ indexes }: CollectionState, spec: NamedSpec): boolean {
  const same = indexes.find(({ name }) => name === spec.name);
  const wanted = stored(spec);
  if (same !== undefined) {
    if (compare(stored(same), wanted) === 0) return true;
    throw serverError(
      "IndexOptionsConflict",
      `An existing index has the same name as the requested index: ${spec.name}`,
    );
  }
  const alike = indexes.find(
    (index) =>
      compare(index.key, spec.key) === 0 &&
      compare(index.partialFilterExpression, spec.partialFilterExpression) === 0,
  );
  if (alike === undefined) return false;
  throw serverError(
    "IndexOptionsConflict",
    `Index already exists with a different name: ${alike.name}`,
  );
}

const FILL_AT_ONCE = 2_000;

async function fill(client: PoolClient, state: CollectionState, index: Index): Promise<void> {
  let after: Buffer = Buffer.alloc(0);
  let isExact = true;
  for (;;) {
    const { rows } = await client.query<{ id: Buffer; body: Buffer }>(
      `SELECT id, body FROM doc.document WHERE collection_id = $1 AND id > $2 ORDER BY id LIMIT ${FILL_AT_ONCE}`,
      [state.collectionId, after],
    );
    const keys: Buffer[] = [];
    const ids: Buffer[] = [];
    for (const { id, body } of rows) {
      const own = keysOf(index, decode(body));
      isExact &&= own.isExact;
      keys.push(...own.keys);
      ids.push(...own.keys.map(() => id));
    }
    await addKeys(client, state, index, keys, ids);
    const last = rows.at(-1);
    if (last === undefined || rows.length < FILL_AT_ONCE) break;
    after = last.id;
  }
  if (!isExact)
    await client.query("UPDATE doc.index SET is_exact = false WHERE index_id = $1", [
      index.indexId,
    ]);
}

async function addKeys(
  client: PoolClient,
  { collectionId, name }: CollectionState,
  index: Index,
  keys: readonly Buffer[],
  ids: readonly Buffer[],
): Promise<void> {
  const table = index.unique ? "doc.unique_key" : "doc.key";
  const { rows } = await client.query<{ id: Buffer }>(
    `WITH wanted AS (SELECT key, id FROM unnest($2::bytea[], $3::bytea[]) AS k (key, id)),
          added AS (INSERT INTO ${table} (index_id, key, id) SELECT $1, key, id FROM wanted
                    ON CONFLICT DO NOTHING RETURNING key, id)
     SELECT id FROM wanted EXCEPT ALL SELECT id FROM added LIMIT 1`,
    [index.indexId, keys, ids],
  );
  const [twice] = rows;
  if (twice === undefined) return;
  const { rows: found } = await client.query<{ body: Buffer }>(
    "SELECT body FROM doc.document WHERE collection_id = $1 AND id = $2",
    [collectionId, twice.id],
  );
  const [document] = found;
  throw duplicateKey(
    name,
    index,
    document === undefined ? {} : keyValue(index, decode(document.body)),
  );
}

/** What of a document is in an index, by path. */
export function keyValue({ key }: Pick<IndexSpec, "key">, document: Document): Document {
  return Object.fromEntries(
    Object.keys(key).map((path) => [path, valueAt(document, path) ?? null]),
  );
}

/** @throws MongoServerError IndexNotFound */
export async function dropIndex(pool: Pool, collection: string, name: string): Promise<void> {
  const state = await readCollection(pool, collection);
  if (state === null) throw serverError("IndexNotFound", `there is no collection ${collection}`);
  await inTransaction(pool, async (client) => {
    await lockExclusively(client, state.collectionId);
    const { rowCount } = await client.query(
      "DELETE FROM doc.index WHERE collection_id = $1 AND (name = $2 OR $2 = '*')",
      [state.collectionId, name],
    );
    if (rowCount === 0 && name !== "*")
      throw serverError("IndexNotFound", `index not found with name [${name}]`);
    await renewEpoch(client, state.collectionId);
  });
}

/** Says of indexes, before the first such key is written, that they no longer have one whole key a document. */
export async function markInexact(
  pool: Pool,
  state: CollectionState,
  indexIds: readonly number[],
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query("UPDATE doc.index SET is_exact = false WHERE index_id = ANY ($1)", [
      indexIds,
    ]);
    await renewEpoch(client, state.collectionId);
  });
}

async function lockExclusively(client: PoolClient, collectionId: number): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(doc.lock_class(), $1)", [collectionId]);
}

async function renewEpoch(client: PoolClient, collectionId: number): Promise<void> {
  await client.query(
    "UPDATE doc.collection SET epoch = nextval('doc.version') WHERE collection_id = $1",
    [collectionId],
  );
}

/** PostgreSQL's word for indexes that are others than those that were read; `doc.write` says so. */
export const isStale = (error: unknown): boolean => errorCode(error) === "QD001";
