import { cholesky, choleskySolve } from "./cholesky.ts";
import type { Hessian } from "./hessian.ts";
import { dot, type Matrix, zeros } from "./matrix.ts";

/** coefficients·x ≥ bound, or = bound. */
export interface LinearRow {
  readonly coefficients: Float64Array;
  readonly bound: number;
}

/** Minimise ½·xᵀ·P·x + qᵀ·x within bounds and rows. */
export interface QuadraticProgram {
  readonly hessian: Hessian;
  readonly linear: Float64Array;
  /** −Infinity where there is none; equal to `upper` where x is fixed */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  readonly equalities: readonly LinearRow[];
  /** coefficients·x ≥ bound */
  readonly inequalities: readonly LinearRow[];
}

/** The part of the way to the nearest bound that a step may go. */
const STAY = 0.995;
/** What a corrected step may leave of the gap; and what is aimed at by one that goes to the middle instead. */
const ENOUGH = 0.9;
const CENTRED = 0.2;
/** What holds a fixed variable where it is, beside the largest element of P. */
const WALL = 1e20;

/** One inequality: a bound of one variable, or a row. */
type Side =
  | { readonly index: number; readonly sign: 1 | -1; readonly bound: number }
  | { readonly row: LinearRow };

export interface Problem extends QuadraticProgram {
  readonly scale: number;
  readonly sides: readonly Side[];
  readonly isFixed: Uint8Array;
}

export interface State {
  readonly x: Float64Array;
  /** multipliers of equalities, over `scale`, as those of the sides */
  readonly y: Float64Array;
  /** of each side: what is left to the bound, and its multiplier */
  readonly slack: Float64Array;
  readonly z: Float64Array;
}

interface Residual {
  readonly dual: Float64Array;
  readonly equal: Float64Array;
  readonly side: Float64Array;
  readonly gap: number;
}

export function fixedOf({ lower, upper }: QuadraticProgram): Uint8Array {
  return Uint8Array.from(lower, (low, i) => ((upper[i] ?? 0) - low <= 1e-14 ? 1 : 0));
}

export function sidesOf(program: QuadraticProgram): readonly Side[] {
  const { lower, upper, inequalities } = program;
  const sides: Side[] = [];
  const isFixed = fixedOf(program);
  for (let index = 0; index < lower.length; index += 1) {
    const [low, high] = [lower[index] ?? 0, upper[index] ?? 0];
    if (isFixed[index] === 1) continue;
    if (low > -Infinity) sides.push({ index, sign: 1, bound: low });
    if (high < Infinity) sides.push({ index, sign: -1, bound: -high });
  }
  return [...sides, ...inequalities.map((row) => ({ row }))];
}

export function valueOf(side: Side, x: Float64Array): number {
  return "row" in side ? dot(side.row.coefficients, x) : side.sign * (x[side.index] ?? 0);
}

export function boundOf(side: Side): number {
  return "row" in side ? side.row.bound : side.bound;
}

/** target += factor·(the side's coefficients). */
function addSide(target: Float64Array, side: Side, factor: number): void {
  if ("row" in side) addRow(target, side.row.coefficients, factor);
  else target[side.index] = (target[side.index] ?? 0) + factor * side.sign;
}

function addRow(target: Float64Array, row: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i += 1) target[i] = (target[i] ?? 0) + factor * (row[i] ?? 0);
}

export function start({ lower, upper, sides, equalities, isFixed }: Problem): State {
  const x = lower.map((low, i) => {
    const high = upper[i] ?? 0;
    if (isFixed[i] === 1) return low;
    if (low > -Infinity && high < Infinity) return low + (high - low) / 2;
    return low > -Infinity ? low + 1 : high < Infinity ? high - 1 : 0;
  });
  const slack = Float64Array.from(sides, (side) => Math.max(valueOf(side, x) - boundOf(side), 0.1));
  return { x, y: new Float64Array(equalities.length), slack, z: slack.map(() => 1) };
}

