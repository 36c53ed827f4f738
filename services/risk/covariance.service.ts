import type { ServiceSchema } from "moleculer";
import { toRows } from "../../domain/numeric/matrix.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import * as routes from "../../mixins/rest/routes/risk-covariance.ts";
import type { CovarianceView } from "../../mixins/rest/routes/risk-covariance.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { assessed } from "./covariance/assess.ts";
import { correlationChanges } from "./covariance/changes.ts";

type Params<A extends keyof ActionMap> = ActionMap[A]["params"];

/** How returns vary together, and how that has changed. */
export function covarianceService(node: NodeContext): ServiceSchema {
  return {
    name: "risk-covariance",
    actions: {
      estimate: {
        ...heavyRead(4, 32),
        params: routes.estimateCovariance.input.validator,
        handler: (ctx: RequestContext<Params<"risk-covariance.estimate">>) => estimate(node, ctx),
      },
      changes: {
        ...heavyRead(4, 32),
        params: routes.compareCorrelations.input.validator,
        handler: (ctx: RequestContext<Params<"risk-covariance.changes">>) =>
          correlationChanges(ctx, node.clock.now()),
      },
    },
  };
}

async function estimate(
  node: NodeContext,
  ctx: RequestContext<Params<"risk-covariance.estimate">>,
): Promise<CovarianceView> {
  const found = await assessed(node.compute, ctx, ctx.params);
  const { repair } = found;
  return {
    names: found.names,
    covariance: toRows(found.covariance),
    correlation: toRows(found.correlation),
    volatilities: Array.from(found.deviations),
    shrinkage: found.shrinkage,
    lambda: found.lambda,
    minEigenvalue: found.minEigenvalue,
    conditionNumber: found.conditionNumber,
    isPositiveSemidefinite: found.isPositiveSemidefinite,
    repaired: repair !== null,
    distance: repair?.distance ?? null,
    isNearest: repair?.isConverged ?? null,
    method: found.estimator,
    asOf: isoTime(node.clock.now()),
    sampleSize: found.sampleSize,
    source: found.source,
  };
}
