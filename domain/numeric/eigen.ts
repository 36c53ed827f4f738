import { at, type Matrix, zeros } from "./matrix.ts";

/** Of a symmetric matrix A = V·diag(values)·Vᵀ. */
export interface Eigen {
  /** descending */
  readonly values: Float64Array;
  /** of unit length, one a column, in the order of `values`; the largest element of each is positive */
  readonly vectors: Matrix;
}

/** Sweeps that one eigenvalue may take; two or three are usual. */
const SWEEPS_MAX = 60;
/** Of squares, beside 1. */
const NOTHING = 1e-60;

/**
 * Householder's reduction to a tridiagonal matrix, then implicit QL steps with Wilkinson's shift (Golub & Van Loan, Matrix
 * Computations, §8.3; EISPACK tred2 and imtql2): O(n³), errors of the order of the largest eigenvalue's rounding.
 * @param matrix symmetric; only its lower half is read
 * @throws RangeError when it is not square or holds a number that is not finite
 */
export function eigenSymmetric(matrix: Matrix): Eigen {
  const { rows: size } = matrix;
  const scale = scaleOf(matrix);
  const work = lowerMirrored(matrix, scale);
  const { main, off, reflectors } = tridiagonalise(work);
  // The vectors stand in rows while they are turned, so that each rotation runs along memory.
  const rows = accumulate(reflectors, size);
  implicitQl(main, off, rows);
  return sorted(main, rows, scale);
}

function scaleOf({ rows, columns, data }: Matrix): number {
  if (rows !== columns) throw new RangeError(`expected a square matrix, found ${rows}×${columns}`);
  let scale = 0;
  for (const value of data) {
    if (!Number.isFinite(value)) throw new RangeError(`expected finite numbers, found ${value}`);
    scale = Math.max(scale, Math.abs(value));
  }
  return scale === 0 ? 1 : scale;
}

/** Divided by the largest element, so that nothing overflows. */
function lowerMirrored(matrix: Matrix, scale: number): Matrix {
  const { rows: size } = matrix;
  const work = zeros(size, size);
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j <= i; j += 1) {
      const value = at(matrix, i, j) / scale;
      work.data[i * size + j] = value;
      work.data[j * size + i] = value;
    }
  return work;
}

/** I − factor·v·vᵀ, where v is zero before `from`. */
interface Reflector {
  readonly from: number;
  readonly v: Float64Array;
  readonly factor: number;
}

interface Tridiagonal {
  readonly main: Float64Array;
  /** off[i] stands between i and i + 1; the last is 0 */
  readonly off: Float64Array;
  readonly reflectors: readonly Reflector[];
}

/** Overwrites `work`. */
function tridiagonalise(work: Matrix): Tridiagonal {
  const { rows: size, data } = work;
  const off = new Float64Array(size);
  const reflectors: Reflector[] = [];
  for (let k = 0; k + 1 < size; k += 1) {
    const from = k + 1;
    const v = new Float64Array(size);
    // Row k equals column k, and is contiguous.
    v.set(data.subarray(k * size + from, (k + 1) * size), from);
    const { factor, edge } = reflectorOf(v, from);
    off[k] = edge;
    if (factor === 0) continue;
    reflect(work, v, factor, from);
    reflectors.push({ from, v, factor });
  }
  const main = Float64Array.from({ length: size }, (_, i) => at(work, i, i));
  return { main, off, reflectors };
}

/** Turns x, in place, into the v whose reflector takes x to (edge, 0, …, 0). */
function reflectorOf(
  x: Float64Array,
  from: number,
): { readonly factor: number; readonly edge: number } {
  const first = x[from] ?? 0;
  let rest = 0;
  for (let i = from + 1; i < x.length; i += 1) rest += (x[i] ?? 0) ** 2;
  // Beside the largest element, which is 1, it is nothing; and its square would lose its digits.
  if (rest < NOTHING) return { factor: 0, edge: first };
  const edge = -Math.sign(first || 1) * Math.sqrt(first * first + rest);
  const head = first - edge;
  x[from] = head;
  return { factor: 2 / (head * head + rest), edge };
}

/** H·A·H of the part of A from `from` on, H = I − factor·v·vᵀ, as A − v·wᵀ − w·vᵀ. */
function reflect({ rows: size, data }: Matrix, v: Float64Array, factor: number, from: number) {
  const w = new Float64Array(size);
  for (let i = from; i < size; i += 1) {
    const row = i * size;
    let sum = 0;
    for (let j = from; j < size; j += 1) sum += (data[row + j] ?? 0) * (v[j] ?? 0);
    w[i] = factor * sum;
  }
  let projected = 0;
  for (let i = from; i < size; i += 1) projected += (w[i] ?? 0) * (v[i] ?? 0);
  const half = (factor / 2) * projected;
  for (let i = from; i < size; i += 1) w[i] = (w[i] ?? 0) - half * (v[i] ?? 0);
  for (let i = from; i < size; i += 1) {
    const row = i * size;
    const [vi, wi] = [v[i] ?? 0, w[i] ?? 0];
    for (let j = from; j < size; j += 1)
      data[row + j] = (data[row + j] ?? 0) - vi * (w[j] ?? 0) - wi * (v[j] ?? 0);
  }
}

