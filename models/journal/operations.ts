import type { Pool, PoolClient } from "pg";
import type { ActorRef } from "../../domain/shared/decider.ts";
import type { Member } from "../../domain/shared/journal.ts";
import { inTransaction } from "../postgres/transaction.ts";
import { streamId } from "./stream-id.ts";

/** A member as operators see it. Of those that are down, the ones of the last 24 hours are known. */
export interface MemberRecord extends Omit<Member, "state"> {
  readonly state: Member["state"] | "down";
  readonly shardsOwned: number;
  readonly seenAtMs: number;
  readonly leaseMsLeft: number;
}

export async function listMembers(pool: Pool): Promise<readonly MemberRecord[]> {
  const answer = await pool.query<MemberRecord>({
    name: "operations-members",
    text: `SELECT m.node_id AS "nodeId", m.incarnation, m.pools, m.state, m.seen_at AS "seenAtMs",
                  ARRAY(SELECT p.shard FROM act.pin p WHERE p.node_id = m.node_id ORDER BY p.shard) AS pins,
                  CASE WHEN m.state = 'down' THEN 0
                       ELSE greatest(0, extract(epoch FROM m.lease_until - clock_timestamp()) * 1000)::int
                  END AS "leaseMsLeft",
                  (SELECT count(*)::int FROM act.shard s WHERE s.owner = m.node_id
                      AND s.incarnation = m.incarnation AND m.state <> 'down') AS "shardsOwned"
             FROM act.member m
            WHERE m.state <> 'down' OR m.seen_at > clock_timestamp() - interval '24 hours'
            ORDER BY m.node_id`,
    values: [],
  });
  return answer.rows;
}

/** What came of a change of a member's state; `alone` names pools that nobody else who is up hosts. */
export type MemberChange =
  | { readonly status: "ok" | "unknown" | "down" }
  | { readonly status: "alone"; readonly pools: readonly number[] };

interface Standing {
  readonly nodeId: string;
  readonly incarnation: string;
  readonly state: MemberRecord["state"];
  readonly pools: readonly number[];
  readonly isTaking: boolean;
}

/** Has a member give up its shards. Two that relied on each other cannot both be drained: the rows are locked. */
export function drainMember(pool: Pool, nodeId: string): Promise<MemberChange> {
  return inTransaction(pool, async (client) => {
    const members = await lockMembers(client);
    const found = members.find((one) => one.nodeId === nodeId);
    if (found === undefined) return { status: "unknown" };
    if (found.state === "down") return { status: "down" };
    if (found.state === "draining") return { status: "ok" };
    const others = members.filter((one) => one !== found && one.isTaking);
    const pools = found.pools.filter((one) => !others.some((other) => other.pools.includes(one)));
    if (pools.length > 0) return { status: "alone", pools };
    return announce(client, found, "draining");
  });
}

export function resumeMember(pool: Pool, nodeId: string): Promise<MemberChange> {
  return inTransaction(pool, async (client) => {
    const members = await lockMembers(client);
    const found = members.find((one) => one.nodeId === nodeId);
    if (found === undefined) return { status: "unknown" };
    if (found.state === "down") return { status: "down" };
    return found.state === "up" ? { status: "ok" } : announce(client, found, "up");
  });
}

async function lockMembers(client: PoolClient): Promise<readonly Standing[]> {
  const answer = await client.query<Standing>(
    `SELECT node_id AS "nodeId", incarnation, state, pools,
            state = 'up' AND lease_until >= clock_timestamp() AS "isTaking"
       FROM act.member ORDER BY node_id FOR UPDATE`,
  );
  return answer.rows;
}

async function announce(
  client: PoolClient,
  { nodeId, incarnation }: Standing,
  state: Member["state"],
): Promise<MemberChange> {
  await client.query("SELECT act.announce($1, $2, $3)", [nodeId, incarnation, state]);
  return { status: "ok" };
}

export interface ShardRecord {
  readonly shard: number;
  /** null when the last owner gave it up, or is down */
  readonly owner: string | null;
  readonly epoch: number;
  readonly pinnedTo: string | null;
}

export interface ShardQuery {
  readonly owner?: string | undefined;
  /** first shard of a range, and first beyond it */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly isPinned?: boolean | undefined;
  readonly limit: number;
}

/** Shards in order. An owner counts while the incarnation that took the shard is not down. */
export async function listShards(
  pool: Pool,
  { owner, from, until, isPinned, limit }: ShardQuery,
): Promise<readonly ShardRecord[]> {
  const answer = await pool.query<ShardRecord>({
    name: "operations-shards",
    text: `SELECT s.shard, m.node_id AS owner, s.epoch, p.node_id AS "pinnedTo"
             FROM act.shard s
             LEFT JOIN act.member m ON m.node_id = s.owner AND m.incarnation = s.incarnation AND m.state <> 'down'
             LEFT JOIN act.pin p ON p.shard = s.shard
            WHERE s.shard >= coalesce($1::int, 0) AND ($2::int IS NULL OR s.shard < $2)
              AND ($3::text IS NULL OR m.node_id = $3)
              AND ($4::boolean IS NULL OR (p.node_id IS NOT NULL) = $4)
            ORDER BY s.shard LIMIT $5`,
    values: [from ?? null, until ?? null, owner ?? null, isPinned ?? null, limit],
  });
  return answer.rows;
}

export async function findShard(pool: Pool, shard: number): Promise<ShardRecord | null> {
  const [found] = await listShards(pool, { from: shard, limit: 1 });
  return found?.shard === shard ? found : null;
}

/** Pins a shard to a member; every node hears of it at once. */
export async function pinShard(pool: Pool, shard: number, nodeId: string): Promise<void> {
  await pool.query({
    name: "operations-pin",
    text: `WITH pinned AS (
             INSERT INTO act.pin (shard, node_id) VALUES ($1, $2)
               ON CONFLICT (shard) DO UPDATE SET node_id = excluded.node_id RETURNING node_id)
           SELECT pg_notify('act_cluster', node_id) FROM pinned`,
    values: [shard, nodeId],
  });
}

export async function unpinShard(pool: Pool, shard: number): Promise<void> {
  await pool.query({
    name: "operations-unpin",
    text: `WITH freed AS (DELETE FROM act.pin WHERE shard = $1 RETURNING node_id)
           SELECT pg_notify('act_cluster', node_id) FROM freed`,
    values: [shard],
  });
}

/** How many events are on record of an actor; null when nobody ever asked for it, or it records nothing. */
export async function streamVersion(pool: Pool, ref: ActorRef): Promise<number | null> {
  const answer = await pool.query<{ version: number }>({
    name: "operations-stream",
    text: "SELECT version FROM act.stream WHERE stream_id = $1",
    values: [streamId(ref)],
  });
  return answer.rows[0]?.version ?? null;
}
