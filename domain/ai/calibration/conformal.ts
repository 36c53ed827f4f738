/** How far the truth may lie from a prediction: residuals (truth − prediction), each divided by the row's scale. */
export interface ResidualBand {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The band that holds a new residual with probability `coverage` at least, when it is exchangeable with the given ones: the
 * ⌊(n + 1)·α/2⌋-th smallest and the ⌈(n + 1)(1 − α/2)⌉-th (split conformal prediction with both tails; Papadopoulos et al. 2002;
 * Romano, Patterson & Candès 2019).
 * @param residuals out of sample, in any order
 * @param coverage 1 − α, in (0, 1)
 * @returns null of too few residuals for that coverage
 */
export function residualBand(residuals: Float64Array, coverage: number): ResidualBand | null {
  const ascending = residuals.toSorted();
  const n = ascending.length;
  // Rounding must not take (n + 1)·α/2 just below the whole number that it is.
  const below = Math.floor(((n + 1) * (1 - coverage)) / 2 + 1e-9);
  const lower = ascending[below - 1];
  const upper = ascending[n - below];
  return below < 1 || lower === undefined || upper === undefined ? null : { lower, upper };
}

export function isWithin({ lower, upper }: ResidualBand, residual: number): boolean {
  return residual >= lower && residual <= upper;
}
