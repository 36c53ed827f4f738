import type { ModelKind } from "../model/definition.ts";

/** Probabilities are kept this far from 0 and 1, so that one sure mistake does not cost infinitely much. */
const SURE = 1e-6;

/** −ln of the probability that was given to what happened. @param truth 0 or 1 */
export function logLoss(probability: number, truth: number): number {
  const p = Math.min(1 - SURE, Math.max(SURE, probability));
  return -Math.log(truth === 1 ? p : 1 - p);
}

/**
 * y/h − ln(y/h) − 1: 0 of a perfect forecast, and robust to noise in the proxy for the variance (Patton, Journal of
 * Econometrics 160 (2011) 246).
 * @param forecast h, positive; @param truth y, positive
 */
export function qlike(forecast: number, truth: number): number {
  const ratio = truth / forecast;
  return ratio - Math.log(ratio) - 1;
}

function squaredError(prediction: number, truth: number): number {
  return (truth - prediction) * (truth - prediction);
}

/** What a kind of model is judged by: log-loss of a probability, squared error of a return, QLIKE of a variance. */
export function lossOf(kind: ModelKind): (prediction: number, truth: number) => number {
  switch (kind) {
    case "classifier":
      return logLoss;
    case "regressor":
      return squaredError;
    case "forecaster":
      return qlike;
  }
}

export function lossesOf(
  kind: ModelKind,
  prediction: Float64Array,
  truth: Float64Array,
): Float64Array<ArrayBuffer> {
  const loss = lossOf(kind);
  return Float64Array.from(prediction, (value, i) => loss(value, truth[i] ?? Number.NaN));
}
