import { Refusal } from "../../../../domain/shared/errors.ts";
import { counterKind } from "../../../support/counter.ts";
import { until, withNodes } from "./nodes.ts";

const WORK = { type: "AddAndWork", amount: 1 } as const;

interface EffectRow {
  readonly attempts: number;
  readonly last_error: string | null;
  readonly is_parked: boolean;
}

describe("effects on PostgreSQL", () => {
  const { start, stop, sql } = withNodes();
  const rows = () =>
    sql<EffectRow>(
      "SELECT attempts, last_error, due_at IS NULL AS is_parked FROM act.effect ORDER BY created_at",
    );

  it("are done once their turn is committed, and gone then", async () => {
    const done: unknown[] = [];
    const node = await start(
      counterKind({ work: async (effect, { attempts }) => void done.push([effect, attempts]) }),
    );
    await node.add("once", WORK);
    await until(async () => (await rows()).length === 0);
    expect(done).toEqual([[{ kind: "work", payload: { amount: 1 } }, 0]]);
  });

  it("that fail are tried again with their id and the number of failures, until they succeed", async () => {
    const tries: string[] = [];
    const node = await start(
      counterKind({
        work: async (_, { effectId, attempts }) => {
          tries.push(`${effectId} ${attempts}`);
          if (attempts < 2) throw new Error("busy");
        },
      }),
    );
    await node.add("again", WORK);
    await until(async () => tries.length === 3 && (await rows()).length === 0);
    expect(new Set(tries.map((line) => line.slice(0, 36))).size).toBe(1);
    expect(tries.map((line) => line.slice(37))).toEqual(["0", "1", "2"]);
  });

  it("that are refused are parked with the reason, and let others pass", async () => {
    const node = await start(
      counterKind({
        work: async (_, { ref }) => {
          if (ref.id === "refused") throw new Refusal("invalid", "NO", "not this one");
        },
      }),
    );
    await node.add("refused", WORK);
    await node.add("fine", WORK);
    await until(async () => (await rows()).every(({ is_parked }) => is_parked));
    expect(await rows()).toEqual([
      { attempts: 1, last_error: "Refusal: not this one", is_parked: true },
    ]);
    await sql("DELETE FROM act.effect");
  });

  it("that nobody has done are found by the next process", async () => {
    const first = await start(counterKind({ work: () => Promise.reject(new Error("down")) }));
    for (let i = 0; i < 5; i++) await first.add(`left-${i}`, WORK);
    await until(async () => (await rows()).every(({ attempts }) => attempts > 0));
    await stop(first);
    const done = new Set<string>();
    await start(counterKind({ work: async (_, { effectId }) => void done.add(effectId) }));
    await until(async () => (await rows()).length === 0);
    expect(done.size).toBe(5);
  });

  it("that tell another actor reach it once although they are sent twice", async () => {
    const node = await start(counterKind());
    const to = { type: "counter", id: "target" };
    await node.add("source", { type: "AddAndTell", amount: 3, to });
    await until(async () => (await rows()).length === 0);
    const [told] = await sql<{ cmd_id: string }>(
      "SELECT cmd_id FROM act.command WHERE stream_id = 'counter:target'",
    );
    // As if the process had died between the tell and forgetting it.
    await sql(
      `INSERT INTO act.effect (effect_id, stream_id, shard, effect)
       SELECT $1, 'counter:source', shard, $2 FROM act.stream WHERE stream_id = 'counter:source'`,
      [told?.cmd_id, JSON.stringify({ kind: "tell", to, command: { type: "Add", amount: 3 } })],
    );
    await until(async () => (await rows()).length === 0);
    expect(await node.read("target")).toMatchObject({ summary: { sum: 3 }, version: 1 });
  });
});
