import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../../models/postgres/embedded.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import { startEmbeddedProcess, stopEmbeddedProcess } from "../../../support/embedded.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../../support/temporary.ts";

// Each cluster costs a second to make, so tests that leave it as it is share one.
describe("the embedded PostgreSQL", () => {
  let directory: TemporaryDirectory;
  let dataDir: string;
  let postgres: EmbeddedPostgres;

  beforeAll(async () => {
    process.env["PGPORT"] = "1";
    process.env["PGDATA"] = "/nowhere";
    directory = await temporaryDirectory();
    dataDir = join(directory.path, "does", "not", "exist", "yet");
    const settings = { idle_in_transaction_session_timeout: "7s" };
    postgres = await startEmbeddedPostgres({ dataDir, settings });
  });

  afterAll(async () => {
    await postgres.stop();
    await directory.remove();
    delete process.env["PGPORT"];
    delete process.env["PGDATA"];
  });

  it("starts on a directory that was not there, whatever PG* variables say", async () => {
    expect(postgres.isAttached).toBe(false);
    expect(postgres.version).toMatch(/^18\./);
    expect(
      await ask(postgres.url, "SELECT current_database() || '@' || current_user AS answer"),
    ).toBe("quantumalpha@quantumalpha");
  });

  it("attaches when it runs already, and then stops nothing", async () => {
    const second = await startEmbeddedPostgres({ dataDir });
    expect(second).toMatchObject({
      isAttached: true,
      url: postgres.url,
      version: postgres.version,
    });
    await second.stop();
    expect(await ask(postgres.url, "SELECT 1 AS answer")).toBe(1);
  });

  it("keeps its password where only its owner can read it", async () => {
    const file = join(dataDir, "cluster", "superuser.password");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(postgres.url).toContain((await readFile(file, "utf8")).trim());
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  it("lets nobody in without the password", async () => {
    const wrong = new URL(postgres.url);
    wrong.password = "wrong";
    await expect(ask(wrong.toString(), "SELECT 1")).rejects.toMatchObject({ code: "28P01" });
  });

  it.each([
    ["idle_in_transaction_session_timeout", "7s"],
    ["synchronous_commit", "on"],
    ["fsync", "on"],
    ["listen_addresses", "127.0.0.1"],
    ["data_checksums", "on"],
    ["server_encoding", "UTF8"],
  ])("runs with %s = %s", async (name, value) => {
    expect(await ask(postgres.url, `SELECT current_setting('${name}') AS answer`)).toBe(value);
  });
});

describe("an embedded PostgreSQL that is started again", () => {
  let directory: TemporaryDirectory;
  let dataDir: string;
  const started: EmbeddedPostgres[] = [];

  const start = async (settings: Record<string, string> = {}) => {
    const postgres = await startEmbeddedPostgres({ dataDir, settings });
    started.push(postgres);
    return postgres;
  };

  beforeAll(async () => {
    directory = await temporaryDirectory();
    dataDir = directory.path;
  });

  afterEach(async () => {
    for (const postgres of started.splice(0)) await postgres.stop();
  });

  afterAll(async () => {
    await directory.remove();
  });

  it("redoes a first start that was killed before the cluster was complete", async () => {
    // No process can have this id: Linux ends at 2^22.
    const abandoned = join(dataDir, "cluster.new-99999999-abcd");
    await mkdir(abandoned, { recursive: true });
    await writeFile(join(abandoned, "PG_VERSION"), "18\n");
    await start();
    expect(await readdir(dataDir)).toEqual(["cluster"]);
  });

  it("keeps what was written, and may be stopped twice", async () => {
    const first = await start();
    await ask(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    await Promise.all([first.stop(), first.stop()]);
    await first.stop();
    const second = await start();
    expect(await ask(second.url, "SELECT answer FROM kept")).toBe(42);
  });

  it("repeats what PostgreSQL said when it cannot start", async () => {
    await expect(start({ shared_buffers: "a lot" })).rejects.toThrow(
      /could not start on [^]*invalid value for parameter "shared_buffers"/,
    );
  });

  it("starts although the file of a crashed server names a process that is now another's", async () => {
    const lines = [process.pid, join(dataDir, "cluster"), 0, 1, "", "127.0.0.1", "", "ready", ""];
    await writeFile(join(dataDir, "cluster", "postmaster.pid"), lines.join("\n"));
    expect((await start()).isAttached).toBe(false);
  });
});

describe("an embedded PostgreSQL that many processes start at once on a fresh directory", () => {
  it("is started by one of them, and the others attach", async () => {
    const { path: dataDir, remove } = await temporaryDirectory();
    const processes = await Promise.all([1, 2, 3].map(() => startEmbeddedProcess({ dataDir })));
    expect(processes.filter(({ isAttached }) => !isAttached)).toHaveLength(1);
    expect(new Set(processes.map(({ url }) => url)).size).toBe(1);
    expect(await readdir(dataDir)).toEqual(["cluster"]);
    await Promise.all(processes.map(stopEmbeddedProcess));
    await remove();
  });
});

async function ask(url: string, sql: string): Promise<unknown> {
  const pool = createPool(url, { max: 1, applicationName: "test", onError: () => undefined });
  try {
    const { rows } = await pool.query<{ answer?: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await pool.end();
  }
}
