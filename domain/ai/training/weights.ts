import { firstAtOrAfter, momentsOf } from "../validation/splits.ts";

/**
 * Weights that halve every `halfLife` bars back from the newest row, with mean 1 over the rows.
 * @param rows what is learnt from
 * @param closeMs of all rows of the sample
 * @returns a weight a row of the sample, 0 of those that are not learnt from; absent where all weigh alike
 */
export function agedWeights(
  rows: Int32Array,
  closeMs: Float64Array,
  halfLife: number | null,
): Float64Array | undefined {
  if (halfLife === null) return undefined;
  const moments = momentsOf({ rows, closeMs });
  const weights = new Float64Array(closeMs.length);
  let sum = 0;
  for (const row of rows) {
    const age = moments.length - 1 - firstAtOrAfter(moments, closeMs[row] ?? 0);
    const weight = Math.exp((-Math.LN2 * age) / halfLife);
    weights[row] = weight;
    sum += weight;
  }
  for (const row of rows) weights[row] = ((weights[row] ?? 0) * rows.length) / sum;
  return weights;
}
