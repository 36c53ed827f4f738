import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { migrate } from "../../../../models/postgres/migrate.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { type TestDatabase, createEmptyDatabase } from "../../../support/database.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../../support/temporary.ts";

describe("migrations", () => {
  let database: TestDatabase;
  let directory: TemporaryDirectory;

  beforeEach(async () => {
    [database, directory] = await Promise.all([createEmptyDatabase(), temporaryDirectory()]);
  });

  afterEach(async () => {
    await Promise.all([database.drop(), directory.remove()]);
  });

  const write = (name: string, sql: string) => writeFile(join(directory.path, name), sql);
  const run = () => migrate(database.pool, directory.path);
  const tables = async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  };

  it("are applied in order and once", async () => {
    await write("0001-one.sql", "CREATE TABLE one (n int); CREATE TABLE other ();");
    await write("0002-two.sql", "INSERT INTO one VALUES (1);");
    expect(await run()).toEqual({ applied: ["0001-one.sql", "0002-two.sql"], version: 2 });
    await write("0004-four.sql", "INSERT INTO one VALUES (4);");
    expect(await run()).toEqual({ applied: ["0004-four.sql"], version: 4 });
    expect(await run()).toEqual({ applied: [], version: 4 });
    expect((await database.pool.query("SELECT n FROM one ORDER BY n")).rows).toEqual([
      { n: 1 },
      { n: 4 },
    ]);
  });

  it("are applied once by processes that start at the same time", async () => {
    await write("0001-one.sql", "CREATE TABLE one (n int); SELECT pg_sleep(0.05);");
    await write("0002-two.sql", "INSERT INTO one VALUES (1);");
    const pools = [1, 2, 3].map((index) =>
      createPool(database.url, {
        max: 1,
        applicationName: `node ${index}`,
        onError: () => undefined,
      }),
    );
    const reports = await Promise.all(pools.map((pool) => migrate(pool, directory.path)));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(reports.flatMap(({ applied }) => applied)).toEqual(["0001-one.sql", "0002-two.sql"]);
    expect(reports.map(({ version }) => version)).toEqual([2, 2, 2]);
  });

  it("leave nothing of one that fails, name its line, and keep those before it", async () => {
    await write("0001-one.sql", "CREATE TABLE one ();");
    await write("0002-two.sql", "CREATE TABLE two ();\n\nSELECT nonsense;");
    await write("0003-three.sql", "CREATE TABLE three ();");
    await expect(run()).rejects.toThrow(
      'migration 0002-two.sql failed at line 3: column "nonsense" does not exist',
    );
    expect(await tables()).toEqual(["one", "schema_migration"]);
    await write("0002-two.sql", "CREATE TABLE two ();");
    expect((await run()).applied).toEqual(["0002-two.sql", "0003-three.sql"]);
  });

  it("give their lock back when they fail", async () => {
    await write("0001-one.sql", "nonsense");
    await expect(run()).rejects.toThrow("at line 1: syntax error");
    await expect(run()).rejects.toThrow("at line 1: syntax error");
  });

  it("refuse an applied one that was edited", async () => {
    await write("0001-one.sql", "CREATE TABLE one ();");
    await run();
    await write("0001-one.sql", "CREATE TABLE one (n int);");
    await expect(run()).rejects.toThrow("migration 0001-one.sql was edited after it was applied");
  });

  it("refuse a database that is newer than the code", async () => {
    await write("0001-one.sql", "");
    await write("0002-two.sql", "");
    await run();
    await rm(join(directory.path, "0002-two.sql"));
    await expect(run()).rejects.toThrow(
      "the database is newer than this code: it has migration 0002-two.sql, and the newest here is 1",
    );
  });

  it("refuse to end their own transaction", async () => {
    await write("0001-one.sql", "CREATE TABLE one (); COMMIT;");
    await expect(run()).rejects.toThrow("0001-one.sql ended its transaction");
  });

  it("of the product are all applied to a fresh database", async () => {
    const { applied, version } = await migrate(database.pool);
    expect(applied.length).toBeGreaterThan(0);
    expect(Number.parseInt(applied.at(-1) ?? "", 10)).toBe(version);
  });
});
