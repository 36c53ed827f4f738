import { BENCHMARK_METRICS } from "./benchmark-metrics.ts";
import { DRAWDOWN_METRICS } from "./drawdown-metrics.ts";
import type { Metric } from "./metric.ts";
import { OUTCOME_METRICS } from "./outcome-metrics.ts";
import { RATIO_METRICS } from "./ratio-metrics.ts";
import { RETURN_METRICS } from "./return-metrics.ts";
import { TAIL_METRICS } from "./tail-metrics.ts";

/** Every statistic of performance and risk, as the default convention defines it. */
export const METRICS = {
  ...RETURN_METRICS,
  ...RATIO_METRICS,
  ...OUTCOME_METRICS,
  ...DRAWDOWN_METRICS,
  ...TAIL_METRICS,
  ...BENCHMARK_METRICS,
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

// sound: the keys of the catalogue
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[];
