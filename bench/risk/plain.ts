import { at, type Matrix } from "../../domain/numeric/matrix.ts";
import { sorted, quantileOfSorted } from "../../domain/numeric/quantile.ts";

/** The same work as anybody would write it at first: Math.random, Box & Muller, and one path after the other. */
export function plainValueAtRisk(
  lower: Matrix,
  weights: Float64Array,
  paths: number,
  confidence: number,
): number {
  const size = weights.length;
  const outcomes = new Float64Array(paths);
  const z = new Float64Array(size);
  for (let p = 0; p < paths; p += 1) {
    for (let i = 0; i < size; i += 1)
      z[i] = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    let outcome = 0;
    for (let i = 0; i < size; i += 1) {
      let x = 0;
      for (let k = 0; k <= i; k += 1) x += at(lower, i, k) * (z[k] ?? 0);
      outcome += x * (weights[i] ?? 0);
    }
    outcomes[p] = outcome;
  }
  return -quantileOfSorted(sorted(outcomes), 1 - confidence);
}
