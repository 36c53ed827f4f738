/** Makes the median absolute deviation of a normal distribution its standard deviation: Φ⁻¹(0.75). */
const NORMAL_MAD = 0.6745;
/** As much as a mean absolute deviation of a normal distribution is short of its standard deviation: √(π/2). */
const NORMAL_MEAN_DEVIATION = 1.253314;

/**
 * How far values are from those before them: the modified z-score of Iglewicz and Hoaglin (1993, "How to Detect and Handle
 * Outliers"), 0.6745 · (x − median) / MAD, over a window of values that does not contain x, so that an outlier cannot hide
 * itself. Where more than half of the window is one value the MAD is 0, and the mean absolute deviation stands in for it:
 * (x − median) / (1.253314 · meanAD), as the same authors propose.
 */
export class RollingScore {
  readonly #window: number;
  readonly #least: number;
  readonly #recent: number[] = [];
  readonly #sorted: number[] = [];

  /**
   * @param window values that are compared with
   * @param least below so many values there is no score
   */
  constructor(window: number, least: number) {
    this.#window = window;
    this.#least = least;
  }

  /** The score of a finite value, which then joins the window; null while too little came before, or none of it differed. */
  next(value: number): number | null {
    const score = this.#sorted.length < this.#least ? null : this.#score(value);
    this.#add(value);
    return score;
  }

  #score(value: number): number | null {
    const median = medianOf(this.#sorted);
    const deviation = medianDeviation(this.#sorted, median);
    if (deviation > 0) return (NORMAL_MAD * (value - median)) / deviation;
    const total = this.#sorted.reduce((sum, one) => sum + Math.abs(one - median), 0);
    return total > 0
      ? (value - median) / ((NORMAL_MEAN_DEVIATION * total) / this.#sorted.length)
      : null;
  }

  #add(value: number): void {
    this.#recent.push(value);
    this.#sorted.splice(placeOf(this.#sorted, value), 0, value);
    if (this.#recent.length <= this.#window) return;
    const oldest = this.#recent.shift() ?? value;
    this.#sorted.splice(placeOf(this.#sorted, oldest), 1);
  }
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

/** The median of |x − median|: the deviations in their order, read from the middle outwards. */
function medianDeviation(sorted: readonly number[], median: number): number {
  let left = (sorted.length - 1) >>> 1;
  let right = left + 1;
  const middle = sorted.length >>> 1;
  let [before, deviation] = [0, 0];
  for (let taken = 0; taken <= middle; taken += 1) {
    before = deviation;
    const below = median - (sorted[left] ?? -Infinity);
    const above = (sorted[right] ?? Infinity) - median;
    if (below <= above) left -= 1;
    else right += 1;
    deviation = Math.min(below, above);
  }
  return sorted.length % 2 === 1 ? deviation : (before + deviation) / 2;
}

/** Where a value stands, or would stand, in ascending order. */
function placeOf(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
