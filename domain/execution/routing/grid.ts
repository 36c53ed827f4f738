/** What a search over a grid of whole steps moves by, and distributions on it. */

/** Every list of `count` numbers from 0 to `max` that add up to `max` at least. */
export function* tuplesOf(count: number, max: number, missing = max): Generator<readonly number[]> {
  if (count === 0) {
    if (missing <= 0) yield [];
    return;
  }
  for (let first = 0; first <= max; first += 1) {
    for (const others of tuplesOf(count - 1, max, missing - first)) yield [first, ...others];
  }
}

export function pairsOf(count: number): readonly (readonly [from: number, to: number])[] {
  const all = Array.from({ length: count }, (_, index) => index);
  return all.flatMap((from) => all.filter((to) => to !== from).map((to) => [from, to] as const));
}

/** 1, 2, 4, … up to `most`, and `most` itself. */
export function strides(most: number): readonly number[] {
  const found: number[] = [];
  for (let by = 1; by < most; by *= 2) found.push(by);
  return most > 0 ? [...found, most] : [];
}

export function point(steps: number): readonly number[] {
  return Array.from({ length: steps + 1 }, (_, j) => (j === 0 ? 1 : 0));
}

/** P(sum ≥ from). */
export function tail(distribution: readonly number[], from: number): number {
  let sum = 0;
  for (let j = Math.max(0, from); j < distribution.length; j += 1) sum += distribution[j] ?? 0;
  return sum;
}
