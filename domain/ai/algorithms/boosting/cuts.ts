/**
 * Where a feature's values are cut into bins: value v lies in bin k when exactly k cuts are ≤ v. Every distinct value has a bin of
 * its own where there are enough; else bins hold about alike many rows, and a value that fills one alone gets one.
 * @param values in any order; NaN does not count
 * @returns ascending, at most bins − 1, each between two values
 */
export function cutsOf(values: Float64Array, bins: number): Float64Array {
  // NaN sorts behind everything.
  const sorted = values.toSorted();
  let count = sorted.length;
  while (count > 0 && Number.isNaN(sorted[count - 1])) count -= 1;
  const { distinct, counts } = runsOf(sorted.subarray(0, count));
  const cuts: number[] = [];
  if (distinct.length <= bins) {
    for (let i = 1; i < distinct.length; i += 1) cuts.push(between(distinct, i));
    return Float64Array.from(cuts);
  }
  let [open, rest] = [0, count];
  for (let i = 1; i < distinct.length && cuts.length < bins - 1; i += 1) {
    open += counts[i - 1] ?? 0;
    const share = rest / (bins - cuts.length);
    if (open < share && (counts[i] ?? 0) < share) continue;
    cuts.push(between(distinct, i));
    rest -= open;
    open = 0;
  }
  return Float64Array.from(cuts);
}

/** The distinct values of a sorted array, and how often each is there. */
function runsOf(sorted: Float64Array): {
  readonly distinct: Float64Array;
  readonly counts: Int32Array;
} {
  const distinct = new Float64Array(sorted.length);
  const counts = new Int32Array(sorted.length);
  let last = -1;
  for (let i = 0; i < sorted.length; i += 1) {
    const value = sorted[i] ?? 0;
    if (last < 0 || value !== distinct[last]) {
      last += 1;
      distinct[last] = value;
    }
    counts[last] = (counts[last] ?? 0) + 1;
  }
  return { distinct: distinct.subarray(0, last + 1), counts: counts.subarray(0, last + 1) };
}

/** The middle of value i − 1 and value i, above the one and not above the other even where rounding leaves no room. */
function between(distinct: Float64Array, i: number): number {
  const [low, high] = [distinct[i - 1] ?? 0, distinct[i] ?? 0];
  const middle = low / 2 + high / 2;
  return middle > low && middle <= high ? middle : high;
}

/** How many cuts are ≤ the value. @param value not NaN */
export function binOf(cuts: Float64Array, value: number): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
