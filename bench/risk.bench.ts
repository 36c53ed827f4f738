import { monitorEventLoopDelay } from "node:perf_hooks";
import { cholesky } from "../domain/numeric/cholesky.ts";
import { matrixOf, toRows } from "../domain/numeric/matrix.ts";
import { RandomStream } from "../domain/numeric/random.ts";
import { inputOf, type Recipe } from "../domain/risk/simulation/recipe.ts";
import { simulated } from "../domain/risk/simulation/value-at-risk.ts";
import { systemClock } from "../mixins/clock.ts";
import { ComputePool } from "../mixins/compute/pool.ts";
import { Metrics } from "../mixins/metrics.ts";
import { simulate } from "../services/risk/simulate.ts";
import { historicalOverHttp } from "./risk/historical.ts";
import { askNumPy, type Rounds } from "./risk/numpy.ts";
import { orderCheck } from "./risk/order-check.ts";
import { plainValueAtRisk } from "./risk/plain.ts";
import type { BenchReport } from "./run.ts";
import { percentile, round } from "./support.ts";

const CONFIDENCE = 0.99;

/**
 * Value at risk by simulation, all assets of a normal book told apart, beside NumPy doing the same in the same run; the
 * historical one of a large book over HTTP; and what the limits add to the check before an order. The best of several rounds
 * counts on either side, since what else a machine does only ever adds to one.
 */
export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  const [assets, paths, rounds] = isQuick ? [20, 20_000, 3] : [100, 100_000, 9];
  const recipe = recipeOf(assets, paths);
  const ours = await timeOurs(recipe, rounds);
  const check = orderCheck(isQuick ? 2_000 : 20_000);
  const historical = await historicalOverHttp(isQuick);
  const reference = referenceOf(recipe, rounds);
  console.log(
    `${assets} assets × ${paths} paths: ${ours.oneThreadMs} ms in one thread, ${ours.twoThreadsMs} in two; reference ${reference.matrixMs}`,
  );
  return {
    name: "risk",
    figures: { assets, paths, ...ours, orderCheck: check, historical },
    reference,
    // One thread of ours beside all of NumPy's: the harder of the two comparisons.
    ratio: round(reference.matrixMs / ours.oneThreadMs),
  };
}

/** A book whose covariance is that of a few common factors and of what is each asset's own. */
function recipeOf(assets: number, paths: number): Recipe {
  const random = RandomStream.of(7, 7);
  const loadings = Array.from({ length: assets }, () =>
    Array.from({ length: 5 }, () => 0.005 * random.normal()),
  );
  const covariance = loadings.map((a, i) =>
    loadings.map((b, j) =>
      a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), i === j ? 0.0001 : 0),
    ),
  );
  return {
    exposures: Array.from({ length: assets }, () => 1 / assets),
    wealth: 1,
    paths,
    seed: 1,
    sampling: "random",
    isMatched: false,
    confidences: [CONFIDENCE],
    hasComponents: true,
    data: { kind: "moments", mean: covariance.map(() => 0), covariance },
    distribution: {
      name: "normal",
      nu: 5,
      marginals: "normal",
      blocks: { kind: "moving", length: 1 },
    },
    drift: "zero",
    horizonDays: 1,
    steps: 1,
  };
}

async function timeOurs(recipe: Recipe, rounds: number) {
  const linear = { ...recipe, hasComponents: false };
  const cpu = process.cpuUsage();
  const oneThreadMs = await best(rounds, () => void simulated(inputOf(recipe)));
  const { user, system } = process.cpuUsage(cpu);
  const linearMs = await best(rounds, () => void simulated(inputOf(linear)));
  const pool = new ComputePool(systemClock, new Metrics(), { threads: 2 });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const work = () => simulate({ compute: pool }, recipe);
  await work();
  delay.enable();
  const twoThreadsMs = await best(rounds, work);
  delay.disable();
  await pool.stop();
  return {
    oneThreadMs,
    oneThreadCpuMs: round((user + system) / 1_000 / rounds),
    twoThreadsMs,
    oneFactorMs: linearMs,
    loopP99Ms: round(delay.percentile(99) / 1e6),
  };
}

async function best(rounds: number, work: () => unknown): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const startMs = performance.now();
    await work();
    samples.push(performance.now() - startMs);
  }
  return round(Math.min(...samples));
}

function referenceOf(recipe: Recipe, rounds: number) {
  if (recipe.data.kind !== "moments") throw new Error("expected a covariance");
  const lower = cholesky(matrixOf(recipe.data.covariance));
  if (lower === null) throw new Error("expected a covariance that is positive definite");
  const { exposures: weights, paths } = recipe;
  const question = { lower: toRows(lower), weights, paths, rounds, confidence: CONFIDENCE };
  const [all, one] = [askNumPy(question), askNumPy(question, 1)];
  if (all !== null && one !== null)
    return {
      of: `NumPy ${all.version}, standard_normal((n, k)) @ L.T @ w with the means of the tail`,
      matrixMs: least(all.matrix),
      matrixMedianMs: median(all.matrix),
      matrixCpuMs: round(Math.min(...all.matrix.cpuMs)),
      matrixOneThreadMs: least(one.matrix),
      linearMs: least(all.linear),
      valueAtRisk: all.valueAtRisk,
    };
  console.log("REFERENCE ABSENT: python3 has no numpy here; a plain program stands in for it");
  const startMs = performance.now();
  const valueAtRisk = plainValueAtRisk(lower, Float64Array.from(weights), paths, CONFIDENCE);
  const matrixMs = round(performance.now() - startMs);
  return { of: "a plain program: NumPy is absent", matrixMs, valueAtRisk };
}

const least = ({ wallMs }: Rounds): number => round(Math.min(...wallMs));
const median = ({ wallMs }: Rounds): number => round(percentile([...wallMs], 50));
