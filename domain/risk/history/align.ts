/** Prices of one symbol by time, ascending. The arrays are of one length. */
export interface PriceSeries {
  readonly symbol: string;
  readonly currency: string;
  /** epoch ms */
  readonly timesMs: readonly number[];
  readonly closes: readonly number[];
}

/** `refuse`: a time that one symbol lacks is a problem. `complete`: only times that all have. `pairwise`: what is missing is NaN. */
export const MISSING = ["refuse", "complete", "pairwise"] as const;
export type Missing = (typeof MISSING)[number];

/** Simple returns from one of the times to the next, oldest first. */
export interface AlignedReturns {
  /** of the later price of each return, epoch ms */
  readonly timesMs: Float64Array;
  /** one a series, in their order; NaN only where a return of `pairwise` lacks a price */
  readonly columns: readonly Float64Array[];
}

export interface Unaligned {
  readonly symbol: string;
  readonly problem: string;
  /** where it is a missing price: of which time, epoch ms */
  readonly atMs?: number;
}

/**
 * Returns of several series over common times. Returns are taken between neighbouring times of the answer, so that all of a row
 * span the same interval, and nothing that is missing is ever taken for zero. The span is the one that all series cover.
 * @returns what is in the way: a price that is not positive, which has no return, or with `refuse` a missing one
 */
export function alignReturns(
  series: readonly PriceSeries[],
  missing: Missing,
): AlignedReturns | Unaligned {
  const bad = series.find(({ closes }) => !arePositive(closes));
  if (bad !== undefined) return { symbol: bad.symbol, problem: "has a price that is not positive" };
  const times = timesOf(series, missing);
  const prices = series.map((one) => pricesAt(one, times));
  if (missing === "refuse")
    for (const [i, column] of prices.entries()) {
      const at = column.findIndex((price) => Number.isNaN(price));
      const name = series[i]?.symbol ?? "";
      if (at >= 0) return { symbol: name, problem: "lacks a price", atMs: times[at] ?? Number.NaN };
    }
  return { timesMs: Float64Array.from(times.slice(1)), columns: prices.map(returnsOf) };
}

function arePositive(prices: readonly number[]): boolean {
  for (let i = 0; i < prices.length; i += 1) if (!((prices[i] ?? 0) > 0)) return false;
  return true;
}

/** The common span of all; within it the times that all have, or that any has. */
function timesOf(series: readonly PriceSeries[], missing: Missing): readonly number[] {
  const [first] = series;
  // Stocks of one exchange have the same days: nothing is to be counted then.
  if (first !== undefined && series.every(({ timesMs }) => areSame(timesMs, first.timesMs)))
    return first.timesMs;
  const counts = new Map<number, number>();
  const fromMs = Math.max(...series.map(({ timesMs }) => timesMs[0] ?? Infinity));
  const untilMs = Math.min(...series.map(({ timesMs }) => timesMs.at(-1) ?? -Infinity));
  for (const { timesMs } of series)
    for (const timeMs of timesMs)
      if (timeMs >= fromMs && timeMs <= untilMs) counts.set(timeMs, (counts.get(timeMs) ?? 0) + 1);
  const needed = missing === "complete" ? series.length : 1;
  return [...counts]
    .filter(([, count]) => count >= needed)
    .map(([timeMs]) => timeMs)
    .toSorted((a, b) => a - b);
}

function areSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

function pricesAt({ timesMs, closes }: PriceSeries, times: readonly number[]): Float64Array {
  if (times === timesMs || areSame(times, timesMs)) return Float64Array.from(closes);
  const prices = new Float64Array(times.length).fill(Number.NaN);
  let at = 0;
  for (const [i, timeMs] of times.entries()) {
    while ((timesMs[at] ?? Infinity) < timeMs) at += 1;
    if (timesMs[at] === timeMs) prices[i] = closes[at] ?? Number.NaN;
  }
  return prices;
}

function returnsOf(prices: Float64Array): Float64Array {
  const returns = new Float64Array(Math.max(0, prices.length - 1));
  for (let i = 0; i < returns.length; i += 1)
    returns[i] = (prices[i + 1] ?? Number.NaN) / (prices[i] ?? Number.NaN) - 1;
  return returns;
}

/**
 * Prices brought into another currency: each by the rate of its time, or where none is of that very time by the last one
 * before it; times before the first rate are left out.
 */
export function convertPrices(
  prices: PriceSeries,
  rates: Pick<PriceSeries, "timesMs" | "closes">,
  currency: string,
): PriceSeries {
  const timesMs: number[] = [];
  const closes: number[] = [];
  let at = -1;
  for (const [i, timeMs] of prices.timesMs.entries()) {
    while ((rates.timesMs[at + 1] ?? Infinity) <= timeMs) at += 1;
    const rate = rates.closes[at];
    if (rate === undefined) continue;
    timesMs.push(timeMs);
    closes.push((prices.closes[i] ?? Number.NaN) * rate);
  }
  return { symbol: prices.symbol, currency, timesMs, closes };
}
