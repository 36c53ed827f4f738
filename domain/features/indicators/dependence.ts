import { at, clear, isFull, newWindow, push, type Window } from "../cells/window.ts";
import { defineKernel, type BarFloats, type Kernel } from "../kernel.ts";
import { period } from "../parameters.ts";

type Pair = { readonly closes: Window; readonly benchmark: Window };

interface Sums {
  readonly products: number;
  readonly own: number;
  readonly market: number;
}

const pair = {
  input: "benchmark" as const,
  parameters: [period(60, "period", 3)],
  warmup: ([n = 0]: readonly number[]) => n,
  init: ([n = 0]: readonly number[]): Pair => ({
    closes: newWindow(n + 1),
    benchmark: newWindow(n + 1),
  }),
  edge: "null where the benchmark has no bar, which is left out, or did not move",
};

const rollingbeta = defineKernel<Pair>({
  ...pair,
  name: "rollingbeta",
  description: "Beta of the simple returns against those of a benchmark",
  source: "Sharpe 1964: covariance over the benchmark's variance",
  next(state, bar) {
    if (!take(state, bar)) return Number.NaN;
    const { products, market } = sumsOf(state);
    return products / market;
  },
});

const rollingcorr = defineKernel<Pair>({
  ...pair,
  name: "rollingcorr",
  description: "Correlation of the simple returns with those of a benchmark, −1 to 1",
  source: "Pearson",
  next(state, bar) {
    if (!take(state, bar)) return Number.NaN;
    const { products, own, market } = sumsOf(state);
    return Math.max(-1, Math.min(1, products / Math.sqrt(own * market)));
  },
});

/** Takes what both have; says whether the windows are full. Begins anew after a price that is not positive. */
function take({ closes, benchmark }: Pair, bar: BarFloats): boolean {
  const other = bar.benchmark ?? Number.NaN;
  if (other - other !== 0) return false;
  if (other <= 0 || bar.close <= 0) {
    clear(closes);
    clear(benchmark);
    return false;
  }
  push(closes, bar.close);
  push(benchmark, other);
  return isFull(closes);
}

/** Sums about the means of the returns, which are reckoned from the prices: half the state, and no drift. */
function sumsOf({ closes, benchmark }: Pair): Sums {
  const bars = closes.size - 1;
  const [ownShift, marketShift] = [change(closes, 0), change(benchmark, 0)];
  let [own, market, ownSquares, marketSquares, products] = [0, 0, 0, 0, 0];
  for (let ago = 1; ago < bars; ago += 1) {
    const x = change(benchmark, ago) - marketShift;
    const y = change(closes, ago) - ownShift;
    market += x;
    own += y;
    products += x * y;
    marketSquares += x * x;
    ownSquares += y * y;
  }
  return {
    products: products - (own * market) / bars,
    own: Math.max(ownSquares - (own * own) / bars, 0),
    market: Math.max(marketSquares - (market * market) / bars, 0),
  };
}

const change = (closes: Window, ago: number) => at(closes, ago) / at(closes, ago + 1) - 1;

/** The distances in bars at which `hurst` looks. */
const SCALES = [1, 2, 4, 8, 16];

/**
 * The slope of ln of the mean squared log price change against ln of its distance, halved: 0.5 for a random walk, more for a
 * market that trends, less for one that turns back.
 */
const hurst = defineKernel<Window>({
  name: "hurst",
  description:
    "Rolling Hurst exponent of the close: 0.5 random walk, above trending, below reverting",
  source: "Di Matteo, Aste & Dacorogna 2005: generalised Hurst exponent, q = 2, distances 1 to 16",
  edge: "null where the window is flat; after a price that is not positive it begins anew",
  parameters: [period(100, "period", 32)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n + 1),
  next(closes, { close }) {
    if (close > 0) push(closes, close);
    else clear(closes);
    return isFull(closes) ? exponent(closes) : Number.NaN;
  },
});

function exponent(closes: Window): number {
  const { size } = closes;
  const logs = Array.from({ length: size }, (_, ago) => Math.log(at(closes, ago)));
  let slope = 0;
  for (const [index, scale] of SCALES.entries()) {
    // The scales are powers of 2, so that ln(scale) is index · ln 2 and the centred weights are −2 … 2.
    slope += (index - 2) * Math.log(meanSquare(logs, scale));
  }
  return slope / (10 * Math.LN2) / 2;
}

function meanSquare(logs: readonly number[], scale: number): number {
  const count = logs.length - scale;
  let sum = 0;
  for (let index = 0; index < count; index += 1) {
    const moved = (logs[index] ?? 0) - (logs[index + scale] ?? 0);
    sum += moved * moved;
  }
  return sum / count;
}

export const dependence: readonly Kernel[] = [rollingbeta, rollingcorr, hurst];
