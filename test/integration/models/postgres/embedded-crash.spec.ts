import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../../../models/postgres/embedded.ts";
import { createPool } from "../../../../models/postgres/pool.ts";
import {
  postmasterPid,
  serverProcesses,
  spawnEmbedded,
  startEmbeddedProcess,
  until,
} from "../../../support/embedded.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../../../support/temporary.ts";

// What is promised here rests on Linux's parent-death signal and /proc.
const onLinux = process.platform === "linux" ? describe : describe.skip;

onLinux("the embedded PostgreSQL when processes are killed", () => {
  let directory: TemporaryDirectory;
  let dataDir: string;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    dataDir = directory.path;
  });

  afterEach(async () => {
    await directory.remove();
  });

  it("ends with the process that started it, even by SIGKILL", async () => {
    const { child } = await startEmbeddedProcess({ dataDir });
    expect(serverProcesses(dataDir)).toContain(postmasterPid(dataDir));
    child.kill("SIGKILL");
    await until("no process of the server is left", () => serverProcesses(dataDir).length === 0);
  });

  it("is started anew by another process as soon as its owner was killed", async () => {
    const { child } = await startEmbeddedProcess({ dataDir });
    child.kill("SIGKILL");
    await once(child, "exit");
    const next = await startEmbeddedPostgres({ dataDir });
    // It may have met the old server in its last moment; that one is gone in the end.
    await next.stop();
    await until("no process of the server is left", () => serverProcesses(dataDir).length === 0);
    expect(next.version).toMatch(/^18\./);
  });

  it("starts after a first start that was killed in the middle of making the cluster", async () => {
    const child = spawnEmbedded({ dataDir });
    await until("the cluster is being made", () => readdirSync(dataDir).some(isDraft));
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(existsSync(join(dataDir, "cluster"))).toBe(false);
    const postgres = await startEmbeddedPostgres({ dataDir });
    await postgres.stop();
    expect(readdirSync(dataDir)).toEqual(["cluster"]);
  });

  it("has every acknowledged row after SIGKILL of all its processes", async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    const acknowledged = await writeUntilKilled(first.url, dataDir);
    await first.stop();

    const second = await startEmbeddedPostgres({ dataDir });
    const pool = createPool(second.url, { max: 1, applicationName: "test", onError: ignore });
    const { rows } = await pool.query<{ n: number }>("SELECT n FROM written");
    await pool.end();
    await second.stop();
    const found = new Set(rows.map(({ n }) => n));
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(acknowledged.filter((n) => !found.has(n))).toEqual([]);
  });
});

const ignore = () => undefined;
const isDraft = (name: string) => name.startsWith("cluster.new-") && !name.endsWith(".password");

/** Four writers, each row a commit of its own; all of the server is killed after 200 acknowledgements. */
async function writeUntilKilled(url: string, dataDir: string): Promise<readonly number[]> {
  const pool = createPool(url, { max: 4, applicationName: "test", onError: ignore });
  await pool.query("CREATE TABLE written (n int PRIMARY KEY)");
  const acknowledged: number[] = [];
  let next = 0;
  let isKilled = false;
  const write = async () => {
    while (!isKilled) {
      const n = next++;
      await pool.query("INSERT INTO written VALUES ($1)", [n]);
      acknowledged.push(n);
      if (acknowledged.length < 200 || isKilled) continue;
      isKilled = true;
      for (const pid of serverProcesses(dataDir)) process.kill(pid, "SIGKILL");
    }
  };
  await Promise.allSettled([write(), write(), write(), write()]);
  await pool.end().catch(ignore);
  return acknowledged;
}
