import { studentCdf } from "./distributions.ts";
import { mean } from "./moments.ts";

/** How the errors of the coefficients are estimated. */
export const ERROR_KINDS = ["classic", "white", "neweyWest"] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

export interface Regression {
  /** the intercept first where there is one, then one a column */
  readonly coefficients: readonly Coefficient[];
  /** y less what the columns explain */
  readonly residuals: Float64Array;
  /** 1 − SSR/SST, about the mean where there is an intercept, about 0 without; null of a constant y */
  readonly rSquared: number | null;
  readonly adjustedRSquared: number | null;
  /** √(SSR/(n − k)) */
  readonly residualDeviation: number;
  readonly observations: number;
}

export interface Coefficient {
  readonly estimate: number;
  readonly standardError: number;
  /** estimate over its error; null where the error is 0 */
  readonly t: number | null;
  /** of |t| under Student's distribution with n − k degrees of freedom, both sides */
  readonly pValue: number | null;
}

export interface RegressionTerms {
  readonly hasIntercept: boolean;
  readonly errors: ErrorKind;
  /** of Newey & West; absent: ⌊4(n/100)^(2/9)⌋ (Newey & West 1994) */
  readonly lags?: number;
}

/** What is in the way of a regression. */
export type Singular = { readonly dependent: number } | "tooFew";

/** Below it a column that is left over after the ones before it counts as made of them. */
const RANK_TOLERANCE = 1e-11;

/**
 * Ordinary least squares by Householder's QR decomposition.
 *
 * Errors: classic σ²(XᵀX)⁻¹; White (1980) as HC1, times n/(n − k); Newey & West (1987) with Bartlett's weights, times n/(n − k).
 * @param columns of the observations, all as long as `y`, finite
 * @returns `tooFew`: not more observations than coefficients; `dependent`: the coefficient whose column the ones before it make up
 */
export function regress(
  y: ArrayLike<number>,
  columns: readonly ArrayLike<number>[],
  terms: RegressionTerms,
): Regression | Singular {
  const n = y.length;
  const x = terms.hasIntercept ? [ones(n), ...columns] : columns;
  const k = x.length;
  if (n <= k) return "tooFew";
  const found = decompose(y, x);
  if ("dependent" in found) return found;
  const { upper, rotated } = found;
  const estimates = backSubstitute(upper, rotated, k);
  const residuals = residualsOf(y, x, estimates);
  const squares = sumOfSquares(residuals);
  const variances = variancesOf(x, residuals, inverseGram(upper, k), squares / (n - k), terms);
  const centre = terms.hasIntercept ? mean(y) : 0;
  const total = sumOfSquares(Float64Array.from(y, (value) => value - centre));
  const rSquared = total > 0 ? 1 - squares / total : null;
  const free = n - (terms.hasIntercept ? 1 : 0);
  return {
    coefficients: Array.from(estimates, (estimate, i) =>
      coefficient(estimate, Math.sqrt(Math.max(0, variances[i] ?? 0)), n - k),
    ),
    residuals,
    rSquared,
    adjustedRSquared: rSquared === null ? null : 1 - ((1 - rSquared) * free) / (n - k),
    residualDeviation: Math.sqrt(squares / (n - k)),
    observations: n,
  };
}

function coefficient(estimate: number, standardError: number, degrees: number): Coefficient {
  if (!(standardError > 0)) return { estimate, standardError, t: null, pValue: null };
  const t = estimate / standardError;
  return { estimate, standardError, t, pValue: 2 * studentCdf(-Math.abs(t), degrees) };
}

interface Decomposed {
  /** R, row by row: upper[i][j] with i ≤ j */
  readonly upper: readonly Float64Array[];
  /** Qᵀy */
  readonly rotated: Float64Array;
}

/** Columns are scaled to length 1 for the question whether one is made of the others, whatever their units are. */
function decompose(
  y: ArrayLike<number>,
  columns: readonly ArrayLike<number>[],
): Decomposed | { readonly dependent: number } {
  const n = y.length;
  const k = columns.length;
  const work = columns.map((column) => Float64Array.from(column));
  const lengths = work.map((column) => Math.sqrt(sumOfSquares(column)));
  const rotated = Float64Array.from(y);
  const upper = Array.from({ length: k }, () => new Float64Array(k));
  for (let j = 0; j < k; j += 1) {
    const column = work[j] ?? new Float64Array();
    const rest = Math.sqrt(sumOfSquares(column.subarray(j)));
    if (!(rest > RANK_TOLERANCE * (lengths[j] ?? 0))) return { dependent: j };
    const head = column[j] ?? 0;
    const alpha = head > 0 ? -rest : rest;
    const v = column.slice(j);
    v[0] = head - alpha;
    const norm = sumOfSquares(v);
    for (let l = j + 1; l < k; l += 1) reflect(work[l] ?? column, v, norm, j);
    reflect(rotated, v, norm, j);
    const row = upper[j] ?? new Float64Array(k);
    row[j] = alpha;
    for (let l = j + 1; l < k; l += 1) row[l] = work[l]?.[j] ?? 0;
  }
  return { upper, rotated: rotated.subarray(0, n) };
}

