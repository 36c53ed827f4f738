import { randomUUID } from "node:crypto";
import { LeaseLapsed, StoreUnavailable } from "../../../../domain/shared/errors.ts";
import type { LeaseHooks, LeaseSession } from "../../../../domain/shared/journal.ts";
import { createLeaseStore } from "../../../../models/journal/leases.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { withDatabase } from "../../../support/database.ts";

const TTL_MS = 60_000;
const SHARDS = [1, 2, 3];
const ALL = Array.from({ length: 4_096 }, (_, shard) => shard);

describe("leases", () => {
  const database = withDatabase();
  const opened: LeaseSession[] = [];

  const open = async (
    nodeId: string,
    { hooks = {}, ttlMs = TTL_MS }: { hooks?: Partial<LeaseHooks>; ttlMs?: number } = {},
  ) => {
    const session = await createLeaseStore(database.pool).open(
      { nodeId, incarnation: randomUUID(), pools: [0], ttlMs },
      { onLost: () => undefined, onChange: () => undefined, ...hooks },
    );
    opened.push(session);
    return session;
  };
  const sql = (text: string) => database.pool.query(text);
  const ownerOf = async (session: LeaseSession, shard: number) =>
    (await session.owners()).find((owner) => owner.shard === shard);
  const names = async (session: LeaseSession) =>
    (await session.beat(TTL_MS)).map(({ nodeId }) => nodeId);
  const fresh = (shards: readonly number[], epoch: number, isOrphaned = false) =>
    shards.map((shard) => ({ shard, epoch, isOrphaned }));

  beforeEach(() => sql("UPDATE act.shard SET owner = NULL, incarnation = NULL, epoch = 0"));
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((session) => session.close()));
  });

  it("cover every shard that a member takes, each with a new epoch, once", async () => {
    const a = await open("a");
    expect(await a.acquire(SHARDS)).toEqual(fresh(SHARDS, 1));
    expect(await a.acquire(SHARDS)).toEqual([]);
    expect(await ownerOf(a, 1)).toEqual({ shard: 1, owner: "a", epoch: 1 });
    expect(await ownerOf(a, 9)).toEqual({ shard: 9, owner: null, epoch: 0 });
  });

  it("that live leave their shards to nobody else", async () => {
    const a = await open("a");
    await a.acquire([1, 2]);
    const b = await open("b");
    expect(await b.acquire(SHARDS)).toEqual(fresh([3], 1));
    expect(await names(b)).toEqual(["a", "b"]);
  });

  it("refuse a namesake while one lives, and welcome it afterwards as the heir of an orphan", async () => {
    const a = await open("a");
    await a.acquire([1]);
    await expect(open("a")).rejects.toThrow(StoreUnavailable);
    await killSessionOf("a");
    const reborn = await eventually(() => open("a"));
    expect(await reborn.acquire([1])).toEqual(fresh([1], 2, true));
  });

  it("that lapsed cannot be renewed, and their shards go to whoever asks", async () => {
    const a = await open("a", { ttlMs: 1 });
    await a.acquire([1]);
    await sql("SELECT pg_sleep(0.01)");
    const b = await open("b");
    expect(await names(b)).toEqual(["b"]);
    expect(await b.acquire([1])).toEqual(fresh([1], 2, true));
    await expect(a.beat(TTL_MS)).rejects.toThrow(LeaseLapsed);
    expect(await a.acquire([2])).toEqual([]);
    await a.release([1]);
    expect(await ownerOf(b, 1)).toMatchObject({ owner: "b" });
  });

  it("end for a member whose session is gone, and it hears of its loss once", async () => {
    const onLost = jest.fn();
    const a = await open("a", { hooks: { onLost } });
    await a.acquire(SHARDS);
    const b = await open("b");
    await killSessionOf("a");
    await until(() => onLost.mock.calls.length > 0);
    // A session is told of its end before the server gives up its lock.
    await until(async () => !(await names(b)).includes("a"));
    expect(await b.acquire(SHARDS)).toEqual(fresh(SHARDS, 2, true));
    await expect(a.acquire(SHARDS)).rejects.toThrow(StoreUnavailable);
    expect(onLost).toHaveBeenCalledTimes(1);
  });

  it("let shards be given back, which are then nobody's orphans", async () => {
    const a = await open("a");
    await a.acquire(SHARDS);
    await a.release([1, 2]);
    const b = await open("b");
    expect(await b.acquire(SHARDS)).toEqual(fresh([1, 2], 2));
    await a.release([1]);
    expect(await ownerOf(b, 1)).toMatchObject({ owner: "b" });
  });

  it("tell the others at once of a member that comes, drains, gives back or leaves", async () => {
    const onChange = jest.fn();
    await open("watcher", { hooks: { onChange } });
    const heard = async (act: () => Promise<unknown>) => {
      onChange.mockClear();
      await act();
      await until(() => onChange.mock.calls.length > 0);
      return true;
    };
    const other: LeaseSession[] = [];
    expect(await heard(async () => other.push(await open("other")))).toBe(true);
    const [session] = other;
    await session?.acquire([5]);
    expect(await heard(async () => session?.announce("draining"))).toBe(true);
    expect(await heard(async () => session?.release([5]))).toBe(true);
    expect(await heard(async () => session?.close())).toBe(true);
  });

  it("let a draining member keep what it has and take nothing more", async () => {
    const a = await open("a");
    await a.acquire([1]);
    await a.announce("draining");
    expect(await a.acquire([2])).toEqual([]);
    expect(await a.beat(TTL_MS)).toMatchObject([{ nodeId: "a", pools: [0], state: "draining" }]);
    const b = await open("b");
    expect(await b.acquire([1, 2])).toEqual(fresh([2], 1));
  });

  it("are given out once when many ask at the same time", async () => {
    const sessions = await Promise.all(["a", "b", "c", "d"].map((node) => open(node)));
    const held = await Promise.all(sessions.map((session) => session.acquire(ALL)));
    const shards = held.flat().map(({ shard }) => shard);
    expect(shards.toSorted((x, y) => x - y)).toEqual(ALL);
    expect(held.flat().every(({ epoch }) => epoch === 1)).toBe(true);
  });

  it("cost no connection when a session cannot begin", async () => {
    const pool = createPool(database.url, {
      max: 1,
      applicationName: "test",
      onError: () => undefined,
    });
    await sql("ALTER TABLE act.member RENAME TO member_away");
    const leases = createLeaseStore(pool);
    const begin = () =>
      leases.open(
        { nodeId: "a", incarnation: randomUUID(), pools: [0], ttlMs: TTL_MS },
        { onLost: () => undefined, onChange: () => undefined },
      );
    for (let i = 0; i < 3; i++) await expect(begin()).rejects.toThrow("act.member");
    await sql("ALTER TABLE act.member_away RENAME TO member");
    const session = await begin();
    await session.close();
    await pool.end();
  });

  const killSessionOf = (node: string) =>
    sql(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN act.member m
           ON ((l.classid::bigint << 32) | l.objid::bigint) = m.session_key
          WHERE l.locktype = 'advisory' AND m.node_id = '${node}'`);
});

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The server ends a session a moment after it was told to. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
