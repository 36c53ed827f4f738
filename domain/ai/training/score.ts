import { reliability } from "../calibration/reliability.ts";
import type { LabelledSample } from "../learning/sample.ts";
import { blockLength, estimates } from "../metrics/bootstrap.ts";
import { lossesOf } from "../metrics/losses.ts";
import { measured, metricsFor } from "../metrics/metrics.ts";
import { tradingFacts } from "../metrics/trading.ts";
import type { ModelKind } from "../model/definition.ts";
import { type Fold, momentsOf } from "../validation/splits.ts";
import type { Honest } from "./honest.ts";
import type { OutOfSample } from "./out-of-sample.ts";
import type { TrainingReport, TrainingTerms } from "./terms.ts";

/** Of which measures an interval is told. */
const ESTIMATED: { readonly [kind in ModelKind]: readonly string[] } = {
  classifier: ["auc", "logLoss", "skill", "brier"],
  regressor: ["mse", "ic", "skill"],
  forecaster: ["qlike", "r2Volatility", "ic", "skill"],
};
const SCORED_MAX = 20_000;

export interface ScoreInput {
  readonly terms: TrainingTerms;
  readonly sample: LabelledSample;
  readonly folds: readonly Fold[];
  readonly scored: OutOfSample;
  readonly honest: Honest;
  /** called now and then; it throws when nobody wants the result any more */
  readonly look: () => void;
}

/** All rows that were predicted out of sample. */
export function overall(input: ScoreInput): TrainingReport["outOfSample"] {
  const { terms, sample, scored, honest, look } = input;
  const { kind, target } = terms.definition;
  const { prediction, truth } = honest;
  const book = metricsFor(kind, { prediction, truth, naive: scored.naive });
  const closeMs = closesOf(sample, scored.rows);
  const moments = momentsOf({ rows: scored.rows, closeMs: sample.closeMs }).length;
  const wanted = ESTIMATED[kind];
  return {
    metrics: measured(book, prediction.length),
    estimates: estimates(
      Object.fromEntries(Object.entries(book).filter(([name]) => wanted.includes(name))),
      { closeMs, block: blockLength(moments, target.horizon), seed: terms.seed, look },
    ),
    coverage: honest.band?.coverage ?? null,
    reliability: kind === "classifier" ? reliability(prediction, truth) : null,
    trading: kind === "forecaster" ? null : trading(input),
  };
}

/** Each fold by itself. */
export function byFold({
  terms,
  sample,
  folds,
  scored,
  honest,
  look,
}: ScoreInput): TrainingReport["folds"] {
  return folds.map(({ train, test }, index) => {
    look();
    const isOwn = (_value: number, place: number): boolean => scored.fold[place] === index;
    const prediction = honest.prediction.filter(isOwn);
    const truth = honest.truth.filter(isOwn);
    const naive = scored.naive.filter(isOwn);
    const closes = closesOf(sample, test);
    return {
      trainRows: train.length,
      testRows: prediction.length,
      testStartMs: closes.reduce((first, close) => Math.min(first, close), Infinity),
      testEndMs: closes.reduce((last, close) => Math.max(last, close), -Infinity),
      metrics: measured(
        metricsFor(terms.definition.kind, { prediction, truth, naive }),
        prediction.length,
      ),
    };
  });
}

/** The newest rows, oldest first, symbols of one moment in their order. */
export function scoredRows({
  terms,
  sample,
  scored,
  honest,
}: ScoreInput): TrainingReport["scored"] {
  const { prediction, truth } = honest;
  const losses = lossesOf(terms.definition.kind, prediction, truth);
  const closes = closesOf(sample, scored.rows);
  const order = Array.from(closes, (_close, place) => place)
    .toSorted((a, b) => (closes[a] ?? 0) - (closes[b] ?? 0) || rowAt(scored, a) - rowAt(scored, b))
    .slice(-SCORED_MAX);
  const pick = (values: ArrayLike<number>): readonly number[] =>
    order.map((place) => values[place] ?? Number.NaN);
  const byRow = (values: ArrayLike<number>): readonly number[] =>
    order.map((place) => values[rowAt(scored, place)] ?? Number.NaN);
  return {
    closeMs: pick(closes),
    symbol: byRow(sample.symbol),
    loss: pick(losses),
    prediction: pick(prediction),
    truth: pick(truth),
    forwardReturn: byRow(sample.forwardReturn),
  };
}

/** Long where more is expected than was the rule: above the base rate, or above 0. */
function trading({
  terms,
  sample,
  scored,
  honest,
}: ScoreInput): TrainingReport["outOfSample"]["trading"] {
  const { kind, target } = terms.definition;
  const order = Array.from(scored.rows, (_row, place) => place).toSorted(
    (a, b) => rowAt(scored, a) - rowAt(scored, b),
  );
  const rows = Int32Array.from(order, (place) => rowAt(scored, place));
  return tradingFacts({
    symbol: Int32Array.from(rows, (row) => sample.symbol[row] ?? 0),
    closeMs: closesOf(sample, rows),
    isLong: Uint8Array.from(order, (place) => {
      const usual = kind === "classifier" ? (scored.naive[place] ?? 0) : 0;
      return (honest.prediction[place] ?? 0) > usual ? 1 : 0;
    }),
    nextReturn: Float64Array.from(rows, (row) =>
      sample.symbol[row + 1] === sample.symbol[row]
        ? Math.expm1(sample.logReturn[row + 1] ?? Number.NaN)
        : Number.NaN,
    ),
    horizon: target.horizon,
  });
}

function rowAt({ rows }: OutOfSample, place: number): number {
  return rows[place] ?? 0;
}

function closesOf({ closeMs }: LabelledSample, rows: Int32Array): Float64Array {
  return Float64Array.from(rows, (row) => closeMs[row] ?? 0);
}
