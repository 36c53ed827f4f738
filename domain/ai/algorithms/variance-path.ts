import type { Json } from "../../shared/json.ts";
import type { Algorithm, FitJob, Predictor } from "../learning/algorithm.ts";
import type { Parameters, ParameterSchema } from "../learning/parameters.ts";
import type { Sample } from "../learning/sample.ts";
import { Fields } from "./fitted.ts";
import { targetsOf } from "./target.ts";

/** A forecaster that says a variance at each row, known at its close, NaN where it knows none. */
export interface VariancePath {
  readonly name: string;
  readonly parameters: ParameterSchema;
  lookback(parameters: Parameters): number;
  /** what is to be known beside the parameters, from the training rows alone */
  fit(job: FitJob): { readonly [name: string]: Json };
  /** a variance a row of the sample */
  follow(sample: Sample, fitted: Fields): Float64Array;
}

/**
 * Predicts the log of what the path says, plus the mean of what the labels were above it over the training rows: a path of
 * close-to-close variances says nothing of the level of Parkinson's, nor does the log of a mean of that of a mean of logs.
 */
export function forecasterOf(path: VariancePath): Algorithm {
  return {
    name: path.name,
    kinds: ["forecaster"],
    parameters: path.parameters,
    acceptsMissing: true,
    scaling: "none",
    lookback: (parameters) => path.lookback(parameters),
    fit: (job) => {
      targetsOf(job, 2);
      const found = path.fit(job);
      const variances = path.follow(job.sample, new Fields(found, "fitted"));
      return { ...found, shift: shiftOf(job, variances) };
    },
    predictor: (fitted) => predictorOf(path, new Fields(fitted, "fitted")),
  };
}

function predictorOf(path: VariancePath, fitted: Fields): Predictor {
  const shift = fitted.number("shift");
  return {
    importance: null,
    predict: (sample, rows) => {
      const variances = path.follow(sample, fitted);
      return Float64Array.from(rows, (row) => logOf(variances[row] ?? 0) + shift);
    },
  };
}

/** Mean of y − log variance over the training rows that have one; 0 of none. */
function shiftOf({ sample, train, weights }: FitJob, variances: Float64Array): number {
  let [sum, weight] = [0, 0];
  for (const row of train) {
    const log = logOf(variances[row] ?? 0);
    if (Number.isNaN(log)) continue;
    const share = weights?.[row] ?? 1;
    sum += share * ((sample.y[row] ?? 0) - log);
    weight += share;
  }
  return weight > 0 ? sum / weight : 0;
}

/** NaN of what is not positive: nothing is known there. */
function logOf(variance: number): number {
  return variance > 0 ? Math.log(variance) : Number.NaN;
}
