import { createHash } from "node:crypto";
import { boosting } from "../../../../../../domain/ai/algorithms/boosting/boosting.ts";
import type { FitJob } from "../../../../../../domain/ai/learning/algorithm.ts";
import { readParameters } from "../../../../../../domain/ai/learning/read-parameters.ts";
import type { Json } from "../../../../../../domain/shared/json.ts";
import { logLossOf, nonlinearSet } from "../../../../../support/nonlinear-set.ts";
import { jobOf, rowsOf } from "../samples.ts";

const [TRAIN, ROWS] = [8_000, 12_000];
const { sample, probability } = nonlinearSet(ROWS, 20, 7);

function jobWith(given: { readonly [name: string]: Json }, over: Partial<FitJob> = {}): FitJob {
  const read = readParameters(boosting.parameters, { patience: 0, ...given });
  if (!read.isValid) throw new Error(JSON.stringify(read.faults));
  const { parameters } = read;
  return jobOf(sample, rowsOf(0, TRAIN), { objective: "binary", parameters, ...over });
}

function testLoss(fitted: Json): number {
  const said = boosting.predictor(fitted).predict(sample, rowsOf(TRAIN, ROWS));
  return logLossOf(sample.y, said, TRAIN, ROWS);
}

describe("boosting on 8,000 rows of 20 columns, no line among them", () => {
  /*
   * XGBoost 1.7.4 (Debian 12's python3-xgboost) on the same rows: binary:logistic, tree_method hist, min_child_weight 1, lambda 1,
   * gamma 0, base_score the base rate. `npm run bench -- ml` measures it again where it is installed.
   */
  it.each([
    [{ rounds: 200, depth: 3, learningRate: 0.1, bins: 64 }, 0.5273],
    [{ rounds: 400, depth: 3, learningRate: 0.1, bins: 64 }, 0.48],
    [{ rounds: 200, depth: 6, learningRate: 0.05, bins: 255 }, 0.5057],
  ])("has a log-loss within 0.01 of XGBoost's, %j", (given, xgboost) => {
    const loss = testLoss(boosting.fit(jobWith(given)));
    expect(Math.abs(loss - xgboost)).toBeLessThan(0.01);
    expect(loss).toBeGreaterThan(logLossOf(sample.y, probability.subarray(TRAIN), TRAIN, ROWS));
  });

  it("gives the same sha256 for the same seed, twice, rows and columns drawn", () => {
    const given = { rounds: 100, depth: 4, subsample: 0.8, columnSample: 0.5, learningRate: 0.1 };
    const hash = (seed: number) =>
      createHash("sha256")
        .update(JSON.stringify(boosting.fit(jobWith(given, { seed }))))
        .digest("hex");
    const first = hash(1);
    expect(hash(1)).toBe(first);
    expect(hash(2)).not.toBe(first);
  });

  it("loses little when a tenth of all values is missing", () => {
    const given = { rounds: 200, depth: 4, learningRate: 0.1 };
    const x = {
      ...sample.x,
      data: sample.x.data.map((value, i) => ((i * 7919) % 10 === 0 ? Number.NaN : value)),
    };
    const holed = { ...sample, x };
    const fitted = boosting.fit(jobWith(given, { sample: holed }));
    const said = boosting.predictor(fitted).predict(holed, rowsOf(TRAIN, ROWS));
    const loss = logLossOf(sample.y, said, TRAIN, ROWS);
    expect(loss).toBeLessThan(testLoss(boosting.fit(jobWith(given))) + 0.06);
  });

  it("stops by itself where more rounds would harm", () => {
    const given = { rounds: 2_000, depth: 6, learningRate: 0.3 };
    const split = { train: rowsOf(0, 6_000), valid: rowsOf(6_000, TRAIN) };
    const stopped = testLoss(boosting.fit(jobWith({ ...given, patience: 20 }, split)));
    const all = testLoss(boosting.fit(jobWith({ ...given, rounds: 300 }, split)));
    expect(stopped).toBeLessThan(all);
  });
});
