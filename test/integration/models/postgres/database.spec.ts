import { serverInfo } from "../../../../models/postgres/server-info.ts";
import { createTestDatabase, withDatabase } from "../../../support/database.ts";

describe("a test's own database", () => {
  const database = withDatabase();

  it("is migrated", async () => {
    const { rows } = await database.pool.query("SELECT name FROM schema_migration");
    expect(rows).toContainEqual({ name: "0001-journal.sql" });
  });

  it("is seen by nobody else", async () => {
    await database.pool.query("CREATE TABLE mine ()");
    const other = await createTestDatabase();
    const { rows } = await other.pool.query("SELECT to_regclass('mine') AS mine");
    await other.drop();
    expect(rows).toEqual([{ mine: null }]);
  });

  it("is gone when dropped", async () => {
    const other = await createTestDatabase();
    await other.drop();
    const { rows } = await database.pool.query("SELECT FROM pg_database WHERE datname = $1", [
      new URL(other.url).pathname.slice(1),
    ]);
    expect(rows).toEqual([]);
  });

  it("tells which server it is on", async () => {
    const info = await serverInfo(database.pool);
    expect(info.version).toMatch(/^\d+\.\d+$/);
    expect(info.database).toBe(new URL(database.url).pathname.slice(1));
    expect(info.maxConnections).toBeGreaterThanOrEqual(100);
    // Neither the packaged PostgreSQL nor Debian's has the extension; with one that has, this says so.
    expect(typeof info.hasTimescale).toBe("boolean");
  });
});
