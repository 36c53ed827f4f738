import { createHash } from "node:crypto";
import { boosting } from "../../domain/ai/algorithms/boosting/boosting.ts";
import { treeFrom } from "../../domain/ai/algorithms/boosting/forest.ts";
import { Fields } from "../../domain/ai/algorithms/fitted.ts";
import { readParameters } from "../../domain/ai/learning/read-parameters.ts";
import type { LabelledSample } from "../../domain/ai/learning/sample.ts";
import { FORMAT, toBytes } from "../../domain/ai/model/artifact.ts";
import { openArtifact } from "../../domain/ai/model/serve.ts";
import type { Json } from "../../domain/shared/json.ts";
import { systemClock } from "../../mixins/clock.ts";
import type { ComputeTask } from "../../mixins/compute/compute.ts";
import { ComputePool } from "../../mixins/compute/pool.ts";
import { Metrics } from "../../mixins/metrics.ts";
import { OnnxRuntime } from "../../services/ai/onnx/onnx-runtime.ts";
import { ALGORITHMS } from "../../services/ai/runtimes/index.ts";
import type { PredictedRows, PredictInput } from "../../services/ai/serving/predict.worker.ts";
import { nonlinearSet } from "../../test/support/nonlinear-set.ts";
import { treesFile, type TreeNode } from "../../test/support/onnx-file.ts";
import { percentile, round } from "../support.ts";
import { range } from "./boosting.ts";

const COLUMNS = 20;
const BATCH = 1_000;

const PREDICT: ComputeTask<PredictInput, PredictedRows> = {
  module: new URL("../../services/ai/serving/predict.worker.ts", import.meta.url),
  name: "predictRows",
};

/** How long one row and a thousand take by the same trees: here, in a thread, and in the process of ONNX Runtime. */
export async function measureLatency(isQuick: boolean) {
  const rounds = isQuick ? 50 : 200;
  const asked = isQuick ? 50 : 500;
  const { sample } = nonlinearSet(8_000, COLUMNS, 7);
  const fitted = fit(sample, rounds);
  const bytes = artifactOf(fitted);
  const model = openArtifact(bytes, ALGORITHMS);
  const [one, many] = [Int32Array.of(5), range(0, BATCH)];
  const inProcess = {
    oneRowUs: await micros(20 * asked, () => model.predict(sample, one)),
    thousandRowsUs: await micros(asked / 5, () => model.predict(sample, many)),
  };
  return {
    trees: rounds,
    depth: 6,
    inProcess,
    pooled: await pooled(bytes, sample, asked, [one, many]),
    onnx: await byOnnx(fitted, sample, asked, [one, many]),
  };
}

function fit(sample: LabelledSample, rounds: number): Json {
  const read = readParameters(boosting.parameters, { rounds, depth: 6, patience: 0 });
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  return boosting.fit({
    sample,
    train: range(0, sample.x.rows),
    valid: new Int32Array(),
    objective: "squared",
    parameters: read.parameters,
    seed: 1,
    run: { report: () => undefined, isCancelled: false },
  });
}

function artifactOf(fitted: Json): Uint8Array<ArrayBuffer> {
  const ones = Array.from({ length: COLUMNS }, () => 1);
  return toBytes({
    format: FORMAT,
    algorithm: "boosting",
    definition: {
      kind: "regressor",
      algorithm: "boosting",
      symbols: ["SPX"],
      timeframe: "1d",
      features: ones.map((_, i) => `returns_${i + 1}`),
      target: { kind: "return", horizon: 1 },
      parameters: {},
      adjust: "none",
    },
    parameters: {},
    scaling: "none",
    acceptsMissing: true,
    scaler: { mean: ones.map(() => 0), factor: ones },
    fitted,
    finishing: { calibration: { kind: "none" }, factor: 1, band: null, range: null, novelty: null },
  });
}

async function pooled(
  bytes: Uint8Array<ArrayBuffer>,
  sample: LabelledSample,
  asked: number,
  [one, many]: readonly [Int32Array, Int32Array],
) {
  const pool = new ComputePool(systemClock, new Metrics(), { threads: 1 });
  const ask = (rows: Int32Array) => {
    // As a server does: of the sample no more than the rows go to the thread.
    const { part, at } = partOf(sample, rows);
    return pool.run(PREDICT, { sha256: "bench", bytes, sample: part, rows: at });
  };
  try {
    return {
      oneRowUs: await micros(asked, () => ask(one)),
      thousandRowsUs: await micros(asked / 5, () => ask(many)),
    };
  } finally {
    await pool.stop();
  }
}

function partOf(sample: LabelledSample, rows: Int32Array) {
  const from = rows[0] ?? 0;
  const to = from + rows.length;
  const { columns, data } = sample.x;
  const part = {
    x: { rows: rows.length, columns, data: data.slice(from * columns, to * columns) },
    symbol: sample.symbol.slice(from, to),
    closeMs: sample.closeMs.slice(from, to),
    logReturn: sample.logReturn.slice(from, to),
    variance: sample.variance.slice(from, to),
  };
  return { part, at: range(0, rows.length) };
}

/** @throws Error when it says something else than our own trees */
async function byOnnx(
  fitted: Json,
  sample: LabelledSample,
  asked: number,
  [one, many]: readonly [Int32Array, Int32Array],
) {
  const { x } = sample;
  const fields = new Fields(fitted, "fitted");
  const file = treesFile(fields.objects("trees").map(nodesOf), COLUMNS);
  const sha256 = createHash("sha256").update(file).digest("hex");
  const runtime = new OnnxRuntime(systemClock, new Metrics());
  const ask = (rows: Int32Array) =>
    runtime.run(
      { sha256, bytes: () => Promise.resolve(file.slice()) },
      {
        input: "x",
        output: "y",
        batch: null,
        values: Float32Array.from(x.data.subarray(0, rows.length * COLUMNS)),
        columns: COLUMNS,
      },
    );
  try {
    const { values } = await ask(many);
    checkAlike(values, boosting.predictor(fitted).predict(sample, many), fields);
    return {
      oneRowUs: await micros(asked, () => ask(one)),
      thousandRowsUs: await micros(asked / 5, () => ask(many)),
    };
  } finally {
    await runtime.stop();
  }
}

/** Its thresholds and features are float32: a row at a threshold may go the other way. */
function checkAlike(theirs: Float64Array, ours: Float64Array, fitted: Fields): void {
  const [base, scale] = [fitted.number("base"), fitted.number("scale")];
  const apart = ours.filter((y, i) => Math.abs(y - base - scale * (theirs[i] ?? 0)) > 1e-4);
  if (apart.length > ours.length / 100)
    throw new Error(`expected ONNX Runtime to say the same, found ${apart.length} rows apart`);
}

function nodesOf(tree: Fields): readonly TreeNode[] {
  const { feature, value, right } = treeFrom(tree);
  return feature.map((column, i) =>
    column < 0
      ? { leaf: value[i] ?? 0 }
      : { feature: column, below: value[i] ?? 0, left: i + 1, right: right[i] ?? 0 },
  );
}

async function micros(times: number, work: () => unknown) {
  for (let i = 0; i < Math.min(times, 50); i += 1) await work();
  const samples: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const startMs = performance.now();
    await work();
    samples.push(1_000 * (performance.now() - startMs));
  }
  return { p50: round(percentile(samples, 50)), p99: round(percentile(samples, 99)) };
}
