import { cholesky, choleskySolve } from "./cholesky.ts";
import { at, type Matrix, times } from "./matrix.ts";

/** The curvature P of a quadratic program, as an interior point method needs it. */
export interface Hessian {
  readonly size: number;
  /** largest element, by magnitude */
  readonly scale: number;
  times(x: Float64Array): Float64Array;
  /** The solver of (P/scale + diag(d))·x = r. @param d positive wherever P does not curve */
  factor(d: Float64Array, scale: number): (r: Float64Array) => Float64Array;
}

/** Of a linear program: none. */
export function flatHessian(size: number): Hessian {
  return {
    size,
    scale: 0,
    times: (x) => new Float64Array(x.length),
    factor: (d) => (r) => r.map((value, i) => value / Math.max(d[i] ?? 0, RIDGE)),
  };
}

/** Of ½·xᵀ·P·x. */
export function denseHessian(matrix: Matrix): Hessian {
  return {
    size: matrix.rows,
    scale: largest(matrix),
    times: (x) => times(matrix, x),
    factor: (d, scale) => factored(matrix, d, scale),
  };
}

/**
 * Of ½·(b − s)ᵀ·P·(b − s), x being b followed by s: what is bought and what is sold. P + diag is never built of twice the
 * size: with δ = b − s the two halves of the system fall together.
 */
export function splitHessian(matrix: Matrix): Hessian {
  const { rows: size } = matrix;
  return {
    size: 2 * size,
    scale: largest(matrix),
    times(x) {
      const half = times(matrix, difference(x, size));
      return stacked(
        half,
        half.map((value) => -value),
      );
    },
    factor(d, by) {
      const [buys, sells] = [d.subarray(0, size), d.subarray(size)].map((one) =>
        one.map((value) => Math.max(value, RIDGE)),
      );
      if (buys === undefined || sells === undefined) throw new RangeError("expected two halves");
      const part = buys.map((value, i) => value / (value + (sells[i] ?? 0)));
      const solve = factored(
        matrix,
        part.map((value, i) => value * (sells[i] ?? 0)),
        by,
      );
      return (r) => {
        const total = part.map((_, i) => (r[i] ?? 0) + (r[size + i] ?? 0));
        const delta = solve(part.map((value, i) => (r[i] ?? 0) - value * (total[i] ?? 0)));
        const sold = delta.map(
          (value, i) =>
            ((total[i] ?? 0) - (buys[i] ?? 0) * value) / ((buys[i] ?? 0) + (sells[i] ?? 0)),
        );
        return stacked(
          delta.map((value, i) => value + (sold[i] ?? 0)),
          sold,
        );
      };
    },
  };
}

/** What keeps a direction without curvature and without bounds from being divided by 0. */
const RIDGE = 1e-13;

function difference(x: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => (x[i] ?? 0) - (x[size + i] ?? 0));
}

function stacked(upper: Float64Array, lower: Float64Array): Float64Array {
  const x = new Float64Array(upper.length + lower.length);
  x.set(upper);
  x.set(lower, upper.length);
  return x;
}

function largest({ data }: Matrix): number {
  let value = 0;
  for (const one of data) value = Math.max(value, Math.abs(one));
  return value;
}

/** A matrix that is singular but for rounding gets a ridge, which leaves the solution of a program what it is. */
function factored(
  matrix: Matrix,
  d: Float64Array,
  scale: number,
): (r: Float64Array) => Float64Array {
  const { rows: size } = matrix;
  for (let ridge = RIDGE; ridge < 1e-3; ridge *= 100) {
    const data = matrix.data.map((value) => value / scale);
    for (let i = 0; i < size; i += 1)
      data[i * size + i] = at(matrix, i, i) / scale + (d[i] ?? 0) + ridge;
    const lower = cholesky({ rows: size, columns: size, data });
    if (lower !== null) return (r) => choleskySolve(lower, r);
  }
  // Nothing can be computed any more, which the solver sees by it.
  return (r) => r.map(() => Number.NaN);
}
