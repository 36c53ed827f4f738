import { newReturns, takeClose, type Returns } from "../cells/changes.ts";
import { highest, lowest, nextExtreme, type Extreme } from "../cells/extreme.ts";
import { at, deviation, isFull, moments, newWindow, push, type Window } from "../cells/window.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { distance, period } from "../parameters.ts";

const FLAT = "null where the window is flat";
const POSITIVE = `${FLAT}; after a price that is not positive it begins anew`;

const ofCloses = {
  parameters: [period(20)],
  warmup: ([n = 0]: readonly number[]) => n - 1,
  init: ([n = 0]: readonly number[]) => newWindow(n),
};

const stddev = defineKernel<Window>({
  ...ofCloses,
  name: "stddev",
  description: "Population standard deviation of the close",
  source: "TA-Lib TA_STDDEV",
  edge: "0 where the window is flat",
  next(closes, { close }) {
    push(closes, close);
    return isFull(closes) ? deviation(closes) : Number.NaN;
  },
});

const zscore = defineKernel<Window>({
  ...ofCloses,
  name: "zscore",
  description: "How many population standard deviations the close lies above its average",
  source: "definition; the band of Bollinger that the close is at",
  edge: FLAT,
  next(closes, { close }) {
    push(closes, close);
    if (!isFull(closes)) return Number.NaN;
    const { mean, squares } = moments(closes);
    return (close - mean) / Math.sqrt(squares / closes.size);
  },
});

const min = defineKernel<Extreme>({
  name: "min",
  description: "Lowest close of the window",
  source: "TA-Lib TA_MIN",
  edge: "always has a value",
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => lowest(n),
  next: (state, { close }) => nextExtreme(state, close),
});

const max = defineKernel<Extreme>({
  name: "max",
  description: "Highest close of the window",
  source: "TA-Lib TA_MAX",
  edge: "always has a value",
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => highest(n),
  next: (state, { close }) => nextExtreme(state, close),
});

const percentrank = defineKernel<Window>({
  name: "percentrank",
  description: "Percentage of the closes before this one that were not above it",
  source: "TradingView ta.percentrank",
  edge: "100 where the window is flat",
  parameters: [period(100)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n),
  next(before, { close }) {
    const { values } = before;
    let below = 0;
    for (let index = 0; index < values.length; index += 1) {
      if ((values[index] ?? Infinity) <= close) below += 1;
    }
    const rank = isFull(before) ? (100 * below) / before.size : Number.NaN;
    push(before, close);
    return rank;
  },
});

/** Σ (x − mean)^power of the window. */
function power({ values }: Window, mean: number, exponent: 3 | 4): number {
  let sum = 0;
  for (const value of values) {
    const gap = value - mean;
    sum += exponent === 3 ? gap * gap * gap : gap * gap * gap * gap;
  }
  return sum;
}

const ofReturns = {
  edge: POSITIVE,
  warmup: ([n = 0]: readonly number[]) => n,
  init: ([n = 0]: readonly number[]) => newReturns(n),
};

const skew = defineKernel<Returns>({
  ...ofReturns,
  name: "skew",
  description: "Sample skewness of the logarithmic returns",
  source: "Joanes & Gill 1998, G1 (as Excel, SAS and pandas)",
  parameters: [period(20, "period", 3)],
  next(state, { close }) {
    if (!takeClose(state, close)) return Number.NaN;
    const n = state.window.size;
    const { mean, squares } = moments(state.window);
    const scale = (n * Math.sqrt(n - 1)) / (n - 2);
    return (scale * power(state.window, mean, 3)) / squares ** 1.5;
  },
});

const kurtosis = defineKernel<Returns>({
  ...ofReturns,
  name: "kurtosis",
  description: "Sample excess kurtosis of the logarithmic returns, 0 for the normal distribution",
  source: "Joanes & Gill 1998, G2 (as Excel, SAS and pandas)",
  parameters: [period(20, "period", 4)],
  next(state, { close }) {
    if (!takeClose(state, close)) return Number.NaN;
    const n = state.window.size;
    const { mean, squares } = moments(state.window);
    const scale = (n * (n + 1) * (n - 1)) / ((n - 2) * (n - 3));
    const shift = (3 * (n - 1) ** 2) / ((n - 2) * (n - 3));
    return (scale * power(state.window, mean, 4)) / (squares * squares) - shift;
  },
});

type Lagged = { readonly returns: Returns; readonly lag: number };

const autocorr = defineKernel<Lagged>({
  name: "autocorr",
  description: "Autocorrelation of the logarithmic returns at a lag",
  source: "Box & Jenkins: Σ of lagged products over Σ of squares, about one mean",
  edge: POSITIVE,
  parameters: [period(30), distance(1, "lag")],
  conflict: ([n = 0, lag = 0]) => (lag < n ? null : "lag: expected less than period"),
  warmup: ([n = 0]) => n,
  init: ([n = 0, lag = 0]) => ({ returns: newReturns(n), lag }),
  next({ returns, lag }, { close }) {
    if (!takeClose(returns, close)) return Number.NaN;
    const { window } = returns;
    const { mean, squares } = moments(window);
    let products = 0;
    for (let ago = 0; ago + lag < window.size; ago += 1) {
      products += (at(window, ago) - mean) * (at(window, ago + lag) - mean);
    }
    return products / squares;
  },
});

/** The least squares line through the closes of the window: what it rises a bar, and where it ends. */
function fit(closes: Window): { readonly slope: number; readonly end: number } {
  const { size } = closes;
  const newest = at(closes, 0);
  const half = (size - 1) / 2;
  let sum = 0;
  let products = 0;
  for (let ago = 1; ago < size; ago += 1) {
    // Against the newest close, so that a flat window is exactly flat.
    const gap = at(closes, ago) - newest;
    sum += gap;
    products += (half - ago) * gap;
  }
  const slope = products / ((size * (size * size - 1)) / 12);
  return { slope, end: newest + sum / size + slope * half };
}

const linreg = defineKernel<Window>({
  ...ofCloses,
  name: "linreg",
  description: "End of the least squares line through the closes",
  source: "TA-Lib TA_LINEARREG",
  edge: "always has a value",
  parameters: [period(14)],
  next(closes, { close }) {
    push(closes, close);
    return isFull(closes) ? fit(closes).end : Number.NaN;
  },
});

const linregslope = defineKernel<Window>({
  ...ofCloses,
  name: "linregslope",
  description: "Slope a bar of the least squares line through the closes",
  source: "TA-Lib TA_LINEARREG_SLOPE",
  edge: "0 where the window is flat",
  parameters: [period(14)],
  next(closes, { close }) {
    push(closes, close);
    return isFull(closes) ? fit(closes).slope : Number.NaN;
  },
});

const efficiencyratio = defineKernel<Window>({
  name: "efficiencyratio",
  description: "Kaufman's efficiency ratio: the way gained over the way gone, 0 to 1",
  source: "Kaufman 1995",
  edge: FLAT,
  parameters: [period(10)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n + 1),
  next(closes, { close }) {
    push(closes, close);
    if (!isFull(closes)) return Number.NaN;
    const span = closes.size - 1;
    let way = 0;
    for (let ago = 0; ago < span; ago += 1) way += Math.abs(at(closes, ago) - at(closes, ago + 1));
    return Math.abs(close - at(closes, span)) / way;
  },
});

export const statistics: readonly Kernel[] = [
  stddev,
  zscore,
  min,
  max,
  percentrank,
  skew,
  kurtosis,
  autocorr,
  linreg,
  linregslope,
  efficiencyratio,
];
