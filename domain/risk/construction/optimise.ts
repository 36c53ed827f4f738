import { at, dot, type Matrix, quadraticForm, times } from "../../numeric/matrix.ts";
import { deviationsOf } from "../../numeric/symmetric.ts";
import { blackLitterman, type View } from "./black-litterman.ts";
import { conflictsOf, type Demand } from "./feasible.ts";
import {
  atVolatility,
  type Chosen,
  efficient,
  largestMean,
  largestRatio,
  leastVarianceAt,
  type Universe,
  type Unsolved,
} from "./frontier.ts";
import { hierarchicalRiskParity } from "./hierarchical.ts";
import { limitsTwoMagnitudes, type WeightLimits } from "./limits.ts";
import { riskParity } from "./risk-parity.ts";

export const OBJECTIVES = [
  "minVariance",
  "meanVariance",
  "maxSharpe",
  "maxDiversification",
  "riskParity",
  "hrp",
  "equalWeight",
  "blackLitterman",
] as const;

/** How mean and variance are weighed. */
export type Preference =
  | { readonly kind: "riskAversion"; readonly value: number }
  | { readonly kind: "targetReturn"; readonly value: number }
  | { readonly kind: "targetVolatility"; readonly value: number }
  | { readonly kind: "maxSharpe" };

export type Objective =
  | { readonly kind: "minVariance" | "maxSharpe" | "maxDiversification" | "hrp" | "equalWeight" }
  | { readonly kind: "meanVariance"; readonly preference: Preference }
  /** budgets in any scale; null: equal */
  | { readonly kind: "riskParity"; readonly budgets: readonly number[] | null }
  | {
      readonly kind: "blackLitterman";
      readonly marketWeights: Float64Array;
      readonly riskAversion: number;
      readonly tau: number;
      readonly views: readonly View[];
      readonly preference: Preference;
    };

/** Data only, so that it can go to another thread. All of one period. */
export interface OptimiseAsked {
  readonly covariance: Matrix;
  /** null: not known, which some objectives do without */
  readonly mean: Float64Array | null;
  readonly riskFree: number;
  readonly objective: Objective;
  readonly limits: WeightLimits;
  /** points of the efficient frontier, at least 2; 0: none */
  readonly frontier: number;
}

/** What a choice of weights comes to. */
export interface Standing {
  readonly weights: Float64Array;
  /** null where no mean is known */
  readonly expectedReturn: number | null;
  readonly volatility: number;
  /** null without a mean, or without risk */
  readonly sharpe: number | null;
}

export interface Optimised extends Standing {
  /** wᵢ(Σw)ᵢ/σ, which add up to the volatility */
  readonly riskContributions: Float64Array;
  /** (Σ|w|)²/Σw² */
  readonly effectiveNumber: number;
  /** of the solver, all programs together; 0 of what has a formula */
  readonly iterations: number;
  /** that were used: of blackLitterman the posterior's */
  readonly mean: Float64Array | null;
  readonly equilibrium: Float64Array | null;
  /** of hrp: the names as they were brought side by side */
  readonly order: readonly number[] | null;
  readonly frontier: readonly Standing[];
}

export type Refused =
  | { readonly problem: "infeasible"; readonly conflicts: readonly string[] }
  | { readonly problem: "volatilityTooLow"; readonly least: number }
  | { readonly problem: Unsolved | "singular" | "twoMagnitudes" | "contradictoryViews" };

/** The weights that an objective asks for within the limits. */
export function optimise(asked: OptimiseAsked): Optimised | Refused {
  const { objective, limits } = asked;
  if (limitsTwoMagnitudes(limits)) return { problem: "twoMagnitudes" };
  if (objective.kind === "blackLitterman") return ofViews(asked, objective);
  const found = choose(asked, objective);
  return "problem" in found ? found : completed(asked, found);
}

interface Found {
  readonly weights: Float64Array;
  readonly iterations: number;
  readonly order?: readonly number[];
}

type Plain = Exclude<Objective, { readonly kind: "blackLitterman" }>;

function choose(asked: OptimiseAsked, objective: Plain): Found | Refused {
  const { covariance, limits } = asked;
  switch (objective.kind) {
    case "riskParity":
      return scaled(riskParity(covariance, objective.budgets ?? undefined), limits);
    case "hrp": {
      const found = hierarchicalRiskParity(covariance);
      const weights = scaled(found?.weights ?? null, limits);
      return "problem" in weights || found === null ? weights : { ...weights, order: found.order };
    }
    case "equalWeight":
      return scaled(new Float64Array(covariance.rows).fill(1 / covariance.rows), limits);
    case "minVariance":
      return within(limits, [], () => efficient(universeOf(asked), limits, 0));
    case "meanVariance":
      return preferred(asked, objective.preference);
    case "maxSharpe":
      return preferred(asked, { kind: "maxSharpe" });
    case "maxDiversification": {
      const universe = { covariance, mean: deviationsOf(covariance) };
      return within(limits, [], () => largestRatio(universe, limits));
    }
  }
}

/** The mean counts for nothing where it is not known. */
function universeOf({ covariance, mean }: OptimiseAsked): Universe {
  return { covariance, mean: mean ?? new Float64Array(covariance.rows) };
}

