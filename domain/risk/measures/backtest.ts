import { chiSquareTail } from "../../numeric/distributions.ts";
import { incompleteBeta } from "../../numeric/special.ts";

export interface Kupiec {
  readonly lr: number;
  readonly pValue: number;
}

/**
 * Kupiec's (1995) test of unconditional coverage: −2 ln of the likelihood of the promised rate over that of the observed one,
 * χ²(1). 0·ln 0 counts as 0.
 */
export function kupiec(observations: number, exceptions: number, confidence: number): Kupiec {
  const lr = likelihoodRatio(observations, exceptions, 1 - confidence);
  return { lr, pValue: chiSquareTail(lr, 1) };
}

export interface Christoffersen {
  /** days without an exception after one without, and so on; the first day follows none */
  readonly n00: number;
  readonly n01: number;
  readonly n10: number;
  readonly n11: number;
  readonly lrIndependence: number;
  readonly lrConditionalCoverage: number;
  readonly pIndependence: number;
  readonly pConditionalCoverage: number;
}

/**
 * Christoffersen's (1998) test whether exceptions come in clusters, χ²(1), and with Kupiec's ratio that of conditional
 * coverage, χ²(2).
 * @param hits oldest first
 */
export function christoffersen(hits: readonly boolean[], confidence: number): Christoffersen {
  let [n00, n01, n10, n11] = [0, 0, 0, 0];
  for (let t = 1; t < hits.length; t += 1) {
    const [before, now] = [hits[t - 1] === true, hits[t] === true];
    if (before && now) n11 += 1;
    else if (before) n10 += 1;
    else if (now) n01 += 1;
    else n00 += 1;
  }
  const alone = lnLikelihood(n00 + n10, n01 + n11);
  const lrIndependence = Math.max(0, 2 * (lnLikelihood(n00, n01) + lnLikelihood(n10, n11) - alone));
  const count = hits.filter(Boolean).length;
  const lrConditionalCoverage = kupiec(hits.length, count, confidence).lr + lrIndependence;
  return {
    n00,
    n01,
    n10,
    n11,
    lrIndependence,
    lrConditionalCoverage,
    pIndependence: chiSquareTail(lrIndependence, 1),
    pConditionalCoverage: chiSquareTail(lrConditionalCoverage, 2),
  };
}

function likelihoodRatio(observations: number, exceptions: number, rate: number): number {
  const promised =
    product(observations - exceptions, Math.log1p(-rate)) + product(exceptions, Math.log(rate));
  return Math.max(0, 2 * (lnLikelihood(observations - exceptions, exceptions) - promised));
}

/** Of so many days without and with an exception at the rate that they have. */
function lnLikelihood(without: number, withOne: number): number {
  const all = without + withOne;
  return product(without, Math.log(without / all)) + product(withOne, Math.log(withOne / all));
}

function product(count: number, logarithm: number): number {
  return count === 0 ? 0 : count * logarithm;
}

export const ZONES = ["green", "yellow", "red"] as const;

export interface TrafficLight {
  readonly zone: (typeof ZONES)[number];
  /** P(as many exceptions or fewer) of a model that keeps its promise */
  readonly cumulativeProbability: number;
  /** on the 3 of 1996, 0 to 1 */
  readonly multiplierAddOn: number;
  /** of MAR33, 1.5 to 2 */
  readonly multiplier: number;
}

/** Basel Committee (1996), Supervisory framework for the use of backtesting, table 2; by exceptions, from 10 on the last. */
const ADD_ONS_1996 = [0, 0, 0, 0, 0, 0.4, 0.5, 0.65, 0.75, 0.85, 1] as const;
/** Basel Committee (2019), Minimum capital requirements for market risk, MAR33.44. */
const MULTIPLIERS_2019 = [1.5, 1.5, 1.5, 1.5, 1.5, 1.7, 1.76, 1.83, 1.88, 1.92, 2] as const;
const BASEL_DAYS = 250;
const BASEL_CONFIDENCE = 0.99;
/** Where yellow and red begin. */
const [YELLOW, RED] = [0.95, 0.9999];

/**
 * The Basel Committee's zones: yellow from where so many exceptions or fewer have a probability of 95 %, red from 99.99 %; of 250
 * days at 99 % from 5 and from 10 exceptions. The multipliers are tabled for 250 days at 99 %; of others they are those of the
 * zone's row that is as rare.
 */
export function trafficLight(
  observations: number,
  exceptions: number,
  confidence: number,
): TrafficLight {
  const cumulativeProbability = binomialCdf(exceptions, observations, 1 - confidence);
  const zone =
    cumulativeProbability < YELLOW ? "green" : cumulativeProbability < RED ? "yellow" : "red";
  const row = rowOf(zone, cumulativeProbability);
  return {
    zone,
    cumulativeProbability,
    multiplierAddOn: ADD_ONS_1996[row] ?? 1,
    multiplier: MULTIPLIERS_2019[row] ?? 2,
  };
}

/** The last row of the zone that is no rarer; the first of yellow where none is. */
function rowOf(zone: TrafficLight["zone"], cumulativeProbability: number): number {
  if (zone === "green") return 0;
  if (zone === "red") return ADD_ONS_1996.length - 1;
  const tolerance = Number.EPSILON * BASEL_DAYS;
  return [9, 8, 7, 6].find((row) => basel(row) <= cumulativeProbability + tolerance) ?? 5;
}

function basel(exceptions: number): number {
  return binomialCdf(exceptions, BASEL_DAYS, 1 - BASEL_CONFIDENCE);
}

/** P(X ≤ k) = I_{1−p}(n − k, k + 1). */
function binomialCdf(k: number, n: number, p: number): number {
  return k >= n ? 1 : incompleteBeta(1 - p, n - k, k + 1);
}

/** Days on which more was lost than the VaR said: −r > VaR. */
export function exceptionsOf(returns: ArrayLike<number>, vars: ArrayLike<number>): boolean[] {
  return Array.from(returns, (value, t) => -value > (vars[vars.length === 1 ? 0 : t] ?? Infinity));
}
