import { setImmediate } from "node:timers/promises";
import { CopyOut } from "../../../../models/postgres/copy-out.ts";
import { withDatabase } from "../../../support/database.ts";

describe("what COPY sends", () => {
  const database = withDatabase();

  /** All of it, as text. @param pause between two chunks */
  async function read(select: string, pause = () => Promise.resolve()): Promise<string> {
    const client = await database.pool.connect();
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of client.query(new CopyOut(`COPY (${select}) TO STDOUT`))) {
        chunks.push(Buffer.from(chunk));
        await pause();
      }
      const { rows } = await client.query<{ one: number }>("SELECT 1 AS one");
      expect(rows).toEqual([{ one: 1 }]);
      return Buffer.concat(chunks).toString();
    } finally {
      client.release(true);
    }
  }

  it("comes whole and in order, however slowly it is read, and leaves the connection free", async () => {
    const expected = Array.from({ length: 300_000 }, (_, i) => `${i + 1}\n`).join("");
    const select = "SELECT generate_series(1, 300000)";
    expect(await read(select)).toBe(expected);
    expect(await read(select, () => setImmediate())).toBe(expected);
  });

  it("may be nothing, or a row that is longer than a chunk", async () => {
    expect(await read("SELECT 1 WHERE false")).toBe("");
    expect(await read("SELECT repeat('x', 200000) UNION ALL SELECT 'y'")).toBe(
      `${"x".repeat(200_000)}\ny\n`,
    );
  });

  it("ends with what the database says when it fails half-way, or is refused", async () => {
    const failing = "SELECT 10 / (100000 - g) FROM generate_series(1, 200000) AS g";
    await expect(read(failing)).rejects.toThrow("division by zero");
    await expect(read("SELECT nothing")).rejects.toThrow('column "nothing" does not exist');
  });

  it("may be left before its end, when the connection is closed", async () => {
    const client = await database.pool.connect();
    for await (const chunk of client.query(
      new CopyOut("COPY (SELECT generate_series(1, 1000000)) TO STDOUT"),
    )) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    client.release(true);
    expect(await read("SELECT 2")).toBe("2\n");
  });
});
