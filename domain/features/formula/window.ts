import type { Windowed } from "./syntax.ts";

/** The last values of an expression, in a ring. All of it is plain JSON. */
export type Ring = {
  /** 0 where there was no value, and until the ring is full */
  readonly values: number[];
  /** 1 where there was a value. Apart from the values, so that these stay an array of unboxed numbers. */
  readonly isThere: number[];
  /** where the next value goes: the oldest is there */
  at: number;
  /** values without a gap up to now, counted to the length of the ring */
  run: number;
};

export function emptyRing(bars: number): Ring {
  const nothing = () => Array.from({ length: bars }, () => 0);
  return { values: nothing(), isThere: nothing(), at: 0, run: 0 };
}

/** Puts a value in (NaN: none), and gives the one that it displaces. */
export function push(ring: Ring, value: number): number {
  const { values, isThere, at } = ring;
  const displaced = isThere[at] === 1 ? (values[at] ?? Number.NaN) : Number.NaN;
  const isKnown = value - value === 0;
  values[at] = isKnown ? value : 0;
  isThere[at] = isKnown ? 1 : 0;
  ring.run = isKnown ? Math.min(ring.run + 1, values.length) : 0;
  ring.at = at + 1 === values.length ? 0 : at + 1;
  return displaced;
}

/**
 * A statistic of a full ring; NaN while a value is missing. Everything is computed anew from the values in it, oldest first:
 * the result depends on them alone, not on what came before, and no rounding adds up.
 */
export function statistic(name: Windowed, ring: Ring): number {
  const { values, at } = ring;
  const count = values.length;
  if (ring.run < count) return Number.NaN;
  const last = values[at === 0 ? count - 1 : at - 1] ?? Number.NaN;
  switch (name) {
    case "rolling_sum":
      return sum(ring);
    case "rolling_mean":
      return sum(ring) / count;
    case "rolling_std":
      return deviation(ring, sum(ring) / count);
    case "rolling_min":
      return least(values);
    case "rolling_max":
      return most(values);
    case "rolling_zscore": {
      const mean = sum(ring) / count;
      return (last - mean) / deviation(ring, mean);
    }
    case "rolling_rank":
      return rank(values, last);
  }
}

function sum({ values, at }: Ring): number {
  let total = 0;
  for (let i = at; i < values.length; i += 1) total += values[i] ?? 0;
  for (let i = 0; i < at; i += 1) total += values[i] ?? 0;
  return total;
}

/** Of a sample, n − 1. Exactly 0 for equal values, whose mean may be off in its last bit. */
function deviation({ values, at }: Ring, mean: number): number {
  if (least(values) === most(values)) return 0;
  let squares = 0;
  for (let i = at; i < values.length; i += 1) squares += ((values[i] ?? 0) - mean) ** 2;
  for (let i = 0; i < at; i += 1) squares += ((values[i] ?? 0) - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

function least(values: readonly number[]): number {
  let found = Infinity;
  for (const value of values) if (value < found) found = value;
  return found;
}

function most(values: readonly number[]): number {
  let found = -Infinity;
  for (const value of values) if (value > found) found = value;
  return found;
}

/** The share of the other values below the last one, equal ones counted half: 0 is the lowest, 1 the highest. */
function rank(values: readonly number[], last: number): number {
  let below = 0;
  let equal = -1;
  for (const value of values) {
    if (value < last) below += 1;
    else if (value === last) equal += 1;
  }
  return (below + equal / 2) / (values.length - 1);
}
