import type { Misfire, ReminderChange } from "../../../../domain/shared/decider.ts";
import { ReminderScheduler } from "../../../../mixins/actor/reminder-scheduler.ts";
import { actorMetrics } from "../../../../mixins/actor/metrics.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import { createActorStores } from "../../../../models/journal/stores.ts";
import { counterKind } from "../../../support/counter.ts";
import { until, withNodes } from "./nodes.ts";
import type { CounterNode } from "./nodes.ts";

interface Tick {
  readonly dueMs: number;
  readonly missed: number;
  readonly isSkipped: boolean;
}

describe("reminders on PostgreSQL", () => {
  const { database, start, stop, sql } = withNodes();

  const remind = (node: CounterNode, id: string, change: ReminderChange) =>
    node.add(id, { type: "Remind", change });
  const tickAt = (dueMs: number, misfire: Misfire = "fireAll", everyMs?: number) => ({
    set: "slice",
    dueMs,
    misfire,
    command: { type: "Tick" },
    ...(everyMs !== undefined && { everyMs }),
  });
  const ticks = async (id: string) =>
    (
      await sql<{ data: Tick; at: number }>(
        "SELECT data, at FROM act.event WHERE stream_id = $1 AND type = 'Ticked' ORDER BY version",
        [`counter:${id}`],
      )
    ).map(({ data, at }) => ({ ...data, atMs: at }));
  const pending = async (id: string) =>
    sql("SELECT 1 FROM act.reminder WHERE stream_id = $1", [`counter:${id}`]);

  it("fire when they are due, not before and not much later, and are gone then", async () => {
    const node = await start(counterKind());
    const dueMs = Date.now() + 150;
    await remind(node, "time", tickAt(dueMs));
    await until(async () => (await ticks("time")).length === 1);
    const [tick] = await ticks("time");
    expect(tick).toMatchObject({ dueMs, missed: 0, isSkipped: false });
    expect(tick?.atMs).toBeGreaterThanOrEqual(dueMs);
    // On two shared cores; the claim is that nothing waits for a poll.
    expect((tick?.atMs ?? 0) - dueMs).toBeLessThan(400);
    expect(await pending("time")).toEqual([]);
  });

  it("outlive the process that set them", async () => {
    const first = await start(counterKind());
    const dueMs = Date.now() + 400;
    await remind(first, "restart", tickAt(dueMs));
    await stop(first);
    await start(counterKind());
    await until(async () => (await ticks("restart")).length === 1);
    expect(await ticks("restart")).toMatchObject([{ dueMs, missed: 0 }]);
  });

  it("that were missed while no process ran follow their rule", async () => {
    const first = await start(counterKind());
    const everyMs = 10_000;
    const dueMs = Date.now() + 60_000;
    await remind(first, "all", tickAt(dueMs, "fireAll", everyMs));
    await remind(first, "once", tickAt(dueMs, "fireOnce", everyMs));
    await remind(first, "skip", tickAt(dueMs, { skipAfterMs: 5_000 }, everyMs));
    await remind(first, "single", tickAt(dueMs, { skipAfterMs: 5_000 }));
    await stop(first);
    // Three occurrences ago.
    const agoMs = Date.now() - 35_000;
    await sql("UPDATE act.reminder SET due_at = to_timestamp($1::numeric / 1000)", [agoMs]);
    await start(counterKind());
    await until(
      async () =>
        (await ticks("all")).length === 4 &&
        (await ticks("once")).length === 1 &&
        (await ticks("skip")).length === 1 &&
        (await ticks("single")).length === 1,
    );
    expect(await ticks("all")).toMatchObject(
      [0, 1, 2, 3].map((i) => ({ dueMs: agoMs + i * everyMs, missed: 0, isSkipped: false })),
    );
    expect(await ticks("once")).toMatchObject([{ dueMs: agoMs, missed: 3, isSkipped: false }]);
    expect(await ticks("skip")).toMatchObject([{ dueMs: agoMs, missed: 3, isSkipped: true }]);
    expect(await ticks("single")).toMatchObject([{ dueMs: agoMs, missed: 0, isSkipped: true }]);
    const left = await sql<{ stream_id: string; due_at: number }>(
      "SELECT stream_id, due_at FROM act.reminder ORDER BY stream_id",
    );
    const nextMs = agoMs + 4 * everyMs;
    expect(left).toEqual(
      ["all", "once", "skip"].map((id) => ({ stream_id: `counter:${id}`, due_at: nextMs })),
    );
    await sql("DELETE FROM act.reminder");
  });

  it("that are canceled do not fire, in this process or the next", async () => {
    const first = await start(counterKind());
    const dueMs = Date.now() + 200;
    await remind(first, "cancel", tickAt(dueMs));
    await remind(first, "cancel", { cancel: "slice" });
    // Set after the canceled one and due later: once it has fired, the other would have too.
    await remind(first, "witness", tickAt(dueMs + 50));
    await stop(first);
    await start(counterKind());
    await until(async () => (await ticks("witness")).length === 1);
    expect(await ticks("cancel")).toEqual([]);
  });

  it("that are moved fire at their new time only", async () => {
    const node = await start(counterKind());
    const dueMs = Date.now() + 150;
    await remind(node, "moved", tickAt(dueMs));
    await remind(node, "moved", tickAt(dueMs + 150));
    await until(async () => (await ticks("moved")).length > 0);
    expect(await ticks("moved")).toMatchObject([{ dueMs: dueMs + 150 }]);
  });

  it("that two schedulers fire have one effect", async () => {
    const node = await start(counterKind());
    const shards = Array.from({ length: 1_024 }, (_, shard) => shard);
    const second = new ReminderScheduler(
      {
        ...createActorStores(database.pool),
        clock: systemClock,
        bus: { publish: () => Promise.resolve() },
        log: { info: () => undefined, warn: () => undefined, error: () => undefined },
        metrics: actorMetrics(new Metrics()),
        random: Math.random,
        newId: () => "",
        probe: () => undefined,
      },
      () => shards,
      (ref) => node.system.shardOf(ref),
      node.system.client.call,
    );
    const dueMs = Date.now() + 200;
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => remind(node, `twice-${i}`, tickAt(dueMs))),
    );
    await second.reload();
    await until(async () => (await sql("SELECT 1 FROM act.reminder")).length === 0);
    second.stop();
    const counts = await Promise.all(Array.from({ length: 20 }, (_, i) => ticks(`twice-${i}`)));
    expect(counts.map((list) => list.length)).toEqual(counts.map(() => 1));
  });
});
