import type {
  Objective,
  OptimiseAsked,
  Preference,
} from "../../../domain/risk/construction/optimise.ts";
import type { View } from "../../../domain/risk/construction/black-litterman.ts";
import type { WeightLimits } from "../../../domain/risk/construction/limits.ts";
import { unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { ConstraintsAsked } from "../../../mixins/rest/routes/risk-construction.ts";
import type { NamedAssessment } from "../covariance/assess.ts";

export type OptimiseParams = ActionMap["risk-construction.optimize"]["params"];
type ByName = { readonly [name: string]: number };

const TAU = 0.05;

/** What is asked for, by index instead of by name. @throws RestError 422 naming what does not fit */
export function problemOf(params: OptimiseParams, assessed: NamedAssessment): OptimiseAsked {
  const { names } = assessed;
  if (!assessed.isPositiveSemidefinite)
    throw fault(
      "covariance",
      "has negative eigenvalues, so that it is no covariance; `repair` takes the nearest that is one",
    );
  const periods = params.periodsPerYear ?? 1;
  return {
    covariance: {
      ...assessed.covariance,
      data: assessed.covariance.data.map((value) => value * periods),
    },
    mean: meanOf(params, assessed, periods),
    riskFree: params.riskFree,
    objective: objectiveOf(params, names),
    limits: limitsOf(params, names),
    frontier: params.frontier ?? 0,
  };
}

function meanOf(
  { mean }: OptimiseParams,
  { means }: NamedAssessment,
  periods: number,
): Float64Array | null {
  if (mean === undefined) return null;
  if (typeof mean !== "string") return Float64Array.from(mean);
  return means?.map((value) => value * periods) ?? null;
}

function objectiveOf(params: OptimiseParams, names: readonly string[]): Objective {
  const { objective: kind } = params;
  switch (kind) {
    case "minVariance":
    case "maxSharpe":
    case "maxDiversification":
    case "hrp":
    case "equalWeight":
      return { kind };
    case "meanVariance":
      return { kind, preference: preferenceOf(params) };
    case "riskParity":
      return { kind, budgets: params.budgets ?? null };
    case "blackLitterman":
      return {
        kind,
        marketWeights: marketOf(params.marketWeights ?? []),
        riskAversion: params.riskAversion ?? 1,
        tau: params.tau ?? TAU,
        views: viewsOf(params, names),
        preference: preferenceOf(params),
      };
  }
}

function preferenceOf(params: OptimiseParams): Preference {
  const { riskAversion = 1, targetReturn, targetVolatility, posteriorObjective } = params;
  if (posteriorObjective === "maxSharpe") return { kind: "maxSharpe" };
  if (targetReturn !== undefined) return { kind: "targetReturn", value: targetReturn };
  if (targetVolatility !== undefined) return { kind: "targetVolatility", value: targetVolatility };
  return { kind: "riskAversion", value: riskAversion };
}

/** Adding up to 1. */
function marketOf(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0)) throw fault("marketWeights", "must not all be 0");
  return Float64Array.from(weights, (weight) => weight / total);
}

function viewsOf({ views = [] }: OptimiseParams, names: readonly string[]): readonly View[] {
  return views.map(({ weights, return: expected, confidence, variance }, i) => {
    const portfolio = spread(weights, names, 0, `views[${i}].weights`);
    if (portfolio.every((weight) => weight === 0))
      throw fault(`views[${i}].weights`, "must not all be 0");
    return {
      portfolio,
      return: expected,
      ...(confidence !== undefined && { confidence }),
      ...(variance !== undefined && { variance }),
    };
  });
}

const FREE: ConstraintsAsked = { longOnly: true, budget: 1 };

function limitsOf(
  { constraints = FREE, current }: Pick<OptimiseParams, "constraints" | "current">,
  names: readonly string[],
): WeightLimits {
  const { longOnly, budget, min, max, turnover, leverage, groups = [] } = constraints;
  const least = boundOf(min, names, -Infinity, "constraints.min");
  return {
    budget,
    min: longOnly ? least.map((value) => Math.max(value, 0)) : least,
    max: boundOf(max, names, Infinity, "constraints.max"),
    groups: groups.map(({ name, members, min: low, max: high }, i) => ({
      name,
      members: members.map((member) => indexOf(member, names, `constraints.groups[${i}].members`)),
      ...(low !== undefined && { min: low }),
      ...(high !== undefined && { max: high }),
    })),
    turnover: turnover === undefined ? null : { current: currentOf(current, names), max: turnover },
    leverage: leverage ?? null,
  };
}

/** @throws RestError 422 for a name that is not there */
export function currentOf(
  current: OptimiseParams["current"] = {},
  names: readonly string[],
): Float64Array {
  return spread(current, names, 0, "current");
}

function boundOf(
  bound: number | ByName | undefined,
  names: readonly string[],
  otherwise: number,
  path: string,
): Float64Array {
  if (typeof bound === "object") return spread(bound, names, otherwise, path);
  return new Float64Array(names.length).fill(bound ?? otherwise);
}

function spread(
  byName: ByName,
  names: readonly string[],
  otherwise: number,
  path: string,
): Float64Array {
  const values = new Float64Array(names.length).fill(otherwise);
  for (const [name, value] of Object.entries(byName)) values[indexOf(name, names, path)] = value;
  return values;
}

function indexOf(name: string, names: readonly string[], path: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw fault(path, `must be of the names, found ${name.slice(0, 100)}`);
}

export function fault(path: string, message: string) {
  return unprocessable([{ path, code: "INVALID_VALUE", message }]);
}
