import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { simulate } from "../test/simulation/simulate.ts";
import type { Result } from "../test/simulation/simulate.ts";
import { MUTATIONS } from "../test/simulation/store/database.ts";
import type { Mutation } from "../test/simulation/store/database.ts";

/**
 * `node scripts/sim.ts --seeds N [--seed S]`: runs the deterministic simulator on N seeds from S on and fails when one of
 * them breaks an invariant. `--seed S` alone replays that seed; with `--trace` it prints each step. `--without CHECK` takes a
 * safeguard out, to see it missed. The last line is a JSON object that sums up.
 */
const BATCH = 20;
/** So many failures say enough. */
const FAILURES_MAX = 20;

interface Batch {
  readonly seeds: readonly number[];
  readonly mutation: Mutation | null;
}

function work(): void {
  parentPort?.on("message", (batch: Batch) => void runBatch(batch));
}

async function runBatch({ seeds, mutation }: Batch): Promise<void> {
  const results: Result[] = [];
  for (const seed of seeds) {
    try {
      results.push(await simulate(seed, mutation ? { mutation } : {}));
    } catch (error) {
      throw new Error(`seed ${seed} could not be run to its end`, { cause: error });
    }
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
  parentPort?.postMessage(results);
}

/** Seeds are dealt in small batches, so that no worker ends long before the others. */
function runSeeds(seeds: number[], mutation: Mutation | null, workers: number): Promise<Result[]> {
  const results: Result[] = [];
  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url));
      const deal = (): void => {
        const isEnough = results.filter(isBroken).length >= FAILURES_MAX;
        const batch: Batch = { seeds: isEnough ? [] : seeds.splice(0, BATCH), mutation };
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin
        if (batch.seeds.length > 0) worker.postMessage(batch);
        else void worker.terminate().then(() => resolve());
      };
      worker.on("error", reject);
      worker.on("message", (done: readonly Result[]) => {
        results.push(...done);
        for (const result of done.filter(isBroken)) tellFailure(result, mutation);
        deal();
      });
      deal();
    });
  return Promise.all(Array.from({ length: workers }, runOne)).then(() => results);
}

function isBroken({ violations }: Result): boolean {
  return violations.length > 0;
}

function tellFailure({ seed, violations }: Result, mutation: Mutation | null): void {
  const without = mutation === null ? "" : ` --without "${mutation}"`;
  console.log(
    `seed ${seed} fails; replay it with: npm run sim -- --seed ${seed} --trace${without}`,
  );
  for (const { invariant, atMs, text } of violations.slice(0, 2))
    console.log(`  ${(atMs / 1_000).toFixed(3)} s: ${invariant}: ${text.slice(0, 400)}`);
}

function sum(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const each of counts)
    for (const [key, count] of Object.entries(each)) total[key] = (total[key] ?? 0) + count;
  return total;
}

function summary(results: readonly Result[], seconds: number): object {
  const bySeed = results.toSorted((a, b) => a.seed - b.seed);
  const digests = createHash("sha256");
  for (const { digest } of bySeed) digests.update(digest);
  return {
    seeds: results.length,
    events: results.reduce((total, { events }) => total + events, 0),
    simulatedSeconds: Math.round(results.reduce((ms, r) => ms + r.simulatedMs, 0) / 1_000),
    faults: sum(results.map(({ faults }) => faults)),
    checks: sum(results.map(({ checks }) => checks)),
    violations: results.reduce((total, { violations }) => total + violations.length, 0),
    failedSeeds: bySeed.filter(isBroken).map(({ seed }) => seed),
    digest: digests.digest("hex").slice(0, 16),
    seconds: Math.round(seconds * 10) / 10,
    seedsPerSecond: Math.round((results.length / seconds) * 10) / 10,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      seed: { type: "string" },
      workers: { type: "string" },
      without: { type: "string" },
      trace: { type: "boolean" },
    },
  });
  const first = Number(values.seed ?? 1);
  const count = Number(values.seeds ?? (values.seed === undefined ? 100 : 1));
  const workers = Number(values.workers ?? Math.min(2, availableParallelism()));
  const mutation = MUTATIONS.find((name) => name === values.without) ?? null;
  const isUsable = [first, count, workers].every(Number.isSafeInteger) && count > 0 && workers > 0;
  if (!isUsable || (values.without !== undefined && mutation === null)) {
    console.error(`usage: npm run sim -- --seeds N [--seed S] [--workers W] [--trace]`);
    console.error(`       --without one of: ${MUTATIONS.join(", ")}`);
    process.exit(2);
  }
  const startMs = performance.now();
  const seeds = Array.from({ length: count }, (_, i) => first + i);
  const isReplay = values.trace === true;
  const results = isReplay
    ? await replay(seeds, mutation)
    : await runSeeds(seeds, mutation, Math.min(workers, Math.ceil(count / BATCH)));
  console.log(JSON.stringify(summary(results, (performance.now() - startMs) / 1_000)));
  process.exitCode = results.some(isBroken) ? 1 : 0;
}

async function replay(seeds: readonly number[], mutation: Mutation | null): Promise<Result[]> {
  const results: Result[] = [];
  for (const seed of seeds) {
    const print = (line: string): void => console.log(line);
    const result = await simulate(seed, { print, ...(mutation && { mutation }) });
    if (isBroken(result)) tellFailure(result, mutation);
    results.push(result);
  }
  return results;
}

if (isMainThread) await main();
else work();
