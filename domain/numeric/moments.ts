/** The arithmetic mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] ?? 0;
  const first = sum / values.length;
  // A second pass takes back what rounding lost in the first.
  let rest = 0;
  for (let i = 0; i < values.length; i += 1) rest += (values[i] ?? 0) - first;
  return first + rest / values.length;
}

/**
 * Σ(x − mean)²/(n − 1), in two passes; exactly 0 of a constant.
 * @param ddof what is taken from n: 1 for a sample, 0 for a population
 * @returns NaN of fewer than ddof + 1 values
 */
export function variance(values: ArrayLike<number>, ddof = 1): number {
  if (values.length <= ddof) return Number.NaN;
  return centralMoment(values, 2) * (values.length / (values.length - ddof));
}

/** √variance. */
export function standardDeviation(values: ArrayLike<number>, ddof = 1): number {
  return Math.sqrt(variance(values, ddof));
}

/** Σ(x − x̄)(y − ȳ)/(n − ddof). @param y as long as `x` */
export function covariance(x: ArrayLike<number>, y: ArrayLike<number>, ddof = 1): number {
  if (x.length !== y.length)
    throw new RangeError(`expected series of one length, found ${x.length} and ${y.length}`);
  if (x.length <= ddof) return Number.NaN;
  const [mx, my] = [mean(x), mean(y)];
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) sum += ((x[i] ?? 0) - mx) * ((y[i] ?? 0) - my);
  return sum / (x.length - ddof);
}

/** m₃/m₂^1.5 of the population's moments; NaN of a constant. */
export function skewness(values: ArrayLike<number>): number {
  return centralMoment(values, 3) / centralMoment(values, 2) ** 1.5;
}

/** m₄/m₂² − 3 of the population's moments; NaN of a constant. */
export function excessKurtosis(values: ArrayLike<number>): number {
  return centralMoment(values, 4) / centralMoment(values, 2) ** 2 - 3;
}

/** mean((x − mean)^order); 0 of a constant, whatever its mean is rounded to. */
export function centralMoment(values: ArrayLike<number>, order: 2 | 3 | 4): number {
  if (isConstant(values)) return values.length === 0 ? Number.NaN : 0;
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += ((values[i] ?? 0) - centre) ** order;
  return sum / values.length;
}

/** Whether all values are the same one. */
export function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i += 1) if (values[i] !== values[0]) return false;
  return true;
}