/** The transpose of H₀·H₁·…, by rows. */
function accumulate(reflectors: readonly Reflector[], size: number): Matrix {
  const rows = zeros(size, size);
  const { data } = rows;
  for (let i = 0; i < size; i += 1) data[i * size + i] = 1;
  for (const { from, v, factor } of reflectors.toReversed())
    for (let i = from; i < size; i += 1) {
      const row = i * size;
      let sum = 0;
      for (let j = from; j < size; j += 1) sum += (data[row + j] ?? 0) * (v[j] ?? 0);
      const share = factor * sum;
      for (let j = from; j < size; j += 1)
        data[row + j] = (data[row + j] ?? 0) - share * (v[j] ?? 0);
    }
  return rows;
}

/** Leaves the eigenvalues in `main` and turns the rows into their vectors. */
function implicitQl(main: Float64Array, off: Float64Array, rows: Matrix): void {
  // Beside the whole matrix, not beside its neighbours: these may be nothing but rounding themselves, and never settle.
  const negligible = Number.EPSILON * largestRow(main, off);
  for (let low = 0; low < main.length; low += 1)
    for (let sweep = 0; ; sweep += 1) {
      const high = blockEnd(off, low, negligible);
      if (high === low) break;
      if (sweep === SWEEPS_MAX)
        throw new Error(`expected eigenvalue ${low} within ${SWEEPS_MAX} sweeps`);
      qlSweep(main, off, rows, low, high);
    }
}

function largestRow(main: Float64Array, off: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < main.length; i += 1)
    largest = Math.max(largest, Math.abs(main[i] ?? 0) + Math.abs(off[i] ?? 0));
  return largest;
}

/** The first index from `low` on whose element off the diagonal is nothing. */
function blockEnd(off: Float64Array, low: number, negligible: number): number {
  let high = low;
  while (high + 1 < off.length && Math.abs(off[high] ?? 0) > negligible) high += 1;
  return high;
}

function qlSweep(
  main: Float64Array,
  off: Float64Array,
  rows: Matrix,
  low: number,
  high: number,
): void {
  const edge = off[low] ?? 0;
  const slope = ((main[low + 1] ?? 0) - (main[low] ?? 0)) / (2 * edge);
  const reach = slope + (slope < 0 ? -1 : 1) * Math.sqrt(slope * slope + 1);
  let g = (main[high] ?? 0) - (main[low] ?? 0) + edge / reach;
  let [sine, cosine, shift] = [1, 1, 0];
  for (let i = high - 1; i >= low; i -= 1) {
    const f = sine * (off[i] ?? 0);
    const b = cosine * (off[i] ?? 0);
    const r = Math.sqrt(f * f + g * g);
    off[i + 1] = r;
    if (r === 0) {
      // The block has fallen apart here: what is left is swept on its own.
      main[i + 1] = (main[i + 1] ?? 0) - shift;
      off[high] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    const base = (main[i + 1] ?? 0) - shift;
    const turned = ((main[i] ?? 0) - base) * sine + 2 * cosine * b;
    shift = sine * turned;
    main[i + 1] = base + shift;
    g = cosine * turned - b;
    rotate(rows, i, sine, cosine);
  }
  main[low] = (main[low] ?? 0) - shift;
  off[low] = g;
  off[high] = 0;
}

/** Rows i and i + 1. */
function rotate({ columns, data }: Matrix, i: number, sine: number, cosine: number): void {
  const [upper, lower] = [i * columns, (i + 1) * columns];
  for (let k = 0; k < columns; k += 1) {
    const [x, y] = [data[upper + k] ?? 0, data[lower + k] ?? 0];
    data[lower + k] = sine * x + cosine * y;
    data[upper + k] = cosine * x - sine * y;
  }
}

function sorted(values: Float64Array, rows: Matrix, scale: number): Eigen {
  const size = values.length;
  const order = Array.from(values.keys()).toSorted((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
  const vectors = zeros(size, size);
  for (const [column, row] of order.entries()) {
    const sign = signOf(rows, row);
    for (let k = 0; k < size; k += 1)
      vectors.data[k * size + column] = sign * (rows.data[row * size + k] ?? 0);
  }
  return { values: Float64Array.from(order, (i) => scale * (values[i] ?? 0)), vectors };
}

/** A vector and its opposite are both right: the one whose largest element is positive is chosen, the first of equals. */
function signOf({ columns, data }: Matrix, row: number): number {
  let largest = 0;
  for (let k = 0; k < columns; k += 1) {
    const value = data[row * columns + k] ?? 0;
    if (Math.abs(value) > Math.abs(largest) + 1e-12) largest = value;
  }
  return largest < 0 ? -1 : 1;
}
