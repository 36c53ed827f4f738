import type { Matrix } from "../../numeric/matrix.ts";

/** What makes features alike: (x − mean)·factor, a column each. */
export interface Scaler {
  readonly mean: readonly number[];
  /** one over the deviation; 0 of a feature that did not vary, which then says nothing whatever it is later */
  readonly factor: readonly number[];
}

/** A deviation below this part of the mean is rounding. */
const FLAT = 1e-12;

/** Of the given rows only; missing values do not count. A column without any has mean and factor 0. */
export function scalerOf(x: Matrix, rows: Int32Array): Scaler {
  const counts = new Float64Array(x.columns);
  const sums = columnSums(x, rows, (column, value) => {
    counts[column] = (counts[column] ?? 0) + 1;
    return value;
  });
  const means = sums.map((sum, column) => (counts[column] === 0 ? 0 : sum / (counts[column] ?? 1)));
  const squares = columnSums(x, rows, (column, value) => (value - (means[column] ?? 0)) ** 2);
  return {
    mean: Array.from(means),
    factor: Array.from(squares, (sum, column) => {
      const deviation = Math.sqrt(sum / (counts[column] ?? 1));
      return deviation > FLAT * Math.abs(means[column] ?? 0) ? 1 / deviation : 0;
    }),
  };
}

/** Row by row, as the values lie in memory. */
function columnSums(
  { data, columns }: Matrix,
  rows: Int32Array,
  termOf: (column: number, value: number) => number,
): Float64Array {
  const sums = new Float64Array(columns);
  for (const row of rows)
    for (let column = 0, at = row * columns; column < columns; column += 1, at += 1) {
      const value = data[at] ?? 0;
      if (!Number.isNaN(value)) sums[column] = (sums[column] ?? 0) + termOf(column, value);
    }
  return sums;
}

/** The rows from `from` to before `to`, scaled; missing values stay missing. */
export function scaledRows(
  { data, columns }: Matrix,
  { mean, factor }: Scaler,
  from: number,
  to: number,
): Matrix {
  const scaled = new Float64Array((to - from) * columns);
  for (let i = 0, column = 0; i < scaled.length; i += 1) {
    const value = data[from * columns + i] ?? Number.NaN;
    scaled[i] = (value - (mean[column] ?? 0)) * (factor[column] ?? 0);
    column = column + 1 === columns ? 0 : column + 1;
  }
  return { rows: to - from, columns, data: scaled };
}