export function residualOf(problem: Problem, { x, y, slack, z }: State): Residual {
  const { hessian, linear, scale, equalities, sides, isFixed } = problem;
  const dual = hessian.times(x).map((value, i) => (value + (linear[i] ?? 0)) / scale);
  for (const [k, row] of equalities.entries()) addRow(dual, row.coefficients, -(y[k] ?? 0));
  for (const [k, side] of sides.entries()) addSide(dual, side, -(z[k] ?? 0));
  // The multiplier of a fixed variable is whatever is needed.
  for (let i = 0; i < dual.length; i += 1) if (isFixed[i] === 1) dual[i] = 0;
  return {
    dual,
    equal: Float64Array.from(equalities, ({ coefficients, bound }) => dot(coefficients, x) - bound),
    side: Float64Array.from(sides, (side, k) => valueOf(side, x) - (slack[k] ?? 0) - boundOf(side)),
    gap: gapOf({ x, y, slack, z }),
  };
}

export function errorOf({ linear, scale }: Problem, { x }: State, residual: Residual): number {
  const size = 1 + largest(x);
  return Math.max(
    largest(residual.dual) / (largest(linear) / scale + size),
    largest(residual.equal) / size,
    largest(residual.side) / size,
    residual.gap,
  );
}

/** Predicted, corrected, and taken as far as bounds allow; null when nothing can be computed any more. */
export function stepped(problem: Problem, state: State, residual: Residual): State | null {
  const { slack, z } = state;
  const direction = newton(problem, state, residual);
  const target = slack.map((value, k) => value * (z[k] ?? 0));
  const predicted = direction(target);
  const reach = Math.min(1, reachOf(slack, predicted.slack), reachOf(z, predicted.z));
  let after = 0;
  for (let k = 0; k < slack.length; k += 1)
    after +=
      ((slack[k] ?? 0) + reach * (predicted.slack[k] ?? 0)) *
      ((z[k] ?? 0) + reach * (predicted.z[k] ?? 0));
  const centring = residual.gap > 0 ? (after / slack.length / residual.gap) ** 3 : 0;
  const aim = centring * residual.gap;
  const corrected = taken(
    state,
    direction(
      target.map((value, k) => value + (predicted.slack[k] ?? 0) * (predicted.z[k] ?? 0) - aim),
    ),
  );
  if (gapOf(corrected) <= ENOUGH * residual.gap) return finite(corrected);
  // The correction may go round in circles for ever (Cartis 2009): a step towards the middle does not.
  const centred = taken(state, direction(target.map((value) => value - CENTRED * residual.gap)));
  return finite(gapOf(centred) < gapOf(corrected) ? centred : corrected);
}

/** As far along a direction as bounds allow. */
function taken(state: State, direction: State): State {
  const far = Math.min(reachOf(state.slack, direction.slack), reachOf(state.z, direction.z));
  const step = Math.min(1, STAY * far);
  return {
    x: moved(state.x, direction.x, step),
    y: moved(state.y, direction.y, step),
    slack: moved(state.slack, direction.slack, step),
    z: moved(state.z, direction.z, step),
  };
}

function finite(state: State): State | null {
  return state.x.every(Number.isFinite) && state.z.every(Number.isFinite) ? state : null;
}

function gapOf({ slack, z }: State): number {
  return slack.length === 0 ? 0 : dot(slack, z) / slack.length;
}

