/** Ascending, in a copy. */
export function sorted(values: ArrayLike<number>): Float64Array {
  return Float64Array.from(values).toSorted();
}

/**
 * The quantile of type 7 (Hyndman & Fan 1996): linear between order statistics, as R and NumPy do by default.
 * @param ascending sorted, not empty
 * @param p in [0, 1]
 * @throws RangeError of nothing, or outside [0, 1]
 */
export function quantileOfSorted(ascending: ArrayLike<number>, p: number): number {
  if (ascending.length === 0) throw new RangeError("expected values, found none");
  if (!(p >= 0 && p <= 1)) throw new RangeError(`expected p within [0, 1], found ${p}`);
  const at = (ascending.length - 1) * p;
  const below = Math.floor(at);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] ?? Number.NaN;
  return low + (at - below) * (high - low);
}

/** The quantile of type 7 of values in any order. */
export function quantile(values: ArrayLike<number>, p: number): number {
  return quantileOfSorted(sorted(values), p);
}
