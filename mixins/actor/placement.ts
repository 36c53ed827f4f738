import type { Member } from "../../domain/shared/journal.ts";
import { hash32, mix32, SHARDS_PER_POOL } from "./ids.ts";

/**
 * Who should own which shard: of the members that are up and host the shard's pool, the one with the highest weight for the
 * shard (rendezvous hashing). Deterministic, no coordinator, and a member that joins or leaves moves one share in N only. The
 * weight does not depend on the pool, so that what lies on one bucket of two pools lies on one node where nodes are alike.
 * A shard that an operator pinned to a member is that member's while it is up.
 */
export class Placement {
  readonly #pools = new Map<number, readonly string[]>();
  readonly #winners = new Map<number, string | null>();

  constructor(members: readonly Member[]) {
    for (const { nodeId, pools, state, pins } of members) {
      if (state !== "up") continue;
      for (const pool of pools) this.#pools.set(pool, [...(this.#pools.get(pool) ?? []), nodeId]);
      const canHost = (shard: number) => pools.includes(Math.floor(shard / SHARDS_PER_POOL));
      for (const shard of pins) if (canHost(shard)) this.#winners.set(shard, nodeId);
    }
  }

  /** null when no member hosts the pool of the shard */
  ownerOf(shard: number): string | null {
    const known = this.#winners.get(shard);
    if (known !== undefined) return known;
    const candidates = this.#pools.get(Math.floor(shard / SHARDS_PER_POOL)) ?? [];
    const winner = heaviest(candidates, shard % SHARDS_PER_POOL);
    this.#winners.set(shard, winner);
    return winner;
  }

  /** The shards that should be this node's. */
  sharesOf(nodeId: string): readonly number[] {
    const shares: number[] = [];
    for (const [pool, hosts] of this.#pools) {
      if (!hosts.includes(nodeId)) continue;
      for (let bucket = 0; bucket < SHARDS_PER_POOL; bucket++) {
        const shard = pool * SHARDS_PER_POOL + bucket;
        if (this.ownerOf(shard) === nodeId) shares.push(shard);
      }
    }
    return shares;
  }

  /** Whether somebody else would take what this node gives up. */
  hasOthers(nodeId: string, pools: readonly number[]): boolean {
    return pools.some((pool) => this.#pools.get(pool)?.some((host) => host !== nodeId));
  }
}

function heaviest(candidates: readonly string[], bucket: number): string | null {
  let best: string | null = null;
  let bestWeight = -1;
  for (const candidate of candidates) {
    const own = weightsOf(candidate)[bucket] ?? 0;
    if (best !== null && (own < bestWeight || (own === bestWeight && candidate < best))) continue;
    best = candidate;
    bestWeight = own;
  }
  return best;
}

const weights = new Map<string, Uint32Array>();

/** By bucket. Kept, because every change of members asks for the same ones. */
function weightsOf(member: string): Uint32Array {
  let known = weights.get(member);
  if (known === undefined) {
    const seed = hash32(member);
    known = Uint32Array.from({ length: SHARDS_PER_POOL }, (_, bucket) =>
      mix32(seed ^ mix32(bucket + 1)),
    );
    weights.set(member, known);
  }
  return known;
}
