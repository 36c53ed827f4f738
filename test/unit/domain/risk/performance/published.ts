import type { MetricName } from "../../../../../domain/risk/performance/catalogue.ts";

/** A value that somebody has published, with the terms under which it was computed. */
export interface Published {
  readonly metric: MetricName;
  readonly expected: number;
  readonly mar?: number;
  readonly riskFree?: number;
}

/**
 * Results of PerformanceAnalytics on Bacon's 24 months (`portfolio_bacon`), as its manual and its recorded examples print
 * them (github.com/braverock/PerformanceAnalytics: tests/Examples/PerformanceAnalytics-Ex.Rout.save; MSquared as in the
 * present manual page, 0.10062, after a mistake of the older code). In Bacon, Practical Portfolio Performance Measurement
 * and Attribution (2008), the same values stand rounded.
 */
export const BACON: readonly Published[] = [
  { metric: "gainLossRatio", expected: 1.779783 },
  { metric: "profitFactor", expected: 1.779783 },
  { metric: "burkeLossRuns", expected: 0.7446 },
  { metric: "downsideDeviation", expected: 0.492524, mar: 0.5 },
  { metric: "kappa", expected: 0.1566371, mar: 0.005 },
  { metric: "sortino", expected: 0.1566371, mar: 0.005 },
  { metric: "meanAbsoluteDeviation", expected: 0.03108333 },
  { metric: "omegaSharpe", expected: 0.2917933, mar: 0.005 },
  { metric: "upsideRisk", expected: 0.02937332, mar: 0.005 },
  { metric: "appraisalRatio", expected: -0.4302756 },
  { metric: "jensenAlpha", expected: -0.01416944 },
  { metric: "mSquared", expected: 0.10062 },
  { metric: "specificRisk", expected: 0.03293109 },
];

/** The same of its `managers`, HAM1 against the S&P 500 where there is a benchmark. */
export const HAM1: readonly Published[] = [
  { metric: "mean", expected: 0.01112273 },
  { metric: "standardDeviation", expected: 0.02562881 },
  { metric: "annualizedReturn", expected: 0.137532 },
  { metric: "totalReturn", expected: 3.126671 },
  { metric: "annualizedVolatility", expected: 0.0888 },
  { metric: "skewness", expected: -0.6588445 },
  { metric: "excessKurtosis", expected: 2.361589 },
  { metric: "sharpe", expected: 0.3201889, riskFree: 0.035 / 12 },
  { metric: "annualizedSharpe", expected: 0.3201889 * Math.sqrt(12), riskFree: 0.035 / 12 },
  { metric: "downsideDeviation", expected: 0.01454078 },
  { metric: "downsideDeviation", expected: 0.0157602, mar: 0.04 / 12 },
  { metric: "semiDeviation", expected: 0.0190795 },
  { metric: "sortino", expected: 0.7649 },
  { metric: "maxDrawdown", expected: 0.1518 },
  { metric: "calmar", expected: 0.9061697 },
  { metric: "sterling", expected: 0.5462542 },
  { metric: "worstPeriod", expected: -0.0944 },
  { metric: "bestPeriod", expected: 0.0692 },
  { metric: "kellyFraction", expected: 2 * 5.929483, riskFree: 0.04 / 12 },
  { metric: "activePremium", expected: 0.04078668 },
  { metric: "trackingError", expected: 0.1131667 },
  { metric: "informationRatio", expected: 0.3604125 },
  { metric: "alpha", expected: 0.005960609, riskFree: 0.035 / 12 },
  { metric: "treynor", expected: 0.2528, riskFree: 0.035 / 12 },
  { metric: "correlation", expected: 0.6600671 },
  { metric: "upCapture", expected: 0.6346612 },
  { metric: "downCapture", expected: 0.2076304 },
];

/** Its `managers['1996', 1]`, the same manager's twelve months of 1996. */
export const HAM1_1996: readonly Published[] = [
  { metric: "gainLossRatio", expected: 4.598338 },
  { metric: "hitRate", expected: 0.75 },
  { metric: "kappa", expected: 1.492063 },
  { metric: "painIndex", expected: 0.003714087 },
  { metric: "meanAbsoluteDeviation", expected: 0.0125375 },
  { metric: "burkeLossRuns", expected: 4.7797 },
  { metric: "upsideRisk", expected: 0.01799111 },
  { metric: "jensenAlpha", expected: 0.08077871 },
  { metric: "appraisalRatio", expected: 1.623025 },
  { metric: "specificRisk", expected: 0.04977046 },
];

/** Its `edhec`; value at risk at 95 %. */
export const EVENT_DRIVEN: readonly Published[] = [
  { metric: "omega", expected: 2.999655 },
  { metric: "historicalVaR", expected: 0.02254 },
  { metric: "historicalES", expected: 0.0443375 },
  { metric: "annualizedVolatility", expected: 0.06356791 },
  { metric: "downsideDeviation", expected: 0.0121 },
  { metric: "downsideDeviation", expected: 0.0135, mar: 0.05 / 12 },
  { metric: "maxDrawdown", expected: 0.2008 },
];

/** Population deviation in the source, n − 1 with us: of 152 months, a deviation of √(152/151) as much. */
export const EVENT_DRIVEN_NORMAL: readonly Published[] = [
  { metric: "normalVaR", expected: 0.02246202 },
  { metric: "normalES", expected: 0.03010467 },
  { metric: "cornishFisherVaR", expected: 0.02812515 },
];
