import { PURE_ALGORITHMS } from "../../../../../domain/ai/algorithms/index.ts";
import { trainModel } from "../../../../../domain/ai/training/train.ts";
import type { TrainingInput, Validation } from "../../../../../domain/ai/training/terms.ts";
import { noisySample, RUN, termsOf, watchedLine } from "./line.ts";

const DAY_MS = 86_400_000;
const ROWS = 600;
const SAMPLE = noisySample(ROWS, "classifier");

/** Labels as they were, but 0 wherever `isQuiet`. */
function sampleOf(isQuiet: (row: number) => boolean): TrainingInput["sample"] {
  return { ...SAMPLE, y: SAMPLE.y.map((y, row) => (Number.isNaN(y) ? y : isQuiet(row) ? 0 : y)) };
}

const walk: Validation = { scheme: "walkForward", folds: 5, embargo: 2, window: "expanding" };
const every: Validation = {
  scheme: "walkForwardEvery",
  refitEvery: 100,
  testStartMs: 100 * DAY_MS,
  embargo: 0,
  window: "rolling",
  trainBars: 100,
};
const purged: Validation = { scheme: "purgedKFold", folds: 2, embargo: 5 };
const shuffled: Validation = { scheme: "shuffledKFold", folds: 5 };

function trained(validation: Validation, isQuiet: (row: number) => boolean) {
  const { algorithm, fits } = watchedLine();
  const input = { terms: termsOf("classifier", { validation }), sample: sampleOf(isQuiet) };
  const outcome = trainModel(input, new Map([[algorithm.name, algorithm]]), RUN);
  return { ...outcome, fits };
}

describe("a fold whose rows to learn from have one class", () => {
  it.each<readonly [Validation["scheme"], Validation, (row: number) => boolean, number, number]>([
    ["walkForward", walk, (row) => row < 150, 1, 4],
    ["walkForwardEvery", every, (row) => row < 210, 2, 3],
    ["purgedKFold", purged, (row) => row < 310 && row > 5, 0, 2],
    ["shuffledKFold", shuffled, (row) => row < 500, 0, 5],
  ])("is skipped and counted: %s", (_, validation, isQuiet, skipped, kept) => {
    const { report, fits } = trained(validation, isQuiet);
    expect(report.skippedFolds).toBe(skipped);
    expect(report.folds).toHaveLength(kept);
    expect(report.folds.reduce((sum, { testRows }) => sum + testRows, 0)).toBe(report.rows.tested);
    expect(fits).toHaveLength(kept + 1);
    const said = report.notes.filter((note) => note.includes("had one class"));
    expect(said).toEqual(
      skipped === 0
        ? []
        : [
            `${skipped} of ${skipped + kept} folds were left out: all rows to learn from had one class`,
          ],
    );
  });

  it("refuses the training when more than half of the folds are so", () => {
    expect(() => trained(walk, (row) => row < 320)).toThrow(
      expect.objectContaining({
        code: "CONSTANT_TARGET",
        message: expect.stringMatching(/^in 3 of 5 folds /),
      }),
    );
  });

  it("of purged blocks is the one that held the whole other class: nothing is left to tell apart", () => {
    expect(() => trained(purged, (row) => row < 300)).toThrow(
      expect.objectContaining({
        code: "CONSTANT_TARGET",
        message: "all 299 labels of the test blocks are 0: nothing is told apart",
      }),
    );
  });

  it("refuses the training when the test blocks that are left have one class", () => {
    expect(() => trained(walk, (row) => row >= 90)).toThrow(
      expect.objectContaining({
        code: "CONSTANT_TARGET",
        message: "all 500 labels of the test blocks are 0: nothing is told apart",
      }),
    );
  });

  it("does not keep a test block of one class from being scored", () => {
    const { report } = trained(walk, (row) => row >= 300 && row < 399);
    expect([report.skippedFolds, report.folds.length]).toEqual([0, 5]);
    expect(report.folds[2]?.metrics).toMatchObject({ auc: null, positives: 0 });
    expect(report.folds[2]?.metrics["logLoss"]).toBeGreaterThan(0);
    expect(report.outOfSample.metrics["auc"]).toBeGreaterThan(0.5);
  });
});

describe("every classifier", () => {
  const definition = (algorithm: string, parameters: object) => ({
    ...termsOf("classifier").definition,
    algorithm,
    parameters: JSON.parse(JSON.stringify(parameters)),
  });
  const stacked = {
    combine: "stacking",
    folds: 3,
    members: [
      { algorithm: "logistic", parameters: {} },
      { algorithm: "boosting", parameters: { rounds: 10, patience: 0 } },
    ],
  };

  it.each<readonly [string, object]>([
    ["logistic", {}],
    ["boosting", { rounds: 20, patience: 5 }],
    ["mlp", { epochs: 5 }],
    ["ensemble", stacked],
  ])(
    "%s is trained beside a fold of one class, and again to the same bytes",
    (name, parameters) => {
      // The only ones of the second fold are its newest rows, which early stopping would take, and of the inner folds the last one's.
      const sample = sampleOf((row) => row < 185);
      const terms = {
        ...termsOf("classifier", { stopShare: 0.2 }),
        definition: definition(name, parameters),
      };
      const once = trainModel({ terms, sample }, PURE_ALGORITHMS, RUN);
      expect(once.report.skippedFolds).toBe(1);
      expect(trainModel({ terms, sample }, PURE_ALGORITHMS, RUN).artifact).toEqual(once.artifact);
    },
  );
});
