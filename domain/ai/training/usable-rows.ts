import type { Matrix } from "../../numeric/matrix.ts";
import { type Algorithm, FitRefused } from "../learning/algorithm.ts";
import { areLabelsAlike } from "../learning/labels-alike.ts";
import type { LabelledSample } from "../learning/sample.ts";
import type { TrainingInput } from "./terms.ts";

/** Numbers of features that one training takes: 160 MB of them. */
const VALUES_MAX = 20_000_000;

/** The rows that may be learnt from, ascending. */
export interface UsableRows {
  readonly rows: Int32Array;
  readonly labelled: number;
}

/**
 * Rows with a label and, where the algorithm needs them, all features.
 * @throws FitRefused `TOO_LARGE`, `NOT_FINITE` or `FEATURE_MISSING` naming the feature, `TOO_FEW_ROWS`, `CONSTANT_TARGET`
 */
export function usableRows({ terms, sample }: TrainingInput, algorithm: Algorithm): UsableRows {
  const { features } = terms.definition;
  checkShape(sample, features.length);
  refuseInfinite(sample.x, features);
  const labelled = labelledRows(sample);
  refuseAbsent(sample.x, labelled, features);
  const rows = algorithm.acceptsMissing
    ? labelled
    : labelled.filter((row) => isComplete(sample.x, row));
  if (rows.length === 0) throw noneLeft(labelled.length);
  refuseConstant(sample.y, rows);
  return { rows, labelled: labelled.length };
}

function checkShape({ x, y, closeMs }: LabelledSample, features: number): void {
  if (x.columns !== features)
    throw new RangeError(`expected ${features} features, found ${x.columns} columns`);
  if (y.length !== x.rows || closeMs.length !== x.rows)
    throw new RangeError(`expected ${x.rows} labels and times, found ${y.length}`);
  if (x.rows * Math.max(1, features) > VALUES_MAX)
    throw new FitRefused(
      "TOO_LARGE",
      `${x.rows} rows of ${features} features are more than the ${VALUES_MAX} values that one training takes`,
    );
}

function refuseInfinite({ data, columns }: Matrix, features: readonly string[]): void {
  const at = data.findIndex((value) => Math.abs(value) === Infinity);
  if (at < 0) return;
  const [row, feature] = [Math.floor(at / columns), features[at % columns] ?? ""];
  throw new FitRefused("NOT_FINITE", `${feature} is infinite in row ${row}`);
}

function labelledRows({ x, y, labelEndMs }: LabelledSample): Int32Array {
  const rows = new Int32Array(x.rows);
  let count = 0;
  for (let row = 0; row < x.rows; row += 1) {
    const value = y[row] ?? Number.NaN;
    if (Math.abs(value) === Infinity)
      throw new FitRefused("NOT_FINITE", `the label of row ${row} is infinite`);
    if (Number.isNaN(value) || Number.isNaN(labelEndMs[row] ?? Number.NaN)) continue;
    rows[count] = row;
    count += 1;
  }
  return rows.subarray(0, count);
}

function refuseAbsent(
  { data, columns }: Matrix,
  rows: Int32Array,
  features: readonly string[],
): void {
  features.forEach((feature, column) => {
    if (rows.length > 0 && rows.every((row) => Number.isNaN(data[row * columns + column])))
      throw new FitRefused("FEATURE_MISSING", `${feature} has no value in any row with a label`);
  });
}

function isComplete({ data, columns }: Matrix, row: number): boolean {
  for (let at = row * columns; at < (row + 1) * columns; at += 1)
    if (Number.isNaN(data[at])) return false;
  return true;
}

function noneLeft(labelled: number): FitRefused {
  return new FitRefused(
    "TOO_FEW_ROWS",
    labelled === 0
      ? "no row has a label: the range is shorter than the horizon, or holds no bars"
      : `none of the ${labelled} rows with a label has all features, and the algorithm needs them`,
  );
}

function refuseConstant(y: Float64Array, rows: Int32Array): void {
  if (areLabelsAlike(y, rows))
    throw new FitRefused(
      "CONSTANT_TARGET",
      `all ${rows.length} labels are ${y[rows[0] ?? 0]}: there is nothing to learn`,
    );
}
