import type { ModelKind } from "../model/definition.ts";
import type { Metrics } from "../training/terms.ts";
import { lossesOf } from "./losses.ts";
import {
  aucMetric,
  determinationMetric,
  meanMetric,
  rankMetric,
  skillMetric,
  type WeightedMetric,
} from "./weighted.ts";

/** Predictions as they are shown (probability, simple return, variance), what happened, and what the simplest guess was. */
export interface Scored {
  readonly prediction: Float64Array;
  readonly truth: Float64Array;
  /** base rate, mean return or mean variance of what was learnt from, a row each */
  readonly naive: Float64Array;
}

export type MetricBook = { readonly [name: string]: WeightedMetric };

/** The measures of a kind of model, by name. */
export function metricsFor(kind: ModelKind, scored: Scored): MetricBook {
  switch (kind) {
    case "classifier":
      return ofProbabilities(scored);
    case "regressor":
      return ofReturns(scored);
    case "forecaster":
      return ofVariances(scored);
  }
}

/** Every row once; null where a measure is not defined. */
export function measured(book: MetricBook, rows: number): Metrics {
  const weights = new Float64Array(rows).fill(1);
  return Object.fromEntries(
    Object.entries(book).map(([name, metric]) => [name, finiteOrNull(metric(weights))]),
  );
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** `skill`: the share of the base rate's log-loss that is saved. `brier`: Brier's score (1950). `accuracy`: above ½ means 1. */
function ofProbabilities({ prediction, truth, naive }: Scored): MetricBook {
  const losses = lossesOf("classifier", prediction, truth);
  return {
    auc: aucMetric(prediction, truth),
    logLoss: meanMetric(losses),
    brier: meanMetric(lossesOf("regressor", prediction, truth)),
    accuracy: meanMetric(prediction.map((p, i) => (p > 0.5 === (truth[i] === 1) ? 1 : 0))),
    skill: skillMetric(losses, lossesOf("classifier", naive, truth)),
    positives: meanMetric(truth),
  };
}

/** `r2` and `skill` differ in the mean: of the truths themselves, and of what had been learnt from (Campbell & Thompson 2008). `ic`: Spearman's. */
function ofReturns({ prediction, truth, naive }: Scored): MetricBook {
  const losses = lossesOf("regressor", prediction, truth);
  return {
    mse: meanMetric(losses),
    mae: meanMetric(prediction.map((value, i) => Math.abs((truth[i] ?? Number.NaN) - value))),
    r2: determinationMetric(prediction, truth),
    ic: rankMetric(prediction, truth),
    skill: skillMetric(losses, lossesOf("regressor", naive, truth)),
    signAccuracy: meanMetric(
      prediction.map((value, i) => (value > 0 === (truth[i] ?? 0) > 0 ? 1 : 0)),
    ),
  };
}

/** `r2Volatility`: of the square roots, which one great day does not rule. */
function ofVariances({ prediction, truth, naive }: Scored): MetricBook {
  const losses = lossesOf("forecaster", prediction, truth);
  return {
    qlike: meanMetric(losses),
    mse: meanMetric(lossesOf("regressor", prediction, truth)),
    mae: meanMetric(prediction.map((value, i) => Math.abs((truth[i] ?? Number.NaN) - value))),
    r2Volatility: determinationMetric(prediction.map(Math.sqrt), truth.map(Math.sqrt)),
    ic: rankMetric(prediction, truth),
    skill: skillMetric(losses, lossesOf("forecaster", naive, truth)),
  };
}
