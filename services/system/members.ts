import { conflict, notFound } from "../../mixins/rest/rest-error.ts";
import { POOLS } from "../../mixins/rest/routes/system.ts";
import type { MemberPage, MemberView } from "../../mixins/rest/routes/system.ts";
import { isoTime, page } from "../../mixins/rest/views.ts";
import * as operations from "../../models/journal/operations.ts";
import type { MemberChange, MemberRecord } from "../../models/journal/operations.ts";
import type { NodeContext } from "../context.ts";

/** Who belongs to the installation, and who is to be given shards. */
export async function members(node: NodeContext): Promise<MemberPage> {
  const records = await operations.listMembers(node.pool);
  return page(
    records.map((record) => toView(node, record)),
    null,
  );
}

export async function drain(node: NodeContext, nodeId: string): Promise<MemberView> {
  demand(nodeId, await operations.drainMember(node.pool, nodeId));
  return member(node, nodeId);
}

export async function resume(node: NodeContext, nodeId: string): Promise<MemberView> {
  demand(nodeId, await operations.resumeMember(node.pool, nodeId));
  return member(node, nodeId);
}

/** @throws RestError 404, 409 when the change was not made */
function demand(nodeId: string, change: MemberChange): void {
  switch (change.status) {
    case "ok":
      return;
    case "unknown":
      throw notFound("member", nodeId);
    case "down":
      throw conflict(`${nodeId} is down`);
    case "alone":
      throw conflict(`no other member that is up hosts ${change.pools.map(poolName).join(", ")}`);
  }
}

async function member(node: NodeContext, nodeId: string): Promise<MemberView> {
  const records = await operations.listMembers(node.pool);
  const found = records.find((record) => record.nodeId === nodeId);
  if (found === undefined) throw notFound("member", nodeId);
  return toView(node, found);
}

function toView({ config }: NodeContext, record: MemberRecord): MemberView {
  const { nodeId, incarnation, state, pools, shardsOwned, pins, seenAtMs, leaseMsLeft } = record;
  return {
    nodeId,
    incarnation,
    state,
    pools: pools.map(poolName),
    shardsOwned,
    shardsPinned: pins.length,
    seenAt: isoTime(seenAtMs),
    leaseMsLeft,
    isSelf: nodeId === config.nodeId,
  };
}

export function poolName(number: number): (typeof POOLS)[number] {
  const name = POOLS[number];
  if (name === undefined) throw new RangeError(`expected a pool, found ${number}`);
  return name;
}
