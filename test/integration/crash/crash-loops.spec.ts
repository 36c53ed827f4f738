import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import { uuidv5 } from "../../../mixins/actor/ids.ts";
import { PROBE_POINTS } from "../../../mixins/actor/ports.ts";
import { verifyAll } from "../../../models/journal/verify.ts";
import { Nursery, PersistentClient } from "../../support/crash-parent.ts";
import { WORLD_TABLES } from "../../support/crash-protocol.ts";
import type { KnownCommand } from "../../support/crash-protocol.ts";
import type { CounterCommand } from "../../support/counter.ts";
import { createTestDatabase } from "../../support/database.ts";

const NAMESPACE = "4fbc1f7e-3b6d-4f0a-9a53-0c8d3f7f2a61";
const STREAMS = 8;
const PER_ROUND = 48;
/** The process dies as it passes the point for the first, the second and the fourth time, one process each. */
const PASSES = [1, 2, 4];
const ROUNDS = PASSES.length + 1;
/** of commands: every round has as many of each */
const KINDS = 8;

const streamOf = (i: number) => ({ type: "counter", id: `s-${i % STREAMS}` });

/** The same commands under the same ids in every run; only reminders are due by the clock. */
function round(n: number): readonly KnownCommand[] {
  return Array.from({ length: PER_ROUND }, (_, i) => ({
    commandId: uuidv5(NAMESPACE, `${n}:${i}`),
    ref: streamOf(i * 5),
    command: commandOf(n, i),
  }));
}

function commandOf(n: number, i: number): CounterCommand {
  const amount = n * PER_ROUND + i + 1;
  switch (i % KINDS) {
    case 0:
      return { type: "AddAndTell", amount, to: streamOf(i + 1) };
    case 1:
    case 2:
      return { type: "AddAndWork", amount };
    case 3: {
      const change = {
        set: `reminder ${n}:${i}`,
        dueMs: Date.now() + 20 + 5 * i,
        command: { type: "Tick" },
        misfire: "fireAll" as const,
      };
      return { type: "Remind", change };
    }
    case 4:
      return { type: "Urgent", amount };
    case 5:
      return { type: "AddAndJoin", amount, to: streamOf(i + 3), isBirth: false };
    case 6: {
      const born = { type: "counter", id: `born-${n}-${i}` };
      return { type: "AddAndJoin", amount, to: born, isBirth: true };
    }
    default:
      return { type: "Add", amount };
  }
}

/** Commands that only make a process do more, to an actor that is left out of all comparisons. */
function nudge(): readonly KnownCommand[] {
  const ref = { type: "counter", id: "nudged" };
  const commands: readonly CounterCommand[] = [
    { type: "AddAndTell", amount: 0, to: ref },
    { type: "AddAndWork", amount: 0 },
    {
      type: "Remind",
      change: {
        set: randomUUID(),
        dueMs: Date.now(),
        command: { type: "Tick" },
        misfire: "fireAll",
      },
    },
  ];
  return commands.map((command) => ({ commandId: randomUUID(), ref, command }));
}

/** What can be compared between two runs: everything but the order in which commands met. */
async function resultOf(pool: Pool) {
  const rows = async <Row extends object>(text: string) => (await pool.query<Row>(text)).rows;
  return {
    sums: await rows(
      `SELECT stream_id, sum((data ->> 'amount')::int)::int AS sum, count(*)::int AS events,
              count(*) FILTER (WHERE type = 'Ticked')::int AS ticks
         FROM act.event WHERE stream_id <> 'counter:nudged' GROUP BY stream_id ORDER BY stream_id`,
    ),
    commands: await rows(
      "SELECT stream_id, count(*)::int AS n FROM act.command WHERE stream_id <> 'counter:nudged' GROUP BY 1 ORDER BY 1",
    ),
    broker: await rows("SELECT amount FROM witness WHERE amount > 0 ORDER BY amount"),
    books: await rows(
      `SELECT portfolio_id, count(*)::int AS rows, sum(debit) AS debit, sum(credit) AS credit
         FROM book.ledger_entry WHERE portfolio_id <> 'nudged' GROUP BY 1 ORDER BY 1`,
    ),
    left: await rows(
      `SELECT (SELECT count(*)::int FROM act.effect) AS effects, (SELECT count(*)::int FROM act.reminder) AS reminders,
              (SELECT count(*)::int FROM act.shard s JOIN act.member m USING (incarnation) WHERE m.state <> 'down') AS leases`,
    ),
  };
}

