import { dot, type Matrix, quadraticForm } from "../../numeric/matrix.ts";
import { solveQuadratic } from "../../numeric/quadratic-program.ts";
import { weightProgram, type WeightLimits, type WeightRow } from "./limits.ts";

/** What is chosen from. */
export interface Universe {
  readonly covariance: Matrix;
  /** of the same period as the covariance */
  readonly mean: Float64Array;
}

export interface Choice {
  readonly weights: Float64Array;
  /** of the solver, over all programs that were solved on the way */
  readonly iterations: number;
}

export type Unsolved = "notConverged" | "unbounded" | "noExcessReturn";
export type Chosen = Choice | { readonly problem: Unsolved };

/** Weights beyond it are those of a program without end. */
const FAR = 1e6;
const ROUNDS_MAX = 60;
const TOLERANCE = 1e-13;

/** The least variance less `tolerance` times the mean: the efficient frontier, from 0 on. */
export function efficient(
  { covariance, mean }: Universe,
  limits: WeightLimits,
  tolerance: number,
  rows: readonly WeightRow[] = [],
): Chosen {
  const linear = mean.map((value) => -tolerance * value);
  return solved(covariance, linear, limits, rows);
}

/** The least variance of those whose mean is at least `target`. */
export function leastVarianceAt(universe: Universe, limits: WeightLimits, target: number): Chosen {
  return efficient(universe, limits, 0, [{ coefficients: universe.mean, bound: target }]);
}

/** The largest mean there is, and of those that have it the least variance. */
export function largestMean(universe: Universe, limits: WeightLimits): Chosen {
  const linear = universe.mean.map((value) => -value);
  const top = solved(null, linear, limits, []);
  if ("problem" in top) return top;
  const best = dot(universe.mean, top.weights);
  const near = Math.max(...universe.mean.map((value) => Math.abs(value))) * 1e-10;
  const chosen = leastVarianceAt(universe, limits, best - near);
  return "problem" in chosen ? top : { ...chosen, iterations: top.iterations + chosen.iterations };
}

function solved(
  covariance: Matrix | null,
  linear: Float64Array,
  limits: WeightLimits,
  rows: readonly WeightRow[],
): Chosen {
  const wanted = weightProgram(covariance, linear, limits, rows);
  const { x, iterations, isConverged } = solveQuadratic(wanted.program);
  const weights = wanted.weightsOf(x);
  if (weights.some((value) => !(Math.abs(value) < FAR))) return { problem: "unbounded" };
  return isConverged ? { weights, iterations } : { problem: "notConverged" };
}

/**
 * The largest mean whose deviation is at most `target`. Between changes of what is bound, the variance is a straight line in the
 * square of the tolerance: the search is exact once it is between the right two.
 */
export function atVolatility(universe: Universe, limits: WeightLimits, target: number): Chosen {
  return rootOf({
    start: scaleOf(universe) ** 2,
    at: (square) => efficient(universe, limits, Math.sqrt(square)),
    excessOf: ({ weights }) => quadraticForm(universe.covariance, weights) - target ** 2,
    // Where even the largest mean deviates less than it may, that is the answer.
    atTop: (top) => top,
  });
}

/**
 * The largest mean over deviation. At the best, the tolerance is variance over mean (the same conditions hold as of the ratio),
 * and tolerance·mean − variance is a straight line in the tolerance between changes of what is bound.
 * @param universe with the mean above the riskless rate
 */
export function largestRatio(universe: Universe, limits: WeightLimits): Chosen {
  const { covariance, mean } = universe;
  return rootOf({
    start: scaleOf(universe),
    at: (tolerance) => efficient(universe, limits, tolerance),
    excessOf: ({ weights }, tolerance) =>
      tolerance * dot(mean, weights) - quadraticForm(covariance, weights),
    atTop: ({ weights }) => (dot(mean, weights) > 0 ? null : { problem: "noExcessReturn" }),
  });
}

/** A tolerance of the right size: that where mean and variance weigh about the same. */
function scaleOf({ covariance, mean }: Universe): number {
  let [variance, most] = [0, 0];
  for (const value of covariance.data) variance = Math.max(variance, Math.abs(value));
  for (const value of mean) most = Math.max(most, Math.abs(value));
  return variance > 0 && most > 0 ? variance / most : 1;
}

interface Search {
  readonly start: number;
  readonly at: (position: number) => Chosen;
  /** rises with the position */
  readonly excessOf: (choice: Choice, position: number) => number;
  /** what to answer where going on changes nothing any more; null: go on all the same */
  readonly atTop: (top: Choice) => Chosen | null;
}

interface Probe {
  readonly position: number;
  readonly choice: Choice;
  readonly excess: number;
}

/** Where the excess is 0: steps of 4 until it is passed, then false position (Illinois). */
function rootOf(search: Search): Chosen {
  let iterations = 0;
  const look = (position: number): Probe | { readonly problem: Unsolved } => {
    const choice = search.at(position);
    if ("problem" in choice) return choice;
    iterations += choice.iterations;
    return { position, choice, excess: search.excessOf(choice, position) };
  };
  let low = look(0);
  if ("problem" in low) return low;
  if (low.excess >= 0) return low.choice;
  for (let position = search.start, round = 0; round < ROUNDS_MAX; position *= 4, round += 1) {
    const probe = look(position);
    if ("problem" in probe) return probe;
    if (probe.excess >= 0) {
      const found = between(look, low, probe);
      return "problem" in found ? found : { ...found, iterations };
    }
    const top = isSame(probe.choice, low.choice) ? search.atTop(probe.choice) : null;
    if (top !== null) return "problem" in top ? top : { ...top, iterations };
    low = probe;
  }
  return { problem: "noExcessReturn" };
}

function between(
  look: (position: number) => Probe | { readonly problem: Unsolved },
  from: Probe,
  to: Probe,
): Chosen {
  const size = Math.max(-from.excess, to.excess);
  let [low, high] = [from, to];
  // What the line is drawn through: an end that stays twice counts half, or the search would crawl.
  let [below, above] = [from.excess, to.excess];
  let last = 0;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const width = high.position - low.position;
    if (high.excess <= TOLERANCE * size || width <= TOLERANCE * high.position) break;
    const probe = look(low.position - (below * width) / (above - below));
    if ("problem" in probe) return probe;
    if (Math.abs(probe.excess) <= TOLERANCE * size) return probe.choice;
    if (probe.excess < 0) {
      [low, below] = [probe, probe.excess];
      if (last === -1) above /= 2;
      last = -1;
    } else {
      [high, above] = [probe, probe.excess];
      if (last === 1) below /= 2;
      last = 1;
    }
  }
  return high.choice;
}

function isSame(a: Choice, b: Choice): boolean {
  return a.weights.every((value, i) => Math.abs(value - (b.weights[i] ?? 0)) < 1e-12);
}
