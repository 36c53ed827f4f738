/**
 * v = λv + (1 − λ)r² about a mean of zero (RiskMetrics 1996), where the weights of what has been seen sum to 1, so that no
 * variance to begin with is invented: Σλᵏr²/Σλᵏ.
 * @param lambda in (0, 1)
 * @returns what was expected of each return, the first of which is taken for itself, and last what is expected of the next one
 */
export function ewmaVariances(returns: ArrayLike<number>, lambda: number): Float64Array {
  const variances = new Float64Array(returns.length + 1);
  let [sum, weight] = [0, 0];
  for (let t = 0; t < returns.length; t += 1) {
    sum = lambda * sum + (returns[t] ?? 0) ** 2;
    weight = lambda * weight + 1;
    variances[t + 1] = sum / weight;
  }
  variances[0] = variances[1] ?? 0;
  return variances;
}
