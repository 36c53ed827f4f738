/**
 * Pearson's product-moment correlation of pairs, in two passes.
 * @param x float64, finite, as long as `y`
 * @returns in [−1, 1]; null when either side does not vary, or there are fewer than two pairs
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  if (!varies(x) || !varies(y)) return null;
  const [a, b] = [centred(x), centred(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [dx, dy] = [a[i] ?? 0, b[i] ?? 0];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  // Rounding may go beyond 1 by a few units in the last place.
  return Math.min(1, Math.max(-1, xy / Math.sqrt(xx * yy)));
}

/** Whether not all values are the same: a mean that is off in its last bit would make noise of a constant. */
function varies(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i += 1) if (values[i] !== values[0]) return true;
  return false;
}

/** About the mean, in units of the largest deviation: the squares of very large or small values stay within float64. */
function centred(values: ArrayLike<number>): Float64Array {
  const { length } = values;
  let mean = 0;
  for (let i = 0; i < length; i += 1) mean += (values[i] ?? 0) / length;
  let largest = 0;
  for (let i = 0; i < length; i += 1)
    largest = Math.max(largest, Math.abs((values[i] ?? 0) - mean));
  return Float64Array.from({ length }, (_, i) => ((values[i] ?? 0) - mean) / largest);
}
