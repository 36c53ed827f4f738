import { randomUUID } from "node:crypto";
import type { LedgerEntry } from "../../../../domain/shared/journal.ts";
import { uuidv5 } from "../../../../mixins/actor/ids.ts";
import { createJournal } from "../../../../models/journal/journal.ts";
import { verifyAll } from "../../../../models/journal/verify.ts";
import { counterKind } from "../../../support/counter.ts";
import { ledgerOf, turnOf } from "../../models/journal/turns.ts";
import { until, withNodes } from "./nodes.ts";

const ADD = { type: "Add", amount: 1 } as const;
const code = (value: string): unknown => expect.objectContaining({ code: value });

describe("a turn on PostgreSQL", () => {
  const { database, start, stop, sql } = withNodes();

  it("lets no reply, effect or publication out before its commit", async () => {
    const journal = createJournal(database.pool);
    const gate = Promise.withResolvers<void>();
    const worked: string[] = [];
    const node = await start(
      counterKind({ work: async (_, { effectId }) => void worked.push(effectId) }),
      {
        ports: {
          journal: {
            ...journal,
            append: async (turns) => {
              await gate.promise;
              return journal.append(turns);
            },
          },
        },
      },
    );
    let isAnswered = false;
    const call = node.add("gate", { type: "AddAndWork", amount: 1 });
    void call.then(() => (isAnswered = true));
    // Longer than the relay, the effect runner or a commit would take.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([isAnswered, worked, node.published]).toEqual([false, [], []]);
    gate.resolve();
    await expect(call).resolves.toMatchObject({ reply: { sum: 1 } });
    await until(() => worked.length === 1 && node.published.length === 1);
  });

  it("answers a repeated command as it did the first time: at once, after passivation, after a restart", async () => {
    const node = await start(counterKind(), { options: { idleMs: 0 } });
    const commandId = randomUUID();
    const first = await node.add("repeat", ADD, { commandId });
    await node.add("repeat", ADD);
    const again = { ...first, isReplay: true };
    expect(await node.add("repeat", ADD, { commandId })).toEqual(again);
    await until(() => {
      node.system.host.sweep();
      return node.system.residents().length === 0;
    });
    expect(await node.add("repeat", ADD, { commandId })).toEqual(again);
    await stop(node);
    const next = await start(counterKind());
    expect(await next.add("repeat", ADD, { commandId })).toEqual(again);
    expect(await next.read("repeat")).toMatchObject({ summary: { sum: 2 }, version: 2 });
  });

  it("carries out once what 200 send at once under one id, and gives all the same answer", async () => {
    const node = await start(counterKind());
    const commandId = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => node.add("storm", ADD, { commandId })),
    );
    expect(new Set(answers.map(({ reply, version }) => JSON.stringify([reply, version])))).toEqual(
      new Set([JSON.stringify([{ sum: 1 }, 1])]),
    );
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(await node.read("storm")).toMatchObject({ version: 1 });
  });

  it("refuses another body under a known id, also after a restart", async () => {
    const node = await start(counterKind());
    const commandId = randomUUID();
    await node.add("body", ADD, { commandId });
    const other = { type: "Add", amount: 2 } as const;
    await expect(node.add("body", other, { commandId })).rejects.toEqual(
      code("IDEMPOTENCY_KEY_REUSED"),
    );
    await stop(node);
    const next = await start(counterKind());
    await expect(next.add("body", other, { commandId })).rejects.toEqual(
      code("IDEMPOTENCY_KEY_REUSED"),
    );
    expect(await next.read("body")).toMatchObject({ summary: { sum: 1 } });
  });

  it("gives the stored answer to a repeat that would be refused now", async () => {
    const node = await start(counterKind());
    const commandId = randomUUID();
    const command = { type: "AddUpTo", amount: 6, limit: 10 } as const;
    const first = await node.add("limit", command, { commandId });
    await expect(node.add("limit", command)).rejects.toEqual(code("LIMIT"));
    await stop(node);
    const next = await start(counterKind());
    expect(await next.add("limit", command, { commandId })).toEqual({ ...first, isReplay: true });
    await expect(next.add("limit", command)).rejects.toEqual(code("LIMIT"));
  });

  it("reloads after a conflict and succeeds on what it finds", async () => {
    const node = await start(counterKind());
    await node.add("behind", ADD);
    // Somebody of the same epoch writes behind the actor's back.
    const [head] = await sql<{ version: number; hash: string; epoch: number }>(
      "SELECT version, encode(hash, 'hex') AS hash, epoch FROM act.stream WHERE stream_id = 'counter:behind'",
    );
    if (!head) throw new Error("expected the stream");
    const turn = turnOf("behind", head, { epoch: head.epoch });
    expect(await createJournal(database.pool).append([turn])).toEqual([{ status: "ok" }]);
    // turnOf adds the version, 2.
    await expect(node.add("behind", ADD)).resolves.toMatchObject({
      reply: { sum: 4 },
      version: 3,
    });
  });

  it("of which one command fails in decide does the others, and the actor lives", async () => {
    const node = await start(counterKind());
    await node.add("poison", ADD);
    const results = await Promise.allSettled([
      node.add("poison", ADD),
      node.add("poison", ADD),
      node.add("poison", { type: "Crash" }),
      node.add("poison", ADD),
    ]);
    expect(results).toMatchObject([
      { status: "fulfilled" },
      { status: "fulfilled" },
      { status: "rejected", reason: code("COMMAND_FAILED") },
      { status: "fulfilled" },
    ]);
    expect(await node.read("poison")).toMatchObject({ summary: { sum: 4 } });
  });

  it("whose event cannot be applied after a restart quarantines its stream and no other", async () => {
    const node = await start(counterKind());
    await node.add("corrupt", { type: "Corrupt" });
    await node.add("healthy", ADD);
    await stop(node);
    const broken = await start(counterKind({ isBroken: true }));
    const results = await Promise.allSettled([
      broken.add("corrupt", ADD),
      broken.add("healthy", ADD),
      broken.add("corrupt", ADD),
    ]);
    expect(results).toMatchObject([
      { reason: code("STREAM_QUARANTINED") },
      { value: { reply: { sum: 2 } } },
      { reason: code("STREAM_QUARANTINED") },
    ]);
    expect(broken.system.status.quarantined).toEqual(["counter:corrupt"]);
  });

  it("with a row that the store refuses fails by itself: not the rest of its actor's turn, nor other actors'", async () => {
    const ledgerFor = (amounts: readonly number[]): readonly LedgerEntry[] =>
      amounts.includes(13) ? ledgerOf("13", "12") : ledgerOf("1", "1");
    const node = await start(
      counterKind({
        project: (_ref, _state, recorded) => ({
          view: null,
          ledger: ledgerFor(
            recorded.map(({ event }) => (event.type === "Added" ? event.amount : 0)),
          ),
          trades: [],
        }),
      }),
    );
    await Promise.all(Array.from({ length: 20 }, (_, i) => node.add(`books-${i}`, ADD)));
    const commands = Array.from({ length: 20 }, (_, i) => [
      node.add(`books-${i}`, ADD),
      node.add(`books-${i}`, { type: "Add", amount: i === 7 ? 13 : 1 }),
      node.add(`books-${i}`, ADD),
    ]);
    const results = await Promise.allSettled(commands.flat());
    const failed = results.flatMap(({ status }, i) => (status === "rejected" ? [i] : []));
    expect(failed).toEqual([7 * 3 + 1]);
    expect(results[7 * 3 + 1]).toMatchObject({ reason: code("COMMAND_FAILED") });
    expect(await node.read("books-7")).toMatchObject({ summary: { sum: 3 } });
    expect((await verifyAll(database.pool)).imbalances).toEqual([]);
  });

  it("of many actors under many callers adds up, each command once, each chain whole", async () => {
    const node = await start(counterKind(), { options: { snapshotEvery: 10, residentMax: 8 } });
    const namespace = randomUUID();
    // Every command is sent twice, as an impatient client would.
    const send = (i: number) =>
      node.add(
        `many-${i % 16}`,
        { type: "Add", amount: i },
        { commandId: uuidv5(namespace, String(i)) },
      );
    const answers = await Promise.all(
      Array.from({ length: 600 }, (_, i) => [send(i), send(i)]).flat(),
    );
    for (let i = 0; i < 600; i++) expect(answers[2 * i + 1]?.reply).toEqual(answers[2 * i]?.reply);
    const sums = await Promise.all(Array.from({ length: 16 }, (_, i) => node.read(`many-${i}`)));
    const total = sums.reduce((sum, { summary }) => sum + sumOf(summary), 0);
    expect(total).toBe((599 * 600) / 2);
    expect(sums.map(({ version }) => version).reduce((a, b) => a + b, 0)).toBe(600);
    expect((await verifyAll(database.pool)).breaks).toEqual([]);
  });
});

