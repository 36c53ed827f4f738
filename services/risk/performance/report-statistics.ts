import {
  METRIC_NAMES,
  METRICS,
  type MetricName,
} from "../../../domain/risk/performance/catalogue.ts";
import type { PerformanceView } from "../../../mixins/rest/routes/performance.ts";
import { escaped, percent, plain } from "./html.ts";

/** Periods. */
const COUNTS: ReadonlySet<MetricName> = new Set<MetricName>([
  "maxConsecutiveGains",
  "maxConsecutiveLosses",
  "maxDrawdownLength",
]);

/** Ratios; everything else is a fraction. */
const RATIOS: ReadonlySet<MetricName> = new Set<MetricName>([
  "skewness",
  "excessKurtosis",
  "sharpe",
  "annualizedSharpe",
  "sharpeStandardError",
  "sortino",
  "annualizedSortino",
  "kappa",
  "kappa3",
  "omega",
  "omegaSharpe",
  "upsidePotential",
  "gainLossRatio",
  "profitFactor",
  "payoffRatio",
  "kellyFraction",
  "tailRatio",
  "averageDrawdownLength",
  "calmar",
  "sterling",
  "martin",
  "painRatio",
  "burke",
  "burkeLossRuns",
  "recoveryFactor",
  "serenity",
  "stabilityR2",
  "kRatio",
  "beta",
  "upBeta",
  "downBeta",
  "correlation",
  "rSquared",
  "informationRatio",
  "appraisalRatio",
  "upCapture",
  "downCapture",
]);

/** Every metric that is defined, its definition to be read at it. */
export function statisticsList(metrics: PerformanceView["metrics"]): string {
  return METRIC_NAMES.flatMap((name) => {
    const value = metrics[name];
    return typeof value === "number" ? [statistic(name, value)] : [];
  }).join("\n");
}

function statistic(name: MetricName, value: number): string {
  const definition = escaped(METRICS[name].definition);
  return `<div title="${definition}"><dt>${escaped(labelOf(name))}</dt><dd>${textOf(name, value)}</dd></div>`;
}

function textOf(name: MetricName, value: number): string {
  if (COUNTS.has(name)) return plain(value, 0);
  if (RATIOS.has(name)) return plain(value);
  return percent(value, Math.abs(value) < 0.01 ? 3 : 2);
}

/** `historicalVaR` is “Historical VaR”. */
function labelOf(name: MetricName): string {
  const words = name.replaceAll(/(?<=[a-z])(?:VaR|ES|R2|[A-Z](?=[a-z]))/g, (word) =>
    word.length === 1 ? ` ${word.toLowerCase()}` : ` ${word}`,
  );
  return words.replace(/^./, (first) => first.toUpperCase());
}
