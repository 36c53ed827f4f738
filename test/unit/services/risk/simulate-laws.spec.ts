import { monitorEventLoopDelay } from "node:perf_hooks";
import { inputOf, type Recipe } from "../../../../domain/risk/simulation/recipe.ts";
import { simulated } from "../../../../domain/risk/simulation/value-at-risk.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import { ComputePool } from "../../../../mixins/compute/pool.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import { simulate } from "../../../../services/risk/simulate.ts";

const history = Array.from({ length: 5 }, (_, i) =>
  Array.from({ length: 80 }, (__, t) => 0.01 * Math.sin(t * (1.3 + i)) + 0.002 * Math.cos(t)),
);

const recipeOf = (name: Recipe["distribution"]["name"], more: Partial<Recipe> = {}): Recipe => ({
  exposures: [0.1, 0.2, 0.3, 0.2, 0.2],
  wealth: 1,
  paths: 20_000,
  seed: 17,
  sampling: "random",
  isMatched: false,
  confidences: [0.95, 0.99],
  hasComponents: true,
  data: { kind: "history", columns: history },
  distribution: {
    name,
    nu: 4,
    marginals: "empirical",
    blocks: { kind: "stationary", length: 5 },
  },
  drift: "sample",
  horizonDays: 3,
  steps: 3,
  ...more,
});

const pools: ComputePool[] = [];

function threads(count: number) {
  const pool = new ComputePool(systemClock, new Metrics(), { threads: count });
  pools.push(pool);
  return { compute: pool };
}

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.stop()));
});

/** Numbers as they are, to the last bit. */
const bytesOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    ArrayBuffer.isView(one)
      ? Array.from(one as Float64Array)
      : typeof one === "number" && Object.is(one, -0)
        ? "-0"
        : one,
  );

describe("a simulation in threads", () => {
  const one = threads(1);
  const two = threads(2);
  const three = threads(3);

  test.each([
    ["normal", {}],
    ["studentT", { sampling: "sobol" }],
    ["gbm", { sampling: "antithetic" }],
    ["studentTCopula", {}],
    ["bootstrap", {}],
  ] as const)(
    "of %s comes to the same bytes with one, two and three of them",
    async (name, more) => {
      const recipe = recipeOf(name, more);
      const here = bytesOf(simulated(inputOf(recipe)));
      for (const node of [one, two, three])
        expect(bytesOf(await simulate(node, recipe))).toBe(here);
    },
  );

  test("tells how far it is, and ends when it is not wanted any more", async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const running = simulate(two, recipeOf("gbm", { paths: 500_000, steps: 100 }), {
      signal: controller.signal,
      onProgress: (progress) => {
        told.push(progress);
        if (progress > 0) controller.abort(new Error("enough"));
      },
    });
    await expect(running).rejects.toThrow("enough");
    expect(told.every((progress) => progress >= 0 && progress < 1)).toBe(true);
    await expect(simulate(two, recipeOf("normal"))).resolves.toMatchObject({ paths: 20_000 });
  });

  test("throws what does not fit as a RangeError, from any of them", async () => {
    const recipe = recipeOf("normal", { exposures: [1] });
    for (const node of [one, two]) await expect(simulate(node, recipe)).rejects.toThrow(RangeError);
  });

  test("leaves the event loop alone", async () => {
    const recipe = recipeOf("studentT", { paths: 200_000 });
    await simulate(one, recipe);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const startMs = performance.now();
    await simulate(one, recipe);
    const tookMs = performance.now() - startMs;
    delay.disable();
    // In this thread it would be one delay as long as all of it; the margin is for a machine that does other things.
    expect(delay.max / 1e6).toBeLessThan(Math.max(100, tookMs / 2));
    expect(delay.percentile(99) / 1e6).toBeLessThan(60);
  });
});
