import type { Matrix } from "../../../numeric/matrix.ts";
import { FitCancelled, FitRefused, type FitRun } from "../../learning/algorithm.ts";
import { binOf, cutsOf } from "./cuts.ts";

/** Features as the numbers of their bins. */
export interface Binned {
  readonly rows: number;
  readonly columns: number;
  /** column by column: row i of column j at j·rows + i */
  readonly bins: Uint8Array;
  /** the bin of missing values, behind those of all others */
  readonly missing: number;
  readonly cuts: readonly Float64Array[];
  /** columns in which a row that was learnt from has no value */
  readonly hasMissing: readonly boolean[];
}

/** Rows that set the cuts: more of them move a cut by little, and sorting is what binning takes its time for. */
const CUT_ROWS = 65_536;

/**
 * @param rows    of x, the first `learnt` of which set the cuts
 * @param binsMax bins a column, missing ones apart; at most 255
 * @throws FitRefused `NOT_FINITE` of an infinity, naming where it is
 * @throws FitCancelled
 */
export function binned(
  x: Matrix,
  rows: Int32Array,
  learnt: number,
  binsMax: number,
  run: FitRun,
): Binned {
  const bins = new Uint8Array(rows.length * x.columns);
  const values = new Float64Array(rows.length);
  const cuts: Float64Array[] = [];
  const hasMissing: boolean[] = [];
  for (let column = 0; column < x.columns; column += 1) {
    if (run.isCancelled) throw new FitCancelled();
    columnInto(values, x, rows, column);
    const found = cutsOf(spread(values, learnt), binsMax);
    cuts.push(found);
    binInto(
      bins.subarray(column * rows.length, (column + 1) * rows.length),
      values,
      found,
      binsMax,
    );
    hasMissing.push(values.subarray(0, learnt).some(Number.isNaN));
  }
  return { rows: rows.length, columns: x.columns, bins, missing: binsMax, cuts, hasMissing };
}

/** At most `CUT_ROWS` of the first `count` values, evenly far from each other. */
function spread(values: Float64Array, count: number): Float64Array {
  if (count <= CUT_ROWS) return values.subarray(0, count);
  const some = new Float64Array(CUT_ROWS);
  for (let i = 0; i < CUT_ROWS; i += 1) some[i] = values[Math.floor((i * count) / CUT_ROWS)] ?? 0;
  return some;
}

function columnInto(values: Float64Array, x: Matrix, rows: Int32Array, column: number): void {
  for (let i = 0; i < rows.length; i += 1) {
    const value = x.data[(rows[i] ?? 0) * x.columns + column] ?? Number.NaN;
    if (value === Infinity || value === -Infinity)
      throw new FitRefused("NOT_FINITE", `column ${column} of row ${rows[i]} is infinite`);
    values[i] = value;
  }
}

function binInto(
  bins: Uint8Array,
  values: Float64Array,
  cuts: Float64Array,
  missing: number,
): void {
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? Number.NaN;
    bins[i] = Number.isNaN(value) ? missing : binOf(cuts, value);
  }
}
