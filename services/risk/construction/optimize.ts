import { optimise } from "../../../domain/risk/construction/optimise.ts";
import type {
  Optimised,
  OptimiseAsked,
  Refused,
  Standing,
} from "../../../domain/risk/construction/optimise.ts";
import type { Compute, ComputeTask } from "../../../mixins/compute/compute.ts";
import { RestError } from "../../../mixins/rest/rest-error.ts";
import type { OptimalView } from "../../../mixins/rest/routes/risk-construction.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import { assessed, INLINE_MAX, type NamedAssessment } from "../covariance/assess.ts";
import { currentOf, fault, type OptimiseParams, problemOf } from "./problem.ts";

const TASK: ComputeTask<OptimiseAsked, Optimised | Refused> = {
  module: new URL("../../../domain/risk/construction/optimise.ts", import.meta.url),
  name: "optimise",
};

const SOLVER = "interior point, made exact on the active constraints";
const METHODS: Readonly<Record<OptimiseParams["objective"], string>> = {
  minVariance: SOLVER,
  meanVariance: SOLVER,
  maxSharpe: `the frontier's largest ratio, ${SOLVER}`,
  maxDiversification: `the largest ratio to the mean volatility, ${SOLVER}`,
  riskParity: "cyclical coordinate descent",
  hrp: "single linkage and recursive bisection",
  equalWeight: "equal weights",
  blackLitterman: `posterior means, ${SOLVER}`,
};

/** @throws RestError 404; 422 INFEASIBLE, or naming what cannot be optimised */
export async function optimizePortfolio(
  compute: Compute,
  ctx: RequestContext<OptimiseParams>,
  nowMs: number,
): Promise<OptimalView> {
  const { params } = ctx;
  const matrix = await assessed(compute, ctx, params);
  const asked = problemOf(params, matrix);
  // Many points of a frontier hold up the event loop as one large problem does.
  const isLarge = matrix.names.length * Math.max(1, asked.frontier / 10) > INLINE_MAX;
  const found = isLarge ? await compute.run(TASK, asked) : optimise(asked);
  if ("problem" in found) throw refusal(found);
  return viewOf(params, matrix, found, nowMs);
}

function viewOf(
  params: OptimiseParams,
  matrix: NamedAssessment,
  found: Optimised,
  nowMs: number,
): OptimalView {
  const { names } = matrix;
  const { equilibrium, order, frontier } = found;
  return {
    objective: params.objective,
    names,
    ...standingView(found),
    riskContributions: Array.from(found.riskContributions),
    turnover: turnoverOf(params, names, found.weights),
    effectiveNumber: found.effectiveNumber,
    mean: found.mean === null ? null : Array.from(found.mean),
    ...(equilibrium !== null && { equilibriumReturns: Array.from(equilibrium) }),
    ...(order !== null && { clusterOrder: order.map((i) => names[i] ?? "") }),
    ...(frontier.length > 0 && { frontier: frontier.map(standingView) }),
    repaired: matrix.repair !== null,
    method: `${METHODS[params.objective]}; covariance: ${matrix.estimator}`,
    iterations: found.iterations,
    asOf: isoTime(nowMs),
    sampleSize: matrix.sampleSize,
    source: matrix.source,
  };
}

function standingView({ weights, expectedReturn, volatility, sharpe }: Standing) {
  return { weights: Array.from(weights), expectedReturn, volatility, sharpe };
}

function turnoverOf(
  params: OptimiseParams,
  names: readonly string[],
  weights: Float64Array,
): number | null {
  if (params.current === undefined) return null;
  const current = currentOf(params.current, names);
  return weights.reduce((sum, weight, i) => sum + Math.abs(weight - (current[i] ?? 0)), 0);
}

function refusal(found: Refused): RestError {
  switch (found.problem) {
    case "infeasible": {
      const detail = `no weights keep all of these together: ${found.conflicts.join(", ")}`;
      const errors = found.conflicts.map((name) => ({
        path: name.startsWith("target") ? name : `constraints.${name}`,
        code: "INVALID_VALUE" as const,
        message: "conflicts with the others that are named",
      }));
      return new RestError("INFEASIBLE", detail, { errors });
    }
    case "volatilityTooLow":
      return new RestError(
        "INFEASIBLE",
        `targetVolatility is below ${found.least}, the least that the constraints allow`,
      );
    case "noExcessReturn":
      return new RestError(
        "INFEASIBLE",
        "no weights that the constraints allow have an expected return above riskFree with a ratio that is the largest",
      );
    case "unbounded":
      return fault("constraints", "leave the objective without an optimum: weights grow for ever");
    case "singular":
      return fault(
        "covariance",
        "is singular, or a name does not vary; an estimator that shrinks gives one that is not",
      );
    case "twoMagnitudes":
      return fault(
        "constraints.leverage",
        "must be absent beside turnover where weights may be negative",
      );
    case "contradictoryViews":
      return fault("views", "repeat or contradict each other with certainty");
    case "notConverged":
      return fault("covariance", "is too badly scaled for an answer that can be relied on");
  }
}
