import type { Pool, PoolClient } from "pg";
import type {
  HeldShard,
  LeaseSession,
  LeaseStore,
  ShardOwner,
} from "../../domain/shared/journal.ts";
import { storeCall } from "./failures.ts";

/**
 * Leases in act.shard. Each incarnation holds one session advisory lock; while PostgreSQL keeps that session the process
 * is thought alive, and when the session is gone the others need not wait for the lease to lapse.
 */
export function createLeaseStore(pool: Pool): LeaseStore {
  return { open: (nodeId, incarnation, onLost) => openSession(pool, nodeId, incarnation, onLost) };
}

async function openSession(
  pool: Pool,
  nodeId: string,
  incarnation: string,
  onLost: () => void,
): Promise<LeaseSession> {
  const key = sessionKey(incarnation);
  const client = await storeCall(() => holdLock(pool, key));
  let isOpen = true;
  const lost = () => {
    if (!isOpen) return;
    isOpen = false;
    onLost();
  };
  client.on("error", lost);
  client.on("end", lost);
  await register(pool, nodeId, incarnation, key);
  return {
    acquire: (shards, ttlMs) =>
      storeCall(() => acquire(pool, nodeId, incarnation, key, shards, ttlMs)),
    release: (shards) => storeCall(() => release(pool, incarnation, shards)),
    expireDead: () => storeCall(() => expireDead(pool)),
    owners: () => storeCall(() => owners(pool)),
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await storeCall(() => leave(pool, nodeId, incarnation));
      client.release(true);
    },
  };
}

/** A connection of its own, never given back while the incarnation lives. */
async function holdLock(pool: Pool, key: string): Promise<PoolClient> {
  const client = await pool.connect();
  try {
    await client.query(
      "SELECT set_config('idle_session_timeout', '0', false), pg_advisory_lock($1)",
      [key],
    );
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** The first 63 bits of the incarnation: a positive bigint as text. */
function sessionKey(incarnation: string): string {
  return (BigInt(`0x${incarnation.replaceAll("-", "").slice(0, 16)}`) >> 1n).toString();
}

async function register(
  pool: Pool,
  nodeId: string,
  incarnation: string,
  key: string,
): Promise<void> {
  await pool.query(
    `INSERT INTO act.member (node_id, incarnation, session_key, state) VALUES ($1, $2, $3, 'up')
     ON CONFLICT (node_id) DO UPDATE SET incarnation = excluded.incarnation, session_key = excluded.session_key,
       state = 'up', seen_at = clock_timestamp()`,
    [nodeId, incarnation, key],
  );
}

async function leave(pool: Pool, nodeId: string, incarnation: string): Promise<void> {
  await pool.query(
    "UPDATE act.member SET state = 'down', seen_at = clock_timestamp() WHERE node_id = $1 AND incarnation = $2",
    [nodeId, incarnation],
  );
}

async function acquire(
  pool: Pool,
  nodeId: string,
  incarnation: string,
  key: string,
  shards: readonly number[],
  ttlMs: number,
): Promise<readonly HeldShard[]> {
  const answer = await pool.query<HeldShard>({
    name: "acquire",
    text: "SELECT shard, epoch FROM act.acquire($1, $2, $3, $4, make_interval(secs => $5 / 1000.0))",
    values: [nodeId, incarnation, key, shards, ttlMs],
  });
  return answer.rows;
}

async function release(pool: Pool, incarnation: string, shards: readonly number[]): Promise<void> {
  await pool.query(
    `UPDATE act.shard SET owner = NULL, lease_until = '-infinity'
      WHERE shard IN (SELECT shard FROM act.shard WHERE shard = ANY ($1) AND incarnation = $2 ORDER BY shard FOR UPDATE)`,
    [shards, incarnation],
  );
}

/** A bigint advisory lock shows in pg_locks as (high half, low half, objsubid 1). */
async function expireDead(pool: Pool): Promise<number> {
  const answer = await pool.query(
    `UPDATE act.shard SET owner = NULL, lease_until = '-infinity'
      WHERE shard IN (
        SELECT s.shard FROM act.shard s
         WHERE s.owner IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM pg_locks l
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND ((l.classid::bigint << 32) | l.objid::bigint) = s.session_key)
         ORDER BY s.shard FOR UPDATE SKIP LOCKED)`,
  );
  return answer.rowCount ?? 0;
}

async function owners(pool: Pool): Promise<readonly ShardOwner[]> {
  const answer = await pool.query<ShardOwner>({
    name: "owners",
    text: `SELECT shard, owner, epoch,
                  greatest(0, CASE WHEN lease_until = '-infinity' THEN 0
                                   ELSE extract(epoch FROM lease_until - clock_timestamp()) * 1000 END)::int AS "leaseMsLeft"
             FROM act.shard ORDER BY shard`,
    values: [],
  });
  return answer.rows;
}
