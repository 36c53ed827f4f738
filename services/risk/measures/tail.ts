import {
  describeTail,
  type TailAsked,
  type TailFound,
} from "../../../domain/risk/tail/describe.ts";
import {
  EXCEEDANCES_MIN,
  paretoQuantile,
  paretoShortfall,
  type ParetoTail,
} from "../../../domain/risk/tail/pareto.ts";
import type { ComputeTask } from "../../../mixins/compute/compute.ts";
import { insufficientData, unprocessable } from "../../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../../mixins/rest/routes/index.ts";
import type { TailView } from "../../../mixins/rest/routes/risk-measures.ts";
import { isoTime } from "../../../mixins/rest/views.ts";
import type { NodeContext } from "../../context.ts";

type Params = ActionMap["risk.fitTail"]["params"];

const IN_THREAD: ComputeTask<TailAsked, TailFound> = {
  module: new URL("../workers/tail.worker.ts", import.meta.url),
  name: "tailInThread",
};

/** Losses from which on sorting and fitting are left to a thread. */
const LARGE = 5_000;

/** @throws RestError 422 */
export async function tail(node: NodeContext, params: Params): Promise<TailView> {
  const { confidence, data, parameters } = params;
  const common = {
    confidence,
    method: "peaksOverThreshold",
    asOf: isoTime(node.clock.now()),
  };
  if (data !== undefined) return { ...common, ...(await fitted(node, params, data)) };
  if (parameters === undefined) throw new Error("expected what the route requires");
  return {
    ...common,
    ...parameters,
    ...quantiles(parameters, confidence),
    logLikelihood: null,
    standardErrors: null,
    hill: [],
    meanExcess: null,
    meanExcesses: [],
    isConverged: true,
    sampleSize: parameters.observations,
    source: "parameters as given",
  };
}

async function fitted({ compute }: NodeContext, params: Params, losses: readonly number[]) {
  const { threshold: loss, quantile = 0, hill = null } = params;
  const asked: TailAsked = {
    data: Float64Array.from(losses),
    threshold: loss === undefined ? { quantile } : { loss },
    hill,
  };
  const { fit, threshold, ...found } =
    losses.length > LARGE ? await compute.run(IN_THREAD, asked) : describeTail(asked);
  if (fit === null)
    throw insufficientData(`${EXCEEDANCES_MIN} different losses above ${threshold} are needed`);
  const { logLikelihood } = fit;
  return {
    ...fit,
    logLikelihood: Number.isFinite(logLikelihood) ? logLikelihood : null,
    ...quantiles(fit, params.confidence),
    hill: found.hill.map((one) => ({ ...one })),
    meanExcess: found.meanExcess,
    meanExcesses: found.meanExcesses.map((one) => ({ ...one })),
    sampleSize: losses.length,
    source: "losses as given",
  };
}

function quantiles(found: ParetoTail, confidence: number) {
  const value = paretoQuantile(found, confidence);
  if (value === null)
    throw unprocessable([
      {
        path: "confidence",
        code: "OUT_OF_RANGE",
        message: "lies below the threshold, of which the tail says nothing",
      },
    ]);
  const shortfall = paretoShortfall(found, value);
  if (!Number.isFinite(value) || !Number.isFinite(shortfall ?? 0))
    throw insufficientData("the tail's quantile is beyond every number");
  return { var: value, expectedShortfall: shortfall };
}
