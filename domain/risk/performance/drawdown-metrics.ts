import { mean, variance } from "../../numeric/moments.ts";
import { annualized, quotient, sumOf, TOO_FEW } from "./facts.ts";
import { metric } from "./metric.ts";
import type { Facts, Finding, Metric } from "./metric.ts";

const NO_DRAWDOWN = "wealth was never below its peak";
/** What Sterling's ratio adds to the drawdown (Kestner 1996). */
const STERLING_EXCESS = 0.1;

/** Falls of wealth below its peak, and return for them. */
export const DRAWDOWN_METRICS = {
  maxDrawdown: metric("the largest loss from a peak, positive; wealth begins at 1", maxDrawdown),
  averageDrawdown: metric("mean depth of the drawdowns", ({ path: { drawdowns } }) =>
    drawdowns.length === 0 ? 0 : mean(drawdowns.map(({ depth }) => depth)),
  ),
  maxDrawdownLength: metric(
    "periods of the longest drawdown, from its first loss to the recovery, both counted",
    ({ path: { drawdowns } }) => drawdowns.reduce((most, { length }) => Math.max(most, length), 0),
  ),
  averageDrawdownLength: metric(
    "mean length of the drawdowns, periods",
    ({ path: { drawdowns } }) =>
      drawdowns.length === 0 ? 0 : mean(drawdowns.map(({ length }) => length)),
  ),
  timeUnderWater: metric(
    "share of the periods at whose end wealth is below its peak",
    ({ path, count }) => sumOf(path.depths, (depth) => (depth > 0 ? 1 : 0)) / count,
  ),
  ulcerIndex: metric(
    "√mean(D²) of the drawdown D of each period, over all n (Martin 1987)",
    ulcerIndex,
  ),
  painIndex: metric("mean of the drawdown of each period, over all n", painIndex),
  conditionalDrawdown: metric(
    "CDaR: mean of the worst (1 − confidence) share of the drawdowns of each period (Chekhlov, Uryasev & Zabarankin 2005)",
    conditionalDrawdown,
  ),
  calmar: perRisk("annualizedReturn / maxDrawdown", maxDrawdown),
  sterling: metric(
    "annualizedReturn / (maxDrawdown + 10 %) (Kestner 1996)",
    (facts) =>
      annualized(facts.returns, facts.periodsPerYear) / (maxDrawdown(facts) + STERLING_EXCESS),
  ),
  martin: perRisk("annualizedReturn / ulcerIndex", ulcerIndex),
  painRatio: perRisk("annualizedReturn / painIndex", painIndex),
  burke: perRisk("annualizedReturn / √ΣD² of the depths of the drawdowns", ({ path }) =>
    rootOfSquares(path.drawdowns.map(({ depth }) => depth)),
  ),
  burkeLossRuns: perRisk(
    "annualizedReturn / √ΣD², where D is the sum of the losses of one uninterrupted run of losing periods (Bacon 2008, p. 90)",
    ({ returns }) => rootOfSquares(lossRuns(returns)),
  ),
  recoveryFactor: metric("totalReturn / maxDrawdown", (facts) =>
    quotient(Math.expm1(sumOf(facts.returns, Math.log1p)), maxDrawdown(facts), NO_DRAWDOWN),
  ),
  serenity: metric(
    "annualized excess return / (ulcerIndex · conditionalDrawdown / annualizedVolatility) (KeyQuant 2013)",
    serenity,
  ),
  stabilityR2: metric("R² of the straight line through log wealth over time", (facts) => {
    const line = growthLine(facts);
    return typeof line === "string" ? line : line.rSquared;
  }),
  kRatio: metric(
    "slope of the straight line through log wealth over n times its standard error (Kestner 2003)",
    (facts) => {
      const line = growthLine(facts);
      if (typeof line === "string") return line;
      return quotient(line.slope, line.slopeError * facts.count, "log wealth is a straight line");
    },
  ),
} as const;

function perRisk(definition: string, risk: (facts: Facts) => number): Metric {
  return metric(definition, (facts) =>
    quotient(annualized(facts.returns, facts.periodsPerYear), risk(facts), NO_DRAWDOWN),
  );
}

export function maxDrawdown({ path }: Facts): number {
  return path.depths.reduce((most, depth) => Math.max(most, depth), 0);
}

function ulcerIndex({ path, count }: Facts): number {
  return Math.sqrt(sumOf(path.depths, (depth) => depth ** 2) / count);
}

function painIndex({ path }: Facts): number {
  return mean(path.depths);
}

/** The last of the worst counts with the fraction by which it belongs to them. */
function conditionalDrawdown({ path, confidence, count }: Facts): number {
  const share = (1 - confidence) * count;
  const descending = path.depths.toSorted((a, b) => b - a);
  let sum = 0;
  for (let i = 0; i < share; i += 1) sum += (descending[i] ?? 0) * Math.min(1, share - i);
  return sum / share;
}

function rootOfSquares(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
}

function lossRuns(returns: Float64Array): readonly number[] {
  const runs: number[] = [];
  let isLosing = false;
  for (const value of returns) {
    if (value < 0) runs.push((isLosing ? (runs.pop() ?? 0) : 0) - value);
    isLosing = value < 0;
  }
  return runs;
}

function serenity(facts: Facts): Finding {
  if (facts.count < 2) return TOO_FEW;
  const risk = ulcerIndex(facts) * conditionalDrawdown(facts);
  const volatility = facts.deviation * Math.sqrt(facts.periodsPerYear);
  return quotient(annualized(facts.excess, facts.periodsPerYear) * volatility, risk, NO_DRAWDOWN);
}

/** Least squares of log wealth at the end of each period on 0, 1, 2 … */
function growthLine({
  path: { logWealth },
  count,
}: Facts):
  | string
  | { readonly slope: number; readonly slopeError: number; readonly rSquared: number } {
  if (count < 3) return "needs at least three observations";
  if (logWealth.includes(-Infinity)) return "there is a total loss";
  const spread = variance(logWealth);
  if (spread === 0) return "wealth does not change";
  const [middle, centre] = [(count - 1) / 2, mean(logWealth)];
  let products = 0;
  logWealth.forEach((value, i) => (products += (i - middle) * (value - centre)));
  const squares = (count * (count ** 2 - 1)) / 12;
  const slope = products / squares;
  const residual = Math.max(0, spread * (count - 1) - slope * products);
  return {
    slope,
    slopeError: Math.sqrt(residual / (count - 2) / squares),
    rSquared: 1 - residual / (spread * (count - 1)),
  };
}
