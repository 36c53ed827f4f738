import type { Pool } from "pg";
import type { CollectionState } from "./catalogue.ts";
import type { Plan, Range } from "./plan.ts";

/** A document as it is stored. */
export interface Stored {
  readonly id: Buffer;
  readonly version: number;
  readonly body: Buffer;
}

/** The indexes are others than those that the plan was made for. */
export class StalePlan extends Error {
  constructor() {
    super("the indexes of the collection have changed");
    this.name = "StalePlan";
  }
}

interface Row {
  readonly epoch: number;
  readonly key: Buffer | null;
  readonly id: Buffer;
  readonly version: number;
  readonly body: Buffer;
}

const BATCH = 1_000;

/**
 * The documents in the ranges of a plan, a batch at a time: each batch is what is there when it is read.
 * @param firstBatch how many the reader probably wants
 * @throws StalePlan before the first document, or while reading
 */
export async function* readPlan(
  pool: Pool,
  state: CollectionState,
  plan: Plan,
  firstBatch: number,
): AsyncGenerator<readonly Stored[], void, undefined> {
  const seen = plan.index?.isExact === false || plan.ranges.length > 1 ? new Set<string>() : null;
  const [range] = plan.ranges;
  const batches =
    plan.ranges.length === 1 && range !== undefined
      ? readRange(pool, state, plan, range, firstBatch)
      : readRanges(pool, state, plan);
  for await (const batch of batches)
    yield seen === null ? batch : batch.filter(({ id }) => isNew(seen, id));
}

function isNew(seen: Set<string>, id: Buffer): boolean {
  const name = id.toString("latin1");
  if (seen.has(name)) return false;
  seen.add(name);
  return true;
}

async function* readRange(
  pool: Pool,
  state: CollectionState,
  plan: Plan,
  range: Range,
  firstBatch: number,
): AsyncGenerator<readonly Stored[], void, undefined> {
  let limit = Math.min(firstBatch, BATCH);
  let last: { readonly key: Buffer; readonly id: Buffer } | null = null;
  for (;;) {
    const { rows }: { readonly rows: readonly Row[] } = await pool.query<Row>(
      rangeQuery(state, plan, range, last, limit),
    );
    const found = documentsOf(rows, state);
    yield found;
    if (found.length < limit) return;
    const end: Row | undefined = rows.at(-1);
    if (end === undefined || end.key === null) return;
    last = { key: end.key, id: end.id };
    limit = BATCH;
  }
}

/** A first row without a document says that there is none. */
function documentsOf(rows: readonly Row[], state: CollectionState): readonly Row[] {
  if (rows[0]?.epoch !== state.epoch) throw new StalePlan();
  return rows.filter(({ key }) => key !== null);
}

function rangeQuery(
  { collectionId }: CollectionState,
  { index, isDescending }: Plan,
  { from, to }: Range,
  last: { readonly key: Buffer; readonly id: Buffer } | null,
  limit: number,
) {
  const order = isDescending ? "DESC" : "ASC";
  const beyond = isDescending ? "<" : ">";
  const start = last?.key ?? from;
  if (index === null) {
    const conditions = [
      isDescending ? "id >= $2" : last === null ? "id >= $2" : "id > $2",
      ...(to === null ? [] : ["id < $4"]),
      ...(isDescending && last !== null ? [`id < $${to === null ? 4 : 5}`] : []),
    ];
    return {
      name: `doc-scan-${order}-${to === null}-${last === null}`,
      text: `SELECT c.epoch, d.id AS key, d.id, d.version, d.body FROM doc.collection c LEFT JOIN LATERAL (
               SELECT id, version, body FROM doc.document
                WHERE collection_id = $1 AND ${conditions.join(" AND ")} ORDER BY id ${order} LIMIT $3) d ON true
              WHERE c.collection_id = $1 ORDER BY d.id ${order}`,
      values: [
        collectionId,
        isDescending ? from : start,
        limit,
        ...(to === null ? [] : [to]),
        ...(isDescending && last !== null ? [last.id] : []),
      ],
    };
  }
  const table = index.unique ? "doc.unique_key" : "doc.key";
  const upper = to === null ? "" : "AND key < $5";
  const after =
    last === null
      ? ""
      : `AND (key, id) ${beyond} ($${to === null ? 5 : 6}, $${to === null ? 6 : 7})`;
  return {
    name: `doc-range-${table}-${order}-${to === null}-${last === null}`,
    text: `SELECT c.epoch, k.key, k.id, d.version, d.body
             FROM doc.collection c
             LEFT JOIN LATERAL (
               SELECT key, id FROM ${table} WHERE index_id = $2 AND key >= $3 ${upper} ${after}
                ORDER BY key ${order}, id ${order} LIMIT $4) k ON true
             LEFT JOIN LATERAL (
               SELECT version, body FROM doc.document WHERE collection_id = $1 AND id = k.id) d ON true
            WHERE c.collection_id = $1 ORDER BY k.key ${order}, k.id ${order}`,
    values: [
      collectionId,
      index.indexId,
      isDescending || last === null ? from : start,
      limit,
      ...(to === null ? [] : [to]),
      ...(last === null ? [] : [last.key, last.id]),
    ],
  };
}

const RANGES_AT_ONCE = 500;

async function* readRanges(
  pool: Pool,
  state: CollectionState,
  { index, ranges }: Plan,
): AsyncGenerator<readonly Stored[], void, undefined> {
  for (let at = 0; at < ranges.length; at += RANGES_AT_ONCE) {
    const some = ranges.slice(at, at + RANGES_AT_ONCE);
    const values = [state.collectionId, some.map(({ from }) => from), some.map(({ to }) => to)];
    const { rows } = await pool.query<Row>(
      index === null
        ? { name: "doc-points", text: POINTS, values }
        : {
            name: `doc-ranges-${index.unique}`,
            text: index.unique ? rangesIn("doc.unique_key") : rangesIn("doc.key"),
            values: [...values, index.indexId],
          },
    );
    yield documentsOf(rows, state);
  }
}

const POINTS = `
  SELECT c.epoch, d.id AS key, d.id, d.version, d.body
    FROM doc.collection c
    LEFT JOIN LATERAL (
      SELECT d.id, d.version, d.body FROM unnest($2::bytea[], $3::bytea[]) AS r (lo, hi)
       CROSS JOIN LATERAL (SELECT id, version, body FROM doc.document
                            WHERE collection_id = $1 AND id >= r.lo AND id < r.hi OFFSET 0) d) d ON true
   WHERE c.collection_id = $1`;

function rangesIn(table: string): string {
  return `
  SELECT c.epoch, d.key, d.id, d.version, d.body
    FROM doc.collection c
    LEFT JOIN LATERAL (
      SELECT k.key, k.id, d.version, d.body FROM unnest($2::bytea[], $3::bytea[]) AS r (lo, hi)
       CROSS JOIN LATERAL (SELECT key, id FROM ${table}
                            WHERE index_id = $4 AND key >= r.lo AND key < r.hi OFFSET 0) k
       JOIN doc.document d ON d.collection_id = $1 AND d.id = k.id) d ON true
   WHERE c.collection_id = $1`;
}

/** @returns null when it is not there any more */
export async function readOne(
  pool: Pool,
  collectionId: number,
  id: Buffer,
): Promise<Stored | null> {
  const { rows } = await pool.query<Stored>({
    name: "doc-one",
    text: "SELECT id, version, body FROM doc.document WHERE collection_id = $1 AND id = $2",
    values: [collectionId, id],
  });
  return rows[0] ?? null;
}