/** Householder's reflection of the part from `from` on. */
function reflect(target: Float64Array, v: Float64Array, norm: number, from: number): void {
  let product = 0;
  for (let i = 0; i < v.length; i += 1) product += (v[i] ?? 0) * (target[from + i] ?? 0);
  const factor = (2 * product) / norm;
  for (let i = 0; i < v.length; i += 1)
    target[from + i] = (target[from + i] ?? 0) - factor * (v[i] ?? 0);
}

function backSubstitute(
  upper: readonly Float64Array[],
  rotated: ArrayLike<number>,
  k: number,
): Float64Array {
  const solution = new Float64Array(k);
  for (let i = k - 1; i >= 0; i -= 1) {
    let sum = rotated[i] ?? 0;
    for (let j = i + 1; j < k; j += 1) sum -= (upper[i]?.[j] ?? 0) * (solution[j] ?? 0);
    solution[i] = sum / (upper[i]?.[i] ?? Number.NaN);
  }
  return solution;
}

/** (XᵀX)⁻¹ = R⁻¹R⁻ᵀ, column by column. */
function inverseGram(upper: readonly Float64Array[], k: number): readonly Float64Array[] {
  const inverse = Array.from({ length: k }, (_, j) => {
    const unit = new Float64Array(k);
    unit[j] = 1;
    return backSubstitute(upper, unit, k);
  });
  return Array.from({ length: k }, (_, i) =>
    Float64Array.from({ length: k }, (__, j) => {
      let sum = 0;
      for (let l = 0; l < k; l += 1) sum += (inverse[l]?.[i] ?? 0) * (inverse[l]?.[j] ?? 0);
      return sum;
    }),
  );
}

function variancesOf(
  x: readonly ArrayLike<number>[],
  residuals: Float64Array,
  gram: readonly Float64Array[],
  variance: number,
  { errors, lags }: RegressionTerms,
): readonly number[] {
  if (errors === "classic") return gram.map((row, i) => (row[i] ?? 0) * variance);
  const n = residuals.length;
  const used = errors === "white" ? 0 : (lags ?? Math.floor(4 * (n / 100) ** (2 / 9)));
  const meat = scoreCovariance(x, residuals, Math.min(used, n - 1));
  const correction = n / (n - x.length);
  return gram.map((row) => {
    let sum = 0;
    for (let a = 0; a < row.length; a += 1)
      for (let b = 0; b < row.length; b += 1)
        sum += (row[a] ?? 0) * (meat[a]?.[b] ?? 0) * (row[b] ?? 0);
    return sum * correction;
  });
}

/** Σ over lags of Bartlett's weights times the products of the scores x·e. */
function scoreCovariance(
  x: readonly ArrayLike<number>[],
  residuals: Float64Array,
  lags: number,
): readonly Float64Array[] {
  const scores = x.map((column) => residuals.map((residual, t) => residual * (column[t] ?? 0)));
  return scores.map((one) =>
    Float64Array.from(scores, (other) => {
      let sum = crossed(one, other, 0);
      for (let lag = 1; lag <= lags; lag += 1)
        sum += (1 - lag / (lags + 1)) * (crossed(one, other, lag) + crossed(other, one, lag));
      return sum;
    }),
  );
}

function crossed(later: Float64Array, earlier: Float64Array, lag: number): number {
  let sum = 0;
  for (let t = lag; t < later.length; t += 1) sum += (later[t] ?? 0) * (earlier[t - lag] ?? 0);
  return sum;
}

function residualsOf(
  y: ArrayLike<number>,
  x: readonly ArrayLike<number>[],
  estimates: Float64Array,
): Float64Array {
  return Float64Array.from(y, (value, t) => {
    let rest = value;
    for (const [j, column] of x.entries()) rest -= (estimates[j] ?? 0) * (column[t] ?? 0);
    return rest;
  });
}

function ones(length: number): Float64Array {
  return new Float64Array(length).fill(1);
}

function sumOfSquares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (values[i] ?? 0) ** 2;
  return sum;
}
