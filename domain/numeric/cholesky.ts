import { at, type Matrix, zeros } from "./matrix.ts";

/** A pivot below this part of its diagonal element counts as not positive: what is left of it is rounding. */
const PIVOT_TOLERANCE = 1e-13;

/**
 * The lower triangular L with L·Lᵀ = A.
 * @param matrix symmetric; only its lower half is read
 * @returns null when A is not positive definite
 */
export function cholesky(matrix: Matrix): Matrix | null {
  const { rows: size } = matrix;
  const lower = zeros(size, size);
  for (let j = 0; j < size; j += 1) {
    const pivot = at(matrix, j, j) - rowDot(lower, j, j, j);
    if (!(pivot > PIVOT_TOLERANCE * at(matrix, j, j))) return null;
    const root = Math.sqrt(pivot);
    lower.data[j * size + j] = root;
    for (let i = j + 1; i < size; i += 1)
      lower.data[i * size + j] = (at(matrix, i, j) - rowDot(lower, i, j, j)) / root;
  }
  return lower;
}

/**
 * The lower triangular L with L·Lᵀ = A of a positive semidefinite A: a pivot that is zero but for rounding gives a column of
 * zeros, so that perfectly correlated and riskless assets can be drawn too.
 * @returns null when A is not positive semidefinite
 */
export function semiCholesky(matrix: Matrix): Matrix | null {
  const { rows: size } = matrix;
  const lower = zeros(size, size);
  let scale = 0;
  for (let j = 0; j < size; j += 1) scale = Math.max(scale, at(matrix, j, j));
  const tolerance = 1e-10 * scale;
  for (let j = 0; j < size; j += 1) {
    const pivot = at(matrix, j, j) - rowDot(lower, j, j, j);
    if (!(pivot >= -tolerance)) return null;
    const root = pivot > tolerance * 1e-2 ? Math.sqrt(pivot) : 0;
    lower.data[j * size + j] = root;
    for (let i = j + 1; i < size; i += 1) {
      const rest = at(matrix, i, j) - rowDot(lower, i, j, j);
      // What a riskless remainder covaries with must be nothing, but for the root of the tolerance of its own variance.
      if (root === 0 && Math.abs(rest) > Math.sqrt(tolerance * scale)) return null;
      lower.data[i * size + j] = root === 0 ? 0 : rest / root;
    }
  }
  return lower;
}

/** x with L·Lᵀ·x = b. @param lower from `cholesky` */
export function choleskySolve(lower: Matrix, b: ArrayLike<number>): Float64Array {
  const { rows: size } = lower;
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i += 1) {
    let sum = x[i] ?? 0;
    for (let k = 0; k < i; k += 1) sum -= at(lower, i, k) * (x[k] ?? 0);
    x[i] = sum / at(lower, i, i);
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < size; k += 1) sum -= at(lower, k, i) * (x[k] ?? 0);
    x[i] = sum / at(lower, i, i);
  }
  return x;
}

/** Of the first `length` elements of two rows. */
function rowDot({ columns, data }: Matrix, i: number, j: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k += 1)
    sum += (data[i * columns + k] ?? 0) * (data[j * columns + k] ?? 0);
  return sum;
}
