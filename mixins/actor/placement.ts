import { uuidv5 } from "./ids.ts";

const NAMESPACE = "5b2a4f0e-9d1c-4e55-8f53-6a1f0b7d2c11";

/**
 * Rendezvous hashing: of all members the one with the highest weight for a shard should own it. Deterministic, no
 * coordinator, and a member that joins or leaves moves one share in N only.
 */
export function wantedShards(
  self: string,
  members: readonly string[],
  shardCount: number,
): readonly number[] {
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  const others = members.filter((member) => member !== self);
  if (others.length === 0) return shards;
  return shards.filter((shard) => {
    const own = weight(self, shard);
    return others.every((other) => {
      const theirs = weight(other, shard);
      return own > theirs || (own === theirs && self > other);
    });
  });
}

const weights = new Map<string, string>();

/** A hash as text: compared, never computed with. Kept, because a node asks for the same ones every two seconds. */
function weight(member: string, shard: number): string {
  const key = `${member}|${shard}`;
  let known = weights.get(key);
  if (known === undefined) {
    known = uuidv5(NAMESPACE, key);
    weights.set(key, known);
  }
  return known;
}
