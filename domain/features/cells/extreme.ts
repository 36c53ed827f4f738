/**
 * The highest (sign 1) or lowest (sign −1) of the last `size` values, by van Herk's and Gil and Werman's blocks (1992, 1993): a
 * window lies over the end of one block and the beginning of the next, so its extreme is the better of one kept from the end and
 * one kept from the beginning. Two comparisons a value that no processor has to guess, and one pass over the block at its end.
 */
export type Extreme = {
  readonly sign: 1 | -1;
  readonly size: number;
  /** times sign: of the block under way as far as `next`, then the highest from each place to the end of the block before */
  readonly values: number[];
  next: number;
  /** times sign: the highest of the block under way */
  top: number;
};

export function highest(size: number): Extreme {
  return { sign: 1, size, values: [], next: 0, top: 0 };
}

export function lowest(size: number): Extreme {
  return { sign: -1, size, values: [], next: 0, top: 0 };
}

/** The extreme after one more value; NaN until the window is full. Values that are not finite do not count. */
export function nextExtreme(extreme: Extreme, value: number): number {
  if (value - value !== 0) return Number.NaN;
  const { sign, size, values, next } = extreme;
  const signed = sign * value;
  const top = next === 0 ? signed : Math.max(extreme.top, signed);
  extreme.top = top;
  values[next] = signed;
  if (next + 1 === size) return endBlock(extreme);
  extreme.next = next + 1;
  return values.length === size ? sign * Math.max(top, values[next + 1] ?? top) : Number.NaN;
}

function endBlock(extreme: Extreme): number {
  const { sign, size, values, top } = extreme;
  let best = values[size - 1] ?? top;
  for (let index = size - 2; index > 0; index -= 1) {
    best = Math.max(best, values[index] ?? best);
    values[index] = best;
  }
  extreme.next = 0;
  return sign * top;
}
