import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** One step of the database's history, as its file has it. */
export interface Migration {
  readonly number: number;
  /** The file's name, "0001-journal.sql". */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the text with \n line ends, in hex. */
  readonly checksum: string;
}

/** A step that a database has taken. */
export interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

const NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/**
 * The migrations in `directory`, in order.
 * @throws when a .sql file is not called NNNN-name.sql, or two share a number
 */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".sql")).toSorted();
  const migrations = await Promise.all(names.map((name) => readMigration(directory, name)));
  migrations.forEach((migration, index) => {
    const previous = migrations[index - 1];
    if (previous?.number === migration.number)
      throw new Error(`two migrations share a number: ${previous.name} and ${migration.name}`);
  });
  return migrations;
}

async function readMigration(directory: string, name: string): Promise<Migration> {
  const number = NAME.exec(name)?.[1];
  if (number === undefined)
    throw new Error(
      `migration ${name} in ${directory}: expected a name like 0001-what-it-does.sql`,
    );
  // Git may check files out with other line ends; that is no edit.
  const sql = (await readFile(join(directory, name), "utf8")).replaceAll("\r\n", "\n");
  return { number: Number(number), name, sql, checksum: checksumOf(sql) };
}

function checksumOf(sql: string): string {
  return createHash("sha256").update(sql).digest("hex");
}

/**
 * What is still to be applied, oldest first. History is never rewritten, so anything but new files after the last
 * applied one is refused.
 * @param applied in ascending order
 * @throws when an applied migration was edited, renamed or removed, when one was added before the last applied one,
 *         and when the database is newer than the code
 */
export function pendingMigrations(
  migrations: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  const byNumber = new Map(migrations.map((migration) => [migration.number, migration]));
  const newest = migrations.at(-1)?.number ?? 0;
  for (const step of applied) checkUnchanged(step, byNumber.get(step.number), newest);
  const last = applied.at(-1);
  const known = new Set(applied.map(({ number }) => number));
  const pending = migrations.filter(({ number }) => !known.has(number));
  const [first] = pending;
  if (first && last && first.number < last.number)
    throw new Error(
      `migration ${first.name} is new but comes before ${last.name}, which is applied already: give it a later number`,
    );
  return pending;
}

function checkUnchanged(step: AppliedMigration, file: Migration | undefined, newest: number): void {
  if (step.number > newest)
    throw new Error(
      `the database is newer than this code: it has migration ${step.name}, and the newest here is ${newest}`,
    );
  if (!file)
    throw new Error(`migration ${step.name} is applied to the database but its file is gone`);
  if (file.name !== step.name)
    throw new Error(
      `migration ${step.name} is applied to the database; its file is now ${file.name}`,
    );
  if (file.checksum !== step.checksum)
    throw new Error(
      `migration ${step.name} was edited after it was applied: expected checksum ${step.checksum}, ` +
        `found ${file.checksum}; undo the edit and write a new migration`,
    );
}
