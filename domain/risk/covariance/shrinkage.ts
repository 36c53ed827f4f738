import { at, dot, type Matrix, zeros } from "../../numeric/matrix.ts";
import { mean } from "../../numeric/moments.ts";
import { symmetricOf } from "../../numeric/symmetric.ts";

export interface Shrunk {
  readonly covariance: Matrix;
  /** the target's part, in [0, 1] */
  readonly shrinkage: number;
}

/** Series without gaps, one a name, all of one length of at least 2. */
type Columns = readonly ArrayLike<number>[];

/**
 * Towards the mean variance times the identity (Ledoit & Wolf, J. Multivariate Anal. 88 (2004) 365). Moments are divided by n,
 * as in the paper; positive definite however few the observations, unless no series varies.
 */
export function ledoitWolfIdentity(columns: Columns): Shrunk {
  const { centred, sample, count, size } = momentsOf(columns);
  const level = traceOf(sample) / size;
  const target = symmetricOf(size, (i, j) => (i === j ? level : 0));
  const noise = sum(fourthMoments(centred), count) - squares(sample);
  return shrunk(sample, target, ratio(noise / count, squaredDistance(sample, target)));
}

/**
 * Oracle approximating shrinkage towards the same target, for series that are normal (Chen, Wiesel, Eldar & Hero, IEEE Trans.
 * Signal Process. 58 (2010) 5016, eq. 23), in the form that scikit-learn computes.
 */
export function oracleApproximating(columns: Columns): Shrunk {
  const { sample, count, size } = momentsOf(columns);
  const level = traceOf(sample) / size;
  const target = symmetricOf(size, (i, j) => (i === j ? level : 0));
  const square = squares(sample) / (size * size);
  const part = ratio(square + level * level, (count + 1) * (square - (level * level) / size));
  return shrunk(sample, target, part);
}

/**
 * Towards the sample's deviations with one correlation for all pairs, the mean of the sample's (Ledoit & Wolf, J. Portfolio
 * Management 30/4 (2004) 110, appendix B). Moments are divided by n.
 */
export function ledoitWolfConstantCorrelation(columns: Columns): Shrunk {
  const { centred, sample, count, size } = momentsOf(columns);
  const deviations = Float64Array.from({ length: size }, (_, i) => Math.sqrt(at(sample, i, i)));
  const deviation = (i: number) => deviations[i] ?? 0;
  const common = meanCorrelation(sample, deviations);
  const target = symmetricOf(size, (i, j) =>
    i === j ? at(sample, i, i) : common * deviation(i) * deviation(j),
  );
  const noise = (i: number, j: number) => fourth(centred, i, j) / count - at(sample, i, j) ** 2;
  let [total, shared] = [0, 0];
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < size; j += 1) {
      total += noise(i, j);
      if (i === j) shared += noise(i, i);
      else if (deviation(i) > 0)
        shared +=
          (common *
            deviation(j) *
            (cubic(centred, i, j) / count - at(sample, i, i) * at(sample, i, j))) /
          deviation(i);
    }
  const part = ratio((total - shared) / count, squaredDistance(sample, target));
  return shrunk(sample, target, part);
}

/**
 * Towards one factor, the mean of all series, and what each has of its own (Ledoit & Wolf, J. Empirical Finance 10 (2003) 603).
 * Moments are divided by n.
 */
export function ledoitWolfSingleFactor(columns: Columns): Shrunk {
  const { centred, sample, count, size } = momentsOf(columns);
  const factor = new Float64Array(count);
  for (const column of centred)
    for (let k = 0; k < count; k += 1) factor[k] = (factor[k] ?? 0) + (column[k] ?? 0) / size;
  const variance = dot(factor, factor) / count;
  const loading = Float64Array.from(centred, (column) => dot(column, factor) / count);
  const own = (i: number) => loading[i] ?? 0;
  const target = symmetricOf(size, (i, j) =>
    i === j ? at(sample, i, i) : variance > 0 ? (own(i) * own(j)) / variance : 0,
  );
  const products = centred.map((column) => column.map((value, k) => value * (factor[k] ?? 0)));
  const squared = centred.map((column) => column.map((value) => value * value));
  let [total, shared] = [0, 0];
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j < size; j += 1) {
      const noise = fourth(centred, i, j) / count - at(sample, i, j) ** 2;
      total += noise;
      if (i === j) shared += noise;
      else if (variance > 0) {
        const first =
          dot(squared[i] ?? factor, products[j] ?? factor) / count - own(i) * at(sample, i, j);
        const second =
          dot(products[i] ?? factor, products[j] ?? factor) / count - variance * at(sample, i, j);
        shared +=
          (2 * first * own(j)) / variance - (second * own(i) * own(j)) / (variance * variance);
      }
    }
  const part = ratio((total - shared) / count, squaredDistance(sample, target));
  return shrunk(sample, target, part);
}

