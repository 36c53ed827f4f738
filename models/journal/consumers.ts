import type { Pool, PoolClient } from "pg";

/** What a consumer's handler writes with is committed with the consumer's position. */
export type Transaction = PoolClient;

/**
 * Puts a consumer on record, unless it is there.
 * @param begins with every event there ever was, or with what is recorded from now on
 */
export async function registerConsumer(
  pool: Pool,
  name: string,
  begins: "first" | "now",
): Promise<void> {
  await pool.query(
    `INSERT INTO act.consumer (name, began)
     VALUES ($1, CASE WHEN $2 THEN '0'::xid8 ELSE pg_snapshot_xmin(pg_current_snapshot()) END)
     ON CONFLICT DO NOTHING`,
    [name, begins === "first"],
  );
}

/**
 * Waits for one's turn: no other node handles anything for this consumer until the transaction ends.
 * @returns the transaction that the consumer began with
 * @throws Error when it is not on record
 */
export async function lockConsumer(client: PoolClient, name: string): Promise<string> {
  const answer = await client.query<{ began: string }>({
    name: "consumer-lock",
    text: "SELECT began::text FROM act.consumer WHERE name = $1 FOR UPDATE",
    values: [name],
  });
  const [row] = answer.rows;
  if (row === undefined) throw new Error(`the consumer ${name} is not on record`);
  return row.began;
}

/** The last version handled of each of these streams that is known. */
export async function findPositions(
  db: Pool | PoolClient,
  consumer: string,
  streamIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const answer = await db.query<{ stream_id: string; version: number }>({
    name: "consumer-positions",
    text: `SELECT stream_id, version FROM act.consumer_position
            WHERE consumer = $1 AND stream_id = ANY ($2)`,
    values: [consumer, streamIds],
  });
  return new Map(answer.rows.map((row) => [row.stream_id, row.version]));
}

export async function savePositions(
  client: PoolClient,
  consumer: string,
  positions: ReadonlyMap<string, number>,
): Promise<void> {
  await client.query({
    name: "consumer-save",
    text: `INSERT INTO act.consumer_position AS p (consumer, stream_id, version)
           SELECT $1, id, version FROM unnest($2::text[], $3::bigint[]) AS n (id, version)
           ON CONFLICT (consumer, stream_id) DO UPDATE SET version = excluded.version
            WHERE p.version < excluded.version`,
    values: [consumer, [...positions.keys()], [...positions.values()]],
  });
}
