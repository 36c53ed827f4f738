import type { Sample } from "../../../domain/ai/learning/sample.ts";
import type { OpenModel } from "../../../domain/ai/model/serve.ts";
import type { Prediction } from "../../../domain/ai/model/prediction.ts";
import type { OnnxPlan, Transform } from "./artifact.ts";
import { OnnxRefused, type OnnxFile, type OnnxRuntime } from "./onnx-runtime.ts";
import type { Output } from "./wire.ts";

/**
 * What a file says of rows, before it is finished. Rows that lack a feature which the model needs are not asked, and have NaN.
 * @throws OnnxRefused, RestError 429, 503
 */
export async function onnxRaw(
  runtime: OnnxRuntime,
  file: OnnxFile,
  plan: OnnxPlan,
  model: OpenModel,
  { sample, rows }: { readonly sample: Sample; readonly rows: Int32Array },
): Promise<Float64Array<ArrayBuffer>> {
  const { data, columns } = model.prepare(sample, rows);
  const isAsked = rows.map((_, i) =>
    model.content.acceptsMissing || isComplete(data.subarray(i * columns, (i + 1) * columns))
      ? 1
      : 0,
  );
  const count = isAsked.reduce((sum, is) => sum + is, 0);
  const raw = new Float64Array(rows.length).fill(Number.NaN);
  if (count === 0) return raw;
  const values = new Float32Array(count * columns);
  let at = 0;
  for (let i = 0; i < rows.length; i += 1) {
    if (isAsked[i] !== 1) continue;
    values.set(data.subarray(i * columns, (i + 1) * columns), at);
    at += columns;
  }
  const { input, output, batch } = plan;
  const found = columnOf(await runtime.run(file, { input, output, batch, values, columns }), plan);
  for (let i = 0, k = 0; i < rows.length; i += 1) {
    if (isAsked[i] !== 1) continue;
    raw[i] = found[k] ?? Number.NaN;
    k += 1;
  }
  return raw;
}

/** The same, finished. */
export async function onnxPredictions(
  runtime: OnnxRuntime,
  file: OnnxFile,
  plan: OnnxPlan,
  model: OpenModel,
  asked: { readonly sample: Sample; readonly rows: Int32Array },
): Promise<Prediction[]> {
  const raw = await onnxRaw(runtime, file, plan, model, asked);
  return model.finish(raw, asked.sample, asked.rows);
}

function isComplete(row: Float64Array): boolean {
  return row.every((value) => Number.isFinite(value));
}

function columnOf({ values, width }: Output, plan: OnnxPlan): Float64Array<ArrayBuffer> {
  if (width !== plan.width)
    throw new OnnxRefused(
      `the output ${plan.output} has ${width} numbers a row, not ${plan.width}`,
    );
  return Float64Array.from({ length: values.length / width }, (_, i) =>
    transformed(values[i * width + plan.column] ?? Number.NaN, plan.transform),
  );
}

function transformed(value: number, transform: Transform): number {
  switch (transform) {
    case "none":
      return value;
    case "log":
      return value > 0 ? Math.log(value) : Number.NaN;
    case "sigmoid":
      return 1 / (1 + Math.exp(-value));
  }
}
