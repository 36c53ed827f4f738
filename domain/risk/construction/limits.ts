import { denseHessian, flatHessian, splitHessian } from "../../numeric/hessian.ts";
import type { Hessian } from "../../numeric/hessian.ts";
import { dot, type Matrix, times } from "../../numeric/matrix.ts";
import type { LinearRow, QuadraticProgram } from "../../numeric/interior-point.ts";

/** Names whose weights together have bounds. */
export interface WeightGroup {
  readonly name: string;
  readonly members: readonly number[];
  readonly min?: number;
  readonly max?: number;
}

/** What weights may be. */
export interface WeightLimits {
  /** what weights add up to; null: whatever they like */
  readonly budget: number | null;
  /** −Infinity where there is none */
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly groups: readonly WeightGroup[];
  /** Σ|w − current| ≤ max: purchases and sales together */
  readonly turnover: { readonly current: Float64Array; readonly max: number } | null;
  /** Σ|w| ≤ leverage */
  readonly leverage: number | null;
}

/** Rows of weights that an objective adds to the limits. */
export interface WeightRow {
  readonly coefficients: Float64Array;
  /** the least that coefficients·w may be */
  readonly bound: number;
}

/** A quadratic program of weights, and how to read its solution. */
export interface WeightProgram {
  readonly program: QuadraticProgram;
  weightsOf(x: Float64Array): Float64Array;
}

/** Minimise ½·wᵀΣw + linearᵀ·w within the limits. @param covariance null: a linear program */
export function weightProgram(
  covariance: Matrix | null,
  linear: Float64Array,
  limits: WeightLimits,
  rows: readonly WeightRow[] = [],
): WeightProgram {
  const reference = referenceOf(limits);
  return reference === null
    ? plain(covariance, linear, limits, rows)
    : split(covariance, linear, limits, rows, reference);
}

/** Whether both sums of magnitudes are limited, of which one only can be. */
export function limitsTwoMagnitudes(limits: WeightLimits): boolean {
  return limits.turnover !== null && limits.leverage !== null && mayBeShort(limits);
}

function mayBeShort({ min }: WeightLimits): boolean {
  return min.some((value) => value < 0);
}

/** The point that distances are limited from: then weights are split into what is above it and what is below. */
function referenceOf(limits: WeightLimits): Float64Array | null {
  if (limits.turnover !== null) return limits.turnover.current;
  return limits.leverage !== null && mayBeShort(limits) ? limits.min.map(() => 0) : null;
}

function plain(
  covariance: Matrix | null,
  linear: Float64Array,
  limits: WeightLimits,
  rows: readonly WeightRow[],
): WeightProgram {
  const { inequalities, equalities } = rowsOf(limits, rows);
  return {
    program: {
      hessian: covariance === null ? flatHessian(linear.length) : denseHessian(covariance),
      linear,
      lower: limits.min,
      upper: limits.max,
      equalities,
      inequalities,
    },
    weightsOf: (x) => x,
  };
}

/** w = reference + up − down, up and down ≥ 0: exact, because no optimum needs both of one name. */
function split(
  covariance: Matrix | null,
  linear: Float64Array,
  limits: WeightLimits,
  rows: readonly WeightRow[],
  reference: Float64Array,
): WeightProgram {
  const size = linear.length;
  const { inequalities, equalities } = rowsOf(limits, rows);
  const slope =
    covariance === null ? linear : times(covariance, reference).map((v, i) => v + (linear[i] ?? 0));
  const fromReference = ({ coefficients, bound }: LinearRow): LinearRow => ({
    coefficients: mirrored(coefficients),
    bound: bound - dot(coefficients, reference),
  });
  const reach = limits.turnover?.max ?? limits.leverage ?? Infinity;
  const hessian: Hessian = covariance === null ? flatHessian(2 * size) : splitHessian(covariance);
  const above = (bounds: Float64Array) =>
    bounds.map((value, i) => Math.max(value - (reference[i] ?? 0), 0));
  const below = (bounds: Float64Array) =>
    bounds.map((value, i) => Math.max((reference[i] ?? 0) - value, 0));
  return {
    program: {
      hessian,
      linear: mirrored(slope),
      lower: joined(above(limits.min), below(limits.max)),
      upper: joined(above(limits.max), below(limits.min)),
      equalities: equalities.map(fromReference),
      inequalities: [
        ...inequalities.map(fromReference),
        { coefficients: new Float64Array(2 * size).fill(-1), bound: -reach },
      ],
    },
    weightsOf: (x) => reference.map((value, i) => value + (x[i] ?? 0) - (x[size + i] ?? 0)),
  };
}

function rowsOf(limits: WeightLimits, more: readonly WeightRow[]) {
  const size = limits.min.length;
  const all = (value: number) => new Float64Array(size).fill(value);
  const equalities: LinearRow[] = [];
  if (limits.budget !== null) equalities.push({ coefficients: all(1), bound: limits.budget });
  const inequalities: LinearRow[] = more.map(normalised);
  for (const { members, min, max } of limits.groups) {
    if (min !== undefined)
      inequalities.push({ coefficients: indicator(size, members, 1), bound: min });
    if (max !== undefined)
      inequalities.push({ coefficients: indicator(size, members, -1), bound: -max });
  }
  // Weights that cannot be negative are their own magnitudes.
  if (limits.leverage !== null && !mayBeShort(limits))
    inequalities.push({ coefficients: all(-1), bound: -limits.leverage });
  return { equalities, inequalities };
}

/** Its largest coefficient 1, so that returns of a day and sums of weights are held to the same exactness. */
function normalised({ coefficients, bound }: WeightRow): LinearRow {
  const scale = coefficients.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return { coefficients: coefficients.map((value) => value / scale), bound: bound / scale };
}

function indicator(size: number, members: readonly number[], value: number): Float64Array {
  const row = new Float64Array(size);
  for (const member of members) row[member] = value;
  return row;
}

function mirrored(row: Float64Array): Float64Array {
  return joined(
    row,
    row.map((value) => -value),
  );
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
