import { SHARDS_PER_POOL } from "../../mixins/actor/ids.ts";
import { Placement } from "../../mixins/actor/placement.ts";
import { conflict, notFound, unprocessable } from "../../mixins/rest/rest-error.ts";
import type { RestError } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { POOLS } from "../../mixins/rest/routes/system.ts";
import type { ShardPage, ShardView } from "../../mixins/rest/routes/system.ts";
import { decodeCursor, encodeCursor } from "../../mixins/rest/views.ts";
import * as operations from "../../models/journal/operations.ts";
import type { ShardRecord } from "../../models/journal/operations.ts";
import { pageOf } from "../../models/timescale/page.ts";
import type { NodeContext } from "../context.ts";
import { poolName } from "./members.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** Who owns which shard and who should, a page at a time. */
export async function shards(
  node: NodeContext,
  { owner, pool, pinned, cursor, limit }: Params<"system.shards">,
): Promise<ShardPage> {
  const first = pool === undefined ? 0 : POOLS.indexOf(pool) * SHARDS_PER_POOL;
  const after = decodeCursor(cursor, { shard: "number" })?.shard ?? -1;
  const records = await operations.listShards(node.pool, {
    owner,
    // Of a cursor from outside: no larger than the store's numbers.
    from: Math.min(Math.max(first, after + 1), 2 ** 31 - 1),
    until: pool === undefined ? undefined : first + SHARDS_PER_POOL,
    isPinned: pinned,
    limit: limit + 1,
  });
  const placement = await placementNow(node);
  const { data, next } = pageOf(records, limit, ({ shard }) => shard);
  return {
    data: data.map((record) => toView(placement, record)),
    nextCursor: next === null ? null : encodeCursor({ shard: next }),
  };
}

/** @throws RestError 404 */
export async function oneShard(node: NodeContext, shard: number): Promise<ShardView> {
  return toView(await placementNow(node), await requireShard(node, shard));
}

/** Pins a shard to a member, whose it will be once its present owner has finished with it. */
export async function move(
  node: NodeContext,
  { shard, nodeId }: Params<"system.move">,
): Promise<ShardView> {
  const pool = poolName(Math.floor((await requireShard(node, shard)).shard / SHARDS_PER_POOL));
  const members = await operations.listMembers(node.pool);
  const target = members.find((member) => member.nodeId === nodeId);
  if (target === undefined) throw badTarget("is no member");
  if (target.state !== "up") throw conflict(`${nodeId} is ${target.state}`);
  if (!target.pools.map(poolName).includes(pool)) throw badTarget(`does not host ${pool}`);
  await operations.pinShard(node.pool, shard, nodeId);
  return oneShard(node, shard);
}

export async function unpin(node: NodeContext, shard: number): Promise<ShardView> {
  await requireShard(node, shard);
  await operations.unpinShard(node.pool, shard);
  return oneShard(node, shard);
}

function badTarget(message: string): RestError {
  return unprocessable([{ path: "nodeId", code: "INVALID_VALUE", message }]);
}

async function requireShard(node: NodeContext, shard: number): Promise<ShardRecord> {
  const found = await operations.findShard(node.pool, shard);
  if (found === null) throw notFound("shard", String(shard));
  return found;
}

/** By the store rather than by this node's last beat: whoever has just pinned a shard wants to see it. */
async function placementNow({ pool }: NodeContext): Promise<Placement> {
  const records = await operations.listMembers(pool);
  return new Placement(
    records.flatMap(({ nodeId, incarnation, pools, state, pins }) =>
      state === "down" ? [] : [{ nodeId, incarnation, pools, state, pins }],
    ),
  );
}

function toView(placement: Placement, record: ShardRecord): ShardView {
  const { shard, owner, epoch, pinnedTo } = record;
  const pool = poolName(Math.floor(shard / SHARDS_PER_POOL));
  return { shard, pool, owner, epoch, wantedOwner: placement.ownerOf(shard), pinnedTo };
}
