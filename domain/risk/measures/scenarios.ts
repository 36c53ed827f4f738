import { sorted } from "../../numeric/quantile.ts";
import { completed, type ObservedBook } from "./book.ts";
import type { Measured, QuantileKind } from "./spec.ts";

/** How much each scenario counts: a measure is −Σ countₛ·pₛ. Scenarios that do not count are left out. */
type Counts = readonly (readonly [scenario: number, count: number])[];

/**
 * VaR and expected shortfall as they lie in a sample.
 *
 * `type7`: the quantile between order statistics (Hyndman & Fan 1996); the shortfall is the mean of the returns at or below it.
 * `orderStatistic`: the ⌈n(1 − c)⌉-th worst; the shortfall is the mean of those that are worse (Hull 2018, §13.1), or the worst
 * itself where none is.
 * @param isSplit whether marginals are wanted
 */
export function sampleMeasure(
  observed: ObservedBook,
  confidence: number,
  kind: QuantileKind,
  isSplit: boolean,
): Measured {
  // Numbers alone are sorted many times faster than the scenarios that they are of.
  const book = isSplit ? observed : { ...observed, returns: sorted(observed.returns) };
  const order = isSplit ? ordered(book.returns) : Uint32Array.from(book.returns, (_, t) => t);
  const at =
    kind === "type7" ? (order.length - 1) * (1 - confidence) : rank(order.length, confidence) - 1;
  const quantile = around(order, at, 1);
  const level = -lossOf(book.returns, quantile);
  const tail =
    kind === "type7"
      ? order.filter((t) => (book.returns[t] ?? 0) <= level)
      : order.subarray(0, Math.max(1, rank(order.length, confidence) - 1));
  // Between the two worst the level may be rounded below the worst itself.
  const worse = tail.length > 0 ? tail : order.subarray(0, 1);
  const shortfall = Array.from(worse, (t) => [t, 1 / worse.length] as const);
  const window = around(order, at, reach(order.length, confidence));
  return measured(book, { quantile, shortfall, window }, isSplit);
}

/**
 * The same with scenarios that weigh λ^age (Boudoukh, Richardson & Whitelaw 1998): the first return, from the worst on, at
 * which the weights reach 1 − c; the shortfall is the mean of the worst 1 − c by weight, of the last so much as fills it.
 */
export function agedMeasure(
  book: ObservedBook,
  confidence: number,
  lambda: number,
  isSplit: boolean,
): Measured {
  const count = book.returns.length;
  const total = (1 - lambda ** count) / (1 - lambda);
  const weightOf = (t: number) => lambda ** (count - 1 - t) / total;
  const order = ordered(book.returns);
  const wanted = 1 - confidence;
  const shortfall: (readonly [number, number])[] = [];
  let reached = 0;
  for (const t of order) {
    const part = Math.min(weightOf(t), wanted - reached);
    shortfall.push([t, part / wanted]);
    reached += part;
    if (reached >= wanted * (1 - 1e-12)) break;
  }
  const last = shortfall.length - 1;
  const window = around(order, last, reach(count, confidence)).map(
    ([t, one]) => [t, one * weightOf(t)] as const,
  );
  const quantile = [[order[last] ?? 0, 1]] as const;
  return measured(book, { quantile, shortfall, window: normalised(window) }, isSplit);
}

/**
 * Derivatives of measures that a model took of the tail: by what the names lost in the scenarios about its VaR, and beyond it.
 * @param value of the model
 */
export function tailMarginals(
  book: ObservedBook,
  value: Pick<Measured, "var" | "expectedShortfall">,
  confidence: number,
): Measured["marginal"] {
  const order = ordered(book.returns);
  const beyond = order.findIndex((t) => -(book.returns[t] ?? 0) <= value.var);
  const at = Math.max(0, (beyond < 0 ? order.length : beyond) - 1);
  const window = around(order, at, reach(order.length, confidence));
  const shortfall = Array.from(order.subarray(0, at + 1), (t) => [t, 1 / (at + 1)] as const);
  return {
    var: completed(lossesOf(book, window), book, value.var),
    shortfall: completed(lossesOf(book, shortfall), book, value.expectedShortfall),
  };
}

/** Scenarios, the worst first. */
function ordered(returns: Float64Array): Uint32Array {
  return Uint32Array.from(returns, (_, t) => t).toSorted(
    (a, b) => (returns[a] ?? 0) - (returns[b] ?? 0),
  );
}

/** Half of the tail to either side of a quantile; where that is less than a scenario, the two that it lies between. */
function reach(count: number, confidence: number): number {
  return Math.max(1, 0.5 * count * (1 - confidence));
}

/** Scenarios about a rank, from 0, counting less the farther they are; within 1 they are what type 7 interpolates. */
function around(order: Uint32Array, at: number, within: number): Counts {
  const counts: (readonly [number, number])[] = [];
  const last = Math.min(order.length - 1, Math.ceil(at + within));
  for (let place = Math.max(0, Math.floor(at - within)); place <= last; place += 1) {
    const count = 1 - Math.abs(place - at) / within;
    if (count > 0) counts.push([order[place] ?? 0, count]);
  }
  return normalised(counts);
}

function normalised(counts: Counts): Counts {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return counts.map(([t, count]) => [t, count / total] as const);
}

/** ⌈n(1 − c)⌉, where n(1 − c) is whole but for rounding that whole number. */
function rank(count: number, confidence: number): number {
  return Math.max(1, Math.ceil(count * (1 - confidence) - 1e-9));
}

function measured(
  book: ObservedBook,
  counts: { readonly quantile: Counts; readonly shortfall: Counts; readonly window: Counts },
  isSplit: boolean,
): Measured {
  const whole = lossOf(book.returns, counts.quantile);
  const beyond = lossOf(book.returns, counts.shortfall);
  return {
    var: whole,
    expectedShortfall: beyond,
    marginal: isSplit
      ? {
          var: completed(lossesOf(book, counts.window), book, whole),
          shortfall: completed(lossesOf(book, counts.shortfall), book, beyond),
        }
      : null,
    warnings: [],
    fitted: {},
  };
}

function lossOf(values: ArrayLike<number>, counts: Counts): number {
  let sum = 0;
  for (const [t, count] of counts) sum -= count * (values[t] ?? 0);
  return sum;
}

function lossesOf({ columns }: ObservedBook, counts: Counts): Float64Array {
  return Float64Array.from(columns, (column) => lossOf(column, counts));
}
