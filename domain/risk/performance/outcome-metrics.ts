import { variance } from "../../numeric/moments.ts";
import { quantileOfSorted } from "../../numeric/quantile.ts";
import { NO_SPREAD, quotient, sumOf } from "./facts.ts";
import { metric, spreadMetric } from "./metric.ts";
import type { Facts, Finding } from "./metric.ts";

const NO_LOSS = "there is no loss";
const NO_GAIN = "there is no gain";

/** Gains and losses, period by period. */
export interface Outcomes {
  readonly gains: number;
  readonly gainCount: number;
  /** a positive sum */
  readonly losses: number;
  readonly lossCount: number;
}

/** A return of zero is neither. */
export function outcomesOf({ returns }: Pick<Facts, "returns">): Outcomes {
  return {
    gains: sumOf(returns, (value) => Math.max(value, 0)),
    gainCount: sumOf(returns, (value) => (value > 0 ? 1 : 0)),
    losses: sumOf(returns, (value) => Math.max(-value, 0)),
    lossCount: sumOf(returns, (value) => (value < 0 ? 1 : 0)),
  };
}

export const OUTCOME_METRICS = {
  gainLossRatio: metric("Σ gains / Σ losses (Bernardo & Ledoit 2000)", profitFactor),
  profitFactor: metric("Σ gains / Σ losses", profitFactor),
  hitRate: metric(
    "share of the periods that gain",
    (facts) => outcomesOf(facts).gainCount / facts.count,
  ),
  averageGain: metric("mean of the periods that gain", (facts) => {
    const { gains, gainCount } = outcomesOf(facts);
    return quotient(gains, gainCount, NO_GAIN);
  }),
  averageLoss: metric("mean of the periods that lose, positive", (facts) => {
    const { losses, lossCount } = outcomesOf(facts);
    return quotient(losses, lossCount, NO_LOSS);
  }),
  payoffRatio: metric("averageGain / averageLoss", (facts) => {
    const { gains, gainCount, losses, lossCount } = outcomesOf(facts);
    if (gainCount === 0) return NO_GAIN;
    return lossCount === 0 ? NO_LOSS : gains / gainCount / (losses / lossCount);
  }),
  expectancy: metric(
    "hitRate · averageGain − share of losing periods · averageLoss, per period",
    (facts) => {
      const { gains, losses } = outcomesOf(facts);
      return (gains - losses) / facts.count;
    },
  ),
  kellyFraction: spreadMetric(
    "mean excess return over the variance (n − 1): the growth-optimal leverage of normal returns",
    ({ returns, excessMean, deviation }) =>
      deviation === 0 ? NO_SPREAD : excessMean / variance(returns),
  ),
  tailRatio: metric("|95 % quantile| / |5 % quantile| of the returns, type 7", ({ ascending }) =>
    quotient(
      Math.abs(quantileOfSorted(ascending, 0.95)),
      Math.abs(quantileOfSorted(ascending, 0.05)),
      "the 5 % quantile is 0",
    ),
  ),
  maxConsecutiveGains: metric("periods of the longest run of gains", ({ returns }) =>
    longestRun(returns, (value) => value > 0),
  ),
  maxConsecutiveLosses: metric("periods of the longest run of losses", ({ returns }) =>
    longestRun(returns, (value) => value < 0),
  ),
} as const;

function profitFactor(facts: Pick<Facts, "returns">): Finding {
  const { gains, losses } = outcomesOf(facts);
  return quotient(gains, losses, NO_LOSS);
}

function longestRun(returns: Float64Array, belongs: (value: number) => boolean): number {
  let [longest, run] = [0, 0];
  for (const value of returns) {
    run = belongs(value) ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}
