import { FitRefused, type Objective } from "../../learning/algorithm.ts";

/** What trees are fitted to: labels, weights, and how the sum of the trees becomes a prediction. */
export interface Goal {
  readonly objective: Objective;
  /** labels; `squared`: in deviations from their mean, so that penalties mean the same whatever the unit */
  readonly y: Float64Array;
  readonly weights: Float64Array;
  /** a prediction is base + scale · Σ trees, `binary`: of the log-odds */
  readonly base: number;
  readonly scale: number;
}

/**
 * @param y       of the rows that are learnt from, the first `learnt`, and those to stop by
 * @param weights not negative
 * @throws FitRefused `TOO_FEW_ROWS` of no weight at all, `CONSTANT_TARGET` when all weight is on one label
 */
export function goalOf(
  objective: Objective,
  y: Float64Array,
  weights: Float64Array,
  learnt: number,
): Goal {
  const { mean, variance } = momentsOf(y, weights, learnt);
  if (!(variance > 0))
    throw new FitRefused("CONSTANT_TARGET", `all rows of weight have the label ${mean}`);
  if (objective === "binary")
    return { objective, y, weights, base: Math.log(mean / (1 - mean)), scale: 1 };
  const scale = Math.sqrt(variance);
  return { objective, y: y.map((value) => (value - mean) / scale), weights, base: mean, scale };
}

function momentsOf(
  y: Float64Array,
  weights: Float64Array,
  count: number,
): { readonly mean: number; readonly variance: number } {
  let [sum, total] = [0, 0];
  for (let i = 0; i < count; i += 1) {
    sum += (weights[i] ?? 0) * (y[i] ?? 0);
    total += weights[i] ?? 0;
  }
  if (!(total > 0)) throw new FitRefused("TOO_FEW_ROWS", "all rows to learn from weigh nothing");
  const mean = sum / total;
  let squares = 0;
  for (let i = 0; i < count; i += 1) squares += (weights[i] ?? 0) * ((y[i] ?? 0) - mean) ** 2;
  return { mean, variance: squares / total };
}

export function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** A hessian below this says nothing of the curvature any more. */
const HESSIAN_MIN = 1e-16;

/**
 * Gradients and hessians of the loss by the sum of the trees.
 * @param rows of the goal; null: from 0
 */
export function fillPairs(
  pairs: Float64Array,
  { objective, y, weights, base }: Goal,
  margins: Float64Array,
  rows: Int32Array | null,
): void {
  const isBinary = objective === "binary";
  for (let k = 0; k < pairs.length; k += 2) {
    const row = rows === null ? k >>> 1 : (rows[k >>> 1] ?? 0);
    const weight = weights[row] ?? 0;
    const margin = margins[row] ?? 0;
    const guess = isBinary ? sigmoid(base + margin) : margin;
    pairs[k] = weight * (guess - (y[row] ?? 0));
    pairs[k + 1] = weight * (isBinary ? Math.max(guess * (1 - guess), HESSIAN_MIN) : 1);
  }
}

/** The weighted mean loss of the rows from `from` on. */
export function meanLoss(goal: Goal, margins: Float64Array, from: number): number {
  let [sum, total] = [0, 0];
  for (let row = from; row < margins.length; row += 1) {
    const weight = goal.weights[row] ?? 0;
    sum += weight * lossOf(goal, margins[row] ?? 0, goal.y[row] ?? 0);
    total += weight;
  }
  return sum / total;
}

function lossOf({ objective, base }: Goal, margin: number, y: number): number {
  if (objective === "squared") return (y - margin) ** 2;
  const logOdds = base + margin;
  return Math.max(logOdds, 0) - logOdds * y + Math.log(1 + Math.exp(-Math.abs(logOdds)));
}
