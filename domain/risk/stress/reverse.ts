import { cholesky, choleskySolve, semiCholesky } from "../../numeric/cholesky.ts";
import { eigenSymmetric } from "../../numeric/eigen.ts";
import { denseHessian } from "../../numeric/hessian.ts";
import {
  at,
  diagonal,
  dot,
  type Matrix,
  multiply,
  quadraticForm,
  times,
  transpose,
} from "../../numeric/matrix.ts";
import { solveQuadratic } from "../../numeric/quadratic-program.ts";
import { correlationOf, deviationsOf, symmetricOf } from "../../numeric/symmetric.ts";

/** The likeliest way to a loss: the shock of least Mahalanobis norm √(xᵀΣ⁻¹x) (Breuer, Jandačka, Rheinberger & Summer 2009). */
export interface ReverseShock {
  /** one a factor */
  readonly shocks: Float64Array;
  /** of the shock, in standard deviations */
  readonly distance: number;
}

/** What is left of a hedge below this part of its gross variance is rounding. */
const HEDGED = 1e-14;

/**
 * Of a linear book, x = −L·Σw/(wᵀΣw), whose norm is L/√(wᵀΣw). No price falls below 0: where that one would, the least of those
 * that do not is found by a quadratic program.
 * @param exposures what a return of 1 is worth, asset by asset, signed
 * @param loss      positive, in the unit of the exposures
 * @returns null where no shock loses so much
 */
export function smallestLinearShock(
  exposures: Float64Array,
  covariance: Matrix,
  loss: number,
): ReverseShock | null {
  const covaried = times(covariance, exposures);
  const variance = dot(exposures, covaried);
  const gross = diagonal(covariance).reduce(
    (sum, value, i) => sum + Math.abs(exposures[i] ?? 0) * Math.sqrt(Math.max(0, value)),
    0,
  );
  if (!(variance > HEDGED * gross * gross)) return null;
  const shocks = covaried.map((value) => (-loss * value) / variance);
  if (shocks.every((shock) => shock >= -1)) return { shocks, distance: loss / Math.sqrt(variance) };
  return boundedShock(exposures, covariance, loss);
}

/** What is added to the correlations of fewer observations than assets, which have no inverse. */
const RIDGE = 1e-6;

/** In deviations, y = x/σ: minimise yᵀC⁻¹y where y ≥ −1/σ and the book loses so much. */
function boundedShock(
  exposures: Float64Array,
  covariance: Matrix,
  loss: number,
): ReverseShock | null {
  const isLong = exposures.every((value) => value >= 0);
  const most = exposures.reduce((sum, value) => sum + value, 0);
  if (isLong && loss >= most) return null;
  const deviations = deviationsOf(covariance);
  const inverse = inverseOf(correlationOf(covariance));
  const isStill = (i: number) => !((deviations[i] ?? 0) > 0);
  const solution = solveQuadratic({
    hessian: denseHessian(inverse),
    linear: new Float64Array(deviations.length),
    lower: deviations.map((deviation, i) => (isStill(i) ? 0 : -1 / deviation)),
    upper: deviations.map((_, i) => (isStill(i) ? 0 : Infinity)),
    equalities: [
      {
        coefficients: deviations.map((deviation, i) => ((exposures[i] ?? 0) * deviation) / loss),
        bound: -1,
      },
    ],
    inequalities: [],
  });
  if (!solution.isConverged) return null;
  return {
    shocks: solution.x.map((value, i) => value * (deviations[i] ?? 0)),
    distance: Math.sqrt(quadraticForm(inverse, solution.x)),
  };
}

function inverseOf(correlation: Matrix): Matrix {
  const { rows: size } = correlation;
  const lower = cholesky(correlation) ?? cholesky(ridged(correlation));
  if (lower === null) throw new Error("expected a ridge to make a correlation positive definite");
  const columns = Array.from({ length: size }, (_, j) => {
    const unit = new Float64Array(size);
    unit[j] = 1;
    return choleskySolve(lower, unit);
  });
  return symmetricOf(size, (i, j) => columns[j]?.[i] ?? 0);
}

