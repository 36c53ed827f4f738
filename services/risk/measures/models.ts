import {
  christoffersen,
  exceptionsOf,
  kupiec,
  trafficLight,
} from "../../../domain/risk/measures/backtest.ts";
import { DEFAULT_LAMBDA } from "../../../domain/risk/covariance/estimate.ts";
import { ewmaVariances } from "../../../domain/risk/volatility/ewma.ts";
import {
  followGarch,
  GARCH_MIN,
  garchForecast,
  type GarchFit,
  type GarchParameters,
} from "../../../domain/risk/volatility/garch.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { VolatilityView } from "../../../mixins/rest/routes/risk-measures.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { ComputeTask } from "../../../mixins/compute/compute.ts";
import type { RequestContext } from "../../../types/contracts.ts";
import type { PortfolioAccess } from "../../access.ts";
import type { NodeContext } from "../../context.ts";
import { subjectOf, whole } from "../inputs/subject.ts";
import type { fitInThread } from "../workers/volatility.worker.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

const FIT: ComputeTask<Parameters<typeof fitInThread>[0], ReturnType<typeof fitInThread>> = {
  module: new URL("../workers/volatility.worker.ts", import.meta.url),
  name: "fitInThread",
};

export function backtest(
  node: NodeContext,
  params: Params<"risk.backtestVar">,
): ActionMap["risk.backtestVar"]["result"] {
  const { confidence, returns } = params;
  const vars = typeof params.var === "number" ? [params.var] : (params.var ?? []);
  const hits = returns === undefined ? null : exceptionsOf(returns, vars);
  const observations = hits?.length ?? params.observations ?? 0;
  const exceptions = hits?.filter(Boolean).length ?? params.exceptions ?? 0;
  return {
    observations,
    exceptions,
    expected: observations * (1 - confidence),
    kupiec: kupiec(observations, exceptions, confidence),
    christoffersen: hits === null ? null : christoffersen(hits, confidence),
    trafficLight: trafficLight(observations, exceptions, confidence),
    method: "kupiec, christoffersen, baselTrafficLight",
    asOf: isoTime(node.clock.now()),
    sampleSize: observations,
    source: hits === null ? "counts as given" : "returns as given",
  };
}

/** @throws RestError 404, 422 */
export async function volatility(
  node: NodeContext,
  access: PortfolioAccess,
  ctx: RequestContext<Params<"risk.modelVolatility">>,
): Promise<VolatilityView> {
  const { params } = ctx;
  const { parameters: given, model, horizon, ...asked } = params;
  const subject = await subjectOf(node, access, ctx, asked);
  const returns = whole(subject);
  const common = {
    model,
    method: model,
    asOf: isoTime(subject.timesMs?.at(-1) ?? node.clock.now()),
    sampleSize: subject.sampleSize,
    source: subject.source,
  };
  if (model === "ewma") return { ...common, ...ewma(returns, given?.lambda, horizon) };
  const { mu, omega, alpha, beta } = given ?? {};
  const isGiven =
    mu !== undefined && omega !== undefined && alpha !== undefined && beta !== undefined;
  if (!isGiven && returns.length < GARCH_MIN)
    throw insufficientData(`${GARCH_MIN} returns are needed, and there are ${returns.length}`);
  const fitted = isGiven
    ? {
        ...followGarch(returns, { mu, omega, alpha, beta }),
        standardErrors: null,
        isConverged: true,
      }
    : await node.compute.run(FIT, returns);
  if (fitted === null)
    throw insufficientData("the returns do not vary: there is no volatility to model");
  return { ...common, ...garch(fitted, horizon) };
}

function ewma(returns: Float64Array, lambda = DEFAULT_LAMBDA, horizon: number) {
  const next = finite(ewmaVariances(returns, lambda).at(-1) ?? 0);
  return {
    parameters: { lambda },
    logLikelihood: null,
    standardErrors: null,
    nextVariance: next,
    nextVolatility: Math.sqrt(next),
    forecast: Array.from({ length: horizon }, () => next),
    horizonVariance: next * horizon,
    longRunVariance: null,
    persistence: 1,
    halfLife: null,
    isConverged: true,
  };
}

function garch(fitted: GarchFit, horizon: number) {
  const { mu, omega, alpha, beta, persistence, logLikelihood, standardErrors } = fitted;
  const parameters: GarchParameters = { mu, omega, alpha, beta };
  const next = finite(fitted.variances.at(-1) ?? 0);
  const forecast = Array.from(garchForecast(parameters, next, horizon));
  return {
    parameters: { ...parameters },
    logLikelihood: Number.isFinite(logLikelihood) ? logLikelihood : null,
    standardErrors: standardErrors && { ...standardErrors },
    nextVariance: next,
    nextVolatility: Math.sqrt(next),
    forecast,
    horizonVariance: forecast.reduce((sum, one) => sum + one, 0),
    longRunVariance: fitted.longRunVariance,
    persistence,
    halfLife: persistence > 0 ? Math.log(0.5) / Math.log(persistence) : 0,
    isConverged: fitted.isConverged,
  };
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw unprocessable([
    {
      path: "returns",
      code: "OUT_OF_RANGE",
      message: "are too large for their squares to be summed",
    },
  ]);
}
