import { cholesky, choleskySolve } from "../../../numeric/cholesky.ts";
import { FitRefused, type FitRun } from "../../learning/algorithm.ts";
import { type Design, penalisedGram, weightedSum } from "./design.ts";

/** Log-odds of the mean row, and by how much each feature moves them. */
export interface LogOdds {
  readonly centre: number;
  readonly coefficients: Float64Array;
}

const STEPS_MAX = 100;
const HALVINGS_MAX = 30;
/** The likelihood is at its top when a step no longer changes it by this part. */
const TOLERANCE = 1e-12;

/**
 * The log-odds of the largest penalised likelihood by Newton's method, which for the logistic is iteratively reweighted least squares
 * (McCullagh & Nelder 1989, §4.4); steps that go too far are halved.
 * @throws FitRefused `NOT_CONVERGED` where there is no largest, as when a line parts the labels and nothing penalises its slope;
 *         `DEPENDENT_COLUMNS`
 */
export function maximise(design: Design, lambda: number, run: FitRun): LogOdds {
  let at: LogOdds = { centre: startOf(design), coefficients: new Float64Array(design.columns) };
  let loss = lossOf(design, lambda, at);
  for (let step = 1; step <= STEPS_MAX; step += 1) {
    const direction = newtonStep(design, lambda, at, run);
    const next = walk(design, lambda, at, loss, direction);
    const gained = loss - next.loss;
    ({ at, loss } = next);
    run.report(step / STEPS_MAX);
    if (gained <= TOLERANCE * (Math.abs(loss) + TOLERANCE)) return settled(design, lambda, at, run);
  }
  throw notConverged();
}

/** That of the base rate. */
function startOf({ y, weights, rows }: Design): number {
  const rate = y.reduce((sum, value, i) => sum + (weights[i] ?? 0) * value, 0) / rows;
  if (!(rate > 0 && rate < 1))
    throw new FitRefused("CONSTANT_TARGET", `all rows of weight have the label ${rate}`);
  return Math.log(rate / (1 - rate));
}

/** −log likelihood + ½λΣβ². */
function lossOf(design: Design, lambda: number, at: LogOdds): number {
  let sum = 0;
  const { y, weights, rows } = design;
  for (let row = 0; row < rows; row += 1) {
    const z = logOddsOf(design, at, row);
    const label = y[row] ?? 0;
    sum +=
      (weights[row] ?? 0) * (Math.max(z, 0) - z * label + Math.log(1 + Math.exp(-Math.abs(z))));
  }
  return at.coefficients.reduce((total, value) => total + (lambda / 2) * value * value, sum);
}

function logOddsOf({ x, columns }: Design, { centre, coefficients }: LogOdds, row: number): number {
  let sum = centre;
  for (let j = 0; j < columns; j += 1) sum += (coefficients[j] ?? 0) * (x[row * columns + j] ?? 0);
  return sum;
}

export function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** H⁻¹g, the intercept taken out by its own equation. */
function newtonStep(design: Design, lambda: number, at: LogOdds, run: FitRun): LogOdds {
  const { rows, columns, y, weights } = design;
  const slope = new Float64Array(rows);
  const curvature = new Float64Array(rows);
  let [slopes, curvatures] = [0, 0];
  for (let row = 0; row < rows; row += 1) {
    const p = sigmoid(logOddsOf(design, at, row));
    slope[row] = (weights[row] ?? 0) * ((y[row] ?? 0) - p);
    curvature[row] = (weights[row] ?? 0) * p * (1 - p);
    slopes += slope[row] ?? 0;
    curvatures += curvature[row] ?? 0;
  }
  const cross = weightedSum(design, curvature);
  const gradient = weightedSum(design, slope);
  const gram = penalisedGram(design, curvature, lambda, run);
  const right = new Float64Array(columns);
  for (let i = 0; i < columns; i += 1) {
    const share = (cross[i] ?? 0) / curvatures;
    right[i] = (gradient[i] ?? 0) - lambda * (at.coefficients[i] ?? 0) - share * slopes;
    for (let j = 0; j <= i; j += 1)
      gram.data[i * columns + j] = (gram.data[i * columns + j] ?? 0) - share * (cross[j] ?? 0);
  }
  const lower = cholesky(gram);
  if (lower === null) throw singular(at);
  const coefficients = choleskySolve(lower, right);
  const taken = coefficients.reduce((sum, value, j) => sum + value * (cross[j] ?? 0), 0);
  return { centre: (slopes - taken) / curvatures, coefficients };
}

/** At the first step it is the columns; later the weights have gone with the likelihood to its end. */
function singular({ coefficients }: LogOdds): FitRefused {
  return coefficients.every((value) => value === 0)
    ? new FitRefused(
        "DEPENDENT_COLUMNS",
        "a feature is constant or made of others: without a penalty they cannot be told apart",
      )
    : notConverged();
}

function notConverged(): FitRefused {
  return new FitRefused(
    "NOT_CONVERGED",
    "the likelihood has no top, as when a line parts the labels: a penalty gives it one",
  );
}

/** @returns where the loss is not larger, which is where it began when no part of the step helps */
function walk(
  design: Design,
  lambda: number,
  from: LogOdds,
  loss: number,
  step: LogOdds,
): { readonly at: LogOdds; readonly loss: number } {
  for (let halvings = 0, size = 1; halvings < HALVINGS_MAX; halvings += 1, size /= 2) {
    const at = {
      centre: from.centre + size * step.centre,
      coefficients: from.coefficients.map((value, j) => value + size * (step.coefficients[j] ?? 0)),
    };
    const found = lossOf(design, lambda, at);
    if (found <= loss) return { at, loss: found };
  }
  return { at: from, loss };
}

/** A loss that no longer falls may be one that has reached 0: then the last step is still a long one. */
function settled(design: Design, lambda: number, at: LogOdds, run: FitRun): LogOdds {
  const { coefficients } = newtonStep(design, lambda, at, run);
  const isAtTop = coefficients.every(
    (value, j) => Math.abs(value) <= 1e-4 * (1 + Math.abs(at.coefficients[j] ?? 0)),
  );
  if (!isAtTop) throw notConverged();
  return at;
}
