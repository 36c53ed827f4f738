import { excessKurtosis, mean, skewness } from "../../numeric/moments.ts";
import { annualized, NO_SPREAD, sumOf } from "./facts.ts";
import { metric, spreadMetric } from "./metric.ts";

/** The returns by themselves. */
export const RETURN_METRICS = {
  mean: metric("arithmetic mean, per period", ({ mean: found }) => found),
  geometricMean: metric("Π(1 + r)^(1/n) − 1, per period", ({ returns }) => annualized(returns, 1)),
  totalReturn: metric("Π(1 + r) − 1", ({ returns }) => Math.expm1(sumOf(returns, Math.log1p))),
  annualizedReturn: metric(
    "geometric: Π(1 + r)^(P/n) − 1, with P periods a year",
    ({ returns, periodsPerYear }) => annualized(returns, periodsPerYear),
  ),
  standardDeviation: spreadMetric(
    "of the sample (n − 1), per period",
    ({ deviation }) => deviation,
  ),
  annualizedVolatility: spreadMetric(
    "standardDeviation · √P",
    ({ deviation, periodsPerYear }) => deviation * Math.sqrt(periodsPerYear),
  ),
  meanAbsoluteDeviation: metric("mean of |r − mean|", ({ returns, mean: centre }) =>
    mean(returns.map((value) => Math.abs(value - centre))),
  ),
  skewness: spreadMetric("m₃/m₂^1.5 of the population's moments", ({ returns, deviation }) =>
    deviation === 0 ? NO_SPREAD : skewness(returns),
  ),
  excessKurtosis: spreadMetric("m₄/m₂² − 3 of the population's moments", ({ returns, deviation }) =>
    deviation === 0 ? NO_SPREAD : excessKurtosis(returns),
  ),
  bestPeriod: metric("the highest return", ({ ascending }) => ascending.at(-1) ?? Number.NaN),
  worstPeriod: metric("the lowest return", ({ ascending }) => ascending[0] ?? Number.NaN),
} as const;
