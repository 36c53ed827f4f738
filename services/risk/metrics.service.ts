import type { ServiceSchema } from "moleculer";
import { PERIODS_PER_YEAR } from "../../domain/risk/performance/conventions.ts";
import { measure } from "../../domain/risk/performance/measure.ts";
import { heavyRead } from "../../mixins/resilience/heavy.ts";
import { insufficientData } from "../../mixins/rest/rest-error.ts";
import type { ActionMap } from "../../mixins/rest/routes/index.ts";
import { measureReturns } from "../../mixins/rest/routes/risk-metrics.ts";
import type { RiskMetricsView } from "../../mixins/rest/routes/risk-metrics.ts";
import { isoTime } from "../../mixins/rest/views.ts";
import type { RequestContext } from "../../types/contracts.ts";
import type { NodeContext } from "../context.ts";
import { drawdownView } from "./performance/drawdown-view.ts";

type Params = ActionMap["risk-metrics.measure"]["params"];

/** Statistics of returns that a caller brings. */
export function metricsService(node: NodeContext): ServiceSchema {
  return {
    name: "risk-metrics",
    actions: {
      measure: {
        ...heavyRead(4, 64),
        params: measureReturns.input.validator,
        handler: ({ params }: RequestContext<Params>): RiskMetricsView =>
          measureSeries(params, node.clock.now()),
      },
    },
  };
}

function measureSeries(params: Params, nowMs: number): RiskMetricsView {
  const { returns, convention, mar, confidence, dates, topDrawdowns } = params;
  const kept = returns.flatMap((value, index) => (value === null ? [] : [{ value, index }]));
  if (kept.length === 0) throw insufficientData("none of the returns is there");
  const periodsPerYear = params.periodsPerYear ?? PERIODS_PER_YEAR[convention];
  const found = measure(
    {
      returns: Float64Array.from(kept, ({ value }) => value),
      riskFree: Float64Array.from(kept, ({ index }) => rateAt(params.riskFree, index)),
      benchmark: benchmarkOf(
        params,
        kept.map(({ index }) => index),
      ),
      mar,
      periodsPerYear,
      confidence,
    },
    {
      convention,
      drawdowns: topDrawdowns,
      ...(params.metrics && { metrics: [...new Set(params.metrics)] }),
    },
  );
  const nameOf = (at: number): number | string => {
    const index = kept[at]?.index ?? at;
    return dates?.[index] ?? index;
  };
  return {
    metrics: found.metrics,
    undefinedMetrics: found.undefinedMetrics,
    substitutedMetrics: found.substitutedMetrics,
    drawdowns: found.drawdowns.map((drawdown) => drawdownView(drawdown, nameOf)),
    convention,
    periodsPerYear,
    confidence,
    observations: found.count,
    benchmarkObservations: found.pairCount,
    sampleSize: found.count,
    method: `statistics of simple returns, convention ${convention}`,
    asOf: isoTime(nowMs),
    source: "returns of the request",
  };
}

function rateAt(rates: Params["riskFree"], index: number): number {
  return typeof rates === "number" ? rates : (rates[index] ?? Number.NaN);
}

function benchmarkOf({ benchmark }: Params, indices: readonly number[]): Float64Array | null {
  if (benchmark === undefined) return null;
  return Float64Array.from(indices, (index) => benchmark[index] ?? Number.NaN);
}
