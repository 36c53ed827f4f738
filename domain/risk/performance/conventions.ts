import {
  skewness,
  excessKurtosis,
  mean,
  standardDeviation,
  variance,
} from "../../numeric/moments.ts";
import { normalCdf } from "../../numeric/distributions.ts";
import { beta, ofPairs, trackingError } from "./benchmark-metrics.ts";
import type { MetricName } from "./catalogue.ts";
import { maxDrawdown } from "./drawdown-metrics.ts";
import { andThen, annualized, deviation, NO_SPREAD, quotient, sumOf, TOO_FEW } from "./facts.ts";
import { type Metric, metric } from "./metric.ts";
import type { Facts, Finding } from "./metric.ts";
import { outcomesOf } from "./outcome-metrics.ts";

/** By whose definitions: ours, or those of an engine whose reports are to be compared. */
export const CONVENTIONS = ["default", "lean", "nautilus", "freqtrade"] as const;
export type Convention = (typeof CONVENTIONS)[number];

/** Periods of a year where nobody says how many there are. */
export const PERIODS_PER_YEAR: Readonly<Record<Convention, number>> = {
  default: 252,
  lean: 252,
  nautilus: 252,
  freqtrade: 365,
};

/** What an engine defines otherwise; the rest is as in the default convention. */
export type Overrides = Readonly<Partial<Record<MetricName, Override>>>;

export interface Override extends Metric {
  /** what the engine writes where there is no number; absent: nothing */
  readonly substitute?: number;
}

const NO_LOSS = "there is no loss";

/** Of periods, where the engine counts trades. */
const LEAN: Overrides = {
  annualizedSharpe: leanRatio(
    "annual performance less the annual risk-free rate, over s·√P",
    (facts) => leanSharpe(facts, facts.deviation),
  ),
  annualizedSortino: leanRatio(
    "annual performance less the annual risk-free rate, over the standard deviation (n − 1) of the returns below MAR alone · √P",
    (facts) => leanSharpe(facts, deviationBelow(facts)),
  ),
  sortino: leanRatio("as annualizedSortino: it has no other", (facts) =>
    leanSharpe(facts, deviationBelow(facts)),
  ),
  downsideDeviation: leanRatio(
    "standard deviation (n − 1) of the returns below MAR alone",
    deviationBelow,
  ),
  jensenAlpha: leanRatio("annual performance − (Rf + beta·(that of the benchmark − Rf))", (facts) =>
    ofPairs(facts, ({ benchmark, returns, ...pairs }) =>
      andThen(beta({ benchmark, returns, ...pairs }), (slope) => {
        const free = leanFree(facts);
        return leanAnnual(returns, facts) - (free + slope * (leanAnnual(benchmark, facts) - free));
      }),
    ),
  ),
  treynor: leanRatio("annual performance less the annual risk-free rate, over beta", (facts) =>
    ofPairs(facts, (pairs) =>
      andThen(beta(pairs), (slope) =>
        quotient(leanAnnual(pairs.returns, facts) - leanFree(facts), slope, "beta is 0"),
      ),
    ),
  ),
  informationRatio: leanRatio("difference of the annual performances over trackingError", (facts) =>
    ofPairs(facts, (pairs, periodsPerYear) =>
      quotient(
        leanAnnual(pairs.returns, facts) - leanAnnual(pairs.benchmark, facts),
        trackingError(pairs, periodsPerYear),
        "the difference from the benchmark does not vary",
      ),
    ),
  ),
  probabilisticSharpe: leanRatio(
    "probability that the Sharpe ratio is above 1 a year: moments corrected for the sample, no risk-free rate, excess kurtosis where the formula has the kurtosis",
    leanProbability,
  ),
  payoffRatio: leanRatio("averageGain / averageLoss; a return of 0 is a loss", ({ returns }) => {
    const { averageGain, averageLoss } = leanOutcomes(returns);
    return quotient(averageGain, averageLoss, NO_LOSS);
  }),
  expectancy: leanRatio(
    "hitRate·payoffRatio − share of the other periods",
    ({ returns, count }) => {
      const { averageGain, averageLoss, gainCount } = leanOutcomes(returns);
      const payoff = averageLoss === 0 ? 0 : averageGain / averageLoss;
      return (gainCount / count) * payoff - (count - gainCount) / count;
    },
  ),
  profitFactor: {
    ...metric("Σ gains / Σ losses; 10 without losses, 0 without gains", (facts) => {
      const { gains, losses } = outcomesOf(facts);
      if (gains === 0) return 0;
      return quotient(gains, losses, NO_LOSS);
    }),
    substitute: 10,
  },
};

/** Without a risk-free rate; undefined stays undefined. */
const NAUTILUS: Overrides = {
  sharpe: metric("mean over standard deviation (n − 1), no risk-free rate", plainSharpe),
  annualizedSharpe: metric("mean / s · √P, no risk-free rate", (facts) =>
    andThen(plainSharpe(facts), (value) => value * Math.sqrt(facts.periodsPerYear)),
  ),
  downsideDeviation: metric("√(Σ min(r, 0)² / n), about 0 whatever MAR says", fallBelowZero),
  sortino: metric("mean / downsideDeviation · √P, about 0, annualized", nautilusSortino),
  annualizedSortino: metric("mean / downsideDeviation · √P, about 0", nautilusSortino),
  calmar: {
    ...metric("annualizedReturn / maxDrawdown; 0 without a drawdown", (facts) =>
      quotient(annualized(facts.returns, facts.periodsPerYear), maxDrawdown(facts), "no drawdown"),
    ),
    substitute: 0,
  },
};

