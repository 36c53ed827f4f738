import type { AlgorithmBook } from "../../../domain/ai/learning/algorithm.ts";
import type { Sample } from "../../../domain/ai/learning/sample.ts";
import type { Prediction } from "../../../domain/ai/model/prediction.ts";
import { type OpenModel, openArtifact } from "../../../domain/ai/model/serve.ts";
import type { ComputeTask } from "../../../mixins/compute/compute.ts";
import { unavailable } from "../../../mixins/rest/rest-error.ts";
import type { ModelRegistry, StoredVersion } from "../../../models/model-registry.ts";
import type { NodeContext } from "../../context.ts";
import type { Latest } from "../datasets/datasets.ts";
import { ONNX, ONNX_ALGORITHM, type OnnxPlan, planFrom, splitArtifact } from "../onnx/artifact.ts";
import { onnxPredictions } from "../onnx/onnx-model.ts";
import type { OnnxFile, OnnxRuntime } from "../onnx/onnx-runtime.ts";
import { ALGORITHMS } from "../runtimes/index.ts";
import { ByteLru } from "../../../models/cache/byte-lru.ts";
import type { PredictedRows, PredictInput } from "./predict.worker.ts";

/** Of artefacts whose models are kept open; open they take some times as much. */
const OPEN_BYTES_MAX = 134_217_728;
/** A batch that would hold up the event loop for longer goes to a thread. */
const IN_PROCESS_US = 2_000;
/** How many rows a model is asked in process before it is known how long it takes. */
const FIRST_ROWS_MAX = 16;
/** A gateway waits for five seconds. */
const DEADLINE_MS = 4_500;

const PREDICT: ComputeTask<PredictInput, PredictedRows> = {
  module: new URL("./predict.worker.ts", import.meta.url),
  name: "predictRows",
};

const BOOK: AlgorithmBook = new Map([...ALGORITHMS, [ONNX, ONNX_ALGORITHM]]);

interface Opened {
  readonly sha256: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly model: OpenModel;
  /** of an imported one */
  readonly plan: OnnxPlan | null;
  /** µs, the mean of late; null before the first row */
  perRow: number | null;
}

/** Answers for stored versions: models stay open, long batches go to a thread, imported ones to ONNX Runtime. */
export class ModelServer {
  readonly #node: Pick<NodeContext, "compute" | "clock">;
  readonly #registry: Pick<ModelRegistry, "readArtifact">;
  readonly #onnx: OnnxRuntime;
  readonly #open = new ByteLru<Opened>(OPEN_BYTES_MAX);
  readonly #opening = new Map<string, Promise<Opened>>();

  constructor(
    node: Pick<NodeContext, "compute" | "clock">,
    registry: Pick<ModelRegistry, "readArtifact">,
    onnx: OnnxRuntime,
  ) {
    this.#node = node;
    this.#registry = registry;
    this.#onnx = onnx;
  }

  /** @throws RestError 429, 503 */
  async predict(stored: StoredVersion, { sample, row }: Latest): Promise<Prediction> {
    const [prediction] = await this.predictMany(stored, sample, Int32Array.of(row));
    if (prediction === undefined) throw new Error("expected a prediction a row");
    return prediction;
  }

  /** In the order of the rows. @throws RestError 429, 503 */
  async predictMany(
    stored: StoredVersion,
    sample: Sample,
    rows: Int32Array,
  ): Promise<Prediction[]> {
    const opened = await this.#opened(stored);
    if (opened.plan !== null) {
      const file = this.#fileOf(opened);
      return onnxPredictions(this.#onnx, file, opened.plan, opened.model, { sample, rows });
    }
    return this.#isShort(opened, rows.length)
      ? this.#atOnce(opened, sample, rows)
      : this.#inThread(opened, sample, rows);
  }

  /** How many rows before a row the model reads beside it. */
  async lookback(stored: StoredVersion): Promise<number> {
    const { content } = (await this.#opened(stored)).model;
    return BOOK.get(content.algorithm)?.lookback(content.parameters) ?? 0;
  }

  #isShort({ perRow }: Opened, rows: number): boolean {
    return perRow === null ? rows <= FIRST_ROWS_MAX : perRow * rows <= IN_PROCESS_US;
  }

  #atOnce(opened: Opened, sample: Sample, rows: Int32Array): Prediction[] {
    const beganMs = this.#node.clock.monotonicMs();
    const predictions = opened.model.predict(sample, rows);
    const tookUs = (this.#node.clock.monotonicMs() - beganMs) * 1_000;
    learn(opened, tookUs / Math.max(1, rows.length));
    return predictions;
  }

  async #inThread(opened: Opened, sample: Sample, rows: Int32Array): Promise<Prediction[]> {
    const { sha256, bytes } = opened;
    const task = { sha256, bytes, sample, rows };
    const found = await this.#node.compute.run(PREDICT, task, { deadlineMs: DEADLINE_MS });
    // Else a model that was slow once, when it was new or the machine busy, would go to a thread for ever.
    learn(opened, found.perRowUs);
    return found.predictions;
  }

  #fileOf({ sha256, bytes }: Opened): OnnxFile {
    return { sha256, bytes: () => Promise.resolve(splitArtifact(bytes).file) };
  }

  async #opened({ artifactSha256, format }: StoredVersion): Promise<Opened> {
    const held = this.#open.get(artifactSha256);
    if (held !== undefined) return held;
    const begun = this.#opening.get(artifactSha256);
    if (begun !== undefined) return begun;
    const opening = this.#load(artifactSha256, format).finally(() =>
      this.#opening.delete(artifactSha256),
    );
    this.#opening.set(artifactSha256, opening);
    return opening;
  }

  async #load(sha256: string, format: StoredVersion["format"]): Promise<Opened> {
    try {
      const bytes = await this.#registry.readArtifact(sha256);
      if (bytes === null) throw new Error(`there is no artefact ${sha256}`);
      const description = format === "onnx" ? splitArtifact(bytes).description : bytes;
      const model = openArtifact(description, BOOK);
      const plan = format === "onnx" ? planFrom(model.content.fitted) : null;
      const opened: Opened = { sha256, bytes, model, plan, perRow: null };
      this.#open.set(sha256, opened, bytes.length);
      return opened;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw unavailable(`the version's artefact cannot be used: ${why}`, 60);
    }
  }
}

/** The first time is when code is compiled: it fades. */
function learn(opened: Opened, perRowUs: number): void {
  opened.perRow =
    opened.perRow === null ? perRowUs : opened.perRow + (perRowUs - opened.perRow) / 8;
}
