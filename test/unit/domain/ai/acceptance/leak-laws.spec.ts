import type { TrainingInput, Validation } from "../../../../../domain/ai/training/terms.ts";
import type { ComputeTask } from "../../../../../mixins/compute/compute.ts";
import type * as tasks from "../../../../fixtures/ai/leak.worker.ts";
import { onePool, trainedIn } from "./in-thread.ts";
import { DIRECTION_FEATURES, sp500Model, sp500Sample } from "./sp500-sample.ts";

/*
 * The direction of the S&P 500 over the next 21 days, 2000–2020, by one boosting model on the same rows. Rows that are dealt to folds at
 * random have neighbours in the training part whose labels share up to 20 of their 21 days: the model finds the label by the date.
 */

const HORIZON = 21;
const target = { kind: "direction", horizon: HORIZON, threshold: 0 } as const;
const sample = sp500Sample(DIRECTION_FEATURES, target);
const definition = sp500Model({
  kind: "classifier",
  algorithm: "boosting",
  target,
  features: DIRECTION_FEATURES,
  parameters: { depth: 3, rounds: 60, learningRate: 0.1 },
});

function inputOf(validation: Validation): TrainingInput {
  return {
    terms: {
      definition,
      validation,
      calibration: "none",
      coverage: 0.9,
      halfLife: null,
      stopShare: 0,
      seed: 7,
    },
    sample,
  };
}

const PURGED = { scheme: "purgedKFold", folds: 5, embargo: HORIZON } as const;
const SHUFFLED = { scheme: "shuffledKFold", folds: 5 } as const;
const pool = onePool();

afterAll(() => pool.stop());

function aucBy(name: keyof typeof tasks, input: TrainingInput) {
  type Task = ComputeTask<TrainingInput, ReturnType<(typeof tasks)[typeof name]>>;
  const task: Task = {
    module: new URL("../../../../fixtures/ai/leak.worker.ts", import.meta.url),
    name,
  };
  return pool.run(task, input);
}

describe("the leak of shuffled rows", () => {
  it("promises an AUC of about 0.79 that is not there", async () => {
    const shuffled = await aucBy("shuffledAuc", inputOf(SHUFFLED));
    expect(shuffled?.value).toBeGreaterThan(0.75);
    expect(shuffled?.value).toBeLessThan(0.83);
    expect(shuffled?.lower).toBeGreaterThan(0.7);
  });

  it.each([5, 10])("is gone from %d purged folds with an embargo: a coin flip", async (folds) => {
    const purged = await aucBy("foldedAuc", inputOf({ ...PURGED, folds }));
    expect(purged?.value).toBeGreaterThan(0.46);
    expect(purged?.value).toBeLessThan(0.56);
    expect(purged?.lower).toBeLessThan(0.5);
  });

  it("is refused when a training asks for it, naming why and what to ask for instead", async () => {
    await expect(trainedIn(pool, inputOf(SHUFFLED))).rejects.toMatchObject({
      name: "FitRefused",
      code: "LABELS_OVERLAP",
      message: expect.stringMatching(/21 bars overlap.*purgedKFold or walkForward/),
    });
  });
});
