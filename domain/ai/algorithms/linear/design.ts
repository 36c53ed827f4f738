import { FitCancelled, type FitJob, FitRefused, type FitRun } from "../../learning/algorithm.ts";
import { type Matrix, zeros } from "../../../numeric/matrix.ts";
import { refuseMissing, targetsOf } from "../target.ts";

/** The rows that a linear model learns from, each column less its weighted mean. */
export interface Design {
  readonly rows: number;
  readonly columns: number;
  /** row by row */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** not negative, their mean 1: a penalty means the same whatever their unit */
  readonly weights: Float64Array;
  readonly means: Float64Array;
  /** weighted, of the population */
  readonly deviations: Float64Array;
}

/** Rows between two looks at whether anybody still wants the fit. */
const LOOK = 8_192;

/** @throws FitRefused `TOO_FEW_ROWS`, `NOT_FINITE`, `CONSTANT_TARGET` */
export function designOf(job: FitJob): Design {
  const { sample, train } = job;
  const { columns, data } = sample.x;
  const y = targetsOf(job, 2);
  refuseMissing(job);
  const weights = weightsOf(job);
  const x = new Float64Array(train.length * columns);
  train.forEach((row, i) => x.set(data.subarray(row * columns, (row + 1) * columns), i * columns));
  const means = columnMeans(x, columns, weights, (value) => value);
  for (let i = 0, column = 0; i < x.length; i += 1) {
    x[i] = (x[i] ?? 0) - (means[column] ?? 0);
    column = column + 1 === columns ? 0 : column + 1;
  }
  const deviations = columnMeans(x, columns, weights, (value) => value * value).map(Math.sqrt);
  return { rows: train.length, columns, x, y, weights, means, deviations };
}

function weightsOf({ train, weights }: FitJob): Float64Array {
  if (weights === undefined) return new Float64Array(train.length).fill(1);
  const given = Float64Array.from(train, (row) => weights[row] ?? Number.NaN);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw new FitRefused("TOO_FEW_ROWS", "all rows to learn from weigh nothing");
  return given.map((weight) => (weight * train.length) / total);
}

function columnMeans(
  x: Float64Array,
  columns: number,
  weights: Float64Array,
  of: (value: number) => number,
): Float64Array {
  const sums = new Float64Array(columns);
  weights.forEach((weight, row) => {
    for (let j = 0; j < columns; j += 1)
      sums[j] = (sums[j] ?? 0) + weight * of(x[row * columns + j] ?? 0);
  });
  return sums.map((sum) => sum / weights.length);
}

/**
 * Σ wᵢ·xᵢxᵢᵀ + λI.
 * @param weights one a row
 * @throws FitCancelled
 */
export function penalisedGram(
  { x, rows, columns }: Pick<Design, "x" | "rows" | "columns">,
  weights: Float64Array,
  lambda: number,
  run: FitRun,
): Matrix {
  const gram = zeros(columns, columns);
  const sums = gram.data;
  for (let row = 0; row < rows; row += 1) {
    if (row % LOOK === 0 && run.isCancelled) throw new FitCancelled();
    const from = row * columns;
    const weight = weights[row] ?? 0;
    for (let i = 0; i < columns; i += 1) {
      const factor = weight * (x[from + i] ?? 0);
      const at = i * columns;
      for (let j = 0; j <= i; j += 1)
        sums[at + j] = (sums[at + j] ?? 0) + factor * (x[from + j] ?? 0);
    }
  }
  for (let i = 0; i < columns; i += 1)
    sums[i * columns + i] = (sums[i * columns + i] ?? 0) + lambda;
  return gram;
}

/** Σ vᵢ·xᵢ. */
export function weightedSum({ x, rows, columns }: Design, values: Float64Array): Float64Array {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1) {
    const value = values[row] ?? 0;
    for (let j = 0; j < columns; j += 1)
      sums[j] = (sums[j] ?? 0) + value * (x[row * columns + j] ?? 0);
  }
  return sums;
}
