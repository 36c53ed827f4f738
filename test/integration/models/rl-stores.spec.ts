import type { StoredAgent } from "../../../models/rl-agents.ts";
import { withLearningStores } from "../../support/learning-stores.ts";

const stores = withLearningStores();

/** Longer than one part. */
const bytesOf = (salt: number): Uint8Array =>
  Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 31 + salt) % 251);
const hash = (bytes: Uint8Array | undefined): string =>
  Buffer.from(bytes ?? new Uint8Array()).toString("base64");

describe("checkpoints", () => {
  const key = { agentId: "a", seed: 1 };

  it("come back whole, the newest that is not beyond what is asked", async () => {
    await stores.checkpoints.put(key, "j", 100, bytesOf(1));
    await stores.checkpoints.put(key, "j", 200, bytesOf(2));
    await stores.checkpoints.put({ ...key, seed: 2 }, "j", 300, bytesOf(3));
    const newest = await stores.checkpoints.newest(key, 1_000);
    expect(newest?.steps).toBe(200);
    expect(hash(newest?.bytes)).toBe(hash(bytesOf(2)));
    expect((await stores.checkpoints.newest(key, 199))?.steps).toBe(100);
    expect(await stores.checkpoints.newest(key, 99)).toBeNull();
  });

  it("that were cut off while they were written are passed over", async () => {
    await stores.checkpoints.put(key, "j", 400, bytesOf(4));
    const parts = stores.connection.collection("rl_checkpoints");
    await parts.deleteOne({ agentId: "a", seed: 1, steps: 400, number: 2 });
    expect((await stores.checkpoints.newest(key, 1_000))?.steps).toBe(200);
  });

  it("are forgotten in between, before, and altogether", async () => {
    await stores.checkpoints.put(key, "j", 300, bytesOf(5));
    await stores.checkpoints.forgetBetween(key, 100, 300);
    expect((await stores.checkpoints.newest(key, 299))?.steps).toBe(100);
    await stores.checkpoints.forgetBefore(key, 300);
    expect(await stores.checkpoints.newest(key, 299)).toBeNull();
    await stores.checkpoints.forget("a");
    expect(await stores.checkpoints.newest(key, 1_000)).toBeNull();
  });

  it("of a training that is begun again keep the first beginning", async () => {
    const first = await stores.checkpoints.begin({ _id: "job", agentId: "a", knownAtMs: 5 });
    const again = await stores.checkpoints.begin({ _id: "job", agentId: "a", knownAtMs: 9 });
    expect([first.knownAtMs, again.knownAtMs]).toEqual([5, 5]);
  });
});

describe("agents", () => {
  const agent = (_id: string, createdAtMs: number, tenantId = "t"): StoredAgent => ({
    _id,
    tenantId,
    ownerId: "u",
    name: "n",
    algorithm: "ppo",
    symbols: ["SPX", "NDX"],
    timeframe: "1d",
    seeds: [1, 2],
    steps: 10,
    jobId: "j",
    order: "{}",
    outlook: "{}",
    evaluations: "{}",
    knownAtMs: 1,
    dataSha256: "0",
    policySha256: "0",
    createdAtMs,
    updatedAtMs: createdAtMs,
  });

  it("are listed newest first, a page at a time, and only the tenant's", async () => {
    for (const [id, atMs] of [
      ["x", 1],
      ["y", 3],
      ["z", 3],
    ] as const)
      expect(await stores.agents.insert(agent(id, atMs))).toBe(true);
    await stores.agents.insert(agent("far", 2, "other"));
    expect(await stores.agents.insert(agent("x", 9))).toBe(false);
    const ids = async (query: object) => {
      const found = await stores.agents.list({ tenantId: "t", after: null, limit: 2, ...query });
      return found.map(({ _id: id }) => id);
    };
    expect(await ids({})).toEqual(["z", "y"]);
    expect(await ids({ after: { atMs: 3, id: "y" } })).toEqual(["x"]);
    expect(await ids({ symbol: "NDX", algorithm: "ppo", limit: 9 })).toEqual(["z", "y", "x"]);
    expect(await ids({ algorithm: "dqn" })).toEqual([]);
    expect(await stores.agents.count("t")).toBe(3);
  });

  it("move on only from where they stand, and are another tenant's to nobody", async () => {
    expect(await stores.agents.replace({ ...agent("x", 1), steps: 20 }, 10)).toBe(true);
    expect(await stores.agents.replace({ ...agent("x", 1), steps: 30 }, 10)).toBe(false);
    expect((await stores.agents.find("t", "x"))?.steps).toBe(20);
    expect(await stores.agents.find("other", "x")).toBeNull();
    expect(await stores.agents.remove("other", "x")).toBe(false);
    expect(await stores.agents.remove("t", "x")).toBe(true);
  });
});
