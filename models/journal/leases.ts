import type { Pool, PoolClient, QueryResult } from "pg";
import { StoreUnavailable } from "../../domain/shared/errors.ts";
import type {
  HeldShard,
  LeaseSession,
  LeaseStore,
  ShardOwner,
} from "../../domain/shared/journal.ts";
import { ANSWER_MS, storeCall } from "./failures.ts";

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
  const shut = (): boolean => {
    const wasOpen = isOpen;
    isOpen = false;
    // Ends the connection, and the lock with it, whatever state it is in.
    if (wasOpen) client.release(true);
    return wasOpen;
  };
  const lost = () => {
    if (shut()) onLost();
  };
  client.on("error", lost);
  client.on("end", lost);
  // Leases are kept on the connection that holds the lock: they neither queue behind other work nor outlive it.
  const ask: Ask = async (text, values = []) => {
    try {
      return await storeCall(() =>
        client.query({ text, values: [...values], query_timeout: ANSWER_MS }),
      );
    } catch (error) {
      // After a timeout the connection is still waiting for that answer and of no more use.
      if (error instanceof StoreUnavailable) lost();
      throw error;
    }
  };
  try {
    await register(ask, nodeId, incarnation, key);
  } catch (error) {
    shut();
    throw error;
  }
  return {
    acquire: (shards, ttlMs) => acquire(ask, nodeId, incarnation, key, shards, ttlMs),
    release: (shards) => release(ask, incarnation, shards),
    expireDead: () => expireDead(ask),
    owners: () => storeCall(() => owners(pool)),
    close: async () => {
      if (!isOpen) return;
      try {
        await leave(ask, nodeId, incarnation);
      } finally {
        shut();
      }
    },
  };
}

type Ask = (text: string, values?: readonly unknown[]) => Promise<QueryResult>;

/** A connection of its own, never given back while the incarnation lives. */
async function holdLock(pool: Pool, key: string): Promise<PoolClient> {
  const client = await pool.connect();
  try {
    await client.query({
      text: "SELECT set_config('idle_session_timeout', '0', false), pg_advisory_lock($1)",
      values: [key],
      query_timeout: ANSWER_MS,
    });
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

async function register(ask: Ask, nodeId: string, incarnation: string, key: string): Promise<void> {
  await ask(
    `INSERT INTO act.member (node_id, incarnation, session_key, state) VALUES ($1, $2, $3, 'up')
     ON CONFLICT (node_id) DO UPDATE SET incarnation = excluded.incarnation, session_key = excluded.session_key,
       state = 'up', seen_at = clock_timestamp()`,
    [nodeId, incarnation, key],
  );
}

async function leave(ask: Ask, nodeId: string, incarnation: string): Promise<void> {
  await ask(
    "UPDATE act.member SET state = 'down', seen_at = clock_timestamp() WHERE node_id = $1 AND incarnation = $2",
    [nodeId, incarnation],
  );
}

async function acquire(
  ask: Ask,
  nodeId: string,
  incarnation: string,
  key: string,
  shards: readonly number[],
  ttlMs: number,
): Promise<readonly HeldShard[]> {
  const answer = await ask(
    "SELECT shard, epoch FROM act.acquire($1, $2, $3, $4, make_interval(secs => $5 / 1000.0))",
    [nodeId, incarnation, key, shards, ttlMs],
  );
  // sound: the columns of the function
  return answer.rows as HeldShard[];
}

async function release(ask: Ask, incarnation: string, shards: readonly number[]): Promise<void> {
  await ask(
    `UPDATE act.shard SET owner = NULL, lease_until = '-infinity'
      WHERE shard IN (SELECT shard FROM act.shard WHERE shard = ANY ($1) AND incarnation = $2 ORDER BY shard FOR UPDATE)`,
    [shards, incarnation],
  );
}

/** A bigint advisory lock shows in pg_locks as (high half, low half, objsubid 1). */
async function expireDead(ask: Ask): Promise<number> {
  const answer = await ask(
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
    query_timeout: ANSWER_MS,
  });
  return answer.rows;
}
