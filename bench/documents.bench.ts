import { randomBytes } from "node:crypto";
import { Schema } from "mongoose";
import type { Pool } from "pg";
import { openDocuments } from "../models/documents/connect.ts";
import type { BenchReport } from "./run.ts";
import { openBenchDatabase, percentile, round } from "./support.ts";

const CONCURRENT = 8;

interface Contestant {
  /** documents of about 300 bytes, 1,000 at a time */
  readonly fill: (from: number, count: number) => Promise<unknown>;
  readonly byId: (id: number) => Promise<unknown>;
  readonly byIndex: (key: string) => Promise<unknown>;
  readonly update: (id: number) => Promise<unknown>;
}

interface Row {
  readonly _id: number;
  readonly key: string;
  readonly symbol: string;
  readonly n: number;
  readonly text: string;
}

function row(id: number, text: string): Row {
  return { _id: id, key: `key-${id}`, symbol: `S${id % 500}`, n: id, text };
}

/** The same documents as JSONB in a table of their own, with the same index: what PostgreSQL does without mongoose. */
async function plainSql(pool: Pool, text: string): Promise<Contestant> {
  await pool.query("CREATE TABLE plain (id int PRIMARY KEY, doc jsonb NOT NULL)");
  await pool.query("CREATE INDEX ON plain ((doc->>'key'))");
  const one = (name: string, sql: string) => (value: unknown) =>
    pool.query({ name, text: sql, values: [value] });
  return {
    fill: (from, count) =>
      pool.query(
        "INSERT INTO plain SELECT (d->>'_id')::int, d FROM jsonb_array_elements($1::jsonb) AS d",
        [JSON.stringify(Array.from({ length: count }, (_, i) => row(from + i, text)))],
      ),
    byId: one("plain-id", "SELECT doc FROM plain WHERE id = $1"),
    byIndex: one("plain-key", "SELECT doc FROM plain WHERE doc->>'key' = $1"),
    update: one(
      "plain-update",
      "UPDATE plain SET doc = jsonb_set(doc, '{n}', to_jsonb((doc->>'n')::int + 1)) WHERE id = $1",
    ),
  };
}

async function throughMongoose(pool: Pool, text: string) {
  const documents = await openDocuments(
    { pool },
    { onError: (error) => console.error(error), expireEveryMs: null },
  );
  const schema = new Schema<Row>({
    _id: Number,
    key: String,
    symbol: String,
    n: Number,
    text: String,
  });
  schema.index({ key: 1 });
  const Model = documents.connection.model<Row>("Bench", schema);
  await Model.init();
  const contestant: Contestant = {
    fill: (from, count) =>
      Model.insertMany(Array.from({ length: count }, (_, i) => row(from + i, text))),
    byId: (id) => Model.findById(id).lean(),
    byIndex: (key) => Model.findOne({ key }).lean(),
    update: (id) => Model.updateOne({ _id: id }, { $inc: { n: 1 } }),
  };
  return { contestant, documents, Model };
}

interface Speed {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** So many at once, each beginning its next when its last is done. */
async function time(count: number, work: (i: number) => Promise<unknown>): Promise<Speed> {
  const tookMs: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const i = next;
      next += 1;
      const startMs = performance.now();
      await work(i);
      tookMs.push(performance.now() - startMs);
    }
  };
  const startMs = performance.now();
  await Promise.all(Array.from({ length: CONCURRENT }, lane));
  const seconds = (performance.now() - startMs) / 1_000;
  return {
    perSecond: Math.round(count / seconds),
    p50Ms: round(percentile(tookMs, 50)),
    p99Ms: round(percentile(tookMs, 99)),
  };
}

async function measure(
  { fill, byId, byIndex, update }: Contestant,
  documents: number,
  operations: number,
): Promise<Readonly<Record<string, Speed>>> {
  // A number that all contestants are asked alike, and that goes through all documents.
  const some = (i: number): number => (i * 7_919) % documents;
  const atOnce = Math.min(1_000, documents);
  const startMs = performance.now();
  const batchMs: number[] = [];
  for (let from = 0; from < documents; from += atOnce) {
    const batchStartMs = performance.now();
    await fill(from, atOnce);
    batchMs.push(round(performance.now() - batchStartMs));
  }
  const insertMs = performance.now() - startMs;
  return {
    insertMany: {
      perSecond: Math.round((documents / insertMs) * 1_000),
      p50Ms: percentile(batchMs, 50),
      p99Ms: percentile(batchMs, 99),
    },
    findById: await time(operations, (i) => byId(some(i))),
    findByIndex: await time(operations, (i) => byIndex(`key-${some(i)}`)),
    updateOne: await time(operations, (i) => update(some(i))),
  };
}

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const [count, operations] = isQuick ? [2_000, 400] : [100_000, 8_000];
  const text = randomBytes(100).toString("hex");
  const database = await openBenchDatabase();
  try {
    const { contestant, documents, Model } = await throughMongoose(database.pool, text);
    const ours = await measure(contestant, count, operations);
    const scanStartMs = performance.now();
    const scanned = await Model.countDocuments({ symbol: "S7" });
    const scanMs = Math.round(performance.now() - scanStartMs);
    if (scanned !== count / 500)
      throw new Error(`expected ${count / 500} documents, found ${scanned}`);
    await documents.close();
    const theirs = await measure(await plainSql(database.pool, text), count, operations);
    for (const [name, { perSecond, p50Ms, p99Ms }] of Object.entries(ours)) {
      console.log(
        `${name.padEnd(12)} ${perSecond}/s, p50 ${p50Ms} ms, p99 ${p99Ms} ms; plain SQL ${theirs[name]?.perSecond}/s`,
      );
    }
    console.log(
      `a filter without an index over ${count} documents: ${scanMs} ms  (${database.description})`,
    );
    const ratio = Math.min(
      ...Object.entries(ours).map(
        ([name, { perSecond }]) => perSecond / (theirs[name]?.perSecond ?? Infinity),
      ),
    );
    return {
      name: "documents",
      figures: { documents: count, concurrent: CONCURRENT, ...ours, scanWithoutIndexMs: scanMs },
      reference: { what: "JSONB in a table of the same PostgreSQL, by pg alone", ...theirs },
      ratio: round(ratio),
    };
  } finally {
    await database.close();
  }
}
