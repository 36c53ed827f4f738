import type { Pool, PoolClient, QueryResult } from "pg";
import { LeaseLapsed, StoreUnavailable } from "../../domain/shared/errors.ts";
import type {
  AcquiredShard,
  LeaseHooks,
  LeaseSession,
  LeaseStore,
  Member,
  NewMember,
  ShardOwner,
} from "../../domain/shared/journal.ts";
import { ANSWER_MS, sqlState, storeCall } from "./failures.ts";

/** Raised by act.beat when the lease to be renewed has ended. */
const LEASE_ENDED = "QA002";

/**
 * Members, their leases and the shards that they own. Each incarnation holds one session advisory lock; while PostgreSQL
 * keeps that session the process is thought alive, and when the session is gone the others need not wait for the lease to lapse.
 */
export function createLeaseStore(pool: Pool): LeaseStore {
  return { open: (member, hooks) => openSession(pool, member, hooks) };
}

async function openSession(
  pool: Pool,
  { nodeId, incarnation, pools, ttlMs }: NewMember,
  { onLost, onChange }: LeaseHooks,
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
  client.on("notification", onChange);
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
    await join(ask, nodeId, incarnation, key, pools, ttlMs);
  } catch (error) {
    shut();
    throw error;
  }
  return {
    beat: (ttl) => beat(ask, nodeId, incarnation, ttl),
    acquire: (shards) => acquire(ask, nodeId, incarnation, shards),
    release: (shards) => release(ask, incarnation, shards),
    announce: (state) => announce(ask, nodeId, incarnation, state),
    owners: () => storeCall(() => owners(pool)),
    close: async () => {
      if (!isOpen) return;
      try {
        await announce(ask, nodeId, incarnation, "down");
      } finally {
        shut();
      }
    },
  };
}

type Ask = (text: string, values?: readonly unknown[]) => Promise<QueryResult>;

/** A connection of its own, never given back while the incarnation lives. It hears of changes too. */
async function holdLock(pool: Pool, key: string): Promise<PoolClient> {
  const client = await pool.connect();
  try {
    await client.query({
      text: "SELECT set_config('idle_session_timeout', '0', false), pg_advisory_lock($1)",
      values: [key],
      query_timeout: ANSWER_MS,
    });
    await client.query({ text: "LISTEN act_cluster", query_timeout: ANSWER_MS });
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

async function join(
  ask: Ask,
  nodeId: string,
  incarnation: string,
  key: string,
  pools: readonly number[],
  ttlMs: number,
): Promise<void> {
  const answer = await ask(
    "SELECT act.join_cluster($1, $2, $3, $4, make_interval(secs => $5 / 1000.0)) AS joined",
    [nodeId, incarnation, key, pools, ttlMs],
  );
  // sound: the column asked for
  const [row] = answer.rows as readonly { readonly joined: boolean }[];
  if (row?.joined !== true)
    throw new StoreUnavailable(`another process is alive under the node id ${nodeId}`);
}

async function beat(
  ask: Ask,
  nodeId: string,
  incarnation: string,
  ttlMs: number,
): Promise<readonly Member[]> {
  try {
    const answer = await ask(
      `SELECT node_id AS "nodeId", incarnation, pools, state, pins FROM act.beat($1, $2, make_interval(secs => $3 / 1000.0))`,
      [nodeId, incarnation, ttlMs],
    );
    // sound: the columns of the function
    return answer.rows as Member[];
  } catch (error) {
    if (sqlState(error) !== LEASE_ENDED) throw error;
    throw new LeaseLapsed(`the lease of ${nodeId} has ended`, { cause: error });
  }
}

async function acquire(
  ask: Ask,
  nodeId: string,
  incarnation: string,
  shards: readonly number[],
): Promise<readonly AcquiredShard[]> {
  const answer = await ask(
    `SELECT shard, epoch, is_orphaned AS "isOrphaned" FROM act.acquire($1, $2, $3) ORDER BY shard`,
    [nodeId, incarnation, shards],
  );
  // sound: the columns of the function
  return answer.rows as AcquiredShard[];
}

async function release(ask: Ask, incarnation: string, shards: readonly number[]): Promise<void> {
  await ask("SELECT act.release($1, $2)", [incarnation, shards]);
}

async function announce(
  ask: Ask,
  nodeId: string,
  incarnation: string,
  state: Member["state"] | "down",
): Promise<void> {
  await ask("SELECT act.announce($1, $2, $3)", [nodeId, incarnation, state]);
}

async function owners(pool: Pool): Promise<readonly ShardOwner[]> {
  const answer = await pool.query<ShardOwner>({
    name: "owners",
    // A member that left, or was buried, owns nothing, though nobody has taken its place yet.
    text: `SELECT s.shard, m.node_id AS owner, s.epoch FROM act.shard s
             LEFT JOIN act.member m ON m.node_id = s.owner AND m.incarnation = s.incarnation AND m.state <> 'down'
            ORDER BY s.shard`,
    values: [],
    query_timeout: ANSWER_MS,
  });
  return answer.rows;
}
