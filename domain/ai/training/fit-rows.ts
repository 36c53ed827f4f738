import type { Json } from "../../shared/json.ts";
import type { Algorithm, FitRun, Objective, Predictor } from "../learning/algorithm.ts";
import type { Parameters } from "../learning/parameters.ts";
import type { LabelledSample } from "../learning/sample.ts";
import type { ModelKind } from "../model/definition.ts";
import { type Scaler, scaledRows, scalerOf } from "../model/scaler.ts";
import { stopSplit } from "./stop-split.ts";
import type { TrainingTerms } from "./terms.ts";
import { agedWeights } from "./weights.ts";

/** What all fits of one training share. */
export interface FitSetting {
  readonly algorithm: Algorithm;
  readonly parameters: Parameters;
  readonly terms: TrainingTerms;
  readonly sample: LabelledSample;
}

/** One fit, and what it rests on. */
export interface FittedRows {
  readonly fitted: Json;
  readonly predictor: Predictor;
  readonly scaler: Scaler;
  /** the sample as the predictor takes it, all rows of it */
  readonly scaled: LabelledSample;
  /** of a forecaster: the mean of truth over forecast in what was learnt from; else 1 */
  readonly factor: number;
  /** the best guess without any feature: base rate, mean return, mean variance */
  readonly naive: number;
}

/** Scaler, weights, stopping rows and the retransformation follow from the given rows alone. @throws FitRefused, FitCancelled */
export function fitRows(setting: FitSetting, rows: Int32Array, run: FitRun): FittedRows {
  const { algorithm, parameters, terms, sample } = setting;
  const { kind } = terms.definition;
  const share = stopsEarly(parameters) ? terms.stopShare : 0;
  const { train, valid } = stopSplit(sample, rows, share);
  const scaler = scalerOf(sample.x, train);
  const scaled =
    algorithm.scaling === "standard"
      ? { ...sample, x: scaledRows(sample.x, scaler, 0, sample.x.rows) }
      : sample;
  const weights = agedWeights(rows, sample.closeMs, terms.halfLife);
  const fitted = algorithm.fit({
    sample: scaled,
    train,
    valid,
    objective: objectiveOf(kind),
    parameters,
    ...(weights !== undefined && { weights }),
    seed: terms.seed,
    run,
  });
  const predictor = algorithm.predictor(fitted);
  return {
    fitted,
    predictor,
    scaler,
    scaled,
    factor: kind === "forecaster" ? retransformation(predictor, scaled, train) : 1,
    naive: naiveGuess(kind, sample.y, rows, weights),
  };
}

/** An algorithm that never looks at stopping rows learns from them instead: it has no patience, nor members that might. */
function stopsEarly({ patience, members }: Parameters): boolean {
  return members !== undefined || (typeof patience === "number" && patience > 0);
}

function objectiveOf(kind: ModelKind): Objective {
  return kind === "classifier" ? "binary" : "squared";
}

/** A label or raw output in the units in which it is shown. @param factor of `FittedRows` */
export function shownOf(kind: ModelKind, raw: number, factor: number): number {
  return kind === "forecaster" ? Math.exp(raw) * factor : raw;
}

/**
 * The mean of truth over forecast, exp(y − ŷ): Duan's smearing (JASA 78 (1983) 605), which is also the factor of least QLIKE. Without
 * it the exponential of a mean logarithm lies below the mean. Rows that the algorithm cannot predict do not count.
 */
function retransformation(predictor: Predictor, sample: LabelledSample, train: Int32Array): number {
  const raw = predictor.predict(sample, train);
  let [sum, count] = [0, 0];
  train.forEach((row, i) => {
    const ratio = Math.exp((sample.y[row] ?? Number.NaN) - (raw[i] ?? Number.NaN));
    if (!Number.isFinite(ratio)) return;
    sum += ratio;
    count += 1;
  });
  return count === 0 ? 1 : sum / count;
}

function naiveGuess(
  kind: ModelKind,
  y: Float64Array,
  rows: Int32Array,
  weights: Float64Array | undefined,
): number {
  let [sum, total] = [0, 0];
  for (const row of rows) {
    const weight = weights?.[row] ?? 1;
    sum += weight * shownOf(kind, y[row] ?? Number.NaN, 1);
    total += weight;
  }
  return sum / total;
}
