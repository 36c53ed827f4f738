import { randomUUID } from "node:crypto";
import { StoreUnavailable } from "../../../../domain/shared/errors.ts";
import type { LeaseSession } from "../../../../domain/shared/journal.ts";
import { createLeaseStore } from "../../../../models/journal/leases.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { withDatabase } from "../../../support/database.ts";

const TTL_MS = 60_000;
const SHARDS = [1, 2, 3];

describe("leases", () => {
  const database = withDatabase();
  const opened: LeaseSession[] = [];

  const open = async (nodeId: string, onLost: () => void = () => undefined) => {
    const session = await createLeaseStore(database.pool).open(nodeId, randomUUID(), onLost);
    opened.push(session);
    return session;
  };
  const sql = (text: string) => database.pool.query(text);
  const ownerOf = async (session: LeaseSession, shard: number) =>
    (await session.owners()).find((owner) => owner.shard === shard);

  beforeEach(() =>
    sql(
      "UPDATE act.shard SET owner = NULL, incarnation = NULL, epoch = 0, lease_until = '-infinity'",
    ),
  );
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((session) => session.close()));
  });

  it("are given for free shards with a new epoch, and kept with that epoch by renewing", async () => {
    const a = await open("a");
    expect(await a.acquire(SHARDS, TTL_MS)).toEqual(SHARDS.map((shard) => ({ shard, epoch: 1 })));
    expect(await a.acquire(SHARDS, TTL_MS)).toEqual(SHARDS.map((shard) => ({ shard, epoch: 1 })));
    expect(await ownerOf(a, 1)).toMatchObject({ owner: "a", epoch: 1 });
    expect((await ownerOf(a, 1))?.leaseMsLeft).toBeGreaterThan(TTL_MS - 5_000);
    expect(await ownerOf(a, 9)).toEqual({ shard: 9, owner: null, epoch: 0, leaseMsLeft: 0 });
  });

  it("that live are nobody else's to take, not even a namesake's", async () => {
    const a = await open("a");
    await a.acquire([1, 2], TTL_MS);
    const namesake = await open("a");
    expect(await namesake.acquire([1, 2], TTL_MS)).toEqual([]);
    const b = await open("b");
    expect(await b.acquire(SHARDS, TTL_MS)).toEqual([{ shard: 3, epoch: 1 }]);
    expect(await b.expireDead()).toBe(0);
  });

  it("that lapsed go to whoever asks, with a new epoch", async () => {
    const a = await open("a");
    await a.acquire([1], 1);
    await sql("SELECT pg_sleep(0.01)");
    expect(await (await open("b")).acquire([1], TTL_MS)).toEqual([{ shard: 1, epoch: 2 }]);
    expect(await a.acquire([1], TTL_MS)).toEqual([]);
  });

  it("that lapsed are new to their old holder too: another may have had them in between", async () => {
    const a = await open("a");
    await a.acquire([1], 1);
    await sql("SELECT pg_sleep(0.01)");
    expect(await a.acquire([1], TTL_MS)).toEqual([{ shard: 1, epoch: 2 }]);
  });

  it("that are given back are free at once", async () => {
    const a = await open("a");
    await a.acquire(SHARDS, TTL_MS);
    await a.release([1, 2]);
    const b = await open("b");
    expect(await b.acquire(SHARDS, TTL_MS)).toEqual([
      { shard: 1, epoch: 2 },
      { shard: 2, epoch: 2 },
    ]);
    await a.release([1]);
    expect(await ownerOf(b, 1)).toMatchObject({ owner: "b" });
  });

  it("of a process whose session is gone need not lapse, and the process hears of its loss once", async () => {
    const lost = jest.fn();
    const a = await open("a", lost);
    await a.acquire(SHARDS, TTL_MS);
    const b = await open("b");
    await killSessionOf("a");
    await until(() => lost.mock.calls.length > 0);
    expect(await b.expireDead()).toBe(3);
    expect(await b.acquire(SHARDS, TTL_MS)).toEqual(SHARDS.map((shard) => ({ shard, epoch: 2 })));
    await expect(a.acquire(SHARDS, TTL_MS)).rejects.toThrow(StoreUnavailable);
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it("are given out once when many ask at the same time", async () => {
    const sessions = await Promise.all(["a", "b", "c", "d"].map((node) => open(node)));
    const all = Array.from({ length: 1_024 }, (_, shard) => shard);
    const held = await Promise.all(sessions.map((session) => session.acquire(all, TTL_MS)));
    const shards = held.flat().map(({ shard }) => shard);
    expect(new Set(shards).size).toBe(shards.length);
    // Those that were locked by another's asking were passed over; asking again gives the rest.
    const again = await Promise.all(sessions.map((session) => session.acquire(all, TTL_MS)));
    expect(new Set(again.flat().map(({ shard }) => shard)).size).toBe(1_024);
    expect(again.flat().every(({ epoch }) => epoch === 1)).toBe(true);
  });

  it("cost no connection when a session cannot begin", async () => {
    const pool = createPool(database.url, {
      max: 1,
      applicationName: "test",
      onError: () => undefined,
    });
    await sql("ALTER TABLE act.member RENAME TO member_away");
    const leases = createLeaseStore(pool);
    for (let i = 0; i < 3; i++)
      await expect(leases.open("a", randomUUID(), () => undefined)).rejects.toThrow("act.member");
    await sql("ALTER TABLE act.member_away RENAME TO member");
    const session = await leases.open("a", randomUUID(), () => undefined);
    await session.close();
    await pool.end();
  });

  const killSessionOf = (node: string) =>
    sql(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN act.member m
           ON ((l.classid::bigint << 32) | l.objid::bigint) = m.session_key
          WHERE l.locktype = 'advisory' AND m.node_id = '${node}'`);
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
