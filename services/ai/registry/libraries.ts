import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

// sound: package.json has a version and dependencies
const manifest = createRequire(import.meta.url)("../../../package.json") as {
  readonly version: string;
  readonly dependencies: { readonly [name: string]: string };
};

/** Which libraries compute, by what the algorithm's name or its parameters mention. All else is our own code. */
const USED: readonly { readonly mention: string; readonly libraries: readonly string[] }[] = [
  { mention: "brain", libraries: ["brain.js", "gpu.js"] },
  { mention: "onnx", libraries: ["onnxruntime-node"] },
];

/** What an artefact depends on beside its lineage: the engine, whose Math is not the same in all versions, and libraries. */
export function librariesOf(definition: {
  readonly algorithm: string;
  readonly parameters: unknown;
}): { readonly [name: string]: string } {
  const text = `${definition.algorithm} ${JSON.stringify(definition.parameters)}`;
  const used = USED.filter(({ mention }) => text.includes(mention)).flatMap((one) => one.libraries);
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    ...Object.fromEntries(used.map((name) => [name, manifest.dependencies[name] ?? "unknown"])),
  };
}

const ROOT = resolve(import.meta.dirname, "../../..");
/** What an artefact's bytes can depend on. */
const COMPUTING = [
  "domain/ai",
  "domain/features",
  "domain/market",
  "domain/numeric",
  "domain/risk/volatility",
  "services/ai/runtimes",
  "services/data/matrix",
];

/**
 * The version of this product, and of the code that makes data sets and models: `0.1.0+` and the first 12 digits of the sha256 of its
 * files, which changes when one of them does. Read once, when it is first asked for.
 */
export function codeVersion(): string {
  made ??= `${manifest.version}+${hashOfSources().slice(0, 12)}`;
  return made;
}

let made: string | undefined;

function hashOfSources(): string {
  const hash = createHash("sha256");
  for (const folder of COMPUTING)
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .toSorted())
      hash.update(`${folder}/${name}\n`).update(readFileSync(join(ROOT, folder, name)));
  return hash.digest("hex");
}