function ridged(correlation: Matrix): Matrix {
  return symmetricOf(correlation.rows, (i, j) => (i === j ? 1 + RIDGE : at(correlation, i, j)));
}

/** A book's profit near where it stands: gᵀx + ½xᵀHx. */
export interface Quadratic {
  readonly gradient: Float64Array;
  readonly hessian: Matrix;
}

/**
 * Of a curved book: −λ(I + λH)⁻¹g in the coordinates where Σ = I and H is diagonal, which minimises the norm for the λ > 0 whose
 * loss is L; along λ the loss only grows, so that a bisection finds it.
 * @returns where no shock loses so much, the most that one can lose
 */
export function smallestCurvedShock(
  { gradient, hessian }: Quadratic,
  covariance: Matrix,
  loss: number,
): ReverseShock | { readonly mostLoss: number } {
  const root = semiCholesky(covariance);
  if (root === null) throw new RangeError("expected a positive semidefinite covariance");
  const { values, vectors } = eigenSymmetric(multiply(transpose(root), multiply(hessian, root)));
  const slopes = times(transpose(vectors), times(transpose(root), gradient));
  const curved = { slopes, bends: values.map((value) => (isBent(value, slopes) ? value : 0)) };
  const found = coordinatesOf(curved, loss);
  if ("mostLoss" in found) return found;
  const unit = times(vectors, found.at);
  return { shocks: times(root, unit), distance: Math.sqrt(dot(unit, unit)) };
}

/** Below this part of the steepest slope a bend is rounding. */
const STRAIGHT = 1e-11;

function isBent(bend: number, slopes: Float64Array): boolean {
  const steepest = slopes.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.abs(bend) > STRAIGHT * steepest;
}

interface Curved {
  readonly slopes: Float64Array;
  readonly bends: Float64Array;
}

const STEPS = 400;

function coordinatesOf(
  curved: Curved,
  loss: number,
): { readonly at: Float64Array } | { readonly mostLoss: number } {
  const least = curved.bends.reduce((low, value) => Math.min(low, value), 0);
  const hasWall = least < 0;
  const wall = hasWall ? -1 / least : Infinity;
  let [low, high] = [0, hasWall ? wall / 2 : 1];
  for (let k = 0; k < STEPS && lossAt(curved, high) < loss; k += 1) {
    low = high;
    high = hasWall ? (high + wall) / 2 : high * 2;
    if (!Number.isFinite(high) || high >= wall) break;
  }
  if (!(lossAt(curved, high) >= loss))
    return hasWall ? beside(curved, wall, loss) : { mostLoss: lossAt(curved, low) };
  for (let k = 0; k < STEPS && low < high; k += 1) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) break;
    if (lossAt(curved, middle) >= loss) high = middle;
    else low = middle;
  }
  return { at: pointAt(curved, high) };
}

function pointAt({ slopes, bends }: Curved, lambda: number): Float64Array {
  return slopes.map((slope, i) => (-lambda * slope) / (1 + lambda * (bends[i] ?? 0)));
}

/** Σ g²·λ(1 + ½λh)/(1 + λh)². */
function lossAt({ slopes, bends }: Curved, lambda: number): number {
  return slopes.reduce((sum, slope, i) => {
    const turn = lambda * (bends[i] ?? 0);
    return slope === 0
      ? sum
      : sum + ((slope * lambda * (1 + turn / 2)) / (1 + turn) / (1 + turn)) * slope;
  }, 0);
}

/** Where the book does not slope along the direction that bends down most, the rest of the loss is found along it. */
function beside(curved: Curved, wall: number, loss: number): { readonly at: Float64Array } {
  const { bends } = curved;
  const down = bends.reduce((best, value, i) => (value < (bends[best] ?? 0) ? i : best), 0);
  const slopes = curved.slopes.map((slope, i) =>
    -1 / wall >= (bends[i] ?? 0) * (1 - 1e-9) ? 0 : slope,
  );
  const flat = { slopes, bends };
  const point = pointAt(flat, wall).map((value) => (Number.isFinite(value) ? value : 0));
  const rest = loss - lossAt(flat, wall);
  point[down] = Math.sqrt(Math.max(0, (2 * rest) / Math.abs(bends[down] ?? -1)));
  return { at: point };
}
