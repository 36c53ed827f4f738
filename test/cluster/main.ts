/**
 * `npm run test:cluster`: real processes, real faults. Its last line is one JSON object; its exit code says whether everything
 * that must hold did.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Options, type Part, USAGE, readOptions } from "./options.ts";
import { runFaults } from "./parts/fault-run.ts";
import { runJoin } from "./parts/join.ts";
import { runNatsDown } from "./parts/nats-down.ts";
import { runRolling } from "./parts/rolling.ts";
import { runTakeovers } from "./parts/takeover.ts";
import { runStock } from "./stock/run-stock.ts";

interface Result {
  readonly isGood: boolean;
  /** why it did not come to its end */
  readonly error?: string;
}

const RUNS: Readonly<Record<Part, (options: Options) => Promise<Result>>> = {
  faults: runFaults,
  takeover: runTakeovers,
  rolling: runRolling,
  join: runJoin,
  "nats-down": runNatsDown,
  stock: runStock,
};

/** Whatever hangs: a run that nobody watches ends. */
const PART_MS = 40 * 60_000;

async function main(options: Options): Promise<void> {
  options.cleanup.atSignals();
  const { seed, nodes, parts } = options;
  console.log(`seed ${seed}, ${nodes} nodes, ${parts.join(", ")}`);
  const results: Record<string, Result> = {};
  for (const part of parts) {
    console.log(`\n== ${part}`);
    results[part] = await run(part, options);
  }
  await options.cleanup.run();
  const isGood = Object.values(results).every((result) => result.isGood);
  console.log(JSON.stringify({ isGood, seed, nodes, ...results }));
  process.exit(isGood ? 0 : 1);
}

async function run(part: Part, options: Options): Promise<Result> {
  try {
    return await Promise.race([RUNS[part](options), tooLong(part)]);
  } catch (error) {
    console.error(error);
    return { isGood: false, error: String(error) };
  }
}

async function tooLong(part: Part): Promise<never> {
  await sleep(PART_MS, null, { ref: false });
  throw new Error(`${part} did not end within ${PART_MS / 60_000} min`);
}

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

await main(optionsOrExit());
