import type { Pool } from "pg";
import { createJournal } from "../../../../models/journal/journal.ts";
import { verifyAll, verifyStream } from "../../../../models/journal/verify.ts";
import { withDatabase } from "../../../support/database.ts";
import { START, after, ledgerOf, turnOf } from "./turns.ts";

const ref = (id: string) => ({ type: "counter", id });

/** Does what the triggers forbid, and puts it back afterwards. */
async function tampered<T>(pool: Pool, sql: string, undo: string, look: () => Promise<T>) {
  await forbidden(pool, sql);
  try {
    return await look();
  } finally {
    await forbidden(pool, undo);
  }
}

async function forbidden(pool: Pool, sql: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("SET session_replication_role = replica");
    await client.query(sql);
  } finally {
    // The setting must not outlive this use of the connection.
    client.release(true);
  }
}

describe("the verification of the journal", () => {
  const database = withDatabase();

  beforeAll(async () => {
    const journal = createJournal(database.pool);
    await database.pool.query("UPDATE act.shard SET epoch = 1");
    for (const id of ["a", "b", "c"]) {
      let at: { readonly version: number; readonly hash: string } = START;
      for (let i = 0; i < 5; i++) {
        const projection = { view: null, ledger: ledgerOf("0.1", "0.10"), trades: [] };
        const turn = turnOf(id, at, { count: 2, projection });
        await journal.append([turn]);
        at = after(turn);
      }
    }
    // More than one page, so that a chain runs across the border.
    await journal.append([turnOf("long", START, { count: 4_500 })]);
  });

  it("finds nothing in what was written by the journal", async () => {
    expect(await verifyStream(database.pool, ref("a"))).toBeNull();
    expect(await verifyStream(database.pool, ref("nobody"))).toBeNull();
    expect(await verifyAll(database.pool)).toEqual({
      streams: 4,
      events: 4_530,
      breaks: [],
      imbalances: [],
      totals: [{ currency: "USD", debit: "1.5", credit: "1.50" }],
    });
  });

  const CHANGES = [
    [
      "one byte of an event",
      "data = replace(data::text, ':6', ':7')::json",
      "data = replace(data::text, ':7', ':6')::json",
    ],
    [
      "the layout of an event's JSON",
      "data = (data::text || ' ')::json",
      "data = rtrim(data::text)::json",
    ],
    ["the type of an event", "type = 'Taken'", "type = 'Added'"],
    ["the time of an event", "at = at + interval '1 ms'", "at = at - interval '1 ms'"],
    ["the hash of an event", "hash = '\\xff' || hash", "hash = substr(hash, 2)"],
  ] as const;

  it.each(CHANGES)("names the event when somebody changes %s", async (_, change, undo) => {
    const where = "WHERE stream_id = 'counter:b' AND version = 6";
    const found = await tampered(
      database.pool,
      `UPDATE act.event SET ${change} ${where}`,
      `UPDATE act.event SET ${undo} ${where}`,
      async () => ({
        one: await verifyStream(database.pool, ref("b")),
        all: await verifyAll(database.pool),
      }),
    );
    expect(found.one).toMatchObject({ ref: ref("b"), version: 6 });
    expect(found.all.breaks).toEqual([found.one]);
    expect(await verifyStream(database.pool, ref("b"))).toBeNull();
  });

  it("names the first event of several that were changed", async () => {
    const where = "WHERE stream_id = 'counter:long' AND version IN (2001, 4000)";
    const found = await tampered(
      database.pool,
      `UPDATE act.event SET type = 'Taken' ${where}`,
      `UPDATE act.event SET type = 'Added' ${where}`,
      () => verifyAll(database.pool),
    );
    expect(found.breaks).toMatchObject([{ ref: ref("long"), version: 2_001 }]);
  });

  it.each([
    ["in the middle", 4],
    ["at the end", 10],
    ["at the beginning", 1],
  ])("names an event that was removed %s", async (_, version) => {
    const where = `stream_id = 'counter:c' AND version = ${version}`;
    const found = await tampered(
      database.pool,
      `CREATE TABLE removed AS SELECT * FROM act.event WHERE ${where}; DELETE FROM act.event WHERE ${where}`,
      "INSERT INTO act.event OVERRIDING SYSTEM VALUE SELECT * FROM removed; DROP TABLE removed",
      () => verifyStream(database.pool, ref("c")),
    );
    expect(found).toMatchObject({ version });
    expect(found?.problem).toMatch(/^missing/u);
  });

  it("names a stream whose events are all gone", async () => {
    const found = await tampered(
      database.pool,
      "CREATE TABLE removed AS SELECT * FROM act.event WHERE stream_id = 'counter:c'; DELETE FROM act.event WHERE stream_id = 'counter:c'",
      "INSERT INTO act.event OVERRIDING SYSTEM VALUE SELECT * FROM removed; DROP TABLE removed",
      async () => ({
        one: await verifyStream(database.pool, ref("c")),
        all: await verifyAll(database.pool),
      }),
    );
    expect(found.one).toMatchObject({ ref: ref("c"), version: 1 });
    expect(found.all.breaks).toEqual([found.one]);
  });

  it("names an event that was forged onto the end of a stream, well chained though it is", async () => {
    const { rows } = await database.pool.query<{ hash: string }>(
      "SELECT encode(hash, 'hex') AS hash FROM act.stream WHERE stream_id = 'counter:a'",
    );
    const forged = turnOf("a", { version: 10, hash: rows[0]?.hash ?? "" }).events[0];
    const found = await tampered(
      database.pool,
      `INSERT INTO act.event (stream_id, version, shard, type, data, cmd_id, hash, at)
         VALUES ('counter:a', 11, 0, 'Added', '${JSON.stringify(forged?.event)}', '${forged?.commandId}',
                 decode('${forged?.hash}', 'hex'), to_timestamp(1700000000))`,
      "DELETE FROM act.event WHERE stream_id = 'counter:a' AND version = 11",
      () => verifyStream(database.pool, ref("a")),
    );
    expect(found).toMatchObject({ version: 11, problem: "added: the stream ends at 10" });
  });

  it("names a ledger transaction that does not balance, and the totals that it spoils", async () => {
    const { rows } = await database.pool.query<{ transaction_id: string }>(
      "SELECT transaction_id FROM book.ledger_entry ORDER BY seq LIMIT 1",
    );
    const transactionId = rows[0]?.transaction_id ?? "";
    const where = `WHERE transaction_id = '${transactionId}' AND idx = 0`;
    const found = await tampered(
      database.pool,
      `UPDATE book.ledger_entry SET debit = 0.11 ${where}`,
      `UPDATE book.ledger_entry SET debit = 0.1 ${where}`,
      () => verifyAll(database.pool),
    );
    expect(found.imbalances).toEqual([
      { transactionId, currency: "USD", debit: "0.11", credit: "0.10" },
    ]);
    expect(found.totals).toEqual([{ currency: "USD", debit: "1.51", credit: "1.50" }]);
  });

  it("is needed only against a superuser: events and ledger rows refuse to be changed or removed", async () => {
    for (const sql of [
      "UPDATE act.event SET type = 'x'",
      "DELETE FROM act.event",
      "TRUNCATE act.event",
      "UPDATE book.ledger_entry SET debit = 1",
      "DELETE FROM book.ledger_entry",
      "TRUNCATE book.ledger_entry",
    ])
      await expect(database.pool.query(sql)).rejects.toThrow("append-only");
  });
});
