import { randomUUID } from "node:crypto";
import type { ActorRef } from "../../../../domain/shared/decider.ts";
import { counterKind } from "../../../support/counter.ts";
import type { CounterCommand } from "../../../support/counter.ts";
import { until, withNodes } from "./nodes.ts";

interface EventRow {
  readonly stream_id: string;
  readonly tx: string;
}

const counterOf = (id: string): ActorRef => ({ type: "counter", id });

function tell(id: string, isBirth: boolean): CounterCommand {
  return { type: "AddAndJoin", amount: 2, to: counterOf(id), isBirth };
}

describe("a joint commit on PostgreSQL", () => {
  const { start, sql } = withNodes();

  /** An effect's row is written only where what is told did not come with the commit. */
  const watchEffects = async () => {
    await sql("CREATE TABLE IF NOT EXISTS told (stream_id text, kind text)");
    await sql(`CREATE OR REPLACE FUNCTION note_effect() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO told VALUES (new.stream_id, new.effect ->> 'kind'); RETURN new; END $$`);
    await sql("DROP TRIGGER IF EXISTS note_effect ON act.effect");
    await sql(
      "CREATE TRIGGER note_effect BEFORE INSERT ON act.effect FOR EACH ROW EXECUTE FUNCTION note_effect()",
    );
  };
  const tellsOf = (id: string) =>
    sql("SELECT 1 FROM told WHERE stream_id = $1 AND kind = 'tell'", [`counter:${id}`]);
  const transactionsOf = async (...ids: string[]) => {
    const rows = await sql<EventRow>(
      "SELECT stream_id, tx::text FROM act.event WHERE stream_id = ANY ($1) ORDER BY version",
      [ids.map((id) => `counter:${id}`)],
    );
    return new Map(rows.map(({ stream_id: stream, tx }) => [stream.slice(8), tx]));
  };
  const isQuiet = async () => (await sql("SELECT 1 FROM act.effect")).length === 0;

  beforeAll(watchEffects);

  it("bears the actor that a turn tells, answers for both, and does what that one wants once", async () => {
    const done: unknown[] = [];
    const node = await start(counterKind({ work: async ({ payload }) => void done.push(payload) }));
    const answer = await node.system.client.call(counterOf("teller"), tell("born", true), {
      commandId: randomUUID(),
    });
    expect(answer).toMatchObject({ reply: { sum: 2 }, told: [["counter", "born", { sum: 2 }]] });
    const transactions = await transactionsOf("teller", "born");
    expect(transactions.get("born")).toBe(transactions.get("teller"));
    await until(isQuiet);
    expect(await tellsOf("teller")).toEqual([]);
    expect(done).toEqual([{ amount: 2 }]);
    expect(await node.read("born")).toMatchObject({ summary: { sum: 2 }, version: 1 });
  });

  it("takes along an actor that is at rest, which goes on from there", async () => {
    const node = await start(counterKind({ work: async () => undefined }));
    await node.add("resting", { type: "Add", amount: 1 });
    await node.add("waker", tell("resting", false));
    const transactions = await transactionsOf("waker", "resting");
    expect(transactions.get("resting")).toBe(transactions.get("waker"));
    expect(await tellsOf("waker")).toEqual([]);
    await expect(node.add("resting", { type: "Add", amount: 4 })).resolves.toMatchObject({
      reply: { sum: 7 },
      version: 3,
    });
  });

  it("leaves one that is not in memory to the effect", async () => {
    const node = await start(counterKind({ work: async () => undefined }));
    await node.add("alone", tell("absent", false));
    await until(isQuiet);
    expect(await tellsOf("alone")).toHaveLength(1);
    expect(await node.read("absent")).toMatchObject({ summary: { sum: 2 }, version: 1 });
  });

  it("is given up when the one to be born is on record, and both turns are written apart", async () => {
    const node = await start(counterKind({ work: async () => undefined }));
    await sql(
      `INSERT INTO act.stream (stream_id, shard, epoch)
       SELECT 'counter:there', $1, epoch + 1 FROM act.shard WHERE shard = $1`,
      [node.system.shardOf(counterOf("there"))],
    );
    const answer = await node.add("giver", tell("there", true));
    expect(answer).toMatchObject({ reply: { sum: 2 }, version: 1, isReplay: false });
    expect(answer).not.toHaveProperty("told");
    expect(await tellsOf("giver")).toHaveLength(1);
    await sql("DELETE FROM act.stream WHERE stream_id = 'counter:there'");
    await until(isQuiet);
    expect(await node.read("there")).toMatchObject({ summary: { sum: 2 }, version: 1 });
  });

  it("of many tellers adds up, whoever was taken along and whoever was told later", async () => {
    let worked = 0;
    const node = await start(counterKind({ work: async () => void worked++ }));
    const commands = Array.from({ length: 300 }, (_, i) =>
      node.add(`many-${i % 7}`, tell(`many-${(i + 3) % 7}`, false)),
    );
    await Promise.all(commands);
    await until(isQuiet);
    const sums = await Promise.all(
      Array.from({ length: 7 }, async (_, i) => node.read(`many-${i}`)),
    );
    // sound: the counter's summary
    const total = sums.reduce((sum, { summary }) => sum + (summary as { sum: number }).sum, 0);
    expect(total).toBe(2 * 2 * 300);
    expect(worked).toBe(300);
  });
});
