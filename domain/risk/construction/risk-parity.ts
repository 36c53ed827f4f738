import { cholesky } from "../../numeric/cholesky.ts";
import { at, type Matrix, times } from "../../numeric/matrix.ts";

/** Of the weights, from one round to the next. */
const TOLERANCE = 1e-14;
const ROUNDS_MAX = 10_000;

/**
 * Long-only weights of which each bears its part of the risk: wᵢ(Σw)ᵢ in proportion to the budgets, by cyclical coordinate
 * descent on ½·xᵀΣx − Σ bᵢ·ln xᵢ (Griveau-Billion, Richard & Roncalli 2013), whose only minimum it is but for scale.
 * @param budgets positive, in any scale; absent: equal
 * @returns adding up to 1; null where the covariance is not positive definite
 */
export function riskParity(
  covariance: Matrix,
  budgets: readonly number[] = Array.from({ length: covariance.rows }, () => 1),
): Float64Array | null {
  if (cholesky(covariance) === null) return null;
  const size = covariance.rows;
  const total = budgets.reduce((sum, budget) => sum + budget, 0);
  const x = Float64Array.from({ length: size }, (_, i) => 1 / Math.sqrt(at(covariance, i, i)));
  const marginal = times(covariance, x);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    let moved = 0;
    for (let i = 0; i < size; i += 1) {
      const variance = at(covariance, i, i);
      const before = x[i] ?? 0;
      // The root of variance·x² + rest·x − budget = 0 that is positive.
      const rest = (marginal[i] ?? 0) - variance * before;
      const budget = (budgets[i] ?? 0) / total;
      const next = (-rest + Math.sqrt(rest * rest + 4 * variance * budget)) / (2 * variance);
      const step = next - before;
      if (step === 0) continue;
      x[i] = next;
      moved = Math.max(moved, Math.abs(step) / next);
      for (let j = 0; j < size; j += 1)
        marginal[j] = (marginal[j] ?? 0) + step * at(covariance, j, i);
    }
    if (moved < TOLERANCE) break;
  }
  const sum = x.reduce((all, weight) => all + weight, 0);
  return x.map((weight) => weight / sum);
}
