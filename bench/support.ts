import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "pg";
import { startEmbeddedPostgres } from "../models/postgres/embedded.ts";
import { migrate } from "../models/postgres/migrate.ts";
import { createPool } from "../models/postgres/pool.ts";

export interface BenchDatabase {
  readonly url: string;
  readonly pool: Pool;
  readonly description: string;
  close(): Promise<void>;
}

/** A durable (fsync on) PostgreSQL of the benchmark's own, in a temporary directory. */
export async function openBenchDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), "qa-bench-"));
  const server = await startEmbeddedPostgres({ dataDir });
  const pool = createPool(server.url, {
    max: 20,
    applicationName: "bench",
    onError: () => undefined,
  });
  await migrate(pool);
  const settings = await pool.query<{ name: string; setting: string }>(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'server_version')",
  );
  return {
    url: server.url,
    pool,
    description: settings.rows.map((row) => `${row.name}=${row.setting}`).join(" "),
    close: async () => {
      await pool.end();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** @param samples any order; sorted in place */
export function percentile(samples: number[], p: number): number {
  samples.sort((a, b) => a - b);
  const at = Math.min(samples.length - 1, Math.ceil((p / 100) * samples.length) - 1);
  return samples[Math.max(0, at)] ?? Number.NaN;
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
