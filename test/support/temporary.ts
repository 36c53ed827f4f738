import { mkdtemp, readdir, realpath, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "../../models/postgres/embedded/run.ts";

const PREFIX = "quantumalpha-test-";
const MEMORY = "/dev/shm";

export interface TemporaryDirectory {
  readonly path: string;
  readonly remove: () => Promise<void>;
}

/**
 * A directory of this process's own; those that killed runs left behind are removed on the way. It is in memory where
 * there is plenty: a database is some 600 files, and making one takes 50 ms there instead of the 300 ms of a disk.
 */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  return makeDirectory((await freeBytes(MEMORY)) > 2 ** 31 ? MEMORY : tmpdir());
}

/** The same on disk: memory may be closed to programs. */
export function directoryForPrograms(): Promise<TemporaryDirectory> {
  return makeDirectory(tmpdir());
}

async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    // Only Linux has it.
    return 0;
  }
}

async function makeDirectory(parentPath: string): Promise<TemporaryDirectory> {
  const parent = await realpath(parentPath);
  await removeAbandoned(parent);
  const path = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number.parseInt(name.slice(PREFIX.length), 10);
    // Another run may clean up at the same time, and another user's leftovers are not ours to remove.
    if (!isAlive(pid))
      await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
