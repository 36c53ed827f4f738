import type { Algorithm, FitJob } from "../../../../../domain/ai/learning/algorithm.ts";
import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { systemClock } from "../../../../../mixins/clock.ts";
import type { ComputeOptions, ComputeTask } from "../../../../../mixins/compute/compute.ts";
import { ComputePool } from "../../../../../mixins/compute/pool.ts";
import { Metrics } from "../../../../../mixins/metrics.ts";
import { ALGORITHMS } from "../../../../../services/ai/runtimes/index.ts";
import type * as worker from "../../../../fixtures/ai/brain.worker.ts";
import { cut, jobOf, rowsOf, sampleOf } from "../../../domain/ai/algorithms/samples.ts";

const MODULE = new URL("../../../../fixtures/ai/brain.worker.ts", import.meta.url);
const pool = new ComputePool(systemClock, new Metrics(), { threads: 1, graceMs: 20_000 });
afterAll(() => pool.stop());

function task<N extends keyof typeof worker>(
  name: N,
): ComputeTask<Parameters<(typeof worker)[N]>[0], ReturnType<(typeof worker)[N]>> {
  return { module: MODULE, name };
}

function algorithmOf(name: string): Algorithm {
  const algorithm = ALGORITHMS.get(name);
  if (algorithm === undefined) throw new Error(`no ${name}`);
  return algorithm;
}

const KINDS = [
  ["brainNetwork", "NeuralNetwork"],
  ["brainLstm", "LSTMTimeStep"],
  ["brainGru", "GRUTimeStep"],
] as const;
const NAMES = KINDS.map(([name]) => name);
const WINDOW = 5;

/** A wave and noise; beside it a column that is noise alone. The label is what comes next, times 1,000. */
function waves(rows: number, seed: number): LabelledSample {
  const random = RandomStream.of(seed, 0);
  const values = Array.from(
    { length: rows + 1 },
    (_, i) => Math.sin(i / 4) + 0.1 * random.normal(),
  );
  return sampleOf(
    values.slice(1).map((value) => 1_000 * value),
    { x: values.slice(0, rows).map((value) => [value, random.normal()]) },
  );
}

const SAMPLE = waves(400, 2);
const TRAIN = rowsOf(20, 300);

function parametersOf(name: string, epochs = 3, learningRate = 0.005) {
  const common = { hidden: [6], learningRate, epochs, patience: 100 };
  return name === "brainNetwork"
    ? { ...common, activation: "sigmoid" }
    : { ...common, window: WINDOW };
}

function fit(
  name: string,
  over: Partial<FitJob> = {},
  options: ComputeOptions = {},
): Promise<Json> {
  const { run: _, ...job } = jobOf(over.sample ?? SAMPLE, over.train ?? TRAIN, {
    parameters: parametersOf(name),
    ...over,
  });
  return pool.run(task("fit"), { algorithm: name, job }, options);
}

test("brain.js is loaded by nothing but a fit", async () => {
  expect(await pool.run(task("isLoaded"), undefined)).toBe(false);
  algorithmOf("brainLstm").predictor(await fit("brainLstm"));
  expect(await pool.run(task("isLoaded"), undefined)).toBe(true);
});

test("its networks for GPUs, and those that forget nothing, are not offered", () => {
  const offered = [...ALGORITHMS.keys()].filter((name) => name.startsWith("brain"));
  expect(offered).toEqual(["brainNetwork", "brainLstm", "brainGru"]);
});

