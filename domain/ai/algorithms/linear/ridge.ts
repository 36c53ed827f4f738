import { cholesky, choleskySolve } from "../../../numeric/cholesky.ts";
import type { Json } from "../../../shared/json.ts";
import { type Algorithm, type FitJob, FitRefused } from "../../learning/algorithm.ts";
import { parametersOf } from "../fitted.ts";
import { designOf, penalisedGram, weightedSum } from "./design.ts";
import { fittedLine, linePredictor } from "./fitted-line.ts";

/**
 * Least squares with a penalty λΣβ² on all coefficients but the intercept (Hoerl & Kennard 1970): β = (XᵀWX + λI)⁻¹XᵀWy of centred
 * columns. With λ = 0 ordinary least squares.
 */
export const ridge: Algorithm = {
  name: "ridge",
  kinds: ["regressor", "forecaster"],
  parameters: {
    lambda: {
      type: "number",
      min: 0,
      max: 1e9,
      default: 1,
      about: "penalty of the squares of the coefficients, in rows",
    },
  },
  acceptsMissing: false,
  scaling: "standard",
  lookback: () => 0,
  fit: fitRidge,
  predictor: (fitted) => linePredictor(fitted, (sum) => sum),
};

function fitRidge(job: FitJob): Json {
  const design = designOf(job);
  const { y, weights, rows } = design;
  const mean = y.reduce((sum, value, i) => sum + (weights[i] ?? 0) * value, 0) / rows;
  const lambda = parametersOf(job.parameters).number("lambda");
  const lower = cholesky(penalisedGram(design, weights, lambda, job.run));
  if (lower === null)
    throw new FitRefused(
      "DEPENDENT_COLUMNS",
      "a feature is constant or made of others: without a penalty they cannot be told apart",
    );
  const moment = weightedSum(
    design,
    y.map((value, i) => (weights[i] ?? 0) * (value - mean)),
  );
  return fittedLine(design, mean, choleskySolve(lower, moment));
}
