/** The last values of a series, in a ring that is overwritten in place. Plain JSON, like every cell. */
export type Window = {
  readonly size: number;
  readonly values: number[];
  /** where the next value goes: over the oldest, once the ring is full */
  next: number;
};

export function newWindow(size: number): Window {
  return { size, values: [], next: 0 };
}

/** Takes the next value and says which one left: 0 while the ring fills. */
export function push(window: Window, value: number): number {
  const { values, next } = window;
  const left = values[next] ?? 0;
  values[next] = value;
  window.next = next + 1 === window.size ? 0 : next + 1;
  return left;
}

export function isFull({ values, size }: Window): boolean {
  return values.length === size;
}

/** Begins anew: what follows has nothing to do with what was before. */
export function clear(window: Window): void {
  window.values.length = 0;
  window.next = 0;
}

/** The value `ago` pushes back, 0 being the newest; NaN when there is none. */
export function at({ values, next, size }: Window, ago: number): number {
  const index = next - 1 - ago;
  return values[index < 0 ? index + size : index] ?? Number.NaN;
}

// The loops of this file go by index and keep two sums: half the time of `for … of` and one sum, as additions that do not
// wait for each other overlap. None reads beyond the end, which costs more than all of it.

export function total({ values }: Window): number {
  const count = values.length;
  let even = 0;
  let odd = 0;
  let index = 0;
  for (; index + 1 < count; index += 2) {
    even += values[index] ?? 0;
    odd += values[index + 1] ?? 0;
  }
  if (index < count) even += values[index] ?? 0;
  return even + odd;
}

/**
 * The mean and the sum of squared deviations from it. Reckoned anew from the window, so that a price shock leaves no rounding
 * behind and equal values have a deviation of exactly 0; shifted by one of the values, so that the squares of large prices do
 * not cancel.
 */
export function moments({ values }: Window): { readonly mean: number; readonly squares: number } {
  const count = values.length;
  const shift = values[0] ?? 0;
  let even = 0;
  let odd = 0;
  let evenSquares = 0;
  let oddSquares = 0;
  let index = 0;
  for (; index + 1 < count; index += 2) {
    const first = (values[index] ?? 0) - shift;
    const second = (values[index + 1] ?? 0) - shift;
    even += first;
    odd += second;
    evenSquares += first * first;
    oddSquares += second * second;
  }
  if (index < count) {
    const last = (values[index] ?? 0) - shift;
    even += last;
    evenSquares += last * last;
  }
  const sum = even + odd;
  return {
    mean: shift + sum / count,
    squares: Math.max(evenSquares + oddSquares - (sum * sum) / count, 0),
  };
}

/** The sum of how far the values are from `mean`, without signs. */
export function gaps({ values }: Window, mean: number): number {
  const count = values.length;
  let even = 0;
  let odd = 0;
  let index = 0;
  for (; index + 1 < count; index += 2) {
    even += Math.abs((values[index] ?? mean) - mean);
    odd += Math.abs((values[index + 1] ?? mean) - mean);
  }
  if (index < count) even += Math.abs((values[index] ?? mean) - mean);
  return even + odd;
}

/** Standard deviation of the values as a whole population. */
export function deviation(window: Window): number {
  return Math.sqrt(moments(window).squares / window.values.length);
}

/** Standard deviation of the population that the values are a sample of. */
export function sampleDeviation(window: Window): number {
  return Math.sqrt(moments(window).squares / (window.values.length - 1));
}
