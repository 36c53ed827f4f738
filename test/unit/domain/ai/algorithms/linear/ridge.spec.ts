import { assert, double, integer, property } from "fast-check";
import { ridge } from "../../../../../../domain/ai/algorithms/linear/ridge.ts";
import type { FitJob } from "../../../../../../domain/ai/learning/algorithm.ts";
import { RandomStream } from "../../../../../../domain/numeric/random.ts";
import { LONGLEY } from "../../../../../support/longley.ts";
import { jobOf, rowsOf, sampleOf } from "../samples.ts";

const CERTIFIED = {
  intercept: -3482258.63459582,
  coefficients: [
    15.0618722713733, -0.35819179292591e-1, -2.02022980381683, -1.03322686717359,
    -0.511041056535807e-1, 1829.15146461355,
  ],
};

interface Line {
  readonly intercept: number;
  readonly coefficients: readonly number[];
}

function lineOf(job: FitJob): Line {
  // sound: the fit of a linear model is one
  return ridge.fit(job) as unknown as Line;
}

function ridgeJob(
  x: readonly (readonly number[])[],
  y: readonly number[],
  lambda: number,
  over: Partial<FitJob> = {},
): FitJob {
  return jobOf(sampleOf(y, { x }), rowsOf(0, y.length), { parameters: { lambda }, ...over });
}

function randomRows(rows: number, seed: number) {
  const random = RandomStream.of(seed, 0);
  const x = Array.from({ length: rows }, () => [random.normal(), 3 * random.normal() + 5]);
  const y = x.map(([a = 0, b = 0]) => 2 + a - 0.5 * b + random.normal());
  return { x, y, weights: Float64Array.from(y, () => random.uniform() + 0.1) };
}

describe("ridge", () => {
  it("without a penalty finds NIST's certified values of Longley's data", () => {
    const x = LONGLEY.map((row) => row.slice(1));
    const { intercept, coefficients } = lineOf(
      ridgeJob(
        x,
        LONGLEY.map(([y]) => y),
        0,
      ),
    );
    expect(intercept / CERTIFIED.intercept).toBeCloseTo(1, 7);
    for (const [j, value] of CERTIFIED.coefficients.entries())
      expect((coefficients[j] ?? 0) / value).toBeCloseTo(1, 7);
  });

  it("of one column is Σxy/(Σx² + λ), about the means", () => {
    const { intercept, coefficients } = lineOf(ridgeJob([[1], [2], [3]], [10, 10, 40], 4));
    // Σ(x − 2)(y − 20) = 30, Σ(x − 2)² = 2
    expect(coefficients[0]).toBeCloseTo(30 / 6, 12);
    expect(intercept).toBeCloseTo(20 - 2 * 5, 12);
  });

  it("leaves no weighted residual moment but λβ, and no mean residual", () => {
    assert(
      property(
        integer({ min: 1, max: 1e6 }),
        double({ min: 0, max: 50, noNaN: true }),
        (seed, lambda) => {
          const { x, y, weights } = randomRows(40, seed);
          const mean = weights.reduce((sum, weight) => sum + weight, 0) / 40;
          const { intercept, coefficients } = lineOf(ridgeJob(x, y, lambda, { weights }));
          const moment = (of: (row: readonly number[]) => number): number =>
            x.reduce((sum, row, i) => {
              const said = row.reduce(
                (total, v, j) => total + v * (coefficients[j] ?? 0),
                intercept,
              );
              return sum + ((weights[i] ?? 0) / mean) * ((y[i] ?? 0) - said) * of(row);
            }, 0);
          expect(moment(() => 1)).toBeCloseTo(0, 8);
          for (const [j, value] of coefficients.entries())
            expect(moment((row) => row[j] ?? 0) - lambda * value).toBeCloseTo(0, 7);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("predicts with the line, NaN where a feature is missing, and weighs columns by their effect", () => {
    const x = [
      [0, 0],
      [2, 0],
      [0, 20],
      [2, 20],
    ];
    const job = ridgeJob(x, [1, 7, 3, 9], 0);
    const predictor = ridge.predictor(JSON.parse(JSON.stringify(ridge.fit(job))));
    const asked = sampleOf(new Float64Array(2), {
      x: [
        [1, 10],
        [Number.NaN, 1],
      ],
    });
    const [said = 0, missing = 0] = predictor.predict(asked, rowsOf(0, 2));
    expect(said).toBeCloseTo(5, 12);
    expect(missing).toBeNaN();
    // The first moves a prediction by 3 a deviation, the second by 1.
    expect(predictor.importance?.[0]).toBeCloseTo(0.75, 12);
    expect(predictor.importance?.[1]).toBeCloseTo(0.25, 12);
  });

  it.each<[string, string, FitJob]>([
    [
      "columns made of others",
      "DEPENDENT_COLUMNS",
      ridgeJob(
        [
          [1, 2],
          [2, 4],
          [4, 8],
        ],
        [1, 2, 5],
        0,
      ),
    ],
    ["a constant column", "DEPENDENT_COLUMNS", ridgeJob([[3], [3], [3]], [1, 2, 5], 0)],
    ["a missing value", "NOT_FINITE", ridgeJob([[1], [Number.NaN], [3]], [1, 2, 5], 1)],
    ["an infinite value", "NOT_FINITE", ridgeJob([[1], [Infinity], [3]], [1, 2, 5], 1)],
    ["a missing label", "NOT_FINITE", ridgeJob([[1], [2], [3]], [1, Number.NaN, 5], 1)],
    ["a constant target", "CONSTANT_TARGET", ridgeJob([[1], [2], [3]], [5, 5, 5], 1)],
    [
      "no weight at all",
      "TOO_FEW_ROWS",
      ridgeJob([[1], [2], [3]], [1, 2, 5], 1, { weights: new Float64Array(3) }),
    ],
  ])("refuses %s", (_, code, job) => {
    expect(() => ridge.fit(job)).toThrow(expect.objectContaining({ name: "FitRefused", code }));
  });

  it("with a penalty shares an effect among columns that are one", () => {
    const { coefficients } = lineOf(
      ridgeJob(
        [
          [1, 1],
          [2, 2],
          [4, 4],
        ],
        [1, 2, 5],
        0.5,
      ),
    );
    expect(coefficients[0]).toBeCloseTo(coefficients[1] ?? 0, 10);
  });
});
