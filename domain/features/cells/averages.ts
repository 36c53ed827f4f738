import { isFull, newWindow, push, total, type Window } from "./window.ts";

// The averages are NaN until they are warm, and values that are not finite do not count, so that they can be chained.

/** A simple moving average. */
export type Mean = { readonly window: Window; sum: number };

export function newMean(period: number): Mean {
  return { window: newWindow(period), sum: 0 };
}

export function nextMean(mean: Mean, value: number): number {
  if (value - value !== 0) return Number.NaN;
  const { window } = mean;
  const { values, size, next } = window;
  // As `push` does it, with what was read for it at hand: a fifth of the time.
  const left = values[next] ?? 0;
  const isLast = next + 1 === size;
  values[next] = value;
  window.next = isLast ? 0 : next + 1;
  // Adding and subtracting drifts by rounding; summing anew once a window keeps the error of one window.
  const sum = isLast ? total(window) : mean.sum + value - left;
  mean.sum = sum;
  return values.length === size ? sum / size : Number.NaN;
}

/** An average that remembers everything, less and less: exponential with `nextEma`, Wilder's with `nextWilder`. */
export type Smoothed = {
  readonly period: number;
  /** of the newest value in an exponential average; reckoned once, because a division is what an update costs most */
  readonly weight: number;
  /** values seen, up to `period`; below 0 as long as values are left out */
  count: number;
  /** the sum of the first values until there are `period` of them, then the average */
  value: number;
};

/** @param skipped how many of the first values do not count */
export function newSmoothed(period: number, skipped = 0): Smoothed {
  return { period, weight: 2 / (period + 1), count: -skipped, value: 0 };
}

/** Weight 2 / (period + 1), seeded with the simple average of the first `period` values. */
export function nextEma(average: Smoothed, value: number): number {
  if (value - value !== 0) return Number.NaN;
  if (average.count !== average.period) return seed(average, value);
  average.value += (value - average.value) * average.weight;
  return average.value;
}

/** Weight 1 / period, seeded with the simple average of the first `period` values. */
export function nextWilder(average: Smoothed, value: number): number {
  if (value - value !== 0) return Number.NaN;
  const { period, count } = average;
  if (count !== period) return seed(average, value);
  average.value = (average.value * (period - 1) + value) / period;
  return average.value;
}

function seed(average: Smoothed, value: number): number {
  average.count += 1;
  if (average.count > 0) average.value += value;
  if (average.count < average.period) return Number.NaN;
  average.value /= average.period;
  return average.value;
}

/** An average with the weights 1, 2, … period, the newest being the heaviest. */
export function nextWeighted(window: Window, value: number): number {
  if (value - value !== 0) return Number.NaN;
  push(window, value);
  if (!isFull(window)) return Number.NaN;
  const { values, next, size } = window;
  let sum = 0;
  let weight = 0;
  for (let index = next; index < size; index += 1) sum += (weight += 1) * (values[index] ?? 0);
  for (let index = 0; index < next; index += 1) sum += (weight += 1) * (values[index] ?? 0);
  return sum / ((size * (size + 1)) / 2);
}
