import { covariance, mean } from "../../numeric/moments.ts";
import {
  andThen,
  annualized,
  deviation,
  magnitude,
  minus,
  NO_SPREAD,
  type Pairs,
  quotient,
  sumOf,
} from "./facts.ts";
import { metric } from "./metric.ts";
import type { Facts, Finding, Metric } from "./metric.ts";

export const NO_BENCHMARK = "there is no benchmark";
const FLAT_BENCHMARK = "the benchmark does not vary";
const NO_TRACKING = "the difference from the benchmark does not vary";

/** A statistic of complete pairs. */
type PairFormula = (pairs: Pairs, periodsPerYear: number) => Finding;

/** Against a benchmark, over the periods of which both returns are known. */
export const BENCHMARK_METRICS = {
  beta: pairMetric("cov(r − rf, b − rf) / var(b − rf)", beta),
  alpha: pairMetric("intercept of the least squares of r − rf on b − rf, per period", alpha),
  jensenAlpha: pairMetric("R − Rf − beta·(B − Rf) of the annualized returns", jensenAlpha),
  upBeta: pairMetric("beta over the periods in which b − rf is above 0", (pairs) =>
    beta(where(pairs, (b, free) => b > free)),
  ),
  downBeta: pairMetric("beta over the periods in which b − rf is not above 0", (pairs) =>
    beta(where(pairs, (b, free) => b <= free)),
  ),
  correlation: pairMetric("Pearson's, in [−1, 1]", correlation),
  rSquared: pairMetric("correlation²", (pairs) =>
    andThen(correlation(pairs), (value) => value ** 2),
  ),
  trackingError: pairMetric("s(r − b)·√P, s of n − 1", trackingError),
  activePremium: pairMetric("difference of the annualized returns", activePremium),
  informationRatio: pairMetric("activePremium / trackingError", (pairs, periodsPerYear) =>
    quotient(
      activePremium(pairs, periodsPerYear),
      trackingError(pairs, periodsPerYear),
      NO_TRACKING,
    ),
  ),
  treynor: pairMetric("annualized return of r − rf over beta", (pairs, periodsPerYear) =>
    andThen(beta(pairs), (slope) =>
      quotient(
        annualized(minus(pairs.returns, pairs.riskFree), periodsPerYear),
        slope,
        "beta is 0",
      ),
    ),
  ),
  specificRisk: pairMetric("√(Σε²/n)·√P of the residuals ε of alpha and beta", specificRisk),
  appraisalRatio: pairMetric("jensenAlpha / specificRisk", (pairs, periodsPerYear) =>
    andThen(jensenAlpha(pairs, periodsPerYear), (excess) =>
      andThen(specificRisk(pairs, periodsPerYear), (risk) =>
        quotient(excess, risk, "the benchmark explains all"),
      ),
    ),
  ),
  mSquared: pairMetric(
    "Rf + (R − Rf)·σ(b)/σ(r) of the annualized returns (Modigliani & Modigliani 1997)",
    mSquared,
  ),
  upCapture: pairMetric(
    "mean of r over mean of b in the periods in which the benchmark gains",
    (pairs) =>
      capture(
        where(pairs, (b) => b > 0),
        "the benchmark never gains",
      ),
  ),
  downCapture: pairMetric(
    "mean of r over mean of b in the periods in which the benchmark does not gain",
    (pairs) =>
      capture(
        where(pairs, (b) => b <= 0),
        "the benchmark never loses",
      ),
  ),
  battingAverage: pairMetric(
    "share of the periods that beat the benchmark",
    ({ returns, benchmark, count }) =>
      sumOf(minus(returns, benchmark), (value) => (value > 0 ? 1 : 0)) / count,
  ),
} as const;

function pairMetric(definition: string, formula: PairFormula): Metric {
  return metric(definition, (facts) => ofPairs(facts, formula));
}

export function ofPairs({ pairs, periodsPerYear }: Facts, formula: PairFormula): Finding {
  if (pairs === null) return NO_BENCHMARK;
  return pairs.count < 2
    ? "needs at least two periods with a benchmark"
    : formula(pairs, periodsPerYear);
}

function where(pairs: Pairs, belongs: (benchmark: number, riskFree: number) => boolean): Pairs {
  const isIn = (_: number, i: number) =>
    belongs(pairs.benchmark[i] ?? Number.NaN, pairs.riskFree[i] ?? Number.NaN);
  const benchmark = pairs.benchmark.filter(isIn);
  return {
    count: benchmark.length,
    returns: pairs.returns.filter(isIn),
    benchmark,
    riskFree: pairs.riskFree.filter(isIn),
  };
}

export function beta({ count, returns, benchmark, riskFree }: Pairs): Finding {
  if (count < 2) return "needs at least two such periods";
  const [own, market] = [minus(returns, riskFree), minus(benchmark, riskFree)];
  const spread = deviation(market, magnitude(benchmark));
  return quotient(covariance(own, market), spread ** 2, FLAT_BENCHMARK);
}

function alpha(pairs: Pairs): Finding {
  const { returns, benchmark, riskFree } = pairs;
  return andThen(
    beta(pairs),
    (slope) => mean(minus(returns, riskFree)) - slope * mean(minus(benchmark, riskFree)),
  );
}

function jensenAlpha(pairs: Pairs, periodsPerYear: number): Finding {
  const [own, market, free] = [pairs.returns, pairs.benchmark, pairs.riskFree].map((returns) =>
    annualized(returns, periodsPerYear),
  );
  if (own === undefined || market === undefined || free === undefined) return Number.NaN;
  return andThen(beta(pairs), (slope) => own - free - slope * (market - free));
}

function correlation({ returns, benchmark }: Pairs): Finding {
  const [own, market] = [deviation(returns), deviation(benchmark)];
  if (own === 0) return NO_SPREAD;
  if (market === 0) return FLAT_BENCHMARK;
  return Math.max(-1, Math.min(1, covariance(returns, benchmark) / own / market));
}

export function trackingError({ returns, benchmark }: Pairs, periodsPerYear: number): number {
  const scale = Math.max(magnitude(returns), magnitude(benchmark));
  return deviation(minus(returns, benchmark), scale) * Math.sqrt(periodsPerYear);
}

function activePremium({ returns, benchmark }: Pairs, periodsPerYear: number): number {
  return annualized(returns, periodsPerYear) - annualized(benchmark, periodsPerYear);
}

function specificRisk(pairs: Pairs, periodsPerYear: number): Finding {
  const { returns, benchmark, riskFree, count } = pairs;
  return andThen(beta(pairs), (slope) => {
    const own = minus(returns, riskFree);
    const market = minus(benchmark, riskFree);
    const residuals = own.map((value, i) => value - slope * (market[i] ?? 0));
    const found = deviation(residuals, magnitude(own)) * Math.sqrt((count - 1) / count);
    return found * Math.sqrt(periodsPerYear);
  });
}

function mSquared({ returns, benchmark, riskFree }: Pairs, periodsPerYear: number): Finding {
  const [free, own] = [annualized(riskFree, periodsPerYear), annualized(returns, periodsPerYear)];
  return andThen(
    quotient(deviation(benchmark), deviation(returns), NO_SPREAD),
    (leverage) => free + (own - free) * leverage,
  );
}

function capture({ returns, benchmark, count }: Pairs, reason: string): Finding {
  if (count === 0) return reason;
  return quotient(mean(returns), mean(benchmark), reason);
}
