import type { Json } from "../../../shared/json.ts";
import type { Predictor } from "../../learning/algorithm.ts";
import { Fields } from "../fitted.ts";
import type { Design } from "./design.ts";

/** What a linear model keeps: it says `intercept` + Σ coefficient · feature. */
export function fittedLine(
  { means, deviations }: Design,
  centre: number,
  coefficients: Float64Array,
): Json {
  const intercept = coefficients.reduce((sum, value, j) => sum - value * (means[j] ?? 0), centre);
  return {
    intercept,
    coefficients: [...coefficients],
    // How far a prediction moves when a feature does by a deviation.
    effects: Array.from(coefficients, (value, j) => Math.abs(value) * (deviations[j] ?? 0)),
  };
}

/** @param link what the sum is shown as; @throws RangeError of something else than `fittedLine` gave */
export function linePredictor(fitted: Json, link: (sum: number) => number): Predictor {
  const fields = new Fields(fitted, "fitted");
  const intercept = fields.number("intercept");
  const coefficients = fields.numbers("coefficients");
  return {
    importance: sharesOf(fields.numbers("effects")),
    predict({ x }, rows) {
      if (x.columns !== coefficients.length)
        throw new RangeError(`expected ${coefficients.length} columns, found ${x.columns}`);
      return Float64Array.from(rows, (row) => {
        let sum = intercept;
        for (let j = 0; j < x.columns; j += 1)
          sum += (coefficients[j] ?? 0) * (x.data[row * x.columns + j] ?? Number.NaN);
        return link(sum);
      });
    },
  };
}

/** null when nothing has an effect */
function sharesOf(effects: readonly number[]): Float64Array | null {
  const total = effects.reduce((sum, effect) => sum + effect, 0);
  return total > 0 ? Float64Array.from(effects, (effect) => effect / total) : null;
}
