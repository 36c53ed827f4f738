import type { Adjustment } from "../../market/adjust/factors.ts";
import type { Timeframe } from "../../market/bar.ts";
import type { Json } from "../../shared/json.ts";

/** `classifier`: a probability; `regressor`: a return; `forecaster`: a variance. */
export const MODEL_KINDS = ["classifier", "regressor", "forecaster"] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];

export const VARIANCE_MEASURES = ["parkinson", "garmanKlass", "squaredReturn"] as const;
export type VarianceMeasure = (typeof VARIANCE_MEASURES)[number];

/**
 * What is predicted, of the `horizon` bars that follow the row's.
 * `direction`: 1 when the simple return over them is above `threshold`, else 0. `return`: that return.
 * `volatility`: the mean of their variances by `measure`; models are fitted to its logarithm.
 * `tripleBarrier`: 1 when the price rises by `upper` deviations before it falls by `lower` of them, 0 when it falls first; when it
 * does neither within the horizon, 1 for a rise at its end and 0 for none. A deviation is that of the log returns of the `window` bars up to the row.
 * (López de Prado, Advances in Financial Machine Learning, ch. 3.)
 */
export type Target =
  | { readonly kind: "direction"; readonly horizon: number; readonly threshold: number }
  | { readonly kind: "return"; readonly horizon: number }
  | { readonly kind: "volatility"; readonly horizon: number; readonly measure: VarianceMeasure }
  | {
      readonly kind: "tripleBarrier";
      readonly horizon: number;
      readonly upper: number;
      readonly lower: number;
      readonly window: number;
    };

/** What a model is, before anything is learnt. Its versions keep what it was when they were trained. */
export interface ModelDefinition {
  readonly kind: ModelKind;
  /** a name of the book of algorithms */
  readonly algorithm: string;
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** canonical names, in the order of the columns */
  readonly features: readonly string[];
  readonly target: Target;
  readonly parameters: { readonly [name: string]: Json };
  readonly adjust: Adjustment;
}

/** What of a model its data follow from. */
export type DataDefinition = Pick<
  ModelDefinition,
  "symbols" | "timeframe" | "features" | "target" | "adjust"
>;

/** Predictions of a classifier are probabilities, of a forecaster logarithms of a variance until they are shown. */
export function targetSpace({ kind }: Target): "probability" | "return" | "logVariance" {
  switch (kind) {
    case "direction":
    case "tripleBarrier":
      return "probability";
    case "return":
      return "return";
    case "volatility":
      return "logVariance";
  }
}
