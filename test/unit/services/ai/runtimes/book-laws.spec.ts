import type { ModelDefinition, Target } from "../../../../../domain/ai/model/definition.ts";
import { openArtifact } from "../../../../../domain/ai/model/serve.ts";
import type { TrainingInput } from "../../../../../domain/ai/training/terms.ts";
import type { Json } from "../../../../../domain/shared/json.ts";
import { readParameters } from "../../../../../domain/ai/learning/read-parameters.ts";
import { systemClock } from "../../../../../mixins/clock.ts";
import { ComputePool } from "../../../../../mixins/compute/pool.ts";
import { Metrics } from "../../../../../mixins/metrics.ts";
import { ALGORITHMS } from "../../../../../services/ai/runtimes/index.ts";
import { trainInThread } from "../../../../../services/ai/training/train.ts";
import { rowsOf, volatileSample } from "../../../domain/ai/algorithms/samples.ts";

const compute = new ComputePool(systemClock, new Metrics(), { threads: 1 });
afterAll(() => compute.stop());

/** What takes long by default, in small. */
const SMALL: { readonly [name: string]: { readonly [parameter: string]: Json } } = {
  boosting: { rounds: 10 },
  mlp: { epochs: 5 },
  brainNetwork: { epochs: 2 },
  brainLstm: { epochs: 1, hidden: [4], window: 3 },
  brainGru: { epochs: 1, hidden: [4], window: 3 },
  ensemble: {
    combine: "stacking",
    folds: 2,
    members: [
      { algorithm: "boosting", parameters: { rounds: 10 } },
      { algorithm: "brainNetwork", parameters: { epochs: 2 } },
    ],
  },
};

const TARGETS: { readonly [K in ModelDefinition["kind"]]: Target } = {
  classifier: { kind: "direction", horizon: 1, threshold: 0 },
  regressor: { kind: "return", horizon: 1 },
  forecaster: { kind: "volatility", horizon: 1, measure: "parkinson" },
};

const ROWS = 400;
const BASE = volatileSample(ROWS, 6);
/** The last two log variances. */
const X = Float64Array.from({ length: 2 * ROWS }, (_, i) =>
  Math.log(BASE.variance[Math.max(0, Math.floor(i / 2) - (i % 2))] ?? 1),
);

function inputOf(algorithm: string, kind: ModelDefinition["kind"]): TrainingInput {
  const read = readParameters(ALGORITHMS.get(algorithm)?.parameters ?? {}, SMALL[algorithm] ?? {});
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const labels = {
    classifier: BASE.y.map((value) => (value > -9 ? 1 : 0)),
    regressor: BASE.y.map((value) => 0.01 * (value + 9)),
    forecaster: BASE.y,
  };
  return {
    sample: { ...BASE, x: { rows: ROWS, columns: 2, data: X }, y: labels[kind] },
    terms: {
      definition: {
        kind,
        algorithm,
        symbols: ["SPX"],
        timeframe: "1d",
        features: ["returns_1", "returns_2"],
        target: TARGETS[kind],
        parameters: read.parameters,
        adjust: "none",
      },
      validation: { scheme: "walkForward", folds: 2, embargo: 1, window: "expanding" },
      calibration: "none",
      coverage: 0.9,
      halfLife: null,
      stopShare: 0.2,
      seed: 7,
    },
  };
}

const CASES = [...ALGORITHMS].flatMap(([name, { kinds }]) =>
  kinds.map((kind) => [name, kind] as const),
);

test.each(CASES)(
  "%s as a %s is trained in a thread, kept, opened and predicts; the same seed gives the same bytes",
  async (name, kind) => {
    const input = inputOf(name, kind);
    const { artifact } = await trainInThread({ compute }, input);
    const again = await trainInThread({ compute }, input);
    expect(Buffer.compare(again.artifact, artifact)).toBe(0);
    const said = openArtifact(artifact, ALGORITHMS).predict(input.sample, rowsOf(200, 210));
    for (const prediction of said)
      expect(prediction).toMatchObject({
        isGiven: true,
        ...(kind === "classifier" ? { value: null } : { probability: null }),
      });
  },
);
