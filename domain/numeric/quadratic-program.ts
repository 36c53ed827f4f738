import {
  boundOf,
  errorOf,
  fixedOf,
  largest,
  type LinearRow,
  type Problem,
  type QuadraticProgram,
  residualOf,
  sidesOf,
  start,
  type State,
  stepped,
  valueOf,
} from "./interior-point.ts";

export interface QuadraticSolution {
  readonly x: Float64Array;
  readonly iterations: number;
  /** whether all conditions of an optimum hold to `TOLERANCE`; a program that is not feasible does not converge */
  readonly isConverged: boolean;
  /** multipliers, ≥ 0 but for those of the equalities, in the units of the objective */
  readonly equalities: Float64Array;
  readonly inequalities: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Relative to the size of the terms that must vanish. */
const TOLERANCE = 1e-10;
const ITERATIONS_MAX = 100;

/**
 * Mehrotra's predictor–corrector interior point method (SIAM J. Optim. 2 (1992) 575; Nocedal & Wright, Numerical Optimization,
 * §16.6): P need not be of full rank, a linear program has none. Rows other than bounds are eliminated last, which keeps the
 * factored matrix well conditioned however near a row is to its bound. What it finds is then made exact by `polished`.
 */
export function solveQuadratic(program: QuadraticProgram): QuadraticSolution {
  const scale = Math.max(program.hessian.scale, largest(program.linear)) || 1;
  const problem: Problem = {
    ...program,
    scale,
    sides: sidesOf(program),
    isFixed: fixedOf(program),
  };
  let state = start(problem);
  let residual = residualOf(problem, state);
  let best = state;
  let bestError = errorOf(problem, state, residual);
  let iterations = 0;
  while (bestError > TOLERANCE / 100 && iterations < ITERATIONS_MAX) {
    const next = stepped(problem, state, residual);
    iterations += 1;
    if (next === null) break;
    state = next;
    residual = residualOf(problem, state);
    const error = errorOf(problem, state, residual);
    // Rounding sets in once nothing improves any more, and takes back what was reached.
    if (error < bestError) [best, bestError] = [state, error];
    else if (bestError < TOLERANCE && error > 10 * bestError) break;
  }
  const exact = polished(problem, best, bestError);
  return solutionOf(problem, exact ?? best, iterations, exact !== null || bestError <= TOLERANCE);
}

/**
 * The optimum when just those sides hold with equality whose slack is smaller than their multiplier: weights then stand on
 * their bounds to the last digit. Null when that breaks another side, or is no better.
 */
function polished(problem: Problem, state: State, error: number): State | null {
  if (!(error < 1e-6)) return null;
  const { slack, z } = state;
  const isActive = slack.map((value, k) => (value < (z[k] ?? 0) ? 1 : 0));
  const x = Float64Array.from(state.x);
  const isFixed = Uint8Array.from(problem.isFixed);
  const rows: LinearRow[] = [...problem.equalities];
  for (const [k, side] of problem.sides.entries())
    if (isActive[k] === 1) {
      if ("row" in side) rows.push(side.row);
      else {
        x[side.index] = side.sign * side.bound;
        isFixed[side.index] = 1;
      }
    }
  const held: Problem = { ...problem, equalities: rows, sides: [], isFixed };
  let found: State = { x, y: multipliersOf(problem, state, isActive), slack: NONE, z: NONE };
  for (let round = 0; round < 3; round += 1) {
    const next = stepped(held, found, residualOf(held, found));
    if (next === null) return null;
    found = next;
  }
  const whole = withSides(problem, found, isActive);
  const isWithin = whole.slack.every((value) => value >= -1e-13 * (1 + largest(found.x)));
  const isSigned = whole.z.every((value) => value >= -TOLERANCE);
  const after = errorOf(problem, whole, residualOf(problem, whole));
  return isWithin && isSigned && after <= Math.max(error, TOLERANCE) ? whole : null;
}

const NONE = new Float64Array(0);

function multipliersOf({ sides }: Problem, { y, z }: State, isActive: Float64Array): Float64Array {
  const ofRows = [...z].filter((_, k) => isActive[k] === 1 && "row" in (sides[k] ?? {}));
  return Float64Array.from([...y, ...ofRows]);
}

/** The multipliers of bounds follow from what the objective still wants there. */
function withSides(problem: Problem, { x, y }: State, isActive: Float64Array): State {
  const { sides, equalities } = problem;
  const own = y.slice(0, equalities.length);
  const slack = Float64Array.from(sides, (side, k) =>
    isActive[k] === 1 ? 0 : valueOf(side, x) - boundOf(side),
  );
  const z = new Float64Array(sides.length);
  let row = equalities.length;
  for (const [k, side] of sides.entries())
    if (isActive[k] === 1 && "row" in side) {
      z[k] = y[row] ?? 0;
      row += 1;
    }
  const { dual } = residualOf(problem, { x, y: own, slack, z });
  for (const [k, side] of sides.entries())
    if (isActive[k] === 1 && !("row" in side)) z[k] = side.sign * (dual[side.index] ?? 0);
  return { x, y: own, slack, z };
}

function solutionOf(
  problem: Problem,
  state: State,
  iterations: number,
  isConverged: boolean,
): QuadraticSolution {
  const { scale, sides, lower, equalities, isFixed } = problem;
  const { x, y, z } = state;
  const solution = {
    x,
    iterations,
    isConverged,
    equalities: Float64Array.from(equalities, (_, k) => scale * (y[k] ?? 0)),
    lower: new Float64Array(lower.length),
    upper: new Float64Array(lower.length),
  };
  const ofRows: number[] = [];
  for (const [k, side] of sides.entries()) {
    const value = scale * (z[k] ?? 0);
    if ("row" in side) ofRows.push(value);
    else solution[side.sign === 1 ? "lower" : "upper"][side.index] = value;
  }
  const wanted = residualOf({ ...problem, isFixed: new Uint8Array(lower.length) }, state).dual;
  for (const [i, fixed] of isFixed.entries())
    if (fixed === 1) {
      solution.lower[i] = scale * Math.max(wanted[i] ?? 0, 0);
      solution.upper[i] = scale * Math.max(-(wanted[i] ?? 0), 0);
    }
  return { ...solution, inequalities: Float64Array.from(ofRows) };
}
