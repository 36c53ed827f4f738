import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const DIRECTORY = fileURLToPath(new URL(".", import.meta.url));
const INSTALL_MS = 180_000;

/**
 * Installs what the peers need, unless it is there in the versions that the lock file names.
 * @returns null, or why it could not be done
 */
export async function installPeers(): Promise<string | null> {
  if (await isInstalled()) return null;
  console.log("installing the peers: npm ci in bench/peers");
  const failure = await npmCi();
  if (failure !== null) return failure;
  return (await isInstalled()) ? null : "npm ci in bench/peers left something out";
}

/** Whether npm put this package there; it leaves out an optional one that does not serve the platform. */
export function isThere(name: string): boolean {
  return existsSync(`${DIRECTORY}node_modules/${name}/package.json`);
}

/** @returns the version by name, of the packages that the benchmark imports */
export async function peerVersions(): Promise<Readonly<Record<string, string>>> {
  const { dependencies = {}, optionalDependencies = {} } = await readPackage("package.json");
  return { ...dependencies, ...optionalDependencies };
}

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly version?: string;
}

async function isInstalled(): Promise<boolean> {
  const { dependencies = {} } = await readPackage("package.json");
  const found = await Promise.all(
    Object.entries(dependencies).map(async ([name, version]) => {
      if (!isThere(name)) return false;
      return (await readPackage(`node_modules/${name}/package.json`)).version === version;
    }),
  );
  return found.every(Boolean);
}

async function readPackage(path: string): Promise<PackageFile> {
  // sound: npm keeps it in this form
  return JSON.parse(await readFile(DIRECTORY + path, "utf8")) as PackageFile;
}

/** None of the packages needs its install script to be used here. */
function npmCi(): Promise<string | null> {
  const child = spawn("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: DIRECTORY,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: INSTALL_MS,
    shell: process.platform === "win32",
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code) =>
      resolve(code === 0 ? null : `npm ci ended with ${code}: ${firstError(errors)}`),
    );
  });
}

function firstError(errors: string): string {
  return errors.split("\n").find((line) => line.startsWith("npm error")) ?? "no reason given";
}
