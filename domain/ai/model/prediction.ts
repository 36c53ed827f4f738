/** What a model version says of one row. */
export type Prediction =
  | {
      readonly isGiven: true;
      /** a simple return over the horizon (regressor), or a mean variance a bar (forecaster); null of a classifier */
      readonly value: number | null;
      /** of the label 1, calibrated; null of others */
      readonly probability: number | null;
      /** holds the truth with probability `coverage`, as measured out of sample; null of a classifier, and where too few rows were scored */
      readonly interval: Interval | null;
      /** how unlike the training data the row is: 1 at the threshold */
      readonly novelty: number;
    }
  | { readonly isGiven: false; readonly reason: NoPrediction; readonly message: string };

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly coverage: number;
}

/** `NOVEL_ROW`: unlike what the model has seen; `MISSING_FEATURE`: one has no value and the algorithm needs it; `NOT_FINITE`: the output is no number. */
export const NO_PREDICTION = [
  "NOVEL_ROW",
  "MISSING_FEATURE",
  "NOT_FINITE",
  "OUT_OF_RANGE",
] as const;
export type NoPrediction = (typeof NO_PREDICTION)[number];
