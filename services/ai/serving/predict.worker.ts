import type { Sample } from "../../../domain/ai/learning/sample.ts";
import type { Prediction } from "../../../domain/ai/model/prediction.ts";
import { type OpenModel, openArtifact } from "../../../domain/ai/model/serve.ts";
import { ALGORITHMS } from "../runtimes/index.ts";
import { ByteLru } from "../../../models/cache/byte-lru.ts";

export interface PredictInput {
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sample: Sample;
  readonly rows: Int32Array;
}

/** A thread lives as long as its pool: what it has opened is opened once. */
const opened = new ByteLru<OpenModel>(67_108_864);

export interface PredictedRows {
  readonly predictions: Prediction[];
  /** of a row, without the way to the thread and back */
  readonly perRowUs: number;
}

/** Runs in a thread. */
export function predictRows({ sha256, bytes, sample, rows }: PredictInput): PredictedRows {
  let model = opened.get(sha256);
  if (model === undefined) {
    model = openArtifact(bytes, ALGORITHMS);
    opened.set(sha256, model, bytes.length);
  }
  const beganMs = performance.now();
  const predictions = model.predict(sample, rows);
  const tookUs = (performance.now() - beganMs) * 1_000;
  return { predictions, perRowUs: tookUs / Math.max(1, rows.length) };
}