describe.each(NAMES)("%s", (name) => {
  test("learns what a wave does next, in the units of the label", async () => {
    const parameters = parametersOf(name, 25);
    const said = algorithmOf(name)
      .predictor(await fit(name, { parameters }))
      .predict(SAMPLE, rowsOf(300, 400));
    const { x, y } = SAMPLE;
    const squares = [...said].map((value, i) => (value - (y[300 + i] ?? 0)) ** 2);
    const persistence = [...said].map(
      (_, i) => (1_000 * (x.data[2 * (300 + i)] ?? 0) - (y[300 + i] ?? 0)) ** 2,
    );
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(sum(squares)).toBeLessThan(1.3 * sum(persistence));
  });

  test("says a probability of classes", async () => {
    const sample = { ...SAMPLE, y: SAMPLE.y.map((value) => (value > 0 ? 1 : 0)) };
    const parameters = parametersOf(name, 15);
    const fitted = await fit(name, { sample, parameters, objective: "binary" });
    const said = algorithmOf(name).predictor(fitted).predict(sample, rowsOf(300, 400));
    expect(said.every((p) => p > 0 && p < 1)).toBe(true);
    const right = [...said].filter((p, i) => p > 0.5 === (sample.y[300 + i] === 1)).length;
    expect(right).toBeGreaterThan(80);
  });

  test("gives the same bytes for the same seed and other ones for another, and leaves Math.random as it was", async () => {
    const [one, again, other] = [await fit(name), await fit(name), await fit(name, { seed: 2 })];
    expect(JSON.stringify(again)).toBe(JSON.stringify(one));
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(one));
    expect(await pool.run(task("isRandomOwn"), undefined)).toBe(true);
  });

  test("is never fitted on the main thread", () => {
    const job = jobOf(SAMPLE, TRAIN, { parameters: parametersOf(name) });
    const before = Math.random;
    expect(() => algorithmOf(name).fit(job)).toThrow("in a thread of its own only");
    expect(Math.random).toBe(before);
  });

  test.each([Number.NaN, Infinity])(
    "refuses a row with %d, which brain.js would learn without a word",
    async (poison) => {
      const data = SAMPLE.x.data.with(2 * 77, poison);
      const sample = { ...SAMPLE, x: { ...SAMPLE.x, data } };
      await expect(fit(name, { sample })).rejects.toMatchObject({
        name: "FitRefused",
        code: "NOT_FINITE",
      });
    },
  );

  test("refuses a label that is no number, and one that never changes", async () => {
    await expect(
      fit(name, { sample: { ...SAMPLE, y: SAMPLE.y.with(77, Number.NaN) } }),
    ).rejects.toMatchObject({ code: "NOT_FINITE" });
    await expect(
      fit(name, { sample: { ...SAMPLE, y: new Float64Array(400).fill(3) } }),
    ).rejects.toMatchObject({ code: "CONSTANT_TARGET" });
  });

  test("a label far beyond all others does not break it", async () => {
    const sample = { ...SAMPLE, y: SAMPLE.y.with(77, 1e9) };
    const said = algorithmOf(name)
      .predictor(await fit(name, { sample }))
      .predict(sample, rowsOf(300, 400));
    expect(said.every((value) => Number.isFinite(value))).toBe(true);
  });

  test("ends between two rows when it is not wanted any more, and the thread goes on", async () => {
    const controller = new AbortController();
    const parameters = parametersOf(name, 1_000);
    const fitting = fit(
      name,
      { parameters },
      { signal: controller.signal, onProgress: () => controller.abort(new Error("enough")) },
    );
    await expect(fitting).rejects.toThrow("enough");
    expect(await pool.run(task("isRandomOwn"), undefined)).toBe(true);
    await expect(fit(name)).resolves.toBeDefined();
  });

  test("ends at its deadline, which brain.js's recurrent networks would not see", async () => {
    const parameters = parametersOf(name, 1_000);
    await expect(fit(name, { parameters }, { deadlineMs: 30 })).rejects.toThrow(
      "longer than 30 ms",
    );
    await expect(fit(name)).resolves.toBeDefined();
  });

  test("heeds rows of weight, and none of those without", async () => {
    // Every other row says the opposite, and counts for nothing.
    const y = SAMPLE.y.map((value, row) => (row % 2 === 0 ? value : -value));
    const weights = SAMPLE.y.map((_, row) => (row % 2 === 0 ? 1 : 0));
    const parameters = parametersOf(name, 40);
    const fitted = await fit(name, { sample: { ...SAMPLE, y }, weights, parameters });
    const said = algorithmOf(name).predictor(fitted).predict(SAMPLE, rowsOf(300, 400));
    const agreeing = [...said].filter((value, i) => value > 0 === (SAMPLE.y[300 + i] ?? 0) > 0);
    expect(agreeing.length).toBeGreaterThan(80);
  });

  test("says so when it diverges", async () => {
    const data = SAMPLE.x.data.map((value) => value * 1e300);
    const sample = { ...SAMPLE, x: { ...SAMPLE.x, data } };
    for (const valid of [new Int32Array(), rowsOf(300, 350)])
      await expect(fit(name, { sample, valid })).rejects.toMatchObject({ code: "DIVERGED" });
  });

  test("keeps the epoch that did best on the stopping rows", async () => {
    const random = RandomStream.of(8, 0);
    const sample = { ...SAMPLE, y: SAMPLE.y.map(() => random.normal()) };
    const loss = (fitted: Json) =>
      algorithmOf(name)
        .predictor(fitted)
        .predict(sample, rowsOf(300, 400))
        .reduce((sum, value, i) => sum + (value - (sample.y[300 + i] ?? 0)) ** 2, 0);
    const parameters = parametersOf(name, 20, 0.05);
    const train = rowsOf(20, 80);
    const last = await fit(name, { sample, train, parameters });
    const best = await fit(name, { sample, train, parameters, valid: rowsOf(300, 400) });
    expect(loss(best)).toBeLessThanOrEqual(loss(last));
  });

  test("refuses rows of another width, and what is no network of its kind", async () => {
    const fitted = await fit(name);
    const narrow = sampleOf(new Float64Array(20), { x: Array.from({ length: 20 }, () => [1]) });
    expect(() => algorithmOf(name).predictor(fitted).predict(narrow, rowsOf(10, 11))).toThrow(
      "expected 2 features",
    );
    for (const broken of [
      null,
      {},
      { ...Object(fitted), inputs: 3 },
      { ...Object(fitted), layers: [], hiddenLayers: [] },
    ])
      expect(() => algorithmOf(name).predictor(broken)).toThrow(RangeError);
  });
});

