import { mean } from "../../numeric/moments.ts";
import { DEFAULT_LAMBDA } from "../covariance/estimate.ts";
import { ewmaVariances } from "../volatility/ewma.ts";
import { fitGarch, garchForecast, type GarchFit } from "../volatility/garch.ts";
import { alongMoves, completed, meansOf, type ObservedBook } from "./book.ts";
import { normalTail, spreadMeasure } from "./elliptical.ts";
import { sampleMeasure } from "./scenarios.ts";
import type { Measured, VarSpec } from "./spec.ts";

const UNCONVERGED = ["the fit of GARCH(1,1) has not converged"] as const;

/**
 * −μ·h + z·√(Σ expected variances) of a GARCH(1,1) of the book's own returns. The expected variance is a sum of past squares and
 * of a rest, which stands for what is usual: the names' parts of the squares are their products with the book's residuals, those
 * of the rest their covariance with the book. α, β and what is usual of the book are held where weights are moved.
 * @param book whose returns vary
 */
export function garchMeasure(
  book: ObservedBook,
  { confidence, horizonDays }: VarSpec,
  isSplit: boolean,
): Measured {
  const fit = required(fitGarch(book.returns));
  const variance = total(garchForecast(fit, fit.variances.at(-1) ?? 0, horizonDays));
  const names = isSplit
    ? {
        means: meansOf(book.columns).map((one) => one * horizonDays),
        along: alongGarch(book, fit, variance, horizonDays),
      }
    : null;
  const spread = { mean: fit.mu * horizonDays, deviation: Math.sqrt(variance), names };
  const found = spreadMeasure(spread, normalTail(confidence));
  const { mu, omega, alpha, beta, logLikelihood } = fit;
  return {
    ...found,
    marginal: found.marginal && {
      var: completed(found.marginal.var, book, found.var),
      shortfall: completed(found.marginal.shortfall, book, found.expectedShortfall),
    },
    warnings: fit.isConverged ? [] : UNCONVERGED,
    fitted: { mu, omega, alpha, beta, logLikelihood, standardDeviation: spread.deviation },
  };
}

function alongGarch(
  { columns, returns }: ObservedBook,
  { mu, alpha, beta }: GarchFit,
  variance: number,
  horizonDays: number,
): Float64Array {
  const persistence = alpha + beta;
  const ofNext = (1 - persistence ** horizonDays) / (1 - persistence);
  const moves = returns.map((value) => value - mu);
  // What a day's square adds to the variance of the whole horizon, by its age.
  const aged = new Float64Array(moves.length);
  for (let t = moves.length - 1, weight = alpha * ofNext; t >= 0; t -= 1, weight *= beta)
    aged[t] = weight * (moves[t] ?? 0);
  const recent = alongMoves(columns, aged);
  const usual = alongMoves(columns, moves);
  const squares = moves.reduce((sum, move) => sum + move * move, 0);
  const rest = variance - aged.reduce((sum, one, t) => sum + one * (moves[t] ?? 0), 0);
  return recent.map((one, i) => one + (rest * (usual[i] ?? 0)) / squares);
}

/**
 * −(μ·h + √(Σ expected variances)·Q(z)) with z the residuals in units of the volatility that was expected of them (Barone-Adesi,
 * Giannopoulos & Vosper 1999); with the filter `ewma` μ is 0, which is Hull & White's (1998). The filter is held where weights are
 * moved.
 * @param book whose returns vary
 */
export function filteredMeasure(book: ObservedBook, spec: VarSpec, isSplit: boolean): Measured {
  const { confidence, horizonDays, parameters } = spec;
  const { mu, variances, expected, warnings } = filterOf(book.returns, spec);
  const ahead = Math.sqrt(expected);
  // Of a return before which there were none but zeros nothing was expected: it is taken as it is.
  const scales = book.returns.map((_, t) => {
    const before = variances[t] ?? 0;
    return before > 0 ? ahead / Math.sqrt(before) : Math.sqrt(horizonDays);
  });
  const filtered = (values: ArrayLike<number>, centre: number) =>
    scales.map((scale, t) => centre * horizonDays + scale * ((values[t] ?? 0) - centre));
  const scenarios: ObservedBook = {
    weights: book.weights,
    returns: filtered(book.returns, mu),
    columns: isSplit
      ? book.columns.map((column) => filtered(column, mu === 0 ? 0 : mean(column)))
      : [],
  };
  const found = sampleMeasure(scenarios, confidence, parameters.quantile ?? "type7", isSplit);
  return { ...found, warnings, fitted: { mu, standardDeviation: ahead } };
}

function filterOf(returns: Float64Array, { horizonDays, parameters }: VarSpec) {
  if (parameters.filter === "ewma") {
    const variances = ewmaVariances(returns, parameters.lambda ?? DEFAULT_LAMBDA);
    const expected = (variances.at(-1) ?? 0) * horizonDays;
    return { mu: 0, variances, expected, warnings: [] };
  }
  const fit = required(fitGarch(returns));
  return {
    mu: fit.mu,
    variances: fit.variances,
    expected: total(garchForecast(fit, fit.variances.at(-1) ?? 0, horizonDays)),
    warnings: fit.isConverged ? [] : UNCONVERGED,
  };
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function required(fit: GarchFit | null): GarchFit {
  if (fit === null) throw new RangeError("expected returns that vary, found a constant");
  return fit;
}
