import { randomUUID } from "node:crypto";
import type { NewMember } from "../../../../domain/shared/journal.ts";
import { createActorStores } from "../../../../models/journal/stores.ts";
import { counterKind } from "../../../support/counter.ts";
import { until, withNodes } from "./nodes.ts";

/** Hears of nothing. */
const DEAF = { onLost: () => undefined, onChange: () => undefined };
const ADD = { type: "Add", amount: 1 } as const;
const code = (value: string): unknown => expect.objectContaining({ code: value });

describe("ownership", () => {
  const { database, start, stop, sql } = withNodes();

  /** What a killed process leaves: its leases, still live, and no session. */
  const killedProcess = async (nodeId: string) => {
    const { leases } = createActorStores(database.pool);
    const session = await leases.open(
      { nodeId, incarnation: randomUUID(), pools: [0], ttlMs: 60_000 },
      DEAF,
    );
    const held = await session.acquire(Array.from({ length: 1_024 }, (_, shard) => shard));
    expect(held).toHaveLength(1_024);
    await killSessionOf(nodeId);
  };
  const killSessionOf = (nodeId: string) =>
    sql(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN act.member m
         ON ((l.classid::bigint << 32) | l.objid::bigint) = m.session_key
        WHERE l.locktype = 'advisory' AND l.granted AND m.node_id = $1`,
      [nodeId],
    );
  const epochs = async () =>
    (
      await sql<{ epoch: number }>(
        "SELECT DISTINCT epoch FROM act.shard WHERE shard < 1024 ORDER BY epoch",
      )
    ).map(({ epoch }) => epoch);

  it("of a live process is refused to its namesake, which says that it is not ready", async () => {
    const first = await start(counterKind());
    await first.add("a", ADD);
    const second = await start(counterKind());
    expect([first.system.isReady, second.system.isReady]).toEqual([true, false]);
    expect(second.system.status.shardsOwned).toBe(0);
    const call = second.add("a", ADD, { deadlineMs: Date.now() + 200 });
    await expect(call).rejects.toEqual(code("STORE_UNAVAILABLE"));
    await expect(first.add("a", ADD)).resolves.toMatchObject({ version: 2 });
    await stop(first);
    await until(() => second.system.isReady);
    await expect(second.add("a", ADD)).resolves.toMatchObject({ version: 3 });
  });

  it("of a killed process's leases is taken at the start of the next, long before they lapse", async () => {
    await killedProcess("killed");
    const before = await epochs();
    const next = await start(counterKind(), { options: { nodeId: "next" } });
    await until(() => next.system.isReady);
    expect(await epochs()).toEqual(before.map((epoch) => epoch + 1));
    await expect(next.add("a", ADD)).resolves.toBeDefined();
  });

  it("passes to a waiting process when the owner's session drops, and the zombie can do nothing more", async () => {
    // The zombie neither renews nor hears of its loss.
    const { leases } = createActorStores(database.pool);
    const deaf = { open: (member: NewMember) => leases.open(member, DEAF) };
    const zombie = await start(counterKind(), {
      options: { nodeId: "zombie", renewEveryMs: 60_000, leaseTtlMs: 60_000 },
      ports: { leases: deaf },
    });
    await zombie.add("prey", ADD);
    const heir = await start(counterKind(), { options: { nodeId: "heir", renewEveryMs: 50 } });
    expect(heir.system.isReady).toBe(false);
    await killSessionOf("zombie");
    await until(() => heir.system.status.shardsOwned === 1_024);
    const [stored] = await sql<{ version: number }>(
      "SELECT version FROM act.stream WHERE stream_id = 'counter:prey'",
    );
    await expect(heir.add("prey", ADD)).resolves.toMatchObject({
      version: (stored?.version ?? 0) + 1,
    });
    // It still believes that the shard is its own, and has the actor in memory.
    const late = zombie.add("prey", ADD, { deadlineMs: Date.now() + 300 });
    await expect(late).rejects.toEqual(code("NOT_OWNER"));
    expect(zombie.system.residents()).toEqual([]);
    const born = zombie.add(randomUUID(), ADD, { deadlineMs: Date.now() + 300, isBirth: true });
    await expect(born).rejects.toEqual(code("NOT_OWNER"));
    await expect(heir.add("prey", ADD)).resolves.toMatchObject({
      version: (stored?.version ?? 0) + 2,
    });
  });

  it("drops an actor that a newer epoch has claimed, and has it again once the new epoch is known", async () => {
    const node = await start(counterKind(), { options: { renewEveryMs: 100 } });
    const first = await node.add("fenced", ADD);
    const shard = node.system.shardOf({ type: "counter", id: "fenced" });
    const [bumped] = await sql<{ epoch: number }>(
      "UPDATE act.shard SET epoch = epoch + 1 WHERE shard = $1 RETURNING epoch",
      [shard],
    );
    await sql("SELECT act.claim($1, $2, $3)", [["counter:fenced"], [shard], [bumped?.epoch]]);
    const next = await node.add("fenced", ADD);
    expect(next.version).toBe(first.version + 1);
    expect(node.metrics.render()).toMatch(/append_total\{status="fenced"\} [1-9]/u);
  });

  it("of a lease that lapsed begins again with a new epoch and nothing of the old in memory", async () => {
    const node = await start(counterKind(), {
      options: { leaseTtlMs: 400, leaseMarginMs: 100, renewEveryMs: 100 },
    });
    await node.add("lapse", ADD);
    const before = await epochs();
    // A frozen process: nothing of it runs for longer than its lease.
    const frozenUntil = performance.now() + 600;
    while (performance.now() < frozenUntil);
    const call = node.add("lapse", ADD);
    await expect(call).resolves.toBeDefined();
    // On a busy machine so short a lease may lapse more than once.
    expect(Math.min(...(await epochs()))).toBeGreaterThan(Math.min(...before));
  });

  it("survives the loss of the lease session as a new incarnation", async () => {
    const node = await start(counterKind(), { options: { nodeId: "reborn", renewEveryMs: 50 } });
    await node.add("session", ADD);
    const before = await epochs();
    await killSessionOf("reborn");
    await until(async () => (await epochs())[0] !== before[0]);
    await expect(node.add("session", ADD)).resolves.toBeDefined();
    expect(await epochs()).toEqual(before.map((epoch) => epoch + 1));
  });

  it("is given back by a graceful stop, which has flushed turns, effects, events and snapshots", async () => {
    const worked = new Set<string>();
    const kind = counterKind({
      work: async (_, { effectId }) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        worked.add(effectId);
      },
    });
    const node = await start(kind);
    const to = { type: "counter", id: "told" };
    const calls = Array.from({ length: 100 }, (_, i) => [
      node.add(`flush-${i % 5}`, { type: "AddAndWork", amount: 1 }),
      node.add(`flush-${i % 5}`, { type: "AddAndTell", amount: 1, to }),
    ]).flat();
    await calls[0];
    const startMs = performance.now();
    await stop(node);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    // Whatever was answered is durable; the rest was told to ask elsewhere.
    const results = await Promise.allSettled(calls);
    const done = results.filter(({ status }) => status === "fulfilled").length;
    expect(results.filter(({ status }) => status === "rejected")).toEqual(
      Array.from({ length: 200 - done }, () => ({ status: "rejected", reason: code("NOT_OWNER") })),
    );
    expect(done).toBeGreaterThan(0);
    const [left] = await sql<{ owned: number; member: string }>(
      `SELECT (SELECT count(*)::int FROM act.shard s JOIN act.member m USING (incarnation) WHERE m.state <> 'down') AS owned,
              (SELECT state FROM act.member WHERE node_id = 'node-1') AS member`,
    );
    expect(left).toEqual({ owned: 0, member: "down" });
    // What effects are left begin with the next process.
    const next = await start(kind);
    await until(
      async () => (await sql("SELECT 1 FROM act.effect WHERE due_at IS NOT NULL")).length === 0,
    );
    const [adds] = await sql<{ n: number }>(
      "SELECT count(*)::int AS n FROM act.event WHERE stream_id LIKE 'counter:flush-%'",
    );
    const tells = (await next.read("told")).version;
    expect(worked.size + tells).toBe(adds?.n);
    const published = () =>
      [...node.published, ...next.published].filter(({ ref }) => /^(flush-|told)/u.test(ref.id));
    await until(() => published().length >= (adds?.n ?? 0) + tells);
  });
});
