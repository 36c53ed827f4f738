import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT =
  process.env["SHARED_DATA"] ?? resolve(import.meta.dirname, "../../../../../shared/data");

/** The path of a file of recorded market data that stands beside the repository and is read in place. */
export function sharedFile(name: string): string {
  return join(ROOT, "market", name);
}

/** Runs the suite where the files are there, and says by name what was skipped where they are not. */
export function describeWith(files: readonly string[], name: string, suite: () => void): void {
  const absent = files.filter((file) => !existsSync(sharedFile(file)));
  if (absent.length === 0) return describe(name, suite);
  console.warn(`SKIPPED "${name}": no ${absent.join(", ")} under ${ROOT} (set SHARED_DATA)`);
  return describe.skip(name, suite);
}
