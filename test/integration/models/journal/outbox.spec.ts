import type { Outbox, OutboxEvent } from "../../../../domain/shared/journal.ts";
import { createJournal } from "../../../../models/journal/journal.ts";
import { createOutbox } from "../../../../models/journal/outbox.ts";
import { withDatabase } from "../../../support/database.ts";
import { START, after, turnOf } from "./turns.ts";

const WRITERS = 8;
const TRANSACTIONS = 30;

describe("the outbox", () => {
  const database = withDatabase();

  beforeAll(() => database.pool.query("UPDATE act.shard SET epoch = 1"));

  const insert = `INSERT INTO act.event (stream_id, version, shard, type, data, cmd_id, hash, at)
                  VALUES ($1, $2, $3, 'E', '{}', gen_random_uuid(), '', now())`;

  /** One writer: short transactions on a stream of its own, some of them slow, some rolled back. */
  async function write(writer: number): Promise<void> {
    const client = await database.pool.connect();
    try {
      let version = 0;
      for (let i = 0; i < TRANSACTIONS; i++) {
        const isRolledBack = i % 5 === 3;
        await client.query("BEGIN");
        await client.query(insert, [`w:${writer}`, version + 1, writer]);
        // The first writer's are open for long, so that the others overtake it.
        await client.query("SELECT pg_sleep($1)", [writer === 0 ? 0.02 : 0.001 * (i % 3)]);
        await client.query(isRolledBack ? "ROLLBACK" : "COMMIT");
        if (!isRolledBack) version += 1;
      }
    } finally {
      client.release();
    }
  }

  it("loses nothing of eight writers who overtake each other and roll back, where a cursor over positions does", async () => {
    const outbox = createOutbox(database.pool);
    const shards = Array.from({ length: WRITERS }, (_, shard) => shard);
    const perWriter = TRANSACTIONS - TRANSACTIONS / 5;
    const relayed: string[] = [];
    const naive = new Set<string>();
    let position = 0;
    const readBoth = async () => {
      const events = await outbox.read(shards, 50);
      relayed.push(...events.map(({ ref, version }) => `${ref.id}@${version}`));
      await outbox.advance(events);
      const { rows } = await database.pool.query<{
        stream_id: string;
        version: number;
        pos: number;
      }>("SELECT stream_id, version, pos FROM act.event WHERE pos > $1 ORDER BY pos", [position]);
      for (const row of rows) {
        naive.add(`${row.stream_id.slice(2)}@${row.version}`);
        position = row.pos;
      }
    };
    const writing = new AbortController();
    const reading = (async () => {
      while (!writing.signal.aborted || relayed.length < WRITERS * perWriter) await readBoth();
    })();
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    writing.abort();
    await reading;

    const expected = shards.map((writer) =>
      Array.from({ length: perWriter }, (_, i) => `${writer}@${i + 1}`),
    );
    // Each once, and of each stream in order.
    for (const writer of shards)
      expect(relayed.filter((name) => name.startsWith(`${writer}@`))).toEqual(expected[writer]);
    expect(relayed).toHaveLength(WRITERS * perWriter);
    expect(naive.size).toBeLessThan(WRITERS * perWriter);
    expect(await outbox.hasMore(shards)).toBe(false);
  });

  it("holds back what was committed while an older transaction is open, and knows of it", async () => {
    const outbox = createOutbox(database.pool);
    const old = await database.pool.connect();
    await old.query("BEGIN");
    await old.query(insert, ["held:old", 1, 100]);
    await database.pool.query(insert, ["held:new", 1, 101]);
    expect(await outbox.read([100, 101], 10)).toEqual([]);
    expect(await outbox.hasMore([100, 101])).toBe(true);
    expect(await outbox.hasMore([100])).toBe(false);
    await old.query("COMMIT");
    old.release();
    const events = await readAll(outbox, [100, 101], 2);
    expect(events.map(({ ref }) => ref.id)).toEqual(["old", "new"]);
  });

  it("gives what lies in the middle of a transaction again only from where the cursor stopped", async () => {
    const turn = turnOf("pages", START, { count: 5 });
    const second = turnOf("pages", after(turn), { count: 2 });
    await createJournal(database.pool).append([turn]);
    await createJournal(database.pool).append([second]);
    const outbox = createOutbox(database.pool);
    const events = await readAll(outbox, [turn.shard], 7, 2);
    expect(events.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await outbox.read([turn.shard], 2)).toEqual([]);
  });

  it("gives what lies in many shards in the order of commits, and a backlog shard by shard without a gap", async () => {
    const ids = Array.from({ length: 30 }, (_, i) => `wide-${i}`);
    const turns = ids.map((id) => turnOf(id, START, { count: 4 }));
    for (const turn of turns.toReversed()) await createJournal(database.pool).append([turn]);
    const outbox = createOutbox(database.pool);
    const shards = [...new Set(turns.map(({ shard }) => shard))];
    let all = await outbox.read(shards, 1_000);
    while (all.length < 120) all = await outbox.read(shards, 1_000);
    expect(all.map(({ ref, version }) => `${ref.id}@${version}`)).toEqual(
      ids.toReversed().flatMap((id) => [1, 2, 3, 4].map((version) => `${id}@${version}`)),
    );
    const last = new Map<string, number>();
    for (const { ref, version } of await readAll(outbox, shards, 120, 7)) {
      expect(version).toBe((last.get(ref.id) ?? 0) + 1);
      last.set(ref.id, version);
    }
    expect([...last.values()]).toEqual(ids.map(() => 4));
  });

  it("never moves a cursor back", async () => {
    const turn = turnOf("cursor", START, { count: 3 });
    await createJournal(database.pool).append([turn]);
    const outbox = createOutbox(database.pool);
    const events = await readAll(outbox, [turn.shard], 3);
    await outbox.advance(events.slice(0, 1));
    expect(await outbox.read([turn.shard], 10)).toEqual([]);
  });
});

/**
 * Reads and advances until there are `count`. What runs beside this test on the same server, in whatever database, may hold
 * the feed back for a moment.
 */
async function readAll(
  outbox: Outbox,
  shards: readonly number[],
  count: number,
  limit = 1_000,
): Promise<readonly OutboxEvent[]> {
  const all: OutboxEvent[] = [];
  while (all.length < count) {
    const events = await outbox.read(shards, limit);
    await outbox.advance(events);
    all.push(...events);
  }
  return all;
}
