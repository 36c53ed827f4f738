import type { LabelledSample } from "../../../domain/ai/learning/sample.ts";
import { measured, metricsFor } from "../../../domain/ai/metrics/metrics.ts";
import { targetSpace } from "../../../domain/ai/model/definition.ts";
import type { Prediction } from "../../../domain/ai/model/prediction.ts";
import type { OpenModel } from "../../../domain/ai/model/serve.ts";
import type { Clock } from "../../../mixins/clock.ts";
import type { ImportedView } from "../../../mixins/rest/routes/model-import.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { OnnxPlan } from "../onnx/artifact.ts";
import { onnxPredictions, onnxRaw } from "../onnx/onnx-model.ts";
import type { OnnxFile, OnnxRuntime } from "../onnx/onnx-runtime.ts";
import { invalid } from "./plan.ts";

/** Bounds how long an import takes. */
const ROWS_MAX = 10_000;
const BATCH = 1_000;
const SINGLE_ROWS = 11;

/** What is tried, and by what. */
export interface Candidate {
  readonly runtime: OnnxRuntime;
  readonly file: OnnxFile;
  readonly plan: OnnxPlan;
  readonly model: OpenModel;
}

/**
 * A model on real rows, as it would be asked.
 * @throws RestError 422 when it answers none of them, or says what cannot be
 */
export async function trialOf(
  candidate: Candidate,
  sample: LabelledSample,
  clock: Clock,
): Promise<ImportedView["trial"]> {
  const rows = newestRows(sample);
  const beganMs = clock.monotonicMs();
  const { raw, predictions } = await askAll(candidate, sample, rows);
  const perRow = (clock.monotonicMs() - beganMs) / rows.length;
  checkOutputs(candidate, raw, predictions);
  const values = predictions.flatMap((one) => shown(one) ?? []);
  return {
    rows: rows.length,
    ...rangeOf(sample, rows),
    predicted: values.length,
    unanswered: reasonsOf(predictions),
    outputs: {
      min: values.reduce((a, b) => Math.min(a, b), Infinity),
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      max: values.reduce((a, b) => Math.max(a, b), -Infinity),
    },
    latencyMs: { oneRow: await oneRowMs(candidate, sample, rows, clock), perRow },
    ...scoredOf(candidate, sample, rows, predictions),
  };
}

/** By their close, whatever their symbol. */
function newestRows({ closeMs }: LabelledSample): Int32Array {
  const byTime = Int32Array.from(closeMs.keys()).toSorted(
    (a, b) => (closeMs[a] ?? 0) - (closeMs[b] ?? 0) || a - b,
  );
  return byTime.slice(-ROWS_MAX).toSorted();
}

async function askAll(
  { runtime, file, plan, model }: Candidate,
  sample: LabelledSample,
  rows: Int32Array,
): Promise<{ readonly raw: readonly number[]; readonly predictions: readonly Prediction[] }> {
  const raw: number[] = [];
  const predictions: Prediction[] = [];
  for (let at = 0; at < rows.length; at += BATCH) {
    const part = rows.slice(at, at + BATCH);
    const found = await onnxRaw(runtime, file, plan, model, { sample, rows: part });
    raw.push(...found);
    predictions.push(...model.finish(found, sample, part));
  }
  return { raw, predictions };
}

function checkOutputs(
  { plan, model }: Candidate,
  raw: readonly number[],
  predictions: readonly Prediction[],
): void {
  const isClassifier = model.content.definition.kind === "classifier";
  const wrong = raw.find((value) => value < 0 || value > 1);
  if (isClassifier && wrong !== undefined)
    throw invalid(
      "output",
      `${plan.output} gives ${wrong}, which is no probability; of log-odds say transform: sigmoid`,
    );
  if (predictions.some(({ isGiven }) => isGiven)) return;
  const [first] = predictions;
  const why = first === undefined || first.isGiven ? "" : `: ${first.message}`;
  throw invalid("file", `the model answers none of ${predictions.length} rows${why}`);
}

function shown(prediction: Prediction): number | null {
  return prediction.isGiven ? (prediction.probability ?? prediction.value) : null;
}

function reasonsOf(predictions: readonly Prediction[]): { readonly [reason: string]: number } {
  const counts: { [reason: string]: number } = {};
  for (const prediction of predictions)
    if (!prediction.isGiven) counts[prediction.reason] = (counts[prediction.reason] ?? 0) + 1;
  return counts;
}

function rangeOf({ closeMs }: LabelledSample, rows: Int32Array) {
  const times = Array.from(rows, (row) => closeMs[row] ?? 0);
  const first = times.reduce((a, b) => Math.min(a, b), Infinity);
  const last = times.reduce((a, b) => Math.max(a, b), -Infinity);
  return { start: isoTime(first), end: isoTime(last) };
}

async function oneRowMs(
  { runtime, file, plan, model }: Candidate,
  sample: LabelledSample,
  rows: Int32Array,
  clock: Clock,
): Promise<number> {
  const took: number[] = [];
  for (const row of rows.slice(-SINGLE_ROWS)) {
    const beganMs = clock.monotonicMs();
    await onnxPredictions(runtime, file, plan, model, { sample, rows: Int32Array.of(row) });
    took.push(clock.monotonicMs() - beganMs);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
}

/** Beside the simplest guess: the base rate, or the mean, of the same rows. */
function scoredOf(
  { model }: Candidate,
  { y }: LabelledSample,
  rows: Int32Array,
  predictions: readonly Prediction[],
): Pick<ImportedView["trial"], "scored" | "metrics"> {
  const { kind, target } = model.content.definition;
  const isLog = targetSpace(target) === "logVariance";
  const pairs = predictions.flatMap((one, i) => {
    const label = y[rows[i] ?? 0] ?? Number.NaN;
    const said = shown(one);
    return said === null || Number.isNaN(label)
      ? []
      : [{ said, truth: isLog ? Math.exp(label) : label }];
  });
  if (pairs.length === 0) return { scored: 0, metrics: null };
  const truth = Float64Array.from(pairs, (pair) => pair.truth);
  const mean = truth.reduce((sum, value) => sum + value, 0) / truth.length;
  const prediction = Float64Array.from(pairs, ({ said }) => said);
  const naive = new Float64Array(truth.length).fill(mean);
  const book = metricsFor(kind, { prediction, truth, naive });
  return { scored: pairs.length, metrics: measured(book, pairs.length) };
}
