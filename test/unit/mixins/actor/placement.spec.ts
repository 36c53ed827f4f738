import { wantedShards } from "../../../../mixins/actor/placement.ts";

const SHARDS = 1_024;
const node = (i: number) => `node-${i}`;
const members = (n: number) => Array.from({ length: n }, (_, i) => node(i));

/** Who wants each shard, by shard. */
function owners(all: readonly string[]): readonly string[][] {
  const wanting: string[][] = Array.from({ length: SHARDS }, () => []);
  for (const self of all)
    for (const shard of wantedShards(self, all, SHARDS)) wanting[shard]?.push(self);
  return wanting;
}

describe("placement", () => {
  it("gives a node alone every shard, whether or not it counts itself a member", () => {
    expect(wantedShards("a", ["a"], SHARDS)).toHaveLength(SHARDS);
    expect(wantedShards("a", [], SHARDS)).toHaveLength(SHARDS);
  });

  it.each([2, 3, 5, 8])("has exactly one winner for every shard among %i members", (n) => {
    expect(owners(members(n)).every((wanting) => wanting.length === 1)).toBe(true);
  });

  it("does not depend on the order in which members are listed", () => {
    const all = members(4);
    expect(wantedShards(node(2), all, SHARDS)).toEqual(
      wantedShards(node(2), all.toReversed(), SHARDS),
    );
  });

  it.each([2, 3, 5])("shares evenly among %i: within five standard deviations", (n) => {
    const p = 1 / n;
    const tolerance = 5 * Math.sqrt(SHARDS * p * (1 - p));
    for (const self of members(n)) {
      const share = wantedShards(self, members(n), SHARDS).length;
      expect(Math.abs(share - SHARDS * p)).toBeLessThan(tolerance);
    }
  });

  it.each([1, 2, 4])(
    "moves one share in N when a node joins %i others, and only to it",
    (before) => {
      const old = owners(members(before));
      const now = owners(members(before + 1));
      const moved = now.filter(([owner], shard) => owner !== old[shard]?.[0]);
      expect(moved.every(([owner]) => owner === node(before))).toBe(true);
      const p = 1 / (before + 1);
      expect(Math.abs(moved.length - SHARDS * p)).toBeLessThan(5 * Math.sqrt(SHARDS * p * (1 - p)));
    },
  );
});