/** Population deviations, of simple sums, and −100 where there is no ratio. */
const FREQTRADE: Overrides = {
  sharpe: freqtradeRatio("mean over the population's deviation (n), annualized by √P", (facts) =>
    freqtradeSharpe(facts, facts.returns),
  ),
  annualizedSharpe: freqtradeRatio("mean over the population's deviation (n) · √P", (facts) =>
    freqtradeSharpe(facts, facts.returns),
  ),
  sortino: freqtradeRatio(
    "mean over the population's deviation (n) of the losing returns alone, annualized by √P",
    (facts) => freqtradeSharpe(facts, losingReturns(facts)),
  ),
  annualizedSortino: freqtradeRatio(
    "mean over the population's deviation (n) of the losing returns alone · √P",
    (facts) => freqtradeSharpe(facts, losingReturns(facts)),
  ),
  downsideDeviation: metric("population's deviation (n) of the losing returns alone", (facts) => {
    const losing = losingReturns(facts);
    return losing.length === 0 ? NO_LOSS : standardDeviation(losing, 0);
  }),
  calmar: freqtradeRatio("(total return / n · 100) / maxDrawdown · √P", (facts) => {
    const total = Math.expm1(sumOf(facts.returns, Math.log1p));
    return quotient(
      (total / facts.count) * 100 * Math.sqrt(facts.periodsPerYear),
      maxDrawdown(facts),
      "no drawdown",
    );
  }),
  profitFactor: {
    ...metric("Σ gains / Σ losses; 0 without losses", (facts) => {
      const { gains, losses } = outcomesOf(facts);
      return quotient(gains, losses, NO_LOSS);
    }),
    substitute: 0,
  },
};

export const OVERRIDES: Readonly<Record<Convention, Overrides>> = {
  default: {},
  lean: LEAN,
  nautilus: NAUTILUS,
  freqtrade: FREQTRADE,
};

function leanRatio(definition: string, formula: Metric["formula"]): Override {
  return { ...metric(`${definition}; 0 where it is undefined`, formula), substitute: 0 };
}

function freqtradeRatio(definition: string, formula: Metric["formula"]): Override {
  return { ...metric(`${definition}; −100 where it is undefined`, formula), substitute: -100 };
}

/** (1 + mean)^P − 1: the arithmetic mean, compounded. */
function leanAnnual(returns: Float64Array, { periodsPerYear }: Facts): number {
  return Math.expm1(periodsPerYear * Math.log1p(mean(returns)));
}

function leanFree(facts: Facts): number {
  return annualized(facts.riskFree, facts.periodsPerYear);
}

function leanSharpe(facts: Facts, risk: Finding): Finding {
  return andThen(risk, (found) =>
    Number.isNaN(found)
      ? TOO_FEW
      : quotient(
          leanAnnual(facts.returns, facts) - leanFree(facts),
          found * Math.sqrt(facts.periodsPerYear),
          NO_SPREAD,
        ),
  );
}

function deviationBelow({ returns, mar }: Facts): Finding {
  const below = returns.filter((value) => value < mar);
  return below.length < 2
    ? "fewer than two returns are below the minimum acceptable one"
    : deviation(below);
}

function leanProbability(facts: Facts): Finding {
  const { returns, count, periodsPerYear } = facts;
  if (count < 4) return "needs at least four observations";
  if (facts.deviation === 0) return NO_SPREAD;
  const ratio = facts.mean / facts.deviation;
  const within =
    1 - sampleSkewness(returns) * ratio + ((sampleExcessKurtosis(returns) - 1) / 4) * ratio ** 2;
  if (within <= 0) return "the ratio's variance is not positive";
  const error = Math.sqrt(within / (count - 1));
  return normalCdf((ratio - 1 / Math.sqrt(periodsPerYear)) / error);
}

/** G₁ of Joanes & Gill 1998. */
function sampleSkewness(values: Float64Array): number {
  const n = values.length;
  return (skewness(values) * Math.sqrt(n * (n - 1))) / (n - 2);
}

/** G₂ of Joanes & Gill 1998. */
function sampleExcessKurtosis(values: Float64Array): number {
  const n = values.length;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * excessKurtosis(values) + 6);
}

function leanOutcomes(returns: Float64Array) {
  const { gains, gainCount, losses } = outcomesOf({ returns });
  const otherCount = returns.length - gainCount;
  return {
    gainCount,
    averageGain: gainCount === 0 ? 0 : gains / gainCount,
    averageLoss: otherCount === 0 ? 0 : losses / otherCount,
  };
}

function plainSharpe({ mean: centre, deviation: spread, count }: Facts): Finding {
  return count < 2 ? TOO_FEW : quotient(centre, spread, NO_SPREAD);
}

function fallBelowZero({ returns, count }: Facts): number {
  return Math.sqrt(sumOf(returns, (value) => Math.min(value, 0) ** 2) / count);
}

function nautilusSortino(facts: Facts): Finding {
  if (facts.count < 2) return TOO_FEW;
  const ratio = quotient(facts.mean, fallBelowZero(facts), NO_LOSS);
  return andThen(ratio, (value) => value * Math.sqrt(facts.periodsPerYear));
}

function losingReturns({ returns }: Facts): Float64Array {
  return returns.filter((value) => value < 0);
}

function freqtradeSharpe({ mean: centre, periodsPerYear }: Facts, spread: Float64Array): Finding {
  if (spread.length === 0) return NO_LOSS;
  const risk = Math.sqrt(variance(spread, 0));
  return andThen(quotient(centre, risk, NO_SPREAD), (value) => value * Math.sqrt(periodsPerYear));
}
