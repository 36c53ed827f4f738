import { driftReference } from "../drift/reference.ts";
import { type AlgorithmBook, FitRefused, type FitRun } from "../learning/algorithm.ts";
import { type ArtifactContent, type Finishing, FORMAT, toBytes } from "../model/artifact.ts";
import type { ModelKind } from "../model/definition.ts";
import { type Fold, foldsOf } from "../validation/splits.ts";
import { baselinesOf } from "./baselines.ts";
import { evidenceBytes } from "./evidence.ts";
import { type FitSetting, type FittedRows, fitRows } from "./fit-rows.ts";
import { type Honest, honestly } from "./honest.ts";
import { type LearnableFolds, learnableFolds } from "./learnable-folds.ts";
import { notesOf } from "./notes.ts";
import { noveltyGuard } from "./novelty-threshold.ts";
import { type OutOfSample, outOfSample } from "./out-of-sample.ts";
import { PermutationImportance } from "./permutation.ts";
import { Progress } from "./progress.ts";
import { byFold, overall, scoredRows } from "./score.ts";
import { settingOf } from "./setting.ts";
import type { TrainingInput, TrainingOutcome, TrainingReport } from "./terms.ts";
import { type UsableRows, usableRows } from "./usable-rows.ts";

/** Fits that one training takes. */
const FOLDS_MAX = 500;
/** Of the whole time: the final fit counts as one fold more, the rest is for what follows. */
const FITS_SHARE = 0.85;
const BASELINES_SHARE = 0.1;

/**
 * Validates a model out of sample, fits it to all rows and packs it. The same input gives the same bytes.
 * @throws FitRefused saying what of the data or the terms does not let it learn; FitCancelled
 */
export function trainModel(
  input: TrainingInput,
  book: AlgorithmBook,
  run: FitRun,
): TrainingOutcome {
  const setting = settingOf(input, book);
  const usable = usableRows(input, setting.algorithm);
  const { folds, skipped } = foldsFor(input, usable.rows);
  const progress = new Progress(run);
  const fitShare = FITS_SHARE / (folds.length + 1);
  const permutation = new PermutationImportance(setting, folds.length);
  const scored = outOfSample(
    setting,
    folds,
    () => progress.part(fitShare),
    (fitted, fold) => permutation.add(fitted, fold, () => progress.check()),
  );
  const honest = honestly(input.terms, input.sample, scored);
  const final = fitRows(setting, usable.rows, progress.part(fitShare));
  const baselines = baselinesOf(
    { setting, book, folds, scored, honest },
    progress.part(BASELINES_SHARE),
  );
  const look = (): void => progress.check();
  look();
  const result = { setting, usable, folds, skipped, scored, honest, final, look };
  const artifact = toBytes(contentOf(result));
  const report = reportOf(result, baselines, permutation.result());
  const evidence = evidenceBytes(report);
  run.report(1);
  return { artifact, report, evidence };
}

function foldsFor({ terms, sample }: TrainingInput, rows: Int32Array): LearnableFolds {
  const { closeMs, labelEndMs, y } = sample;
  const { kind, target } = terms.definition;
  const { horizon } = target;
  const folds = foldsOf(terms.validation, { rows, closeMs, labelEndMs, horizon }, terms.seed);
  if (folds.length <= FOLDS_MAX) return learnableFolds(kind, y, folds);
  throw new FitRefused(
    "TOO_LARGE",
    `the validation asks for ${folds.length} fits, at most ${FOLDS_MAX} are made; refit less often`,
  );
}

/** All that a training has found. */
interface Trained {
  readonly setting: FitSetting;
  readonly usable: UsableRows;
  readonly folds: readonly Fold[];
  readonly skipped: number;
  readonly scored: OutOfSample;
  readonly honest: Honest;
  readonly final: FittedRows;
  /** @throws FitCancelled when nobody wants the result any more */
  readonly look: () => void;
}

function contentOf({ setting, usable, folds, honest, final }: Trained): ArtifactContent {
  const { algorithm, parameters, terms, sample } = setting;
  return {
    format: FORMAT,
    algorithm: algorithm.name,
    definition: terms.definition,
    parameters,
    scaling: algorithm.scaling,
    acceptsMissing: algorithm.acceptsMissing,
    scaler: final.scaler,
    fitted: final.fitted,
    finishing: {
      calibration: honest.calibration,
      factor: final.factor,
      band: honest.band,
      range: rangeOf(terms.definition.kind, sample.y, usable.rows),
      novelty: noveltyGuard(sample, usable.rows, folds),
    },
  };
}

/** A forecast may lie a hundredfold outside of what has been seen, a return three times as far from 0. */
function rangeOf(kind: ModelKind, y: Float64Array, rows: Int32Array): Finishing["range"] {
  let [low, high] = [Infinity, -Infinity];
  for (const row of rows) {
    low = Math.min(low, y[row] ?? Infinity);
    high = Math.max(high, y[row] ?? -Infinity);
  }
  switch (kind) {
    case "classifier":
      return null;
    case "regressor": {
      const most = 3 * Math.max(Math.abs(low), Math.abs(high));
      return { lower: Math.max(-1, -most), upper: most };
    }
    case "forecaster":
      return { lower: low - Math.log(100), upper: high + Math.log(100) };
  }
}

function reportOf(
  { setting, usable, folds, skipped, scored, honest, final, look }: Trained,
  baselines: TrainingReport["baselines"],
  permutation: Float64Array | null,
): TrainingReport {
  const { terms, sample } = setting;
  const { features } = terms.definition;
  const input = { terms, sample, folds, scored, honest, look };
  const rows = {
    total: sample.x.rows,
    labelled: usable.rows.length,
    tested: scored.rows.length,
  };
  const found = overall(input);
  const folded = byFold(input);
  const reference = driftReference(sample.x, usable.rows, sample.symbol, features);
  look();
  return {
    rows,
    folds: folded,
    skippedFolds: skipped,
    outOfSample: found,
    baselines,
    importance: {
      gain: byName(features, final.predictor.importance),
      permutation: byName(features, permutation),
    },
    reference,
    scored: scoredRows(input),
    notes: notesOf({
      terms,
      rows,
      estimates: found.estimates,
      baselines,
      coverage: found.coverage,
      isCalibrated: honest.calibration.kind !== "none",
      silent: scored.silent,
      skippedFolds: skipped,
      folds: folds.length + skipped,
    }),
  };
}

function byName(
  features: readonly string[],
  values: Float64Array | null,
): { readonly [feature: string]: number } | null {
  if (values === null) return null;
  return Object.fromEntries(
    features.map((feature, column) => [feature, values[column] ?? 0] as const),
  );
}