async function isQuiet(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT 1 WHERE EXISTS (SELECT 1 FROM act.effect) OR EXISTS (SELECT 1 FROM act.reminder)
        OR EXISTS (SELECT 1 FROM act.event e JOIN act.relay r ON e.shard = r.shard AND (e.tx, e.pos) > (r.tx, r.pos))`,
  );
  return rows.length === 0;
}

/** Reads what was published as every consumer does: what it has seen is ignored, and a gap would be a loss. */
async function consumed(pool: Pool) {
  const last = new Map<string, number>();
  const gaps: string[] = [];
  const { rows } = await pool.query<{ stream_id: string; version: number }>(
    "SELECT stream_id, version FROM published ORDER BY seq",
  );
  for (const { stream_id: stream, version } of rows) {
    const known = last.get(stream) ?? 0;
    if (version > known + 1) gaps.push(`${stream}: ${version} after ${known}`);
    last.set(stream, Math.max(known, version));
  }
  const heads = await pool.query<{ stream_id: string; version: number }>(
    "SELECT stream_id, version FROM act.stream WHERE version > 0",
  );
  const missing = heads.rows.filter(({ stream_id, version }) => last.get(stream_id) !== version);
  return { gaps, missing };
}

/** Acknowledgements whose command is not on record with the very answer that was given. */
async function unkept(pool: Pool, acknowledged: ReadonlyMap<string, unknown>) {
  const { rows } = await pool.query<{ cmd_id: string; reply: unknown; n: number }>(
    `SELECT c.cmd_id, c.reply, (SELECT count(*)::int FROM act.event e
        WHERE e.stream_id = c.stream_id AND e.cmd_id = c.cmd_id) AS n FROM act.command c`,
  );
  const kept = new Map(rows.map((row) => [row.cmd_id, row]));
  return [...acknowledged].filter(([commandId, reply]) => {
    const row = kept.get(commandId);
    return row === undefined || row.n > 1 || JSON.stringify(row.reply) !== JSON.stringify(reply);
  });
}

describe("a process that dies", () => {
  const nursery = new Nursery();
  let flawless: Awaited<ReturnType<typeof resultOf>>;

  const onDatabase = async <T>(run: (pool: Pool, client: PersistentClient) => Promise<T>) => {
    const database = await createTestDatabase();
    try {
      await database.pool.query(WORLD_TABLES);
      return await run(database.pool, new PersistentClient(nursery, database.url));
    } finally {
      await database.drop();
    }
  };

  beforeAll(async () => {
    flawless = await onDatabase(async (pool, client) => {
      const all = Array.from({ length: ROUNDS }, (_, n) => round(n)).flat();
      await client.untilDone(all, () => isQuiet(pool));
      return resultOf(pool);
    });
  });
  afterAll(() => nursery.clear());

  it("is compared with one that did not die, and that did everything once", () => {
    const total = ROUNDS * PER_ROUND;
    expect(flawless.left).toEqual([{ effects: 0, reminders: 0, leases: 0 }]);
    // Half of the commands work themselves, or have another do it.
    expect(flawless.broker).toHaveLength(total / 2);
    const ticks = flawless.sums.map((row) => Number("ticks" in row && row.ticks));
    expect(ticks.reduce((a, b) => a + b, 0)).toBe(total / KINDS);
  });

  it.each(PROBE_POINTS)(
    "at %s, again and again, loses nothing that it acknowledged and does nothing twice",
    async (point) => {
      await onDatabase(async (pool, client) => {
        for (const [n, at] of PASSES.entries())
          await client.untilCrash({ point, at }, round(n), nudge);
        await client.untilDone(round(PASSES.length), () => isQuiet(pool));
        expect(await resultOf(pool)).toEqual(flawless);
        const all = Array.from({ length: ROUNDS }, (_, n) => round(n)).flat();
        expect(all.filter(({ commandId }) => !client.acknowledged.has(commandId))).toEqual([]);
        expect(await unkept(pool, client.acknowledged)).toEqual([]);
        expect(await consumed(pool)).toEqual({ gaps: [], missing: [] });
        expect(await verifyAll(pool)).toMatchObject({ breaks: [], imbalances: [] });
      });
    },
  );
});
