import { randomUUID } from "node:crypto";
import type { LeaseSession } from "../../../../domain/shared/journal.ts";
import { createLeaseStore } from "../../../../models/journal/leases.ts";
import {
  drainMember,
  findShard,
  listMembers,
  listShards,
  pinShard,
  resumeMember,
  unpinShard,
} from "../../../../models/journal/operations.ts";
import { withDatabase } from "../../../support/database.ts";

const TTL_MS = 60_000;

describe("what operators see and change of members and shards", () => {
  const database = withDatabase();
  const opened: LeaseSession[] = [];

  const join = async (
    nodeId: string,
    pools: readonly number[] = [0],
    onChange = () => undefined,
  ) => {
    const session = await createLeaseStore(database.pool).open(
      { nodeId, incarnation: randomUUID(), pools, ttlMs: TTL_MS },
      { onLost: () => undefined, onChange },
    );
    opened.push(session);
    return session;
  };
  const sql = (text: string) => database.pool.query(text);
  const member = async (nodeId: string) =>
    (await listMembers(database.pool)).find((one) => one.nodeId === nodeId);

  beforeEach(async () => {
    await sql("DELETE FROM act.member");
    await sql("DELETE FROM act.pin");
    await sql("UPDATE act.shard SET owner = NULL, incarnation = NULL, epoch = 0");
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((session) => session.close()));
  });

  it("shows each member with what it owns, what is pinned to it and how long its lease lasts", async () => {
    const a = await join("a", [0, 2]);
    await join("b");
    await a.acquire([1, 2, 3]);
    await pinShard(database.pool, 7, "b");
    const [first, second] = await listMembers(database.pool);
    expect(first).toMatchObject({ nodeId: "a", state: "up", pools: [0, 2], shardsOwned: 3 });
    expect(first?.leaseMsLeft).toBeGreaterThan(TTL_MS - 10_000);
    expect(first?.leaseMsLeft).toBeLessThanOrEqual(TTL_MS);
    expect(second).toMatchObject({ nodeId: "b", shardsOwned: 0, pins: [7] });
  });

  it("remembers a member that went down for a day, and owns it nothing", async () => {
    const a = await join("a");
    await a.acquire([1]);
    await a.close();
    expect(await member("a")).toMatchObject({ state: "down", shardsOwned: 0, leaseMsLeft: 0 });
    expect(await findShard(database.pool, 1)).toMatchObject({ owner: null, epoch: 1 });
    await sql("UPDATE act.member SET seen_at = seen_at - interval '25 hours'");
    expect(await listMembers(database.pool)).toEqual([]);
  });

  it("lists shards in order, by owner, range and pin", async () => {
    const a = await join("a");
    await a.acquire([5, 9]);
    await pinShard(database.pool, 9, "a");
    const numbers = async (query: Partial<Parameters<typeof listShards>[1]>) =>
      (await listShards(database.pool, { limit: 3, ...query })).map(({ shard }) => shard);
    expect(await numbers({})).toEqual([0, 1, 2]);
    expect(await numbers({ owner: "a" })).toEqual([5, 9]);
    expect(await numbers({ from: 1_023, until: 1_024 })).toEqual([1_023]);
    expect(await numbers({ isPinned: true })).toEqual([9]);
    expect(await numbers({ isPinned: false, from: 8 })).toEqual([8, 10, 11]);
    expect(await findShard(database.pool, 4_096)).toBeNull();
  });

  it("tells every member at once of a pin that is set, changed or taken away", async () => {
    let heard = 0;
    await join("a", [0], () => void (heard += 1));
    const told = async (act: () => Promise<unknown>) => {
      const before = heard;
      await act();
      await until(() => heard > before);
    };
    await told(() => pinShard(database.pool, 7, "a"));
    await told(() => pinShard(database.pool, 7, "b"));
    expect(await findShard(database.pool, 7)).toMatchObject({ pinnedTo: "b" });
    await told(() => unpinShard(database.pool, 7));
    expect(await findShard(database.pool, 7)).toMatchObject({ pinnedTo: null });
  });

  it("drains a member whose pools others host, and resumes it; twice is once", async () => {
    await join("a");
    await join("b");
    for (let time = 0; time < 2; time++) {
      expect(await drainMember(database.pool, "a")).toEqual({ status: "ok" });
      expect(await member("a")).toMatchObject({ state: "draining" });
    }
    for (let time = 0; time < 2; time++) {
      expect(await resumeMember(database.pool, "a")).toEqual({ status: "ok" });
      expect(await member("a")).toMatchObject({ state: "up" });
    }
  });

  it("drains no member whose pools nobody else hosts, and says which", async () => {
    await join("a", [0, 2, 3]);
    await join("b", [0]);
    const alone = { status: "alone", pools: [2, 3] };
    expect(await drainMember(database.pool, "a")).toEqual(alone);
    expect(await member("a")).toMatchObject({ state: "up" });
  });

  it("drains one of two members that rely on each other, whoever asks at the same time", async () => {
    await join("a");
    await join("b");
    const changes = await Promise.all(["a", "b"].map((name) => drainMember(database.pool, name)));
    expect(changes.map(({ status }) => status).toSorted()).toEqual(["alone", "ok"]);
  });

  it("changes nothing of a member that is down or was never there", async () => {
    const a = await join("a");
    await a.close();
    for (const change of [drainMember, resumeMember]) {
      expect(await change(database.pool, "a")).toEqual({ status: "down" });
      expect(await change(database.pool, "nobody")).toEqual({ status: "unknown" });
    }
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
