import { ascending } from "./ranks.ts";

/**
 * Kendall's tau-b of pairs: (concordant − discordant) / √((n₀ − ties in x) (n₀ − ties in y)), n₀ = n (n − 1) / 2. In
 * O(n log n): the discordant pairs are the exchanges of a merge sort.
 * Source: W. R. Knight, A computer method for calculating Kendall's tau with ungrouped data, JASA 61 (1966).
 * @param x float64, finite, as long as `y`
 * @returns in [−1, 1]; null when either side does not vary
 */
export function kendall(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  const order = ascending(x).toSorted(
    (i, j) => (x[i] ?? 0) - (x[j] ?? 0) || (y[i] ?? 0) - (y[j] ?? 0),
  );
  const xs = Float64Array.from(order, (i) => x[i] ?? 0);
  const ys = Float64Array.from(order, (i) => y[i] ?? 0);
  const tiedInX = tiedPairs(xs, () => true);
  const tiedInBoth = tiedPairs(xs, (i) => ys[i] === ys[i - 1]);
  const exchanges = sortCounting(ys);
  const tiedInY = tiedPairs(ys, () => true);
  const pairs = (xs.length * (xs.length - 1)) / 2;
  const surplus = pairs - tiedInX - tiedInY + tiedInBoth - 2 * exchanges;
  const tau = surplus / Math.sqrt((pairs - tiedInX) * (pairs - tiedInY));
  return Number.isFinite(tau) ? Math.min(1, Math.max(-1, tau)) : null;
}

/** How many pairs are equal in a sorted list, and in whatever else `isTied` says of neighbours. */
function tiedPairs(sorted: Float64Array, isTied: (index: number) => boolean): number {
  let [pairs, run] = [0, 0];
  for (let i = 1; i < sorted.length; i += 1) {
    run = sorted[i] === sorted[i - 1] && isTied(i) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Sorts in place, bottom up, and counts how many pairs stood in the wrong order. */
function sortCounting(values: Float64Array): number {
  let exchanges = 0;
  const spare = new Float64Array(values.length);
  for (let width = 1; width < values.length; width *= 2) {
    for (let from = 0; from < values.length; from += 2 * width) {
      exchanges += merge(values, spare, from, width);
    }
    values.set(spare);
  }
  return exchanges;
}

/** Merges two sorted runs of `width` into `spare`; taking from the right one passes all that is left of the left one. */
function merge(values: Float64Array, spare: Float64Array, from: number, width: number): number {
  const middle = Math.min(from + width, values.length);
  const until = Math.min(from + 2 * width, values.length);
  let [left, right, exchanges] = [from, middle, 0];
  for (let to = from; to < until; to += 1) {
    const [a, b] = [values[left] ?? 0, values[right] ?? 0];
    const takesRight = right < until && (left === middle || b < a);
    spare[to] = takesRight ? b : a;
    if (takesRight) exchanges += middle - left;
    if (takesRight) right += 1;
    else left += 1;
  }
  return exchanges;
}
