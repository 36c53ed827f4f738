import { mean, standardDeviation } from "../../numeric/moments.ts";
import { sorted } from "../../numeric/quantile.ts";
import { drawdownPath, type DrawdownPath } from "./drawdowns.ts";

/** What performance is measured on. Simple periodic returns, float64, oldest first, each finite and at least −1; none is missing. */
export interface Sample {
  readonly returns: Float64Array;
  /** risk-free return of each period, as long as `returns` */
  readonly riskFree: Float64Array;
  /** of the same periods; NaN where it is missing; null: there is none */
  readonly benchmark: Float64Array | null;
  /** minimum acceptable return, per period */
  readonly mar: number;
  readonly periodsPerYear: number;
  /** of value at risk and what is like it, in (0, 1) */
  readonly confidence: number;
}

/** A sample and what several statistics need of it, computed once. */
export interface Facts extends Sample {
  readonly count: number;
  readonly mean: number;
  /** n − 1; exactly 0 of returns that do not vary */
  readonly deviation: number;
  readonly excess: Float64Array;
  readonly excessMean: number;
  readonly ascending: Float64Array;
  readonly path: DrawdownPath;
  /** the periods of which both returns are known; null without a benchmark */
  readonly pairs: Pairs | null;
}

/** Complete pairs with a benchmark. */
export interface Pairs {
  readonly count: number;
  readonly returns: Float64Array;
  readonly benchmark: Float64Array;
  readonly riskFree: Float64Array;
}

/** A statistic, or why the sample has none. */
export type Finding = number | string;
export type Formula = (facts: Facts) => Finding;

/** Beside what they are the difference of, deviations this small are rounding. */
const ROUNDING = 1e-14;

export function factsOf(sample: Sample): Facts {
  const { returns, riskFree } = sample;
  const excess = minus(returns, riskFree);
  return {
    ...sample,
    count: returns.length,
    mean: mean(returns),
    deviation: deviation(returns),
    excess,
    excessMean: mean(excess),
    ascending: sorted(returns),
    path: drawdownPath(returns),
    pairs: pairsOf(sample),
  };
}

function pairsOf({ returns, benchmark, riskFree }: Sample): Pairs | null {
  if (benchmark === null) return null;
  const isComplete = (_: number, i: number) => !Number.isNaN(benchmark[i]);
  const kept = returns.filter(isComplete);
  return {
    count: kept.length,
    returns: kept,
    benchmark: benchmark.filter(isComplete),
    riskFree: riskFree.filter(isComplete),
  };
}

/**
 * The standard deviation (n − 1), and 0 where it is rounding only.
 * @param scale the size of the numbers whose difference `values` are; absent: their own
 * @returns NaN of fewer than two
 */
export function deviation(values: ArrayLike<number>, scale = magnitude(values)): number {
  const found = standardDeviation(values);
  return found <= ROUNDING * scale ? 0 : found;
}

export function magnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i += 1) largest = Math.max(largest, Math.abs(values[i] ?? 0));
  return largest;
}

export function minus(a: Float64Array, b: ArrayLike<number>): Float64Array {
  return a.map((value, i) => value - (b[i] ?? 0));
}

export function sumOf(values: Float64Array, of: (value: number) => number): number {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum;
}

/** Π(1 + r)^(P/n) − 1: the return of a year in which wealth grows as it did. −1 after a total loss. */
export function annualized(returns: Float64Array, periodsPerYear: number): number {
  return Math.expm1((periodsPerYear / returns.length) * sumOf(returns, Math.log1p));
}

/** @param reason why there is no quotient, where the denominator is 0 */
export function quotient(numerator: number, denominator: number, reason: string): Finding {
  return denominator === 0 ? reason : numerator / denominator;
}

/** A step that goes on only where the one before found a number. */
export function andThen(finding: Finding, next: (value: number) => Finding): Finding {
  return typeof finding === "string" ? finding : next(finding);
}

export const TOO_FEW = "needs at least two observations";
export const NO_SPREAD = "the returns do not vary";
