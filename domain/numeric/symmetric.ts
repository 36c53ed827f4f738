import type { Eigen } from "./eigen.ts";
import { at, diagonal, type Matrix, zeros } from "./matrix.ts";

/** The largest difference between an element and its mirror image; Infinity of a matrix that is not square. */
export function asymmetry(matrix: Matrix): number {
  if (matrix.rows !== matrix.columns) return Infinity;
  let largest = 0;
  for (let i = 0; i < matrix.rows; i += 1)
    for (let j = 0; j < i; j += 1)
      largest = Math.max(largest, Math.abs(at(matrix, i, j) - at(matrix, j, i)));
  return largest;
}

/** A symmetric matrix of which `of` tells each element from the lower half. */
export function symmetricOf(size: number, of: (i: number, j: number) => number): Matrix {
  const matrix = zeros(size, size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j <= i; j += 1) {
      const value = of(i, j);
      matrix.data[i * size + j] = value;
      matrix.data[j * size + i] = value;
    }
  return matrix;
}

/** V·diag(f(λ))·Vᵀ; f of an eigenvalue that is 0 costs nothing. */
export function spectral({ values, vectors }: Eigen, f: (value: number) => number): Matrix {
  const { rows: size } = vectors;
  const result = zeros(size, size);
  for (const [k, value] of values.entries()) {
    const factor = f(value);
    if (factor === 0) continue;
    for (let i = 0; i < size; i += 1) {
      const left = factor * at(vectors, i, k);
      for (let j = 0; j <= i; j += 1)
        result.data[i * size + j] = (result.data[i * size + j] ?? 0) + left * at(vectors, j, k);
    }
  }
  return symmetricOf(size, (i, j) => at(result, i, j));
}

/** √ of the diagonal. */
export function deviationsOf(covariance: Matrix): Float64Array {
  return diagonal(covariance).map((value) => Math.sqrt(value));
}

/** Of a covariance; 0 beside what does not vary, and 1 on the diagonal. */
export function correlationOf(covariance: Matrix): Matrix {
  const deviations = deviationsOf(covariance);
  return symmetricOf(covariance.rows, (i, j) => {
    if (i === j) return 1;
    const scale = (deviations[i] ?? 0) * (deviations[j] ?? 0);
    return scale > 0 ? clamped(at(covariance, i, j) / scale) : 0;
  });
}

/** diag(d)·C·diag(d). */
export function scaledBy(correlation: Matrix, deviations: ArrayLike<number>): Matrix {
  return symmetricOf(
    correlation.rows,
    (i, j) => at(correlation, i, j) * (deviations[i] ?? 0) * (deviations[j] ?? 0),
  );
}

/** √Σ(aᵢⱼ − bᵢⱼ)². */
export function frobenius(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (const [k, value] of a.data.entries()) sum += (value - (b.data[k] ?? 0)) ** 2;
  return Math.sqrt(sum);
}

/** A correlation that rounding, and nothing else, has taken beyond 1 is 1. */
function clamped(value: number): number {
  return Math.abs(value) > 1 && Math.abs(value) < 1 + 1e-12 ? Math.sign(value) : value;
}
