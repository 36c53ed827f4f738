import type { Json } from "../../shared/json.ts";
import type { ModelKind } from "../model/definition.ts";
import type { LabelledSample, Sample } from "./sample.ts";
import type { ParameterFault, ParameterSchema, Parameters } from "./parameters.ts";

/** What a fit is judged by: log-loss of a probability, or the square of a difference. */
export type Objective = "binary" | "squared";

/** One fit: which rows to learn from, and which to stop by. */
export interface FitJob {
  readonly sample: LabelledSample;
  /** rows of `sample`, ascending; all have labels */
  readonly train: Int32Array;
  /** rows that early stopping looks at, later than or purged of `train`; may be empty */
  readonly valid: Int32Array;
  readonly objective: Objective;
  readonly parameters: Parameters;
  /** a weight a row of `sample`; absent: all alike */
  readonly weights?: Float64Array;
  /** a whole number from 0 to 2³² − 1; the same gives the same bytes */
  readonly seed: number;
  readonly run: FitRun;
}

export interface FitRun {
  /** @param progress 0 to 1 of this fit */
  report(progress: number): void;
  /** to be looked at every few milliseconds, and answered by throwing `FitCancelled` */
  readonly isCancelled: boolean;
}

/** Nobody wants the fit any more. */
export class FitCancelled extends Error {
  override readonly name = "FitCancelled";
}

/** The data cannot be learnt from in this way: what the user is told. */
export class FitRefused extends Error {
  override readonly name = "FitRefused";
  /** of the closed list of problem codes of training, e.g. `CONSTANT_TARGET` */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A family of models: how they are fitted, and what they say. No clock, no randomness but the seed's, no I/O. */
export interface Algorithm {
  readonly name: string;
  readonly kinds: readonly ModelKind[];
  readonly parameters: ParameterSchema;
  /** what the schema cannot say of parameters that it has let pass; absent: nothing */
  check?(parameters: Parameters): readonly ParameterFault[];
  /** whether rows with NaN among their features may be learnt from and predicted */
  readonly acceptsMissing: boolean;
  /** `standard`: features come with mean 0 and deviation 1 of the training rows */
  readonly scaling: "none" | "standard";
  /** how many rows of its symbol before a row a prediction reads beside it, `Infinity`: all that there are */
  lookback(parameters: Parameters): number;
  /**
   * @returns plain JSON, the same for the same job, whatever the machine
   * @throws FitCancelled, FitRefused
   */
  fit(job: FitJob): Json;
  /** @param fitted what `fit` gave; @throws RangeError when it is something else */
  predictor(fitted: Json): Predictor;
}

export interface Predictor {
  /**
   * @param rows of the sample, in any order
   * @returns a number a row: the probability of the label 1 (`binary`), or the label (`squared`)
   */
  predict(sample: Sample, rows: Int32Array): Float64Array;
  /** how much each feature (column of x) was of use in the fit, summing to 1; null where the algorithm does not know */
  readonly importance: Float64Array | null;
}

export type AlgorithmBook = ReadonlyMap<string, Algorithm>;