/** The step that takes residuals to nothing and slack·z to slack·z − target. */
function newton(problem: Problem, { slack, z }: State, residual: Residual) {
  const { hessian, sides, equalities, isFixed } = problem;
  const d = new Float64Array(hessian.size);
  for (const [i, fixed] of isFixed.entries()) if (fixed === 1) d[i] = WALL;
  const rows: LinearRow[] = [...equalities];
  const softness: number[] = equalities.map(() => 0);
  for (const [k, side] of sides.entries()) {
    const weight = (z[k] ?? 0) / (slack[k] ?? 1);
    if ("row" in side) {
      rows.push(side.row);
      softness.push(1 / weight);
    } else d[side.index] = (d[side.index] ?? 0) + weight;
  }
  const solve = linearSystem(problem, d, rows, softness);
  return (target: Float64Array): State => {
    const right = residual.dual.map((value, i) => (isFixed[i] === 1 ? 0 : -value));
    const wanted = Float64Array.from(rows, (_, k) => -(residual.equal[k] ?? 0));
    let row = equalities.length;
    for (const [k, side] of sides.entries()) {
      const weight = (z[k] ?? 0) / (slack[k] ?? 1);
      const pull = (target[k] ?? 0) / (slack[k] ?? 1) + weight * (residual.side[k] ?? 0);
      if ("row" in side) {
        // The row's multiplier is solved for: coefficients·dx + dz/weight = −pull/weight.
        wanted[row] = -pull / weight;
        row += 1;
      } else addSide(right, side, -pull);
    }
    const { x, multipliers } = solve(right, wanted);
    for (const [i, fixed] of isFixed.entries()) if (fixed === 1) x[i] = 0;
    const shift = Float64Array.from(sides, (side, k) => valueOf(side, x) + (residual.side[k] ?? 0));
    const dz = shift.map((move, k) => -((target[k] ?? 0) + (z[k] ?? 0) * move) / (slack[k] ?? 1));
    const multiplierOf = multipliers.subarray(equalities.length);
    let next = 0;
    for (const [k, side] of sides.entries())
      if ("row" in side) {
        dz[k] = multiplierOf[next] ?? 0;
        next += 1;
      }
    return { x, y: multipliers.slice(0, equalities.length), slack: shift, z: dz };
  };
}

/** (P/scale + diag(d))·x − Bᵀ·m = right, B·x + diag(softness)·m = wanted. */
function linearSystem(
  { hessian, scale }: Problem,
  d: Float64Array,
  rows: readonly LinearRow[],
  softness: readonly number[],
) {
  const inner = hessian.factor(d, scale);
  const columns = rows.map(({ coefficients }) => inner(coefficients));
  const outer = zeros(rows.length, rows.length);
  for (const [i, { coefficients }] of rows.entries())
    for (const [j, column] of columns.entries())
      outer.data[i * rows.length + j] =
        dot(coefficients, column) + (i === j ? (softness[i] ?? 0) : 0);
  const solveOuter = definite(outer);
  return (right: Float64Array, wanted: Float64Array) => {
    const x = inner(right);
    const multipliers = solveOuter(
      wanted.map((value, k) => value - dot(rows[k]?.coefficients ?? x, x)),
    );
    for (const [k, column] of columns.entries()) addRow(x, column, multipliers[k] ?? 0);
    return { x, multipliers };
  };
}

/** Rows that say the same thing twice leave a singular matrix: a ridge shares the multiplier between them. */
function definite(matrix: Matrix): (r: Float64Array) => Float64Array {
  const { rows: size } = matrix;
  for (let ridge = 0; ridge < 1e-2; ridge = ridge === 0 ? 1e-14 : ridge * 100) {
    const data = Float64Array.from(matrix.data);
    for (let i = 0; i < size; i += 1)
      data[i * size + i] = (data[i * size + i] ?? 0) * (1 + ridge) + ridge * 1e-3;
    const lower = cholesky({ rows: size, columns: size, data });
    if (lower !== null) return (r) => choleskySolve(lower, r);
  }
  return (r) => r.map(() => Number.NaN);
}

/** The part of the step that takes the first of them to 0; Infinity when none gets there. */
function reachOf(values: Float64Array, steps: Float64Array): number {
  let reach = Infinity;
  for (let k = 0; k < values.length; k += 1) {
    const step = steps[k] ?? 0;
    if (step < 0) reach = Math.min(reach, -(values[k] ?? 0) / step);
  }
  return reach;
}

function moved(values: Float64Array, steps: Float64Array, by: number): Float64Array {
  return values.map((value, k) => value + by * (steps[k] ?? 0));
}

export function largest(values: Float64Array): number {
  let found = 0;
  for (const value of values) found = Math.max(found, Math.abs(value));
  return found;
}
