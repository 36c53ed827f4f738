import type { Connection } from "mongoose";
import type { Pool } from "pg";
import { decode } from "./bson.ts";
import { openIndex } from "./indexes.ts";

export interface Expiry {
  /** Ends with the round that is under way. */
  stop(): Promise<void>;
}

/** Removes what has expired, now and again. Several processes may do so at once: each document goes once. */
export function startExpiry(
  pool: Pool,
  connection: Connection,
  everyMs: number,
  onError: (error: unknown) => void,
): Expiry {
  let round: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    round = round.then(() => removeExpired(pool, connection, Date.now())).catch(onError);
  }, everyMs);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
      return round;
    },
  };
}

/** Removes the documents whose date, in a field of an index with `expireAfterSeconds`, is so long ago. */
async function removeExpired(pool: Pool, connection: Connection, nowMs: number): Promise<void> {
  const { rows } = await pool.query<{ collection: string; name: string; spec: Buffer }>(
    "SELECT c.name AS collection, i.name, i.spec FROM doc.index i JOIN doc.collection c USING (collection_id)",
  );
  for (const { collection, name, spec } of rows) {
    const { key, expireAfterSeconds, partialFilterExpression } = openIndex(
      0,
      name,
      decode(spec),
      true,
    );
    const [path] = Object.keys(key);
    if (expireAfterSeconds === null || path === undefined) continue;
    const before = new Date(nowMs - expireAfterSeconds * 1_000);
    await connection
      .collection(collection)
      .deleteMany({ ...partialFilterExpression, [path]: { $lte: before } });
  }
}
