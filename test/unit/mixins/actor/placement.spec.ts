import type { Member } from "../../../../domain/shared/journal.ts";
import { SHARDS_PER_POOL } from "../../../../mixins/actor/ids.ts";
import { Placement } from "../../../../mixins/actor/placement.ts";

const node = (i: number) => `node-${i}`;
const up = (nodeId: string, pools: readonly number[] = [0]): Member => ({
  nodeId,
  incarnation: nodeId,
  pools,
  state: "up",
  pins: [],
});
const members = (n: number) => Array.from({ length: n }, (_, i) => up(node(i)));

function owners(all: readonly Member[], pool = 0): readonly (string | null)[] {
  const placement = new Placement(all);
  return Array.from({ length: SHARDS_PER_POOL }, (_, bucket) =>
    placement.ownerOf(pool * SHARDS_PER_POOL + bucket),
  );
}

describe("placement", () => {
  it("gives a member alone every shard of its pools, and none of others", () => {
    expect(new Placement([up("a", [0, 2])]).sharesOf("a")).toEqual([
      ...Array.from({ length: SHARDS_PER_POOL }, (_, i) => i),
      ...Array.from({ length: SHARDS_PER_POOL }, (_, i) => 2 * SHARDS_PER_POOL + i),
    ]);
    expect(new Placement([up("a", [0])]).ownerOf(SHARDS_PER_POOL)).toBeNull();
  });

  it("gives nothing to who is not a member, hosts no actors or drains", () => {
    const placement = new Placement([
      up("owner"),
      up("gateway", []),
      { ...up("leaving"), state: "draining" },
    ]);
    expect(placement.sharesOf("owner")).toHaveLength(SHARDS_PER_POOL);
    for (const other of ["gateway", "leaving", "stranger"])
      expect(placement.sharesOf(other)).toEqual([]);
  });

  it.each([2, 3, 5, 8])("shares every shard out once among %i members", (n) => {
    const placement = new Placement(members(n));
    const shares = members(n).flatMap(({ nodeId }) => placement.sharesOf(nodeId));
    expect(shares.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: SHARDS_PER_POOL }, (_, i) => i),
    );
  });

  it("does not depend on the order in which members are listed", () => {
    expect(owners(members(4))).toEqual(owners(members(4).toReversed()));
  });

  it("puts one bucket of two pools on one node where nodes are alike", () => {
    const all = Array.from({ length: 4 }, (_, i) => up(node(i), [2, 3]));
    expect(owners(all, 2)).toEqual(owners(all, 3));
  });

  it.each([2, 3, 5])("shares evenly among %i: within five standard deviations", (n) => {
    const p = 1 / n;
    const tolerance = 5 * Math.sqrt(SHARDS_PER_POOL * p * (1 - p));
    const placement = new Placement(members(n));
    for (const { nodeId } of members(n)) {
      const share = placement.sharesOf(nodeId).length;
      expect(Math.abs(share - SHARDS_PER_POOL * p)).toBeLessThan(tolerance);
    }
  });

  it.each([1, 2, 4])(
    "moves one share in N when a node joins %i others, and only to it",
    (before) => {
      const old = owners(members(before));
      const now = owners(members(before + 1));
      const moved = now.filter((owner, bucket) => owner !== old[bucket]);
      expect(moved.every((owner) => owner === node(before))).toBe(true);
      const p = 1 / (before + 1);
      const tolerance = 5 * Math.sqrt(SHARDS_PER_POOL * p * (1 - p));
      expect(Math.abs(moved.length - SHARDS_PER_POOL * p)).toBeLessThan(tolerance);
    },
  );

  it("leaves a pinned shard to its member while that is up and hosts the pool", () => {
    const [a, b] = [up("a"), up("b")];
    const shard = new Placement([a, b]).sharesOf("a")[0] ?? -1;
    expect(new Placement([a, { ...b, pins: [shard] }]).ownerOf(shard)).toBe("b");
    expect(new Placement([a, { ...b, pins: [shard] }]).sharesOf("a")).not.toContain(shard);
    expect(new Placement([a, { ...b, pins: [shard], state: "draining" }]).ownerOf(shard)).toBe("a");
    expect(new Placement([a, { ...b, pins: [shard], pools: [2] }]).ownerOf(shard)).toBe("a");
  });

  it("knows whether anybody would take over", () => {
    const placement = new Placement([up("a", [0, 2]), up("b", [2])]);
    expect(placement.hasOthers("a", [0])).toBe(false);
    expect(placement.hasOthers("a", [0, 2])).toBe(true);
    expect(placement.hasOthers("a", [])).toBe(false);
  });
});
