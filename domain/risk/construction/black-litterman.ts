import { cholesky, choleskySolve } from "../../numeric/cholesky.ts";
import { at, dot, type Matrix, times } from "../../numeric/matrix.ts";
import { symmetricOf } from "../../numeric/symmetric.ts";
import type { Universe } from "./frontier.ts";

/** That a portfolio will return so much. */
export interface View {
  /** weights: one name 1, or 1 against −1, or any */
  readonly portfolio: Float64Array;
  /** of the same period as the covariance */
  readonly return: number;
  /** of the error of the view; exactly one of the two, or neither: as uncertain as the equilibrium is about the portfolio */
  readonly variance?: number;
  /** in (0, 1]: ½ is that default, 1 is certainty */
  readonly confidence?: number;
}

export interface Equilibrium {
  readonly covariance: Matrix;
  /** what the market holds, adding up to 1 */
  readonly marketWeights: Float64Array;
  /** of the market: mean over variance */
  readonly riskAversion: number;
  /** how uncertain the equilibrium's means are, beside the covariance; e.g. 0.05 */
  readonly tau: number;
}

export interface Posterior extends Universe {
  /** the means at which the market would hold what it holds */
  readonly equilibrium: Float64Array;
}

/**
 * Means that the market's weights imply, moved by views (Black & Litterman, Financial Analysts J. 48/5 (1992) 28, as computed by
 * He & Litterman 1999): mean π + τΣPᵀ(PτΣPᵀ + Ω)⁻¹(Q − Pπ), and the covariance of returns about it, which adds what is not
 * known of the mean. A view's default variance is p·τΣ·pᵀ (He & Litterman); a confidence c makes it (1 − c)/c of that.
 * @returns null where views contradict each other with certainty
 */
export function blackLitterman(prior: Equilibrium, views: readonly View[]): Posterior | null {
  const { covariance, tau } = prior;
  const equilibrium = times(covariance, prior.marketWeights).map(
    (value) => prior.riskAversion * value,
  );
  const effects = views.map(({ portfolio }) =>
    times(covariance, portfolio).map((value) => tau * value),
  );
  const weight = symmetricOf(views.length, (i, j) => {
    const common = dot(views[i]?.portfolio ?? [], effects[j] ?? []);
    return i === j ? common + errorOf(views[i], common) : common;
  });
  const lower = cholesky(weight);
  if (lower === null) return null;
  const surprise = views.map(
    ({ portfolio, return: expected }) => expected - dot(portfolio, equilibrium),
  );
  const pull = choleskySolve(lower, surprise);
  const mean = equilibrium.map(
    (value, i) =>
      value + views.reduce((sum, _, k) => sum + (effects[k]?.[i] ?? 0) * (pull[k] ?? 0), 0),
  );
  const learnt = Array.from({ length: covariance.rows }, (_, i) =>
    choleskySolve(
      lower,
      effects.map((effect) => effect[i] ?? 0),
    ),
  );
  const uncertain = symmetricOf(
    covariance.rows,
    (i, j) =>
      (1 + tau) * at(covariance, i, j) -
      effects.reduce((sum, effect, k) => sum + (effect[i] ?? 0) * (learnt[j]?.[k] ?? 0), 0),
  );
  return { equilibrium, mean, covariance: uncertain };
}

function errorOf(view: View | undefined, common: number): number {
  if (view?.variance !== undefined) return view.variance;
  const { confidence = 0.5 } = view ?? {};
  return (common * (1 - confidence)) / confidence;
}
