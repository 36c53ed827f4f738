import { logLoss, lossesOf, qlike } from "../../../../../domain/ai/metrics/losses.ts";
import { measured, metricsFor } from "../../../../../domain/ai/metrics/metrics.ts";
import {
  aucMetric,
  determinationMetric,
  meanMetric,
  rankMetric,
  type WeightedMetric,
} from "../../../../../domain/ai/metrics/weighted.ts";

const f = (...values: readonly number[]): Float64Array => Float64Array.from(values);

/** Each row once. */
function plain(metric: WeightedMetric, rows: number): number {
  return metric(new Float64Array(rows).fill(1));
}

describe("measures, beside the examples of scikit-learn's and SciPy's documentation", () => {
  it("roc_auc_score: 0.75", () => {
    expect(plain(aucMetric(f(0.1, 0.4, 0.35, 0.8), f(0, 0, 1, 1)), 4)).toBe(0.75);
  });

  it("log_loss: 0.21616…", () => {
    // ["spam", "ham", "ham", "spam"] with P(spam) = 0.9, 0.1, 0.2, 0.65
    const losses = lossesOf("classifier", f(0.9, 0.1, 0.2, 0.65), f(1, 0, 0, 1));
    expect(plain(meanMetric(losses), 4)).toBeCloseTo(0.21616, 5);
  });

  it("brier_score_loss: 0.0375", () => {
    const scored = {
      prediction: f(0.1, 0.9, 0.8, 0.3),
      truth: f(0, 1, 1, 0),
      naive: f(0, 0, 0, 0),
    };
    expect(measured(metricsFor("classifier", scored), 4)["brier"]).toBeCloseTo(0.0375, 12);
  });

  it("mean_squared_error 0.375, mean_absolute_error 0.5, r2_score 0.948…", () => {
    const scored = { prediction: f(2.5, 0, 2, 8), truth: f(3, -0.5, 2, 7), naive: f(0, 0, 0, 0) };
    expect(measured(metricsFor("regressor", scored), 4)).toMatchObject({
      mse: 0.375,
      mae: 0.5,
      r2: expect.closeTo(0.948_608_137, 9),
    });
  });

  it("spearmanr: 0.8207826816681233", () => {
    expect(plain(rankMetric(f(1, 2, 3, 4, 5), f(5, 6, 7, 8, 7)), 5)).toBeCloseTo(
      0.820_782_681_668_123_3,
      14,
    );
  });
});

describe("QLIKE (Patton 2011)", () => {
  it("is 0 of the truth and y/h − ln(y/h) − 1 else, dearer below than above", () => {
    expect(qlike(0.04, 0.04)).toBe(0);
    expect(qlike(1, 2)).toBeCloseTo(1 - Math.LN2, 15);
    expect(qlike(2, 1)).toBeCloseTo(Math.LN2 - 0.5, 15);
  });
});

describe("weights", () => {
  const prediction = f(0.2, 0.9, 0.4, 0.4, 0.7, 0.4);
  const truth = f(0, 1, 1, 0, 0, 1);
  const counts = f(2, 1, 0, 3, 1, 2);
  const repeat = (values: Float64Array): Float64Array =>
    Float64Array.from(
      [...values].flatMap((value, i) => Array.from({ length: counts[i] ?? 0 }, () => value)),
    );

  it.each([
    ["auc", aucMetric],
    ["rank correlation", rankMetric],
    ["determination", determinationMetric],
  ])("of %s say the same as rows that are repeated", (_, metricOf) => {
    expect(metricOf(prediction, truth)(counts)).toBeCloseTo(
      plain(metricOf(repeat(prediction), repeat(truth)), 9),
      12,
    );
  });

  it("count ties of the AUC half", () => {
    expect(plain(aucMetric(f(0.5, 0.5), f(0, 1)), 2)).toBe(0.5);
  });
});

describe("what is not defined", () => {
  it("is null: the AUC of one class, the correlation of a constant", () => {
    const one = { prediction: f(0.1, 0.2), truth: f(1, 1), naive: f(1, 1) };
    expect(measured(metricsFor("classifier", one), 2)).toMatchObject({ auc: null, positives: 1 });
    const flat = { prediction: f(0, 0), truth: f(1, 2), naive: f(0, 0) };
    expect(measured(metricsFor("regressor", flat), 2)).toMatchObject({ ic: null });
  });

  it("never costs infinitely much", () => {
    expect(logLoss(0, 1)).toBeCloseTo(-Math.log(1e-6), 12);
    expect(logLoss(1, 1)).toBeCloseTo(1e-6, 9);
  });
});
