import { randomUUID } from "node:crypto";
import { listEffects, outboxLag, retryEffect } from "../../../../models/journal/backlog.ts";
import type { EffectQuery } from "../../../../models/journal/backlog.ts";
import { createLeaseStore } from "../../../../models/journal/leases.ts";
import { withDatabase } from "../../../support/database.ts";

describe("the outbox, as operators see it", () => {
  const database = withDatabase();

  it("counts by owner what is behind each shard's cursor, and only that", async () => {
    await record(database.pool, { shard: 1, count: 4, at: "2026-01-01T00:00:00Z" });
    await record(database.pool, { shard: 2, count: 2, at: "2026-01-03T00:00:00Z" });
    await record(database.pool, { shard: 3, count: 1, at: "2026-01-02T00:00:00Z" });
    await relay(database.pool, 1, 3);
    await relay(database.pool, 3, 1);
    const session = await createLeaseStore(database.pool).open(
      { nodeId: "a", incarnation: randomUUID(), pools: [0], ttlMs: 60_000 },
      { onLost: () => undefined, onChange: () => undefined },
    );
    await session.acquire([1, 3]);
    expect(await outboxLag(database.pool)).toEqual([
      { owner: "a", shards: 1, lagEvents: 1, oldestAtMs: Date.UTC(2026, 0, 1) },
      { owner: null, shards: 1, lagEvents: 2, oldestAtMs: Date.UTC(2026, 0, 3) },
    ]);
    await session.close();
    await relay(database.pool, 1, 4);
    await relay(database.pool, 2, 2);
    expect(await outboxLag(database.pool)).toEqual([]);
  });
});

describe("effects, as operators see them", () => {
  const database = withDatabase();

  const add = async (name: string, { kind = "tell", attempts = 0, due = "now()" } = {}) => {
    const effectId = randomUUID();
    await database.pool.query(
      `INSERT INTO act.effect (effect_id, stream_id, shard, effect, attempts, due_at, last_error)
       VALUES ($1, $2, 0, $3, $4, ${due}, $5)`,
      [effectId, name, JSON.stringify({ kind }), attempts, attempts > 0 ? "Error: no" : null],
    );
    return effectId;
  };
  const view = (id: string, tenantId: string, status: string) =>
    database.pool.query(
      `INSERT INTO act.view (type, id, tenant_id, status, created_at, updated_at, version, doc)
       VALUES ('order', $1, $2, $3, now(), now(), 1, '{}')`,
      [id, tenantId, status],
    );
  const ids = async (query: Partial<EffectQuery> = {}) => {
    const found = await listEffects(database.pool, {
      tenantId: null,
      after: null,
      limit: 10,
      ...query,
    });
    return found.map(({ effectId }) => effectId);
  };

  beforeEach(async () => {
    await database.pool.query("DELETE FROM act.effect");
    await database.pool.query("DELETE FROM act.view");
  });

  it("are pending, failing or parked, oldest first, a page at a time", async () => {
    const pending = await add("symbol:A");
    const failing = await add("symbol:A", { attempts: 2 });
    const parked = await add("venue:PAPER:A", { attempts: 1, due: "NULL" });
    expect(await ids()).toEqual([pending, failing, parked]);
    expect(await ids({ state: "pending" })).toEqual([pending]);
    expect(await ids({ state: "failing" })).toEqual([failing]);
    expect(await ids({ state: "parked" })).toEqual([parked]);
    const [first] = await listEffects(database.pool, { tenantId: null, after: null, limit: 1 });
    expect(first).toMatchObject({ effectId: pending, state: "pending", lastError: null });
    expect(await ids({ after: first ?? null, limit: 1 })).toEqual([failing]);
    const last = await listEffects(database.pool, { tenantId: null, after: null, limit: 10 });
    expect(last.at(-1)).toMatchObject({
      ref: { type: "venue", id: "PAPER:A" },
      kind: "tell",
      attempts: 1,
      dueAtMs: null,
      lastError: "Error: no",
    });
  });

  it("have an unknown outcome while they submit an order whose status is unknown", async () => {
    await view("lost", "t1", "unknown");
    await view("fine", "t1", "new");
    const submit = await add("order:lost", { kind: "submit", attempts: 3 });
    await add("order:lost", { kind: "tell" });
    await add("order:fine", { kind: "submit" });
    expect(await ids({ state: "unknown" })).toEqual([submit]);
    expect(await ids({ state: "failing" })).toEqual([submit]);
  });

  it("of another tenant's actors are not there, those of nobody's are", async () => {
    await view("mine", "t1", "new");
    await view("theirs", "t2", "new");
    const mine = await add("order:mine");
    const theirs = await add("order:theirs", { attempts: 1, due: "NULL" });
    const nobodys = await add("symbol:A");
    expect(await ids({ tenantId: "t1" })).toEqual([mine, nobodys]);
    expect(await retryEffect(database.pool, theirs, "t1")).toBeNull();
    expect(await ids({ state: "parked" })).toEqual([theirs]);
  });

  it.each([
    ["parked", "NULL"],
    ["failing", "now() + interval '1 hour'"],
  ])("that are %s are due at once when they are retried", async (state, due) => {
    const effectId = await add("symbol:A", { attempts: 1, due });
    const retried = await retryEffect(database.pool, effectId, null);
    expect(retried).toMatchObject({ effectId, state });
    const { rows } = await database.pool.query(
      "SELECT due_at <= clock_timestamp() AS due, attempts FROM act.effect",
    );
    expect(rows).toEqual([{ due: true, attempts: 1 }]);
  });

  it("that have not failed are left as they are, and one that is not there is null", async () => {
    const effectId = await add("symbol:A", { due: "now() + interval '1 hour'" });
    expect(await retryEffect(database.pool, effectId, null)).toMatchObject({ state: "pending" });
    const { rows } = await database.pool.query("SELECT due_at > now() AS later FROM act.effect");
    expect(rows).toEqual([{ later: true }]);
    expect(await retryEffect(database.pool, randomUUID(), null)).toBeNull();
  });
});

type Pool = ReturnType<typeof withDatabase>["pool"];

/** Events of a stream of the shard's own, each in a transaction of its own. */
async function record(
  pool: Pool,
  { shard, count, at }: { readonly shard: number; readonly count: number; readonly at: string },
): Promise<void> {
  for (let version = 1; version <= count; version++)
    await pool.query(
      `INSERT INTO act.event (stream_id, version, shard, type, data, cmd_id, hash, at)
       VALUES ($1, $2, $3, 'Happened', '{}', gen_random_uuid(), '', $4)`,
      [`counter:${shard}`, version, shard, at],
    );
}

/** Moves the shard's cursor to its event of that version. */
async function relay(pool: Pool, shard: number, version: number): Promise<void> {
  await pool.query(
    `UPDATE act.relay r SET tx = e.tx, pos = e.pos FROM act.event e
      WHERE r.shard = $1 AND e.shard = $1 AND e.version = $2`,
    [shard, version],
  );
}
