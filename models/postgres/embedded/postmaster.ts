import { readFile, readlink, rename, rm, link } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { errorCode } from "../error-code.ts";
import { isAlive } from "./run.ts";

/** What a running server writes about itself into postmaster.pid. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

/**
 * The server that runs on the cluster in `directory`, if one does. A file that a crash left behind is disregarded; one
 * whose process id now belongs to some other program (small ids come back quickly in containers) is removed, because
 * PostgreSQL would take that program for a server and refuse to start.
 */
export async function findPostmaster(directory: string): Promise<Postmaster | undefined> {
  const file = join(directory, "postmaster.pid");
  const text = await readIfThere(file);
  const postmaster = text === undefined ? undefined : parsePidFile(text);
  if (text === undefined || !postmaster || !isAlive(postmaster.pid)) return undefined;
  if (await servesElsewhere(postmaster.pid, directory)) {
    await removeExactly(file, text);
    return undefined;
  }
  return postmaster;
}

/** Lines: pid, data directory, start time, port, socket directory, listen address, shared memory, status. */
function parsePidFile(text: string): Postmaster | undefined {
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3]), isReady: lines[7]?.trim() === "ready" };
}

/** True only when it is certain; where /proc is missing or closed to us PostgreSQL's own check has to do. */
async function servesElsewhere(pid: number, directory: string): Promise<boolean> {
  // The server's working directory is its data directory from its first moment to its last, and the dead have none.
  const cwd = await workingDirectory(pid);
  return cwd !== "unknown" && cwd !== directory;
}

async function workingDirectory(pid: number): Promise<string> {
  try {
    return await readlink(`/proc/${pid}/cwd`);
  } catch (error) {
    const isDead = errorCode(error) === "ENOENT" && pid !== process.pid && (await hasProc());
    return isDead ? "none" : "unknown";
  }
}

async function hasProc(): Promise<boolean> {
  return (await workingDirectory(process.pid)) !== "unknown";
}

/** Removes `file` if it still holds `text`: a server may have replaced it since it was read. */
async function removeExactly(file: string, text: string): Promise<void> {
  const aside = `${file}.${randomBytes(4).toString("hex")}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  // link never replaces, so a newer file is left alone.
  if ((await readIfThere(aside)) !== text) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
