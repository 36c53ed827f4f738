import type { Pool, PoolClient } from "pg";
import type { OutboxEvent } from "../../domain/shared/journal.ts";
import { OUTBOX_COLUMNS, toOutboxEvent } from "./outbox-row.ts";
import type { OutboxRow } from "./outbox-row.ts";

/** Versions of one stream that did not come by the bus: those between `after` and `before`, without either. */
export interface Gap {
  readonly streamId: string;
  readonly after: number;
  readonly before: number;
}

/** A place in commit order: the transaction, and the position within it; both as text. */
export interface FeedCursor {
  readonly tx: string;
  readonly pos: string;
}

export interface ShardCursor extends FeedCursor {
  readonly shard: number;
}

/** What is missing, in version order, as far as it was recorded by the transaction `sinceTx` or a later one. */
export async function readGaps(
  db: Pool | PoolClient,
  gaps: readonly Gap[],
  sinceTx: string,
): Promise<readonly OutboxEvent[]> {
  if (gaps.length === 0) return [];
  const answer = await db.query<OutboxRow>({
    name: "feed-gaps",
    text: `SELECT ${OUTBOX_COLUMNS}
             FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS g (id, after, before)
             JOIN act.event e ON e.stream_id = g.id AND e.version > g.after AND e.version < g.before
            WHERE e.tx >= $4::xid8 ORDER BY e.stream_id, e.version`,
    values: [
      gaps.map((gap) => gap.streamId),
      gaps.map((gap) => gap.after),
      gaps.map((gap) => gap.before),
      sinceTx,
    ],
  });
  return answer.rows.map(toOutboxEvent);
}

/** The oldest transaction that may still write: whatever is older is there to be read, or never will be. */
export async function feedHorizon(db: Pool | PoolClient): Promise<string> {
  const answer = await db.query<{ tx: string }>(
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS tx",
  );
  return answer.rows[0]?.tx ?? "0";
}

/** The oldest transaction that may still write, or whose events are not noted as relayed. */
export async function relayedHorizon(pool: Pool): Promise<string> {
  const answer = await pool.query<{ tx: string }>(
    `SELECT least(pg_snapshot_xmin(pg_current_snapshot()),
       (SELECT e.tx FROM act.relay r CROSS JOIN LATERAL (
          SELECT tx FROM act.event WHERE shard = r.shard AND (tx, pos) > (r.tx, r.pos)
           ORDER BY tx, pos LIMIT 1) e
         ORDER BY e.tx LIMIT 1))::text AS tx`,
  );
  return answer.rows[0]?.tx ?? "0";
}

/** Events of all shards in commit order, after `after` and of transactions before `untilTx`. */
export async function readWindow(
  pool: Pool,
  after: FeedCursor,
  untilTx: string,
  limit: number,
): Promise<readonly OutboxEvent[]> {
  const answer = await pool.query<OutboxRow>({
    name: "feed-window",
    text: `SELECT ${OUTBOX_COLUMNS} FROM act.relay r CROSS JOIN LATERAL (
             SELECT * FROM act.event e
              WHERE e.shard = r.shard AND (e.tx, e.pos) > ($1::xid8, $2::bigint) AND e.tx < $3::xid8
              ORDER BY e.tx, e.pos LIMIT $4) e
            ORDER BY e.tx, e.pos LIMIT $4`,
    values: [after.tx, after.pos, untilTx, limit],
  });
  return answer.rows.map(toOutboxEvent);
}

/**
 * For each shard that has events, the place before the first of those recorded since an instant; null is the beginning. An
 * event's time is that of the node which recorded it: leave a margin.
 */
export async function shardCursors(
  pool: Pool,
  sinceMs: number | null,
): Promise<readonly ShardCursor[]> {
  const answer = await pool.query<ShardCursor>(
    `SELECT r.shard, coalesce(c.tx, '0')::text AS tx, coalesce(c.pos, 0)::text AS pos
       FROM act.relay r LEFT JOIN LATERAL (
         SELECT tx, pos FROM act.event
          WHERE $1::numeric IS NOT NULL AND shard = r.shard AND at < to_timestamp($1::numeric / 1000)
          ORDER BY tx DESC, pos DESC LIMIT 1) c ON true
      WHERE EXISTS (SELECT FROM act.event WHERE shard = r.shard)`,
    [sinceMs],
  );
  return answer.rows;
}

/** The next events of some shards, in commit order within each; all that is left of them when fewer than `limit`. */
export async function readShards(
  pool: Pool,
  cursors: readonly ShardCursor[],
  limit: number,
): Promise<readonly OutboxEvent[]> {
  const answer = await pool.query<OutboxRow>({
    name: "feed-shards",
    text: `SELECT ${OUTBOX_COLUMNS}
             FROM unnest($1::int[], $2::text[]::xid8[], $3::bigint[]) AS r (shard, tx, pos)
            CROSS JOIN LATERAL (
              SELECT * FROM act.event e
               WHERE e.shard = r.shard AND (e.tx, e.pos) > (r.tx, r.pos)
                 AND e.tx < pg_snapshot_xmin(pg_current_snapshot())
               ORDER BY e.tx, e.pos LIMIT $4) e
            LIMIT $4`,
    values: [
      cursors.map(({ shard }) => shard),
      cursors.map(({ tx }) => tx),
      cursors.map(({ pos }) => pos),
      limit,
    ],
  });
  return answer.rows.map(toOutboxEvent);
}
