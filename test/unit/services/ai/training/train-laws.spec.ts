import { FitRefused } from "../../../../../domain/ai/learning/algorithm.ts";
import type { LabelledSample } from "../../../../../domain/ai/learning/sample.ts";
import { openArtifact } from "../../../../../domain/ai/model/serve.ts";
import { trainModel } from "../../../../../domain/ai/training/train.ts";
import type { TrainingTerms } from "../../../../../domain/ai/training/terms.ts";
import { systemClock } from "../../../../../mixins/clock.ts";
import { ComputePool } from "../../../../../mixins/compute/pool.ts";
import { Metrics } from "../../../../../mixins/metrics.ts";
import { ALGORITHMS } from "../../../../../services/ai/runtimes/index.ts";
import { sharedSample } from "../../../../../services/ai/training/shared-sample.ts";
import { trainInThread } from "../../../../../services/ai/training/train.ts";
import { noisySample, termsOf } from "../../../domain/ai/training/line.ts";

const compute = new ComputePool(systemClock, new Metrics(), { threads: 1, graceMs: 2_000 });

afterAll(() => compute.stop());

function boosted(rounds: number): TrainingTerms {
  const terms = termsOf("classifier");
  const parameters = { rounds, depth: 3, patience: 0 };
  return { ...terms, definition: { ...terms.definition, algorithm: "boosting", parameters } };
}

function bufferOf({ x }: LabelledSample): unknown {
  return x.data.buffer;
}

describe("a training in a thread", () => {
  test("gives an artefact that can be opened, with progress on the way, and the bytes that are made without a thread", async () => {
    const told: number[] = [];
    const input = { terms: boosted(30), sample: noisySample(400, "classifier") };
    const options = { onProgress: (progress: number) => void told.push(progress) };
    const { artifact, report } = await trainInThread({ compute }, input, options);
    const model = openArtifact(artifact, ALGORITHMS);
    expect(model.predict(input.sample, Int32Array.of(399))).toMatchObject([{ isGiven: true }]);
    expect(report.folds).toHaveLength(5);
    expect(told.length).toBeGreaterThan(0);
    const again = trainModel(input, ALGORITHMS, { report: () => undefined, isCancelled: false });
    expect(Buffer.from(again.artifact).equals(Buffer.from(artifact))).toBe(true);
  });

  test("is refused in the words of the trainer, with its code and class", async () => {
    const sample = noisySample(400, "classifier");
    const flat = { ...sample, y: sample.y.map((y) => (Number.isNaN(y) ? y : 1)) };
    const refused = trainInThread({ compute }, { terms: boosted(10), sample: flat });
    await expect(refused).rejects.toBeInstanceOf(FitRefused);
    await expect(refused).rejects.toMatchObject({ code: "CONSTANT_TARGET" });
  });

  test("ends soon after it is cancelled, and the thread takes the next one", async () => {
    const stop = new AbortController();
    const input = { terms: boosted(5_000), sample: noisySample(2_000, "classifier") };
    const running = trainInThread({ compute }, input, {
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("not wanted any more")),
    });
    await expect(running).rejects.toThrow("not wanted any more");
    const next = { terms: boosted(5), sample: noisySample(300, "classifier") };
    await expect(trainInThread({ compute }, next)).resolves.toHaveProperty("artifact");
  });

  test("that is not wanted is not begun", async () => {
    const input = { terms: boosted(5), sample: noisySample(300, "classifier") };
    const signal = AbortSignal.abort(new Error("too late"));
    await expect(trainInThread({ compute }, input, { signal })).rejects.toThrow("too late");
  });

  test("is ended by its deadline", async () => {
    const input = { terms: boosted(5_000), sample: noisySample(2_000, "classifier") };
    await expect(trainInThread({ compute }, input, { deadlineMs: 150 })).rejects.toMatchObject({
      name: "RestError",
      type: "TIMED_OUT",
    });
  });
});

describe("the data of a training", () => {
  test("are moved to shared memory once, and are the same", async () => {
    const sample = noisySample(300, "classifier");
    const shared = await sharedSample(sample);
    expect(shared).toEqual(sample);
    expect(bufferOf(shared)).toBeInstanceOf(SharedArrayBuffer);
    const again = await sharedSample(shared);
    expect(bufferOf(again)).toBe(bufferOf(shared));
    // The caller's own are as they were.
    expect(bufferOf(sample)).not.toBeInstanceOf(SharedArrayBuffer);
  });

  test("are copied whole when they are many", async () => {
    const rows = 300_000;
    const sample = noisySample(10, "regressor");
    const data = Float64Array.from({ length: rows }, (_, i) => i);
    const shared = await sharedSample({ ...sample, x: { rows, columns: 1, data } });
    expect(shared.x.data.at(-1)).toBe(rows - 1);
    expect(shared.x.data[262_144]).toBe(262_144);
  });
});
