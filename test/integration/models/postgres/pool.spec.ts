import { createPool } from "../../../../models/postgres/pool.ts";
import { CommitOutcomeUnknown, inTransaction } from "../../../../models/postgres/transaction.ts";
import { withDatabase } from "../../../support/database.ts";

describe("values from a pool", () => {
  const database = withDatabase();
  const value = async (expression: string) => {
    const { rows } = await database.pool.query<{ value: unknown }>(`SELECT ${expression} AS value`);
    return rows[0]?.value;
  };

  it.each<[string, unknown]>([
    ["9007199254740991::int8", 9007199254740991],
    ["count(*)", 1],
    ["0.10::numeric", "0.10"],
    ["'2024-02-29T12:34:56.789Z'::timestamptz", Date.UTC(2024, 1, 29, 12, 34, 56, 789)],
    ["'-infinity'::timestamptz", -Infinity],
    ["'2024-02-29'::date", "2024-02-29"],
    ["'2024-02-29 12:00'::timestamp", "2024-02-29 12:00:00"],
    ["'{\"a\":[1]}'::jsonb", { a: [1] }],
    ["0.1::float8", 0.1],
    ["ARRAY[1, NULL]::int8[]", [1, null]],
    ["ARRAY[[0.10, 1e30]]::numeric[]", [["0.10", "1000000000000000000000000000000"]]],
    ["ARRAY['1970-01-01T00:00:01Z']::timestamptz[]", [1000]],
    ["NULL::int8", null],
    ["current_setting('timezone')", "UTC"],
  ])("%s arrives as %j", async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  it("refuse an int8 that a number cannot hold", async () => {
    await expect(value("9007199254740992::int8")).rejects.toThrow(RangeError);
    await expect(value("1")).resolves.toBe(1);
  });
});

describe("a pool", () => {
  const database = withDatabase();

  it("outlives the loss of a connection that is lent out, and tells of it once", async () => {
    const errors: Error[] = [];
    const pool = createPool(database.url, {
      max: 1,
      applicationName: "victim",
      onError: (error) => errors.push(error),
    });
    const client = await pool.connect();
    const ended = new Promise((resolve) => client.once("end", resolve));
    await database.pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'",
    );
    await ended;
    client.release();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
    expect(errors.map(({ message }) => message)).toEqual([
      "terminating connection due to administrator command",
    ]);
  });
});

describe("a transaction", () => {
  const database = withDatabase();

  beforeAll(async () => {
    await database.pool.query(`
      CREATE TABLE note (n int PRIMARY KEY);
      CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
      CREATE TABLE fatal (n int);
      CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON fatal DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION end_session()`);
  });

  const notes = async () => {
    const { rows } = await database.pool.query<{ n: number }>("SELECT n FROM note ORDER BY n");
    return rows.map(({ n }) => n);
  };

  it("is committed when its work returns, and hands on what that returned", async () => {
    const result = await inTransaction(database.pool, async (client) => {
      await client.query("INSERT INTO note VALUES (1)");
      return "done";
    });
    expect(result).toBe("done");
    expect(await notes()).toContain(1);
  });

  it("is rolled back when its work throws, with the work's own error", async () => {
    const work = inTransaction(database.pool, async (client) => {
      await client.query("INSERT INTO note VALUES (2)");
      throw new Error("second thoughts");
    });
    await expect(work).rejects.toThrow("second thoughts");
    expect(await notes()).not.toContain(2);
  });

  it("does not pass for committed when its work swallowed an error", async () => {
    const work = inTransaction(database.pool, async (client) => {
      await client.query("INSERT INTO note VALUES (3)");
      await client.query("nonsense").catch(() => undefined);
    });
    await expect(work).rejects.toThrow("its error was swallowed");
    expect(await notes()).not.toContain(3);
  });

  it("says that its outcome is unknown when the connection is lost during the commit", async () => {
    const work = inTransaction(database.pool, (client) =>
      client.query("INSERT INTO fatal VALUES (1)"),
    );
    await expect(work).rejects.toBeInstanceOf(CommitOutcomeUnknown);
    expect(await notes()).toBeDefined();
  });

  it("gives its connection back, however it ends", async () => {
    for (let round = 0; round < 20; round++)
      await inTransaction(database.pool, (client) => client.query("nonsense")).catch(
        () => undefined,
      );
    expect(database.pool.waitingCount).toBe(0);
    expect(database.pool.idleCount).toBe(database.pool.totalCount);
  });
});