describe("snapshots", () => {
  const { start, stop, sql } = withNodes();
  const snapshotOf = async (id: string) =>
    (
      await sql<{ version: number; schema_version: number }>(
        "SELECT version, schema_version FROM act.snapshot WHERE stream_id = $1",
        [`counter:${id}`],
      )
    )[0];
  it("are kept every so many events, or a fifth earlier, not all actors at once", async () => {
    const node = await start(counterKind(), { options: { snapshotEvery: 20 } });
    const ids = Array.from({ length: 12 }, (_, n) => `regular-${n}`);
    const first = new Map<string, number>();
    for (let i = 0; i < 20; i++) await Promise.all(ids.map((id) => node.add(id, ADD)));
    await until(async () => {
      for (const id of ids) {
        const version = (await snapshotOf(id))?.version;
        if (version !== undefined && !first.has(id)) first.set(id, version);
      }
      return first.size === ids.length;
    });
    for (const version of first.values()) {
      expect(version).toBeGreaterThanOrEqual(16);
      expect(version).toBeLessThanOrEqual(20);
    }
    expect(new Set(first.values()).size).toBeGreaterThan(2);
    for (let i = 0; i < 5; i++) await Promise.all(ids.map((id) => node.add(id, ADD)));
    await stop(node);
    expect(await Promise.all(ids.map(snapshotOf))).toEqual(
      ids.map((id) => ({ version: first.get(id), schema_version: 1 })),
    );
  });

  it("are kept of actors that leave memory, and by a node that stops", async () => {
    const node = await start(counterKind(), { options: { idleMs: 0 } });
    for (let i = 0; i < 25; i++) await node.add("leaving", ADD);
    await until(async () => {
      node.system.host.sweep();
      return (await snapshotOf("leaving"))?.version === 25;
    });
    for (let i = 0; i < 25; i++) await node.add("stopping", ADD);
    await stop(node);
    expect(await snapshotOf("stopping")).toEqual({ version: 25, schema_version: 1 });
  });

  it("change nothing: all of them deleted, the actor is what it was", async () => {
    const node = await start(counterKind(), { options: { snapshotEvery: 5 } });
    for (let i = 1; i <= 23; i++) await node.add("same", { type: "Add", amount: i });
    await stop(node);
    const second = await start(counterKind());
    const withSnapshot = await second.read("same");
    await stop(second);
    expect(await sql("DELETE FROM act.snapshot RETURNING 1")).not.toHaveLength(0);
    const third = await start(counterKind());
    expect(await third.read("same")).toEqual(withSnapshot);
    expect(withSnapshot).toMatchObject({ summary: { sum: 276 }, version: 23 });
  });

  it("of another schema version are ignored, and replaced by newer ones only", async () => {
    const old = await start(counterKind(), { options: { snapshotEvery: 5 } });
    for (let i = 0; i < 5; i++) await old.add("shape", ADD);
    await until(async () => (await snapshotOf("shape"))?.version === 5);
    await stop(old);
    // Were it believed, it would show: nothing in the events makes a sum of 1,000.
    await sql(
      `UPDATE act.snapshot SET state = '{"sum":1000,"count":5,"ticks":[]}' WHERE stream_id = 'counter:shape'`,
    );
    const believing = await start(counterKind());
    expect(await believing.read("shape")).toMatchObject({ summary: { sum: 1_000 } });
    await stop(believing);
    const next = await start(counterKind({ schemaVersion: 2 }), { options: { snapshotEvery: 6 } });
    expect(await next.read("shape")).toMatchObject({ summary: { sum: 5 }, version: 5 });
    await next.add("shape", ADD);
    await until(async () => (await snapshotOf("shape"))?.schema_version === 2);
    await stop(next);
    const back = await start(counterKind(), { options: { snapshotEvery: 1 } });
    await back.add("shape", ADD);
    await stop(back);
    expect(await snapshotOf("shape")).toEqual({ version: 6, schema_version: 2 });
  });
});

function sumOf(summary: unknown): number {
  return typeof summary === "object" && summary !== null && "sum" in summary
    ? Number(summary.sum)
    : Number.NaN;
}
