import type { Json } from "../../../shared/json.ts";
import type { Algorithm, FitJob, Objective, Predictor } from "../../learning/algorithm.ts";
import { Fields, oneOf } from "../fitted.ts";
import { fitTrees } from "./fit.ts";
import { Forest, treeFrom } from "./forest.ts";
import { sigmoid } from "./objective.ts";
import { BOOSTING_PARAMETERS, termsOf } from "./terms.ts";

const OBJECTIVES = ["binary", "squared"] as const satisfies readonly Objective[];

/**
 * Gradient boosting of trees on histograms (Friedman 2001; the objective of Chen & Guestrin 2016, the histograms of Ke et al. 2017):
 * each tree is fitted to gradient and hessian of the loss that those before it left. Missing values go to the side of a split where
 * they do less harm. The same job gives the same trees, bit by bit.
 */
export const boosting: Algorithm = {
  name: "boosting",
  kinds: ["classifier", "regressor", "forecaster"],
  parameters: BOOSTING_PARAMETERS,
  acceptsMissing: true,
  scaling: "none",
  lookback: () => 0,
  fit: fitBoosting,
  predictor: (fitted) => predictorOf(new Fields(fitted, "fitted")),
};

function fitBoosting(job: FitJob): Json {
  const { goal, trees, gains } = fitTrees(job, termsOf(job.parameters));
  return {
    objective: goal.objective,
    base: goal.base,
    scale: goal.scale,
    gains: [...gains],
    trees: trees.map(({ feature, value, right, missingLeft }) => ({
      feature,
      value,
      right,
      missingLeft,
    })),
  };
}

function predictorOf(fitted: Fields): Predictor {
  const objective = oneOf(OBJECTIVES, fitted.text("objective"));
  const base = fitted.number("base");
  const scale = fitted.number("scale");
  const gains = fitted.numbers("gains");
  const forest = new Forest(fitted.objects("trees").map(treeFrom), gains.length);
  const shown = (sum: number): number =>
    objective === "binary" ? sigmoid(base + scale * sum) : base + scale * sum;
  return {
    importance: importanceOf(gains),
    predict({ x }, rows) {
      if (x.columns !== gains.length)
        throw new RangeError(`expected ${gains.length} columns, found ${x.columns}`);
      const sums = new Float64Array(rows.length);
      forest.addTo(sums, x.data, rows);
      return sums.map(shown);
    },
  };
}

/** Shares of the gain; null where no split gained any. */
function importanceOf(gains: readonly number[]): Float64Array | null {
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return total > 0 ? Float64Array.from(gains, (gain) => gain / total) : null;
}
