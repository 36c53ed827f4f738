import type { Json } from "../../../shared/json.ts";
import type { Algorithm, FitJob } from "../../learning/algorithm.ts";
import { parametersOf } from "../fitted.ts";
import { designOf } from "./design.ts";
import { fittedLine, linePredictor } from "./fitted-line.ts";
import { maximise, sigmoid } from "./irls.ts";

/** Log-odds as a linear function of the features, with a penalty ½λΣβ² on all coefficients but the intercept. */
export const logistic: Algorithm = {
  name: "logistic",
  kinds: ["classifier"],
  parameters: {
    lambda: {
      type: "number",
      min: 0,
      max: 1e9,
      default: 1,
      about: "penalty of half the squares of the coefficients",
    },
  },
  acceptsMissing: false,
  scaling: "standard",
  lookback: () => 0,
  fit: fitLogistic,
  predictor: (fitted) => linePredictor(fitted, sigmoid),
};

function fitLogistic(job: FitJob): Json {
  const design = designOf(job);
  const lambda = parametersOf(job.parameters).number("lambda");
  const { centre, coefficients } = maximise(design, lambda, job.run);
  return fittedLine(design, centre, coefficients);
}
