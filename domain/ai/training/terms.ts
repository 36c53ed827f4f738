import type { DriftReference } from "../drift/reference.ts";
import type { Reliability } from "../calibration/reliability.ts";
import type { LabelledSample } from "../learning/sample.ts";
import type { ModelDefinition } from "../model/definition.ts";

/**
 * How a model is scored on what it has not learnt from. `embargo`: bars left out after each test block (purgedKFold) or before it
 * (walkForward), beside the purge of every training row whose label ends inside or after the test's begin.
 * A walk-forward has either `folds` blocks of one size after the first part, or a refit every so many bars from `testStartMs` on.
 */
export type Validation =
  | {
      readonly scheme: "walkForward";
      readonly folds: number;
      readonly embargo: number;
      readonly window: "expanding" | "rolling";
    }
  | {
      readonly scheme: "walkForwardEvery";
      readonly refitEvery: number;
      readonly testStartMs: number;
      readonly embargo: number;
      readonly window: "expanding" | "rolling";
      /** of a rolling window; null: all before */
      readonly trainBars: number | null;
    }
  | { readonly scheme: "purgedKFold"; readonly folds: number; readonly embargo: number }
  /** refused (`LABELS_OVERLAP`) unless the horizon is one bar */
  | { readonly scheme: "shuffledKFold"; readonly folds: number };

export interface TrainingTerms {
  readonly definition: ModelDefinition;
  readonly validation: Validation;
  readonly calibration: "none" | "platt" | "isotonic";
  /** of the interval, e.g. 0.9 */
  readonly coverage: number;
  /** of bars after which a row weighs half; null: all weigh alike */
  readonly halfLife: number | null;
  /** share of the newest training rows, purged, that early stopping looks at; those that do not stop early learn from them */
  readonly stopShare: number;
  readonly seed: number;
}

/** What a thread is given to train. */
export interface TrainingInput {
  readonly terms: TrainingTerms;
  readonly sample: LabelledSample;
}

/** What comes back: the artefact's bytes (canonical JSON, UTF-8) and what is recorded of the version beside it. */
export interface TrainingOutcome {
  readonly artifact: Uint8Array<ArrayBuffer>;
  readonly report: TrainingReport;
  /** `evidenceBytes` of the report */
  readonly evidence: Uint8Array<ArrayBuffer>;
}

export interface Estimate {
  readonly value: number;
  /** by block bootstrap, 95 % */
  readonly lower: number;
  readonly upper: number;
}

export type Metrics = { readonly [name: string]: number | null };

export interface TrainingReport {
  readonly rows: { readonly total: number; readonly labelled: number; readonly tested: number };
  readonly folds: readonly {
    readonly trainRows: number;
    readonly testRows: number;
    readonly testStartMs: number;
    readonly testEndMs: number;
    readonly metrics: Metrics;
  }[];
  /** folds whose rows to learn from had one class only; absent of versions that were made when such trainings were refused */
  readonly skippedFolds?: number;
  /** over all rows that were predicted out of sample, each once */
  readonly outOfSample: {
    readonly metrics: Metrics;
    /** of the metrics that matter, by name */
    readonly estimates: { readonly [name: string]: Estimate };
    /** the share of truths inside the interval, each measured on later folds than those that set its width; null of a classifier */
    readonly coverage: number | null;
    /** of a classifier: probabilities beside what happened, and their mean distance */
    readonly reliability?: Reliability | null;
    /** long above the base rate (or 0), else flat: for promotion */
    readonly trading: {
      readonly turnover: number;
      readonly maxDrawdown: number;
      readonly sharpe: number | null;
    } | null;
  };
  readonly baselines: readonly {
    /** `baseRate`, `persistence`, `ewma`, `garch`, `mean`, `zero` */
    readonly name: string;
    readonly metrics: Metrics;
    /** Diebold & Mariano on the loss: below 0 the model is better */
    readonly dieboldMariano: { readonly statistic: number; readonly pValue: number } | null;
  }[];
  /** gain and permutation importance by feature name; null where unknown */
  readonly importance: {
    readonly gain: { readonly [feature: string]: number } | null;
    readonly permutation: { readonly [feature: string]: number } | null;
  };
  /** of each feature over the training rows, for `featureDrift` */
  readonly reference: DriftReference;
  /** out-of-sample losses in order of time, the newest 20,000 rows: close of the row, loss, prediction as shown, truth, forward return */
  readonly scored: {
    readonly closeMs: readonly number[];
    readonly symbol: readonly number[];
    readonly loss: readonly number[];
    readonly prediction: readonly number[];
    readonly truth: readonly number[];
    readonly forwardReturn: readonly number[];
  };
  readonly notes: readonly string[];
}
