import type { Sample } from "../../../../domain/ai/learning/sample.ts";
import { type ArtifactContent, FORMAT, toBytes } from "../../../../domain/ai/model/artifact.ts";
import { zeros } from "../../../../domain/numeric/matrix.ts";
import { RandomStream } from "../../../../domain/numeric/random.ts";
import { systemClock } from "../../../../mixins/clock.ts";
import type { Compute } from "../../../../mixins/compute/compute.ts";
import { ComputePool } from "../../../../mixins/compute/pool.ts";
import { Metrics } from "../../../../mixins/metrics.ts";
import type { StoredVersion } from "../../../../models/model-registry.ts";
import { joinArtifact, ONNX } from "../../../../services/ai/onnx/artifact.ts";
import { OnnxRuntime } from "../../../../services/ai/onnx/onnx-runtime.ts";
import { ModelServer } from "../../../../services/ai/serving/model-server.ts";
import { type Mlp, mlpFile, mlpValue } from "../../../support/onnx-file.ts";

const FEATURES = ["a", "b", "c"];
const random = RandomStream.of(3, 0);
const numbers = (count: number): number[] =>
  Array.from({ length: count }, () => random.uniform() - 0.5);

const content = (changes: Partial<ArtifactContent>): ArtifactContent => ({
  format: FORMAT,
  algorithm: "ewma",
  definition: {
    kind: "forecaster",
    algorithm: "ewma",
    symbols: ["SPX"],
    timeframe: "1d",
    features: FEATURES,
    target: { kind: "volatility", horizon: 1, measure: "parkinson" },
    parameters: {},
    adjust: "none",
  },
  parameters: { lambda: 0.94 },
  scaling: "none",
  acceptsMissing: true,
  scaler: { mean: [0, 0, 0], factor: [1, 1, 1] },
  fitted: { lambda: 0.94, shift: 0, lift: 0 },
  finishing: { calibration: { kind: "none" }, factor: 1, band: null, range: null, novelty: null },
  ...changes,
});

const NET: Mlp = {
  features: 3,
  hidden: 4,
  weights: numbers(12),
  biases: numbers(4),
  last: numbers(4),
  bias: 0,
};
const plan = { input: "x", output: "y", column: 0, width: 1, batch: null, transform: "none" };

const native = toBytes(content({}));
const imported = joinArtifact(
  content({
    algorithm: ONNX,
    acceptsMissing: false,
    scaling: "standard",
    scaler: { mean: [0.1, 0.2, 0.3], factor: [2, 3, 4] },
    fitted: plan,
    definition: {
      ...content({}).definition,
      kind: "regressor",
      algorithm: ONNX,
      target: { kind: "return", horizon: 1 },
    },
  }),
  mlpFile(NET),
);
const BYTES: Readonly<Record<string, Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>>> =
  {
    native,
    imported,
    damaged: native.slice(0, -9),
  };

function stored(artifactSha256: string): StoredVersion {
  // sound: a server looks at no more than these
  return {
    artifactSha256,
    format: artifactSha256 === "imported" ? "onnx" : "native",
  } as StoredVersion;
}

function sampleOf(rows: number): Sample {
  const x = zeros(rows, 3);
  x.data.set(numbers(rows * 3));
  return {
    x,
    symbol: new Int32Array(rows),
    closeMs: Float64Array.from({ length: rows }, (_, i) => i),
    logReturn: Float64Array.from(numbers(rows)),
    variance: Float64Array.from({ length: rows }, () => random.uniform() * 1e-4 + 1e-6),
  };
}

describe("a server of models", () => {
  const metrics = new Metrics();
  const compute = new ComputePool(systemClock, metrics, { threads: 1 });
  const onnx = new OnnxRuntime(systemClock, metrics);
  let reads = 0;
  const server = new ModelServer(
    { compute, clock: systemClock },
    {
      readArtifact: (sha256) => {
        reads += 1;
        return Promise.resolve(BYTES[sha256] ?? null);
      },
    },
    onnx,
  );
  afterAll(async () => {
    await compute.stop();
    await onnx.stop();
  });

  it("says the same of many rows in a thread as of each at once, and opens a model once", async () => {
    const sample = sampleOf(3_000);
    const rows = Int32Array.from(sample.closeMs.keys());
    const inThread = await server.predictMany(stored("native"), sample, rows);
    const [first, last] = [0, 2_999].map((row) =>
      server.predictMany(stored("native"), sample, Int32Array.of(row)),
    );
    expect(await first).toEqual([inThread[0]]);
    expect(await last).toEqual([inThread[2_999]]);
    expect(inThread.every(({ isGiven }) => isGiven)).toBe(true);
    expect(reads).toBe(1);
  });

  it("answers one row itself again, though it was slow once: a thread tells how long it takes", async () => {
    let [nowMs, slowMs, threads] = [0, 10_000, 0];
    // The first answer takes ten seconds, the others no time.
    const clock = {
      ...systemClock,
      monotonicMs: () => {
        nowMs += slowMs;
        return nowMs;
      },
    };
    const counted: Compute = {
      threads: 1,
      run: (...asked) => {
        threads += 1;
        return compute.run(...asked);
      },
    };
    const registry = { readArtifact: () => Promise.resolve(native) };
    const other = new ModelServer({ compute: counted, clock }, registry, onnx);
    const ask = () => other.predictMany(stored("native"), sampleOf(2), Int32Array.of(1));
    await ask();
    expect(threads).toBe(0);
    slowMs = 0;
    await ask();
    expect(threads).toBe(1);
    for (let i = 0; i < 200; i += 1) await ask();
    const before = threads;
    expect(before).toBeLessThan(200);
    await ask();
    expect(threads).toBe(before);
  });

  it("asks ONNX Runtime for imported ones, scaled as they want it: within 1e-5 of our own computation", async () => {
    const sample = sampleOf(500);
    const rows = Int32Array.from(sample.closeMs.keys());
    sample.x.data[1] = Number.NaN;
    const found = await server.predictMany(stored("imported"), sample, rows);
    expect(found[0]).toMatchObject({ isGiven: false, reason: "MISSING_FEATURE" });
    for (let row = 1; row < 500; row += 1) {
      const [a = 0, b = 0, c = 0] = sample.x.data.subarray(row * 3, row * 3 + 3);
      const expected = mlpValue(NET, [(a - 0.1) * 2, (b - 0.2) * 3, (c - 0.3) * 4]);
      const one = found[row];
      // No price falls by more than all of it.
      if (expected < -1) expect(one).toMatchObject({ isGiven: false, reason: "OUT_OF_RANGE" });
      else
        expect(Math.abs((one?.isGiven === true ? (one.value ?? 9) : 9) - expected)).toBeLessThan(
          1e-5,
        );
    }
  });

  it("answers 503 for what is damaged or lost, and goes on", async () => {
    const sample = sampleOf(30);
    for (const name of ["damaged", "absent"]) {
      const asked = server.predictMany(stored(name), sample, Int32Array.of(1));
      await expect(asked).rejects.toMatchObject({ code: 503, type: "UNAVAILABLE" });
    }
    const [found] = await server.predictMany(stored("native"), sample, Int32Array.of(29));
    expect(found?.isGiven).toBe(true);
  });
});
