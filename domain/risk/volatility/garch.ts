import { mean, variance } from "../../numeric/moments.ts";
import { minimise } from "../../numeric/minimise.ts";
import { standardErrorsOf } from "./standard-errors.ts";

/** rₜ = μ + eₜ, hₜ = ω + α·e²ₜ₋₁ + β·hₜ₋₁, eₜ normal with variance hₜ (Bollerslev 1986). */
export interface GarchParameters {
  readonly mu: number;
  readonly omega: number;
  readonly alpha: number;
  readonly beta: number;
}

export interface FollowedGarch extends GarchParameters {
  /** h of each return, oldest first, and last that of the next one */
  readonly variances: Float64Array;
  /** α + β */
  readonly persistence: number;
  /** ω/(1 − α − β) */
  readonly longRunVariance: number;
  readonly logLikelihood: number;
}

export interface GarchFit extends FollowedGarch {
  /** by the curvature of the likelihood; null where it does not curve, at the edge of what is allowed */
  readonly standardErrors: GarchParameters | null;
  readonly isConverged: boolean;
}

/** Fewer returns say nothing of how volatility comes and goes. */
export const GARCH_MIN = 50;

/** Above it shocks would never die out. */
const PERSISTENCE_MAX = 1 - 1e-6;
const LN_2PI = Math.log(2 * Math.PI);
/** Returns that differ by less than this part of themselves differ by rounding. */
const FLAT = 1e-14;
/** In units of the deviation. */
const GRAIN = 2 ** -32;

/** Where the search may begin, calm, usual and nervous: the likeliest is taken. α and β. */
const STARTS = [
  [0.05, 0.9],
  [0.1, 0.8],
  [0.2, 0.6],
  [0.02, 0.1],
] as const;
/** μ, ω, α, β in units of the deviation. */
const STEPS = [0.05, 0.02, 0.03, -0.05] as const;

/**
 * GARCH(1,1) by maximum likelihood. What came before the first return is taken for the mean of all e², the convention of
 * Fiorentini, Calzolari & Panattoni (1996).
 * @param returns oldest first, at least `GARCH_MIN`
 * @param look called before each look at the likelihood, of some hundreds; it may throw, to end the search
 * @returns null where they do not vary
 */
export function fitGarch(
  returns: ArrayLike<number>,
  look: () => void = () => undefined,
): GarchFit | null {
  // In units of its own deviation, to a grain that rounding does not reach, every series is searched alike, so that k times the
  // returns have k² times the variances, and of two peaks as high as each other the same is found.
  const unit = Math.sqrt(variance(returns, 0));
  if (!(unit > FLAT * Math.abs(mean(returns))) || !(unit * unit > 0)) return null;
  const scaled = Float64Array.from(returns, (value) => Math.round(value / unit / GRAIN) * GRAIN);
  const cost = (x: readonly number[]) => {
    look();
    return -logLikelihood(scaled, parametersOf(x));
  };
  const fenced = (x: readonly number[]) => cost(allowed(x));
  const centre = mean(scaled);
  const [start = []] = STARTS.map(([alpha, beta]) => [centre, 1 - alpha - beta, alpha, beta])
    .map((x) => ({ x, value: cost(x) }))
    .toSorted((a, b) => a.value - b.value)
    .map(({ x }) => x);
  const found = minimise(fenced, start, { steps: STEPS, tolerance: 1e-13 });
  const best = allowed(found.x);
  const errors = standardErrorsOf(cost, best);
  return {
    ...followGarch(returns, inUnits(parametersOf(best), unit)),
    standardErrors: errors === null ? null : inUnits(parametersOf(errors), unit),
    isConverged: found.isConverged,
  };
}

/** What parameters make of returns. @param parameters with α + β below 1 */
export function followGarch(
  returns: ArrayLike<number>,
  parameters: GarchParameters,
): FollowedGarch {
  const { mu, omega, alpha, beta } = parameters;
  const variances = new Float64Array(returns.length + 1);
  const { next, logLikelihood: likelihood } = walk(returns, parameters, variances);
  variances[returns.length] = next;
  const persistence = alpha + beta;
  const longRunVariance = omega / (1 - persistence);
  return {
    mu,
    omega,
    alpha,
    beta,
    variances,
    persistence,
    longRunVariance,
    logLikelihood: likelihood,
  };
}

/**
 * Variances of the returns ahead: h₁, then V + (α + β)^(k−1)·(h₁ − V).
 * @param next h₁
 */
export function garchForecast(
  { omega, alpha, beta }: GarchParameters,
  next: number,
  horizon: number,
): Float64Array {
  const path = new Float64Array(horizon);
  for (let k = 0, h = next; k < horizon; k += 1, h = omega + (alpha + beta) * h) path[k] = h;
  return path;
}

/** Where α or β would be negative they are 0: a search that is stopped there by a wall folds up against it. */
function allowed([mu = 0, omega = 0, alpha = 0, beta = 0]: readonly number[]): readonly number[] {
  return [mu, omega, Math.max(0, alpha), Math.max(0, beta)];
}

function parametersOf([
  mu = 0,
  omega = 0,
  alpha = 0,
  beta = 0,
]: readonly number[]): GarchParameters {
  return { mu, omega, alpha, beta };
}

/** μ is in units of returns, ω in those of variances. */
function inUnits({ mu, omega, alpha, beta }: GarchParameters, unit: number): GarchParameters {
  return { mu: mu * unit, omega: omega * unit * unit, alpha, beta };
}

/** −Infinity outside of what is allowed: ω positive, α and β not negative, their sum below 1. */
function logLikelihood(returns: ArrayLike<number>, parameters: GarchParameters): number {
  const { omega, alpha, beta } = parameters;
  const isAllowed = omega > 0 && alpha >= 0 && beta >= 0 && alpha + beta <= PERSISTENCE_MAX;
  return isAllowed ? walk(returns, parameters, null).logLikelihood : -Infinity;
}

/** @param into takes h of each return */
function walk(
  returns: ArrayLike<number>,
  { mu, omega, alpha, beta }: GarchParameters,
  into: Float64Array | null,
): { readonly next: number; readonly logLikelihood: number } {
  // Looked up once: in the contexts that tests run in, a global takes longer to find than all the rest here.
  const { log } = Math;
  const count = returns.length;
  let start = 0;
  for (let t = 0; t < count; t += 1) start += ((returns[t] ?? 0) - mu) ** 2 / count;
  let h = omega + (alpha + beta) * start;
  let sum = 0;
  for (let t = 0; t < count; t += 1) {
    const square = ((returns[t] ?? 0) - mu) ** 2;
    sum += log(h) + square / h;
    if (into !== null) into[t] = h;
    h = omega + alpha * square + beta * h;
  }
  return { next: h, logLikelihood: -0.5 * (count * LN_2PI + sum) };
}