describe.each(["brainLstm", "brainGru"])("%s", (name) => {
  test("says nothing of a row whose window is not whole, and nothing that a later row could change", async () => {
    const predictor = algorithmOf(name).predictor(await fit(name));
    const symbol = SAMPLE.symbol.map((_, row) => (row < 200 ? 0 : 1));
    const data = SAMPLE.x.data.with(2 * 300, Number.NaN);
    const sample = { ...SAMPLE, symbol, x: { ...SAMPLE.x, data } };
    const said = predictor.predict(sample, Int32Array.of(3, 4, 203, 204, 300, 304, 305));
    expect([...said].map((value) => Number.isNaN(value))).toEqual([
      true,
      false,
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(algorithmOf(name).lookback({ window: WINDOW })).toBe(4);
    const alone = predictor.predict(cut(SAMPLE, 296, 301), Int32Array.of(4));
    expect(alone).toEqual(predictor.predict(SAMPLE, Int32Array.of(300)));
    const later = { ...SAMPLE, x: { ...SAMPLE.x, data: SAMPLE.x.data.with(2 * 301, 9) } };
    expect(predictor.predict(later, Int32Array.of(300))).toEqual(
      predictor.predict(SAMPLE, Int32Array.of(300)),
    );
  });
});

test.each(["brainLstm", "brainGru"])("%s without a hidden layer is refused", async (name) => {
  const parameters = { ...parametersOf(name), hidden: [] };
  expect(algorithmOf(name).check?.(parameters)).toEqual([
    { path: "parameters.hidden", message: "must have at least one element" },
  ]);
  await expect(fit(name, { parameters })).rejects.toMatchObject({ code: "PARAMETERS" });
});

describe("our way to run a network", () => {
  test.each(KINDS)("says what brain.js says: %s", async (name, kind) => {
    const fitted = await fit(name);
    // sound: `fit` gives objects
    const fields = fitted as { readonly [field: string]: Json };
    const rows = rowsOf(300, 330);
    const row = (at: number) => Float32Array.from(SAMPLE.x.data.subarray(2 * at, 2 * at + 2));
    const isDense = name === "brainNetwork";
    const theirs = await pool.run(task("runBrain"), {
      kind,
      json: isDense
        ? {
            sizes: [2, 6, 1],
            layers: [{ weights: [], biases: [] }, ...listOf(fields["layers"])],
            trainOpts: { activation: "sigmoid", timeout: "Infinity" },
            options: {},
          }
        : // Its `run` ends with a step on as many zeros as there are outputs, which has to fit the inputs.
          { ...fields, options: { inputSize: 2, hiddenLayers: [6], outputSize: 2 } },
      inputs: Array.from(rows, (at) =>
        isDense ? row(at) : Array.from({ length: WINDOW }, (_, i) => row(at - WINDOW + 1 + i)),
      ),
    });
    // Read as outputs: labels of centre 0.5 and span 0.5 are the outputs themselves.
    const plain = { ...fields, centre: 0.5, span: 0.5 };
    const ours = algorithmOf(name).predictor(plain).predict(SAMPLE, rows);
    for (const [i, value] of ours.entries())
      expect(value).toBeCloseTo(theirs[i] ?? Number.NaN, isDense ? 12 : 6);
  });
});

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
