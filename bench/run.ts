import { readdirSync } from "node:fs";
import { join } from "node:path";

/** `npm run bench -- NAME [--quick]`: runs bench/NAME.bench.ts, whose last line of output is one JSON object. */
const [name = "", ...rest] = process.argv.slice(2);
const directory = import.meta.dirname;
const names = readdirSync(directory)
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.replace(".bench.ts", ""));

if (!names.includes(name)) {
  console.error(`usage: npm run bench -- NAME [--quick]\nbenchmarks: ${names.join(", ")}`);
  process.exit(2);
}

export interface BenchReport {
  readonly name: string;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly reference: Readonly<Record<string, unknown>>;
  readonly ratio: number;
}

interface Benchmark {
  run(options: { readonly isQuick: boolean }): Promise<BenchReport>;
}

// sound: every file of that name exports `run`
const benchmark = (await import(join(directory, `${name}.bench.ts`))) as Benchmark;
console.log(JSON.stringify(await benchmark.run({ isQuick: rest.includes("--quick") })));
process.exit(0);
