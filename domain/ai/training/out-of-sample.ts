import { FitRefused, type FitRun } from "../learning/algorithm.ts";
import type { Fold } from "../validation/splits.ts";
import { type FitSetting, type FittedRows, fitRows, shownOf } from "./fit-rows.ts";

/** Predictions of rows by models that have not learnt from them, fold by fold, in each fold in the order of its rows. */
export interface OutOfSample {
  readonly rows: Int32Array;
  /** the number of each row's fold */
  readonly fold: Int32Array;
  /** in the model's space; finite, and so it is as it is shown */
  readonly raw: Float64Array;
  /** of each row's fold */
  readonly factor: Float64Array;
  readonly naive: Float64Array;
  /** rows for which the model said nothing, left out above */
  readonly silent: number;
}

/** @param onFold told of each fit while it is there; @throws FitRefused, FitCancelled */
export function outOfSample(
  setting: FitSetting,
  folds: readonly Fold[],
  runOf: (fold: number) => FitRun,
  onFold: (fitted: FittedRows, fold: Fold, index: number) => void,
): OutOfSample {
  const parts = folds.map((fold, index) => {
    const fitted = fitRows(setting, fold.train, runOf(index));
    onFold(fitted, fold, index);
    const raw = fitted.predictor.predict(fitted.scaled, fold.test);
    return { rows: fold.test, raw, factor: fitted.factor, naive: fitted.naive };
  });
  return joined(parts, (raw, factor) =>
    isSaid(shownOf(setting.terms.definition.kind, raw, factor), setting),
  );
}

function isSaid(shown: number, { terms }: FitSetting): boolean {
  return Number.isFinite(shown) && (terms.definition.kind !== "forecaster" || shown > 0);
}

interface Part {
  readonly rows: Int32Array;
  readonly raw: Float64Array;
  readonly factor: number;
  readonly naive: number;
}

function joined(
  parts: readonly Part[],
  isKept: (raw: number, factor: number) => boolean,
): OutOfSample {
  const total = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const [rows, fold] = [new Int32Array(total), new Int32Array(total)];
  const [raw, factor, naive] = [
    new Float64Array(total),
    new Float64Array(total),
    new Float64Array(total),
  ];
  let count = 0;
  parts.forEach((part, index) =>
    part.rows.forEach((row, i) => {
      const value = part.raw[i] ?? Number.NaN;
      if (!isKept(value, part.factor)) return;
      rows[count] = row;
      fold[count] = index;
      raw[count] = value;
      factor[count] = part.factor;
      naive[count] = part.naive;
      count += 1;
    }),
  );
  if (count === 0)
    throw new FitRefused("TOO_FEW_ROWS", "the model says nothing of any row that it is scored on");
  return {
    rows: rows.subarray(0, count),
    fold: fold.subarray(0, count),
    raw: raw.subarray(0, count),
    factor: factor.subarray(0, count),
    naive: naive.subarray(0, count),
    silent: total - count,
  };
}