/** Weights that a formula makes add up to 1, brought to the budget. */
function scaled(weights: Float64Array | null, { budget }: WeightLimits): Found | Refused {
  if (weights === null) return { problem: "singular" };
  return { weights: weights.map((value) => value * (budget ?? 1)), iterations: 0 };
}

function preferred(asked: OptimiseAsked, preference: Preference): Found | Refused {
  const { limits, riskFree } = asked;
  const universe = universeOf(asked);
  switch (preference.kind) {
    case "riskAversion":
      return within(limits, [], () => efficient(universe, limits, 1 / preference.value));
    case "targetReturn": {
      const row = { coefficients: universe.mean, bound: preference.value };
      return within(limits, [{ name: "targetReturn", row }], () =>
        leastVarianceAt(universe, limits, preference.value),
      );
    }
    case "targetVolatility":
      return within(limits, [], () => noRiskierThan(universe, limits, preference.value));
    case "maxSharpe": {
      const excess = { ...universe, mean: universe.mean.map((value) => value - riskFree) };
      return within(limits, [], () => largestRatio(excess, limits));
    }
  }
}

function noRiskierThan(universe: Universe, limits: WeightLimits, target: number): Chosen | Refused {
  const safest = efficient(universe, limits, 0);
  if ("problem" in safest) return safest;
  const least = volatilityOf(universe.covariance, safest.weights);
  return least > target * (1 + 1e-9)
    ? { problem: "volatilityTooLow", least }
    : atVolatility(universe, limits, target);
}

function within(
  limits: WeightLimits,
  demands: readonly Demand[],
  solve: () => Chosen | Refused,
): Found | Refused {
  const conflicts = conflictsOf(limits, demands);
  return conflicts.length > 0 ? { problem: "infeasible", conflicts } : solve();
}

function ofViews(
  asked: OptimiseAsked,
  objective: Extract<Objective, { readonly kind: "blackLitterman" }>,
): Optimised | Refused {
  const { marketWeights, riskAversion, tau, views, preference } = objective;
  const { covariance } = asked;
  const posterior = blackLitterman({ covariance, marketWeights, riskAversion, tau }, views);
  if (posterior === null) return { problem: "contradictoryViews" };
  const then = { ...asked, covariance: posterior.covariance, mean: posterior.mean };
  const found = preferred(then, preference);
  if ("problem" in found) return found;
  const done = completed(then, found);
  return "problem" in done ? done : { ...done, equilibrium: posterior.equilibrium };
}

function completed(asked: OptimiseAsked, found: Found): Optimised | Refused {
  const { weights, iterations, order = null } = found;
  const standing = standingOf(asked, weights);
  const isSound = [...weights, standing.volatility].every(Number.isFinite);
  if (!isSound) return { problem: "notConverged" };
  const frontier = frontierOf(asked);
  if ("problem" in frontier) return frontier;
  const marginal = times(asked.covariance, weights);
  const gross = weights.reduce((sum, value) => sum + Math.abs(value), 0);
  const squares = dot(weights, weights);
  return {
    ...standing,
    riskContributions: weights.map((value, i) =>
      standing.volatility > 0 ? (value * (marginal[i] ?? 0)) / standing.volatility : 0,
    ),
    effectiveNumber: squares > 0 ? (gross * gross) / squares : 0,
    iterations,
    mean: asked.mean,
    equilibrium: null,
    order,
    frontier,
  };
}

function standingOf(
  { covariance, mean, riskFree }: OptimiseAsked,
  weights: Float64Array,
): Standing {
  const volatility = volatilityOf(covariance, weights);
  const expectedReturn = mean === null ? null : dot(mean, weights);
  const invested = weights.reduce((sum, value) => sum + value, 0);
  const sharpe =
    expectedReturn === null || volatility === 0
      ? null
      : (expectedReturn - riskFree * invested) / volatility;
  return { weights, expectedReturn, volatility, sharpe };
}

/** 0 where all that is left is what rounding makes of a sum that vanishes. */
function volatilityOf(covariance: Matrix, weights: Float64Array): number {
  const variance = quadraticForm(covariance, weights);
  let size = 0;
  for (let i = 0; i < weights.length; i += 1) size += at(covariance, i, i) * (weights[i] ?? 0) ** 2;
  return variance <= 1e-14 * size ? 0 : Math.sqrt(variance);
}

/** Evenly over the means from that of the least variance to the largest. */
function frontierOf(asked: OptimiseAsked): readonly Standing[] | Refused {
  const { frontier: count, limits } = asked;
  if (count === 0) return [];
  const universe = universeOf(asked);
  const safest = efficient(universe, limits, 0);
  if ("problem" in safest) return safest;
  const top = largestMean(universe, limits);
  if ("problem" in top) return top;
  const [low, high] = [safest, top].map(({ weights }) => dot(universe.mean, weights));
  const points: Standing[] = [standingOf(asked, safest.weights)];
  for (let k = 1; k + 1 < count; k += 1) {
    const target = (low ?? 0) + (((high ?? 0) - (low ?? 0)) * k) / (count - 1);
    const choice = leastVarianceAt(universe, limits, target);
    if ("problem" in choice) return choice;
    points.push(standingOf(asked, choice.weights));
  }
  points.push(standingOf(asked, top.weights));
  return points;
}