interface Moments {
  readonly centred: readonly Float64Array[];
  /** divided by n */
  readonly sample: Matrix;
  readonly count: number;
  readonly size: number;
}

function momentsOf(columns: Columns): Moments {
  const count = columns[0]?.length ?? 0;
  if (count < 2) throw new RangeError(`expected at least 2 observations, found ${count}`);
  const centred = columns.map((column) => {
    const centre = mean(column);
    return Float64Array.from(column, (value) => value - centre);
  });
  const sample = symmetricOf(
    columns.length,
    (i, j) => dot(centred[i] ?? [], centred[j] ?? []) / count,
  );
  return { centred, sample, count, size: columns.length };
}

/** Σ over all pairs of Σₜ xᵢ²xⱼ², which is Σₜ (Σᵢ xᵢ²)². */
function fourthMoments(centred: readonly Float64Array[]): Float64Array {
  const lengths = new Float64Array(centred[0]?.length ?? 0);
  for (const column of centred)
    for (let k = 0; k < lengths.length; k += 1)
      lengths[k] = (lengths[k] ?? 0) + (column[k] ?? 0) ** 2;
  return lengths.map((value) => value * value);
}

function sum(values: Float64Array, count: number): number {
  let total = 0;
  for (const value of values) total += value;
  return total / count;
}

/** Σₜ xᵢ²xⱼ². */
function fourth(centred: readonly Float64Array[], i: number, j: number): number {
  const [x, y] = [centred[i] ?? new Float64Array(0), centred[j] ?? new Float64Array(0)];
  let total = 0;
  for (let k = 0; k < x.length; k += 1) total += ((x[k] ?? 0) * (y[k] ?? 0)) ** 2;
  return total;
}

/** Σₜ xᵢ³xⱼ. */
function cubic(centred: readonly Float64Array[], i: number, j: number): number {
  const [x, y] = [centred[i] ?? new Float64Array(0), centred[j] ?? new Float64Array(0)];
  let total = 0;
  for (let k = 0; k < x.length; k += 1) total += (x[k] ?? 0) ** 3 * (y[k] ?? 0);
  return total;
}

function meanCorrelation(sample: Matrix, deviations: Float64Array): number {
  let [total, pairs] = [0, 0];
  for (let i = 0; i < sample.rows; i += 1)
    for (let j = 0; j < i; j += 1) {
      const scale = (deviations[i] ?? 0) * (deviations[j] ?? 0);
      if (scale > 0) total += at(sample, i, j) / scale;
      pairs += 1;
    }
  return pairs === 0 ? 0 : total / pairs;
}

function traceOf(matrix: Matrix): number {
  let trace = 0;
  for (let i = 0; i < matrix.rows; i += 1) trace += at(matrix, i, i);
  return trace;
}

function squares({ data }: Matrix): number {
  return dot(data, data);
}

function squaredDistance(a: Matrix, b: Matrix): number {
  let total = 0;
  for (const [k, value] of a.data.entries()) total += (value - (b.data[k] ?? 0)) ** 2;
  return total;
}

/** In [0, 1]; 1 where the sample is the target already, and nothing is left to choose. */
function ratio(noise: number, distance: number): number {
  return distance > 0 ? Math.min(1, Math.max(0, noise / distance)) : 1;
}

function shrunk(sample: Matrix, target: Matrix, shrinkage: number): Shrunk {
  const covariance = zeros(sample.rows, sample.columns);
  for (const [k, value] of sample.data.entries())
    covariance.data[k] = (1 - shrinkage) * value + shrinkage * (target.data[k] ?? 0);
  return { covariance, shrinkage };
}
