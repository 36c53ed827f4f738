import { quantileOfSorted } from "../../numeric/quantile.ts";
import type { TailEstimate } from "./estimates.ts";
import { countUpTo, windowOf } from "./tail-ranks.ts";
import type { WorstRows } from "./worst-paths.ts";

/** What each asset has of the whole: they sum to it. */
export interface Components {
  readonly valueAtRisk: Float64Array;
  readonly expectedShortfall: Float64Array;
}

/**
 * Conditional means (Tasche 1999): of the shortfall over the tail, of the value at risk over the paths whose outcomes lie about
 * the quantile, brought to its sum.
 * @param worst of each block, which hold all paths that matter
 */
export function componentsOf(
  worst: readonly WorstRows[],
  ascending: Float64Array,
  confidence: number,
  tail: TailEstimate,
  assets: number,
): Components {
  const quantile = quantileOfSorted(ascending, 1 - confidence);
  const count = Math.max(1, countUpTo(ascending, quantile));
  const edge = ascending[count - 1] ?? quantile;
  const window = windowOf(count);
  const low = ascending[Math.max(0, count - 1 - window)] ?? edge;
  const high = ascending[Math.min(ascending.length - 1, count - 1 + window)] ?? edge;
  return {
    expectedShortfall: tailMeans(worst, edge, count, assets),
    valueAtRisk: broughtTo(
      meansWhere(worst, assets, (outcome) => outcome >= low && outcome <= high).means,
      tail.valueAtRisk,
    ),
  };
}

/** Of losses that are tied at the edge of the tail those which were kept stand for all. */
function tailMeans(
  worst: readonly WorstRows[],
  edge: number,
  count: number,
  assets: number,
): Float64Array {
  const inner = meansWhere(worst, assets, (outcome) => outcome < edge);
  const tied = meansWhere(worst, assets, (outcome) => outcome === edge);
  return inner.means.map(
    (mean, i) => (mean * inner.count + (tied.means[i] ?? 0) * (count - inner.count)) / count,
  );
}

/** Losses, positive. */
function meansWhere(
  worst: readonly WorstRows[],
  assets: number,
  isAmong: (outcome: number) => boolean,
): { readonly means: Float64Array; readonly count: number } {
  const sums = new Float64Array(assets);
  let count = 0;
  for (const { outcomes, rows } of worst)
    for (const [k, outcome] of outcomes.entries()) {
      if (!isAmong(outcome)) continue;
      count += 1;
      for (let i = 0; i < assets; i += 1) sums[i] = (sums[i] ?? 0) - (rows[k * assets + i] ?? 0);
    }
  return { means: count === 0 ? sums : sums.map((sum) => sum / count), count };
}

/** By a factor where the sum is near; where it is not, as of a loss of nothing, the rest is spread evenly. */
function broughtTo(parts: Float64Array, whole: number): Float64Array {
  const sum = parts.reduce((total, part) => total + part, 0);
  const factor = whole / sum;
  if (factor > 0.5 && factor < 2) return parts.map((part) => part * factor);
  return parts.map((part) => part + (whole - sum) / parts.length);
}
