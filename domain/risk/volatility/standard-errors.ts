import { cholesky, choleskySolve } from "../../numeric/cholesky.ts";
import { type Matrix, zeros } from "../../numeric/matrix.ts";

/** Beside each parameter; large enough for what rounding leaves of a second difference, small enough for its own error. */
const STEP = 2e-4;

/**
 * Standard errors of a maximum likelihood: the roots of the diagonal of the inverse Hessian of −logL, by central differences.
 * @returns null where the Hessian is not positive definite, or reaches beyond the domain: at its edge
 */
export function standardErrorsOf(
  cost: (x: readonly number[]) => number,
  at: readonly number[],
): readonly number[] | null {
  const steps = at.map((value) => STEP * Math.max(Math.abs(value), 1e-2));
  const hessian = hessianOf(cost, at, steps);
  if (hessian.data.some((value) => !Number.isFinite(value))) return null;
  const lower = cholesky(hessian);
  if (lower === null) return null;
  return at.map((_, i) => {
    const unit = new Float64Array(at.length);
    unit[i] = 1;
    return Math.sqrt(choleskySolve(lower, unit)[i] ?? Number.NaN);
  });
}

function hessianOf(
  cost: (x: readonly number[]) => number,
  at: readonly number[],
  steps: readonly number[],
): Matrix {
  const size = at.length;
  const hessian = zeros(size, size);
  const moved = (i: number, di: number, j: number, dj: number) =>
    cost(
      at.map(
        (value, k) =>
          value + (k === i ? di * (steps[k] ?? 0) : 0) + (k === j ? dj * (steps[k] ?? 0) : 0),
      ),
    );
  for (let i = 0; i < size; i += 1)
    for (let j = 0; j <= i; j += 1) {
      const difference =
        moved(i, 1, j, 1) - moved(i, 1, j, -1) - moved(i, -1, j, 1) + moved(i, -1, j, -1);
      const value = difference / (4 * (steps[i] ?? 1) * (steps[j] ?? 1));
      hessian.data[i * size + j] = value;
      hessian.data[j * size + i] = value;
    }
  return hessian;
}
