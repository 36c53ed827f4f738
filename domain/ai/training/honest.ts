import { type Calibration, calibrated, fitCalibration } from "../calibration/calibration.ts";
import { isWithin, residualBand } from "../calibration/conformal.ts";
import type { LabelledSample } from "../learning/sample.ts";
import type { ModelKind } from "../model/definition.ts";
import type { Finishing } from "../model/artifact.ts";
import { returnScale } from "../model/row-scale.ts";
import { shownOf } from "./fit-rows.ts";
import type { OutOfSample } from "./out-of-sample.ts";
import type { TrainingTerms } from "./terms.ts";

/* Calibration and intervals are fitted to out-of-sample predictions. What is said of how good they are comes from folds that are later than
   those that they were fitted to, so that they never see the rows that they are measured on. */

/** What is learnt from all scored rows, for the artefact. */
export interface Fitted {
  readonly calibration: Calibration;
  readonly band: Finishing["band"];
}

/** What is told of it: predictions as they would have been shown, in the order of the rows. */
export interface Honest extends Fitted {
  readonly prediction: Float64Array;
  readonly truth: Float64Array;
}

export function honestly(
  { definition, validation, calibration, coverage }: TrainingTerms,
  sample: LabelledSample,
  scored: OutOfSample,
): Honest {
  const { kind, target } = definition;
  const isShuffled = validation.scheme === "shuffledKFold";
  const folds = foldSlices(scored, sample, isShuffled);
  const truth = Float64Array.from(scored.rows, (row) => shownOf(kind, sample.y[row] ?? 0, 1));
  if (kind === "classifier")
    return {
      calibration: fitCalibration(calibration, scored.raw, truth),
      band: null,
      prediction: calibratedLater(scored.raw, truth, folds, calibration),
      truth,
    };
  const residuals = residualsOf(kind, sample, scored, target.horizon);
  return {
    calibration: { kind: "none" },
    band: bandOf(residuals, folds, coverage),
    prediction: scored.raw.map((raw, i) => shownOf(kind, raw, scored.factor[i] ?? 1)),
    truth,
  };
}

/** The places of a fold's rows, and those of earlier folds whose labels had ended before it began. */
interface FoldSlice {
  readonly own: Int32Array;
  readonly earlier: Int32Array;
}

function foldSlices(
  { rows, fold }: OutOfSample,
  sample: LabelledSample,
  isShuffled: boolean,
): readonly FoldSlice[] {
  const count = fold.reduce((most, index) => Math.max(most, index + 1), 0);
  const places = Int32Array.from(rows, (_row, place) => place);
  const [closes, ends] = [taken(sample.closeMs, rows), taken(sample.labelEndMs, rows)];
  return Array.from({ length: count }, (_, k) => {
    const own = places.filter((place) => fold[place] === k);
    const sinceMs = own.reduce((first, place) => Math.min(first, closes[place] ?? first), Infinity);
    const earlier = places.filter(
      (place) => (fold[place] ?? 0) < k && (isShuffled || (ends[place] ?? Infinity) < sinceMs),
    );
    return { own, earlier };
  });
}

/** The first folds, before which too little has been scored, keep the model's own probabilities. */
function calibratedLater(
  raw: Float64Array,
  truth: Float64Array,
  folds: readonly FoldSlice[],
  kind: Calibration["kind"],
): Float64Array {
  const shown = raw.slice();
  for (const { own, earlier } of folds) {
    const found = fitCalibration(kind, taken(raw, earlier), taken(truth, earlier));
    for (const place of own) shown[place] = calibrated(found, raw[place] ?? Number.NaN);
  }
  return shown;
}

/** In units of `returnScale`, or of log variances; NaN where there is no scale. */
function residualsOf(
  kind: ModelKind,
  sample: LabelledSample,
  { rows, raw, factor }: OutOfSample,
  horizon: number,
): Float64Array {
  return Float64Array.from(rows, (row, i) => {
    const residual = (sample.y[row] ?? Number.NaN) - (raw[i] ?? Number.NaN);
    return kind === "forecaster"
      ? residual - Math.log(factor[i] ?? 1)
      : residual / returnScale(sample, row, horizon);
  });
}

/** With the coverage that bands of earlier folds had on later ones; null where none was measured. */
function bandOf(
  residuals: Float64Array,
  folds: readonly FoldSlice[],
  wanted: number,
): Finishing["band"] {
  let [inside, measured] = [0, 0];
  for (const { own, earlier } of folds) {
    const band = residualBand(finite(taken(residuals, earlier)), wanted);
    if (band === null) continue;
    for (const residual of finite(taken(residuals, own))) {
      measured += 1;
      if (isWithin(band, residual)) inside += 1;
    }
  }
  const band = residualBand(finite(residuals), wanted);
  return band === null || measured === 0 ? null : { ...band, coverage: inside / measured };
}

function taken(values: Float64Array, places: Int32Array): Float64Array {
  return Float64Array.from(places, (place) => values[place] ?? Number.NaN);
}

function finite(values: Float64Array): Float64Array {
  return values.filter(Number.isFinite);
}
