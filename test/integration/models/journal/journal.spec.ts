import type { Pool, PoolClient } from "pg";
import {
  RequestKeyReused,
  StoreUnavailable,
  UnknownOutcome,
} from "../../../../domain/shared/errors.ts";
import type { Turn } from "../../../../domain/shared/journal.ts";
import { createJournal } from "../../../../models/journal/journal.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { withDatabase } from "../../../support/database.ts";
import { START, after, ledgerOf, turnOf } from "./turns.ts";

const SLOW_FENCE = "fence";

describe("the journal", () => {
  const database = withDatabase();
  const journal = () => createJournal(database.pool);
  const setEpoch = (epoch: number) =>
    database.pool.query("UPDATE act.shard SET epoch = $1", [epoch]);
  const count = async (table: string) => {
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${table}`,
    );
    return rows[0]?.n ?? -1;
  };
  const request = (turn: Turn, epoch: number) => ({
    ref: turn.ref,
    shard: turn.shard,
    epoch,
    schemaVersion: 1,
  });

  beforeEach(() => setEpoch(1));

  it("gives back what was appended, to the byte of its chain", async () => {
    const first = turnOf("whole", START, { count: 3 });
    const second = turnOf("whole", after(first));
    expect(await journal().append([first])).toEqual([{ status: "ok" }]);
    expect(await journal().append([second])).toEqual([{ status: "ok" }]);
    const [past] = await journal().activate([request(first, 1)]);
    expect(past).toEqual({
      status: "ok",
      version: 4,
      hash: second.hash,
      snapshot: null,
      events: [...first.events, ...second.events],
    });
    expect(
      await journal().findCommands(
        first.ref,
        first.commands.map((c) => c.commandId),
      ),
    ).toEqual(first.commands);
  });

  it("answers conflict and writes nothing when the version is not the expected one", async () => {
    const first = turnOf("conflict", START);
    await journal().append([first]);
    const before = await count("act.event");
    expect(await journal().append([turnOf("conflict", START)])).toEqual([{ status: "conflict" }]);
    const ahead = turnOf("conflict", { version: 7, hash: "" });
    expect(await journal().append([ahead])).toEqual([{ status: "conflict" }]);
    expect(await count("act.event")).toBe(before);
  });

  it("answers duplicate for the turn whose command is on record, and writes the others of its batch", async () => {
    const done = turnOf("dup", START);
    await journal().append([done]);
    const commandId = done.commands[0]?.commandId ?? "";
    const batch = [
      turnOf("dup-before", START),
      turnOf("dup", after(done), { commandId }),
      turnOf("dup-later", START),
    ];
    expect(await journal().append(batch)).toEqual([
      { status: "ok" },
      { status: "duplicate" },
      { status: "ok" },
    ]);
  });

  it("writes a turn and those joined to it in one transaction", async () => {
    const born = turnOf("joined-b", START);
    const known = turnOf("joined-c", START);
    await journal().append([known]);
    const joined = [born, turnOf("joined-c", after(known))];
    const others = [turnOf("joined-0", START), turnOf("joined-z", START)];
    const batch = [...others, turnOf("joined-a", START, { joined })];
    expect(await journal().append(batch)).toEqual(batch.map(() => ({ status: "ok" })));
    const { rows } = await database.pool.query(
      `SELECT count(DISTINCT tx)::int AS transactions, count(*)::int AS events FROM act.event
        WHERE stream_id IN ('counter:joined-a', 'counter:joined-b') OR stream_id = 'counter:joined-c' AND version = 2`,
    );
    expect(rows).toEqual([{ transactions: 1, events: 3 }]);
  });

  describe("of a joint turn writes nothing, and asks for its parts by themselves,", () => {
    const known = turnOf("apart", START);
    const later = turnOf("apart", after(known));
    const [{ commandId } = { commandId: "" }] = known.commands;
    const imbalance = { view: null, ledger: ledgerOf("1", "2"), trades: [] };

    beforeAll(async () => {
      await setEpoch(1);
      await journal().append([known]);
    });

    it.each([
      ["is born twice", turnOf("apart", START)],
      ["has another version", turnOf("apart", { version: 4, hash: "" })],
      ["is of an older epoch", { ...later, epoch: 0 }],
      ["repeats a command", turnOf("apart", after(known), { commandId })],
      ["is refused", turnOf("apart-refused", START, { projection: imbalance })],
    ])("when one that %s", async (name, part) => {
      const teller = turnOf(`teller ${name}`, START, { joined: [turnOf(name, START), part] });
      const other = turnOf(`other ${name}`, START);
      const before = await count("act.event");
      expect(await journal().append([teller, other])).toEqual([
        { status: "apart" },
        { status: "ok" },
      ]);
      expect(await count("act.event")).toBe(before + 1);
      expect(await journal().append([{ ...teller, joined: [] }])).toEqual([{ status: "ok" }]);
    });

    it("when the teller itself has another version", async () => {
      const teller = turnOf("apart", START, { joined: [turnOf("apart-joined", START)] });
      const before = await count("act.event");
      expect(await journal().append([teller])).toEqual([{ status: "apart" }]);
      expect(await count("act.event")).toBe(before);
    });
  });

  it("ties an idempotency key to the body that it first came with", async () => {
    const keyed = (id: string, bodyHash: string) => {
      const turn = turnOf(id, START);
      const requestKey = { scope: "orders:u", key: "k" };
      return { ...turn, commands: turn.commands.map((c) => ({ ...c, bodyHash, requestKey })) };
    };
    const [ours, theirs] = ["0a".repeat(32), "0b".repeat(32)];
    expect(await journal().append([keyed("key-1", ours)])).toEqual([{ status: "ok" }]);
    expect(await journal().append([keyed("key-2", ours), keyed("key-3", theirs)])).toEqual([
      { status: "ok" },
      { status: "refused", error: expect.any(RequestKeyReused) as unknown },
    ]);
    const { rows } = await database.pool.query(
      "SELECT version FROM act.stream WHERE stream_id = 'counter:key-3'",
    );
    expect(rows).toEqual([]);
  });

  it("refuses a turn whose ledger does not balance, and writes the others of its batch", async () => {
    const broken = turnOf("unbalanced", START, {
      projection: { view: null, ledger: ledgerOf("10", "9.99"), trades: [] },
    });
    const sound = turnOf("balanced", START, {
      projection: { view: null, ledger: ledgerOf("10", "10"), trades: [] },
    });
    const bystanders = Array.from({ length: 6 }, (_, i) => turnOf(`bystander-${i}`, START));
    const results = await journal().append([...bystanders, broken, sound]);
    expect(results).toMatchObject([
      ...bystanders.map(() => ({ status: "ok" })),
      { status: "refused", error: { code: "23514" } },
      { status: "ok" },
    ]);
    const [past] = await journal().activate([request(broken, 1)]);
    expect(past).toMatchObject({ status: "ok", version: 0, events: [] });
  });

  it("refuses alone a turn whose command id is no UUID", async () => {
    const batch = [turnOf("odd", START, { commandId: "not a uuid" }), turnOf("even", START)];
    expect(await journal().append(batch)).toMatchObject([{ status: "refused" }, { status: "ok" }]);
  });

  it("writes one of two turns for one stream in a batch", async () => {
    const results = await journal().append([turnOf("two", START), turnOf("two", START)]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["conflict", "ok"]);
  });

  it("claims a stream once though it is asked for twice in a batch, for the newer epoch", async () => {
    await setEpoch(5);
    const turn = turnOf("twice", START);
    const asked = [request(turn, 4), request(turn, 5), request(turnOf("other", START), 5)];
    const results = await journal().activate(asked);
    expect(results.map(({ status }) => status)).toEqual(["fenced", "ok", "ok"]);
  });

  describe("against a zombie: a node whose shard has a newer owner", () => {
    /** A stream at version 1, written in epoch 1, then claimed by epoch 2. */
    const takenOver = async (id: string) => {
      const first = turnOf(id, START);
      await journal().append([first]);
      await setEpoch(2);
      await journal().activate([request(first, 2)]);
      return first;
    };

    it("refuses its append although the version is right", async () => {
      const first = await takenOver("zombie-append");
      const late = turnOf("zombie-append", after(first), { epoch: 1 });
      expect(await journal().append([late])).toEqual([{ status: "fenced" }]);
      const mine = turnOf("zombie-append", after(first), { epoch: 2 });
      expect(await journal().append([mine])).toEqual([{ status: "ok" }]);
    });

    it("refuses its claim, of a stream that it wrote and of one that does not exist", async () => {
      const first = await takenOver("zombie-claim");
      const results = await journal().activate([
        request(first, 1),
        request(turnOf("zombie-new", START), 1),
      ]);
      expect(results).toEqual([{ status: "fenced" }, { status: "fenced" }]);
    });

    it("refuses to let it give birth", async () => {
      await setEpoch(2);
      const streams = await count("act.stream");
      expect(await journal().append([turnOf("zombie-birth", START)])).toEqual([
        { status: "fenced" },
      ]);
      expect(await count("act.stream")).toBe(streams);
    });

    it("writes nothing of a fenced turn, and all of the sound ones beside it", async () => {
      const first = await takenOver("zombie-mixed");
      const late = turnOf("zombie-mixed", after(first), {
        epoch: 1,
        effects: [
          {
            effectId: "99999999-9999-4999-8999-999999999999",
            effect: { kind: "work", payload: 1 },
          },
        ],
        projection: { view: null, ledger: ledgerOf("5", "5"), trades: [] },
      });
      const before = [await count("act.effect"), await count("book.ledger_entry")];
      const results = await journal().append([late, turnOf("sound", START, { epoch: 2 })]);
      expect(results).toEqual([{ status: "fenced" }, { status: "ok" }]);
      expect([await count("act.effect"), await count("book.ledger_entry")]).toEqual(before);
      expect(await journal().history(late.ref)).toHaveLength(1);
    });

    it("lets it finish a turn before the claim, and the new owner load that turn", async () => {
      const first = turnOf("zombie-last", START);
      await journal().append([first]);
      await setEpoch(2);
      const last = turnOf("zombie-last", after(first), { epoch: 1 });
      expect(await journal().append([last])).toEqual([{ status: "ok" }]);
      const [past] = await journal().activate([request(first, 2)]);
      expect(past).toMatchObject({ status: "ok", version: 2 });
    });

    it("makes its append wait for a claim under way, and refuses it then", async () => {
      const first = turnOf("zombie-race", START);
      await journal().append([first]);
      await setEpoch(2);
      const claimer = await database.pool.connect();
      await claimer.query("BEGIN");
      await claimer.query("SELECT act.claim($1, $2, $3)", [
        ["counter:zombie-race"],
        [first.shard],
        [2],
      ]);
      const late = journal().append([turnOf("zombie-race", after(first), { epoch: 1 })]);
      const fence = await Promise.race([late, waitForLock(database.pool).then(() => SLOW_FENCE)]);
      expect(fence).toBe(SLOW_FENCE);
      await claimer.query("COMMIT");
      claimer.release();
      expect(await late).toEqual([{ status: "fenced" }]);
    });
  });

  it("does not see behind its claim what a commit of its own adds that was cut off", async () => {
    const first = turnOf("behind", START);
    await journal().append([first]);
    // The cut-off commit arrives between the claim and the reading of the tail.
    let lateResults: unknown = null;
    const sneaky = withBefore(database.pool, "load-tails", async () => {
      lateResults = await journal().append([turnOf("behind", after(first))]);
    });
    const [past] = await createJournal(sneaky).activate([request(first, 1)]);
    expect(lateResults).toEqual([{ status: "ok" }]);
    expect(past).toMatchObject({ status: "ok", version: 1, events: [{ version: 1 }] });
  });

  describe("when the store is lost", () => {
    it("says StoreUnavailable where no server listens: nothing was written", async () => {
      const pool = createPool("postgres://nobody@127.0.0.1:1/none", {
        max: 1,
        applicationName: "test",
        onError: () => undefined,
      });
      await expect(createJournal(pool).append([turnOf("down", START)])).rejects.toThrow(
        StoreUnavailable,
      );
      await pool.end();
    });

    it("says UnknownOutcome when its backend is terminated in the middle of an append", async () => {
      const turn = turnOf("cut", START);
      await journal().append([turn]);
      const blocker = await database.pool.connect();
      await blocker.query("BEGIN");
      await blocker.query("SELECT 1 FROM act.stream WHERE stream_id = 'counter:cut' FOR UPDATE");
      const append = journal().append([turnOf("cut", after(turn))]);
      append.catch(() => undefined);
      const pid = await waitForLock(database.pool);
      await database.pool.query("SELECT pg_terminate_backend($1)", [pid]);
      await expect(append).rejects.toThrow(UnknownOutcome);
      await blocker.query("ROLLBACK");
      blocker.release();
    });

    it("says StoreUnavailable after a deadlock: the server has rolled back", async () => {
      const [a, b] = [turnOf("lock-a", START), turnOf("lock-b", START)];
      await journal().append([a, b]);
      const blocker = await database.pool.connect();
      await blocker.query("SET deadlock_timeout = '10s'");
      await blocker.query("BEGIN");
      await blocker.query("SELECT 1 FROM act.stream WHERE stream_id = 'counter:lock-b' FOR UPDATE");
      const append = journal().append([turnOf("lock-a", after(a)), turnOf("lock-b", after(b))]);
      append.catch(() => undefined);
      await waitForLock(database.pool);
      // Now each waits for the other, and the append is the one to find out.
      const second = blocker.query(
        "SELECT 1 FROM act.stream WHERE stream_id = 'counter:lock-a' FOR UPDATE",
      );
      await expect(append).rejects.toThrow(StoreUnavailable);
      await second;
      await blocker.query("ROLLBACK");
      blocker.release();
      expect(await journal().history(a.ref)).toHaveLength(1);
    });
  });
});

type Connected = (error?: Error, client?: PoolClient, release?: (error?: Error) => void) => void;

/** The pool, with something that comes before each statement of this name. */
function withBefore(pool: Pool, name: string, work: () => Promise<void>): Pool {
  const sneaky = Object.create(pool) as Pool;
  const connect = (connected: Connected): void =>
    pool.connect((error, client, release) => {
      const watched = client && (Object.create(client) as PoolClient);
      if (watched)
        watched.query = (async (query: { readonly name?: string }, answered: never) => {
          if (query.name === name) await work();
          void client.query(query as never, answered);
        }) as unknown as PoolClient["query"];
      connected(error, watched, release);
    });
  sneaky.connect = connect as Pool["connect"];
  return sneaky;
}

/** Waits until a backend waits for a lock. @returns its process id */
async function waitForLock(pool: Pool): Promise<number> {
  for (;;) {
    const { rows } = await pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1`,
    );
    if (rows[0]) return rows[0].pid;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
