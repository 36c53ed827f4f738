import type { AlgorithmBook, FitRun } from "../learning/algorithm.ts";
import { FitCancelled } from "../learning/algorithm.ts";
import type { Parameters, ParameterSchema } from "../learning/parameters.ts";
import { dieboldMariano, lossesByMoment } from "../metrics/diebold-mariano.ts";
import { lossesOf } from "../metrics/losses.ts";
import { measured, metricsFor } from "../metrics/metrics.ts";
import type { Fold } from "../validation/splits.ts";
import { type FitSetting, fitRows, shownOf } from "./fit-rows.ts";
import type { OutOfSample } from "./out-of-sample.ts";
import type { Honest } from "./honest.ts";
import type { TrainingReport } from "./terms.ts";

type Baseline = TrainingReport["baselines"][number];

/** Forecasters that need no feature, refitted with every fold, beside which any other has to be better. */
const FORECASTERS = ["persistence", "ewma", "garch", "har"] as const;
/** More rows would take the simple ones longer than the model itself. */
const ROWS_MAX = 200_000;

export interface BaselineInput {
  readonly setting: FitSetting;
  readonly book: AlgorithmBook;
  readonly folds: readonly Fold[];
  readonly scored: OutOfSample;
  readonly honest: Honest;
}

/** Simple guesses of the same rows, each with the test of whether the model is better. */
export function baselinesOf(input: BaselineInput, run: FitRun): readonly Baseline[] {
  const { setting, scored } = input;
  switch (setting.terms.definition.kind) {
    case "classifier":
      return [compared(input, "baseRate", scored.naive)];
    case "regressor":
      return [
        compared(input, "zero", new Float64Array(scored.rows.length)),
        compared(input, "mean", scored.naive),
      ];
    case "forecaster":
      return [compared(input, "mean", scored.naive), ...forecasters(input, run)];
  }
}

function forecasters(input: BaselineInput, run: FitRun): readonly Baseline[] {
  const { setting, book, folds } = input;
  if (setting.sample.x.rows > ROWS_MAX) return [];
  const names = FORECASTERS.filter((name) => book.has(name) && name !== setting.algorithm.name);
  return names.map((name, index) => {
    const share = (fold: number): FitRun => ({
      report: (progress) => run.report((index + (fold + progress) / folds.length) / names.length),
      get isCancelled() {
        return run.isCancelled;
      },
    });
    return compared(input, name, refitted(input, name, share));
  });
}

/** What a forecaster with its own defaults says of the scored rows; NaN where it says nothing. */
function refitted(
  { setting, book, folds, scored }: BaselineInput,
  name: string,
  runOf: (fold: number) => FitRun,
): Float64Array {
  const algorithm = book.get(name);
  const found = new Map<number, number>();
  if (algorithm !== undefined)
    folds.forEach(({ train, test }, fold) => {
      const run = runOf(fold);
      if (run.isCancelled) throw new FitCancelled("the training was cancelled");
      const own = { ...setting, algorithm, parameters: defaultsOf(algorithm.parameters) };
      const { predictor, scaled, factor } = fitRows(own, train, run);
      const raw = predictor.predict(scaled, test);
      test.forEach((row, i) => found.set(row, shownOf("forecaster", raw[i] ?? Number.NaN, factor)));
    });
  return Float64Array.from(scored.rows, (row) => found.get(row) ?? Number.NaN);
}

function defaultsOf(schema: ParameterSchema): Parameters {
  return Object.fromEntries(
    Object.entries(schema).map(([name, terms]) => [name, terms.default] as const),
  );
}

/** On the rows of which the baseline says something. */
function compared(
  { setting, scored, honest }: BaselineInput,
  name: string,
  prediction: Float64Array,
): Baseline {
  const { kind, target } = setting.terms.definition;
  const places = Int32Array.from(prediction, (_value, place) => place).filter((place) =>
    Number.isFinite(prediction[place]),
  );
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(places, (place) => values[place] ?? Number.NaN);
  const [own, truth] = [pick(prediction), pick(honest.truth)];
  const closes = Float64Array.from(
    places,
    (place) => setting.sample.closeMs[scored.rows[place] ?? 0] ?? 0,
  );
  const losses = (of: Float64Array): Float64Array =>
    lossesByMoment(closes, lossesOf(kind, of, truth));
  const test = dieboldMariano(losses(pick(honest.prediction)), losses(own), {
    horizon: target.horizon,
  });
  const book = metricsFor(kind, { prediction: own, truth, naive: pick(scored.naive) });
  return {
    name,
    metrics: measured(book, places.length),
    dieboldMariano: test === null ? null : { statistic: test.statistic, pValue: test.pValue },
  };
}
