import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pool, PoolClient } from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { CopyOut } from "../postgres/copy-out.ts";

/** Where a query may run: a pool, or a connection that the caller holds. */
export type Db = Pool | PoolClient;

/**
 * One connection to a database that has the schema `md`, as the bar store needs it. `pg` gives one; so does any database in
 * this process, which is how the TimescaleDB body is tested.
 */
export interface Session {
  /** A `name` has the statement planned once a connection, which saves a third of one that is small and frequent. */
  query<Row extends object>(
    text: string,
    values?: readonly unknown[],
    name?: string,
  ): Promise<readonly Row[]>;
  /** `sql` is a COPY … FROM STDIN; texts are for its text format, bytes for its binary one. */
  copyIn(sql: string, chunks: Iterable<string | Uint8Array<ArrayBuffer>>): Promise<void>;
  /** `sql` is a COPY … TO STDOUT; the chunks may end anywhere, and each is good until the next is asked for. */
  copyOut(sql: string): AsyncIterable<Buffer>;
  readonly known: Known;
}

/** What never changes in a database once it is there, remembered so that one closed bar costs one round trip. */
export interface Known {
  readonly symbolIds: Map<string, number>;
  /** first instants of months, epoch ms, that have a partition */
  readonly months: Set<number>;
  /** the same of trades */
  readonly tradeMonths: Set<number>;
  body?: Body;
}

/** Which of its two bodies the migration gave to md.bar, and the schema of time_bucket. */
export interface Body {
  readonly isHypertable: boolean;
  readonly functions: string;
}

export function nothingKnown(): Known {
  return { symbolIds: new Map(), months: new Set(), tradeMonths: new Set() };
}

const knownBy = new WeakMap<Db, Known>();

function knownOf(db: Db): Known {
  const known = knownBy.get(db) ?? nothingKnown();
  knownBy.set(db, known);
  return known;
}

/** Lends a connection for `work`. One that failed is closed, not given back: it may be inside a transaction or a COPY. */
export async function withSession<T>(db: Db, work: (session: Session) => Promise<T>): Promise<T> {
  const known = knownOf(db);
  if ("release" in db) return work(sessionOn(db, known));
  const client = await db.connect();
  try {
    const result = await work(sessionOn(client, known));
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function sessionOn(client: PoolClient, known: Known): Session {
  return {
    known,
    query: async <Row extends object>(
      text: string,
      values: readonly unknown[] = [],
      name?: string,
    ) => (await client.query<Row>({ text, values: [...values], ...(name && { name }) })).rows,
    copyIn: (sql, chunks) => pipeline(Readable.from(chunks), client.query(copyFrom(sql))),
    copyOut: (sql) => client.query(new CopyOut(sql)),
  };
}

/** Finds out, once a database, which body md.bar has. */
export async function bodyOf(session: Session): Promise<Body> {
  session.known.body ??= await readBody(session);
  return session.known.body;
}

async function readBody(session: Session): Promise<Body> {
  const [row] = await session.query<Body>(
    `SELECT c.relkind <> 'p' AS "isHypertable",
       CASE WHEN c.relkind = 'p' THEN 'md'
         ELSE (SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'timescaledb')
       END AS functions
     FROM pg_class c WHERE c.oid = 'md.bar'::regclass`,
  );
  if (!row) throw new Error("expected a table md.bar, found none");
  return row;
}
