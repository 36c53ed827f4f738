import { spawn } from "node:child_process";
import { chown, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * How the server's programs are run: as whom, and through which wrapper. PostgreSQL refuses to run as root, and must
 * not outlive the process that started it.
 */
export interface RunAs {
  /** Programs that precede the real one on the command line. */
  readonly prefix: readonly string[];
  readonly identity?: Identity;
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

// "nobody", who owns nothing else. The number is the same on every Linux.
const NOBODY: Identity = { uid: 65534, gid: 65534 };

// The kernel signals the server when the thread that spawned it ends, even by SIGKILL: no orphan. A change of user
// clears that signal, so this wrapper comes after any such change.
const DIE_WITH_PARENT = ["setpriv", "--pdeathsig", "INT", "--"];

// Inside this namespace root is called nobody, which contents PostgreSQL, while its files stay root's own and paths
// that only root may walk stay open to it. Without --fork the process id is the server's, so it can be signalled.
const NAMELESS_ROOT = [
  "unshare",
  "-U",
  `--map-user=${NOBODY.uid}`,
  `--map-group=${NOBODY.gid}`,
  "--",
];

/**
 * Chooses how to run the server on `dataDir`, which exists. An ordinary user runs it as himself. Root runs it as the
 * directory's owner; when that is root, as root inside a user namespace of its own; and where such namespaces are
 * forbidden, as nobody, to whom the directory is then given.
 */
export async function chooseRunAs(dataDir: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return dieWithParent();
  const { uid, gid } = await stat(dataDir);
  if (uid !== 0) return dieWithParent({ uid, gid });
  const prefix = [...NAMELESS_ROOT, ...DIE_WITH_PARENT];
  if (await works({ prefix })) return { prefix };
  return runAsNobody(dataDir);
}

/** Runs as nobody, who becomes the owner of `dataDir` and all in it. */
export async function runAsNobody(dataDir: string): Promise<RunAs> {
  await chown(dataDir, NOBODY.uid, NOBODY.gid);
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink())
      await chown(join(entry.parentPath, entry.name), NOBODY.uid, NOBODY.gid);
  return dieWithParent(NOBODY);
}

/** Gives `path` to the user the server runs as, when that is not the present one. */
export async function handOver(path: string, { identity }: RunAs): Promise<void> {
  if (identity) await chown(path, identity.uid, identity.gid);
}

async function dieWithParent(identity?: Identity): Promise<RunAs> {
  const plain = { prefix: [], ...(identity && { identity }) };
  const wrapped = { ...plain, prefix: DIE_WITH_PARENT };
  return (await works(wrapped)) ? wrapped : plain;
}

const probes = new Map<string, Promise<boolean>>();

/** Whether programs can be run this way here; each way is tried once. */
function works(runAs: RunAs): Promise<boolean> {
  const key = JSON.stringify(runAs);
  const known = probes.get(key) ?? probe(runAs);
  probes.set(key, known);
  return known;
}

function probe({ prefix, identity }: RunAs): Promise<boolean> {
  const [command, ...rest] = [...prefix, "true"] as const;
  return new Promise((resolve) => {
    spawn(command, rest, { ...identity, cwd: "/", stdio: "ignore", windowsHide: true })
      .once("error", () => {
        resolve(false);
      })
      .once("exit", (code) => {
        resolve(code === 0);
      });
  });
}
