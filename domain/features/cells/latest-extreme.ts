/**
 * Where the highest (sign 1) or lowest (sign −1) of the last values is, of equal values the newest. The window is searched
 * only when its extreme leaves it: on prices that is rarer than the upkeep of a monotonic queue is dear, the state is half as
 * large, and the worst case, a market that falls at every bar, still costs no more than one pass over the window.
 */
export type LatestExtreme = {
  readonly sign: 1 | -1;
  readonly size: number;
  readonly values: number[];
  next: number;
  /** where in `values` the extreme is */
  best: number;
};

export function latestHighest(size: number): LatestExtreme {
  return { sign: 1, size, values: [], next: 0, best: 0 };
}

export function latestLowest(size: number): LatestExtreme {
  return { sign: -1, size, values: [], next: 0, best: 0 };
}

/** The extreme after one more value; NaN until the window is full. Values that are not finite do not count. */
export function nextLatestExtreme(extreme: LatestExtreme, value: number): number {
  if (value - value !== 0) return Number.NaN;
  const { sign, size, values, next, best } = extreme;
  const isBest = sign * value >= sign * (values[best] ?? value);
  values[next] = value;
  extreme.next = next + 1 === size ? 0 : next + 1;
  if (isBest) extreme.best = next;
  else if (best === next) extreme.best = search(extreme);
  return values.length === size ? (values[extreme.best] ?? Number.NaN) : Number.NaN;
}

/** How many values came after the extreme. */
export function sinceExtreme({ best, next, size }: LatestExtreme): number {
  return best < next ? next - 1 - best : next - 1 - best + size;
}

// From the oldest to the newest, so that the newest of equals is found last.
function search({ sign, values, next }: LatestExtreme): number {
  const oldest = values.length > next ? next : 0;
  const best = searchIn(values, sign, oldest, values.length, oldest);
  return searchIn(values, sign, 0, oldest, best);
}

function searchIn(
  values: readonly number[],
  sign: number,
  from: number,
  to: number,
  first: number,
): number {
  let best = first;
  let value = sign * (values[first] ?? Number.NaN);
  for (let index = from; index < to; index += 1) {
    const other = sign * (values[index] ?? Number.NaN);
    if (other < value) continue;
    best = index;
    value = other;
  }
  return best;
}
