import type { Parameters, ParameterSchema } from "../../learning/parameters.ts";
import { parametersOf } from "../fitted.ts";

/** How trees are grown; the names that XGBoost has for them in brackets. */
export interface BoostingTerms {
  readonly rounds: number;
  /** of splits above a leaf (max_depth) */
  readonly depth: number;
  /** what a tree's values are multiplied with (eta) */
  readonly learningRate: number;
  /** that a feature's values are put into, missing ones apart (max_bin) */
  readonly bins: number;
  /** Σ hessians that a child has at least (min_child_weight) */
  readonly minChildWeight: number;
  /** rows that a child has at least */
  readonly minRows: number;
  /** penalty of the square of a leaf's value (lambda) */
  readonly lambda: number;
  /** gain that a split brings at least (gamma); of a regression in variances of the target */
  readonly gamma: number;
  /** share of rows that a tree sees (subsample) */
  readonly subsample: number;
  /** share of columns that a tree sees, at least one (colsample_bytree) */
  readonly columnSample: number;
  /** rounds without a better loss on the stopping rows, after which the best is kept; 0: all rounds are */
  readonly patience: number;
  /** a sign a column: predictions do not fall (1) or do not rise (−1) with it; what the list does not reach is free */
  readonly monotone: readonly number[];
}

const UNIT = { type: "number", min: 0.01, max: 1, default: 1 } as const;
const PENALTY = { type: "number", min: 0, max: 1e9 } as const;

export const BOOSTING_PARAMETERS: ParameterSchema = {
  rounds: { type: "integer", min: 1, max: 5_000, default: 200, about: "trees, one after another" },
  depth: { type: "integer", min: 1, max: 12, default: 4, about: "splits above a leaf at most" },
  learningRate: {
    type: "number",
    min: 1e-4,
    max: 1,
    default: 0.05,
    about: "how far each tree goes",
  },
  bins: { type: "integer", min: 2, max: 255, default: 64, about: "per feature, missing apart" },
  minChildWeight: { ...PENALTY, default: 1, about: "sum of hessians of a leaf at least" },
  minRows: { type: "integer", min: 1, max: 1e6, default: 1, about: "rows of a leaf at least" },
  lambda: { ...PENALTY, default: 1, about: "penalty of the squares of a leaf's value" },
  gamma: { ...PENALTY, default: 0, about: "gain of a split at least" },
  subsample: { ...UNIT, about: "share of the rows that each tree sees" },
  columnSample: { ...UNIT, about: "share of the features that each tree sees" },
  patience: {
    type: "integer",
    min: 0,
    max: 1_000,
    default: 30,
    about: "rounds without a better loss on the rows kept for stopping; 0: never stop",
  },
  monotone: {
    type: "integers",
    min: -1,
    max: 1,
    lengthMax: 1_000,
    default: [],
    about: "per feature: 1 predictions do not fall with it, -1 do not rise, 0 free",
  },
};

/** @param parameters checked against `BOOSTING_PARAMETERS` */
export function termsOf(parameters: Parameters): BoostingTerms {
  const given = parametersOf(parameters);
  return {
    rounds: given.number("rounds"),
    depth: given.number("depth"),
    learningRate: given.number("learningRate"),
    bins: given.number("bins"),
    minChildWeight: given.number("minChildWeight"),
    minRows: given.number("minRows"),
    lambda: given.number("lambda"),
    gamma: given.number("gamma"),
    subsample: given.number("subsample"),
    columnSample: given.number("columnSample"),
    patience: given.number("patience"),
    monotone: given.numbers("monotone"),
  };
}
