import { logistic } from "../../../../../../domain/ai/algorithms/linear/logistic.ts";
import type { FitJob } from "../../../../../../domain/ai/learning/algorithm.ts";
import { RandomStream } from "../../../../../../domain/numeric/random.ts";
import { jobOf, rowsOf, sampleOf } from "../samples.ts";

/** R's mtcars (Henderson & Velleman 1981): manual gear, horsepower, weight in 1,000 lb. */
const CARS = [
  [1, 110, 2.62],
  [1, 110, 2.875],
  [1, 93, 2.32],
  [0, 110, 3.215],
  [0, 175, 3.44],
  [0, 105, 3.46],
  [0, 245, 3.57],
  [0, 62, 3.19],
  [0, 95, 3.15],
  [0, 123, 3.44],
  [0, 123, 3.44],
  [0, 180, 4.07],
  [0, 180, 3.73],
  [0, 180, 3.78],
  [0, 205, 5.25],
  [0, 215, 5.424],
  [0, 230, 5.345],
  [1, 66, 2.2],
  [1, 52, 1.615],
  [1, 65, 1.835],
  [0, 97, 2.465],
  [0, 150, 3.52],
  [0, 150, 3.435],
  [0, 245, 3.84],
  [0, 175, 3.845],
  [1, 66, 1.935],
  [1, 91, 2.14],
  [1, 113, 1.513],
  [1, 264, 3.17],
  [1, 175, 2.77],
  [1, 335, 3.57],
  [1, 109, 2.78],
] as const;

interface Line {
  readonly intercept: number;
  readonly coefficients: readonly number[];
}

function lineOf(job: FitJob): Line {
  // sound: the fit of a linear model is one
  return logistic.fit(job) as unknown as Line;
}

function logisticJob(
  x: readonly (readonly number[])[],
  y: readonly number[],
  lambda: number,
  over: Partial<FitJob> = {},
): FitJob {
  return jobOf(sampleOf(y, { x }), rowsOf(0, y.length), {
    objective: "binary",
    parameters: { lambda },
    ...over,
  });
}

describe("logistic regression", () => {
  it("finds what R's glm(am ~ hp + wt, binomial) does (r-tutor.com, Logistic Regression)", () => {
    const job = logisticJob(
      CARS.map(([, hp, wt]) => [hp, wt]),
      CARS.map(([am]) => am),
      0,
    );
    const { intercept, coefficients } = lineOf(job);
    expect(intercept).toBeCloseTo(18.8663, 4);
    expect(coefficients[0]).toBeCloseTo(0.03626, 5);
    expect(coefficients[1]).toBeCloseTo(-8.08348, 5);
    const said = logistic.predictor(logistic.fit(job)).predict(job.sample, job.train);
    const deviance = said.reduce(
      (sum, p, i) => sum - 2 * Math.log(job.sample.y[i] === 1 ? p : 1 - p),
      0,
    );
    expect(deviance).toBeCloseTo(10.059, 3);
  });

  it("is at the top of the penalised likelihood: Σw(y − p)x = λβ", () => {
    const random = RandomStream.of(11, 0);
    const x = Array.from({ length: 200 }, () => [random.normal(), 2 * random.normal() + 1]);
    const y = x.map(([a = 0]) => Number(a + random.normal() > 0.3));
    const weights = Float64Array.from(y, () => 1 + random.uniform());
    const mean = weights.reduce((sum, weight) => sum + weight, 0) / 200;
    const job = logisticJob(x, y, 7, { weights });
    const { coefficients } = lineOf(job);
    const said = logistic.predictor(logistic.fit(job)).predict(job.sample, job.train);
    const moment = (of: (i: number) => number): number =>
      y.reduce(
        (sum, value, i) => sum + ((weights[i] ?? 0) / mean) * (value - (said[i] ?? 0)) * of(i),
        0,
      );
    expect(moment(() => 1)).toBeCloseTo(0, 6);
    for (const [j, value] of coefficients.entries())
      expect(moment((i) => x[i]?.[j] ?? 0)).toBeCloseTo(7 * value, 6);
  });

  it("needs a penalty where a line parts the labels, and says so", () => {
    const x = [[1], [2], [3], [4]];
    expect(() => logistic.fit(logisticJob(x, [0, 0, 1, 1], 0))).toThrow(
      expect.objectContaining({ name: "FitRefused", code: "NOT_CONVERGED" }),
    );
    expect(lineOf(logisticJob(x, [0, 0, 1, 1], 0.1)).coefficients[0]).toBeGreaterThan(1);
    // Parted but for a row on the line itself.
    expect(() => logistic.fit(logisticJob([[1], [2], [2], [3]], [0, 0, 1, 1], 0))).toThrow(
      expect.objectContaining({ code: "NOT_CONVERGED" }),
    );
  });

  it("finds its way from wild units", () => {
    const random = RandomStream.of(2, 0);
    const x = Array.from({ length: 300 }, () => [1e6 * random.normal(), 1e-6 * random.normal()]);
    const y = x.map(([a = 0]) => (a / 1e6 + random.normal() > 0 ? 1 : 0));
    const { coefficients } = lineOf(logisticJob(x, y, 0));
    expect((coefficients[0] ?? 0) * 1e6).toBeGreaterThan(1);
  });

  it.each<[string, string, FitJob]>([
    ["one class only", "CONSTANT_TARGET", logisticJob([[1], [2], [3]], [1, 1, 1], 1)],
    [
      "one class of weight",
      "CONSTANT_TARGET",
      logisticJob([[1], [2], [3]], [0, 1, 1], 1, { weights: Float64Array.of(0, 1, 1) }),
    ],
    [
      "columns made of others",
      "DEPENDENT_COLUMNS",
      logisticJob(
        [
          [1, 2],
          [2, 4],
          [3, 6],
          [1, 2],
        ],
        [0, 1, 0, 1],
        0,
      ),
    ],
    ["a missing value", "NOT_FINITE", logisticJob([[1], [Number.NaN], [3]], [1, 0, 1], 1)],
  ])("refuses %s", (_, code, job) => {
    expect(() => logistic.fit(job)).toThrow(expect.objectContaining({ name: "FitRefused", code }));
  });

  it("stops when nobody wants it any more", () => {
    const run = { report: () => undefined, isCancelled: true };
    expect(() => logistic.fit(logisticJob([[1], [2], [3]], [0, 1, 0], 1, { run }))).toThrow(
      expect.objectContaining({ name: "FitCancelled" }),
    );
  });
});
