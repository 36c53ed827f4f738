import type { Json } from "../domain/shared/json.ts";
import type { Db } from "./timescale/session.ts";

export type FeedStatus = "running" | "paused" | "finished";

/** How far a feed has come, so that it goes on from there after a restart. */
export interface FeedPosition {
  readonly feedId: string;
  /** the feed's own words, e.g. `{ file: "…", row: 17 }` */
  readonly position: Json;
  readonly status: FeedStatus;
  /** epoch ms, by the database's clock */
  readonly updatedAtMs: number;
}

export async function getFeedPosition(db: Db, feedId: string): Promise<FeedPosition | null> {
  const { rows } = await db.query<FeedPosition>(
    `SELECT feed_id AS "feedId", position, status,
       floor(extract(epoch FROM updated_at) * 1000)::float8 AS "updatedAtMs"
     FROM md.feed_position WHERE feed_id = $1`,
    [feedId],
  );
  return rows[0] ?? null;
}

/** Records how far a feed has come. A feed that is new runs; one that was paused meanwhile stays paused. */
export async function saveFeedPosition(db: Db, feedId: string, position: Json): Promise<void> {
  await db.query(
    `INSERT INTO md.feed_position (feed_id, position, status) VALUES ($1, $2::jsonb, 'running')
     ON CONFLICT (feed_id) DO UPDATE SET position = excluded.position, updated_at = clock_timestamp()`,
    [feedId, JSON.stringify(position)],
  );
}

/**
 * Pauses, resumes or finishes a feed, wherever it stands.
 * @returns whether the feed is on record
 */
export async function setFeedStatus(db: Db, feedId: string, status: FeedStatus): Promise<boolean> {
  const { rowCount } = await db.query(
    "UPDATE md.feed_position SET status = $2, updated_at = clock_timestamp() WHERE feed_id = $1",
    [feedId, status],
  );
  return rowCount === 1;
}
