import { quantile } from "../../numeric/quantile.ts";
import {
  EXCEEDANCES_MIN,
  fitPareto,
  type ParetoFit,
  paretoQuantile,
  paretoShortfall,
} from "../tail/pareto.ts";
import type { ObservedBook } from "./book.ts";
import { tailMarginals } from "./scenarios.ts";
import type { Measured, Unmeasurable, VarSpec } from "./spec.ts";

/** Of the losses, beyond which evt looks where nobody says. */
const EVT_QUANTILE = 0.9;

/** The quantile and the mean beyond it of a generalised Pareto tail, fitted to the book's losses over a threshold. */
export function extremeMeasure(
  book: ObservedBook,
  { confidence, parameters }: VarSpec,
  isSplit: boolean,
): Measured | Unmeasurable {
  const losses = book.returns.map((value) => 0 - value);
  const threshold = parameters.threshold ?? quantile(losses, EVT_QUANTILE);
  const fit = fitPareto(losses, threshold);
  if (fit === null)
    return unmeasurable(
      `${EXCEEDANCES_MIN} different losses above the threshold of ${threshold} are needed`,
    );
  const value = paretoQuantile(fit, confidence);
  if (value === null)
    return unmeasurable(
      `the confidence lies below the threshold, which ${fit.exceedances} of ${fit.observations} exceed`,
    );
  const shortfall = paretoShortfall(fit, value);
  if (shortfall === null)
    return {
      code: "NO_SHORTFALL",
      message: `the tail is so heavy (xi = ${fit.xi}) that it has no mean`,
    };
  const { xi, beta, exceedances } = fit;
  const whole = { var: value, expectedShortfall: shortfall };
  return {
    ...whole,
    marginal: isSplit ? tailMarginals(book, whole, confidence) : null,
    warnings: warningsOf(fit),
    fitted: { threshold, xi, beta, exceedances },
  };
}

/** Below −½ estimates by maximum likelihood are not regular, and at −1 the likelihood has no peak (Smith 1985). */
const IRREGULAR = -0.5;

function warningsOf({ xi, exceedances, isConverged }: ParetoFit): readonly string[] {
  const irregular = `the tail is fitted as one that ends soon (xi = ${xi}): ${exceedances} losses beyond the threshold say little of what lies further out`;
  return [
    ...(isConverged ? [] : ["the fit of the tail has not converged"]),
    ...(xi <= IRREGULAR ? [irregular] : []),
  ];
}

function unmeasurable(message: string): Unmeasurable {
  return { code: "TAIL_TOO_SHORT", message };
}
