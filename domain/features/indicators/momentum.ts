import {
  newMean,
  newSmoothed,
  nextEma,
  nextMean,
  nextWeighted,
  type Mean,
  type Smoothed,
} from "../cells/averages.ts";
import { at, isFull, newWindow, push, type Window } from "../cells/window.ts";
import { defineKernel, defineLines, orNull, type Kernel } from "../kernel.ts";
import { distance, fastBeforeSlow, period } from "../parameters.ts";

type Averages = { readonly fast: Smoothed; readonly slow: Smoothed };

/** The fast average is seeded with the closes before the slow one's first value, so that both begin there, as in TA-Lib. */
const newAverages = (fast: number, slow: number): Averages => ({
  fast: newSmoothed(fast, slow - fast),
  slow: newSmoothed(slow),
});

type Convergence = Averages & { readonly signal: Smoothed };

const convergence = {
  parameters: [period(12, "fast"), period(26, "slow"), period(9, "signal", 1)],
  conflict: fastBeforeSlow,
  warmup: ([, slow = 0, signal = 0]: readonly number[]) => slow + signal - 2,
  init: ([fast = 0, slow = 0, signal = 0]: readonly number[]): Convergence => ({
    ...newAverages(fast, slow),
    signal: newSmoothed(signal),
  }),
};

const macd = defineLines<Convergence, "macd" | "signal" | "histogram">({
  ...convergence,
  name: "macd",
  lines: ["macd", "signal", "histogram"],
  description: "Moving average convergence/divergence: fast minus slow EMA, and its own average",
  source: "Appel; TA-Lib TA_MACD",
  edge: "always has a value",
  next({ fast, slow, signal }, { close }) {
    const line = nextEma(fast, close) - nextEma(slow, close);
    const average = nextEma(signal, line);
    if (average - average !== 0) return { macd: null, signal: null, histogram: null };
    return { macd: orNull(line), signal: orNull(average), histogram: orNull(line - average) };
  },
});

const ppo = defineLines<Convergence, "ppo" | "signal" | "histogram">({
  ...convergence,
  name: "ppo",
  lines: ["ppo", "signal", "histogram"],
  description: "Percentage price oscillator: the MACD in percent of the slow EMA",
  source: "Appel; TA-Lib TA_PPO with exponential averages",
  edge: "null where the slow average is 0",
  next({ fast, slow, signal }, { close }) {
    const quick = nextEma(fast, close);
    const calm = nextEma(slow, close);
    const line = (100 * (quick - calm)) / calm;
    const average = nextEma(signal, line);
    if (average - average !== 0) return { ppo: null, signal: null, histogram: null };
    return { ppo: orNull(line), signal: orNull(average), histogram: orNull(line - average) };
  },
});

const apo = defineKernel<Averages>({
  name: "apo",
  description: "Absolute price oscillator: fast minus slow EMA",
  source: "TA-Lib TA_APO with exponential averages",
  edge: "always has a value",
  parameters: [period(12, "fast"), period(26, "slow")],
  conflict: fastBeforeSlow,
  warmup: ([, slow = 0]) => slow - 1,
  init: ([fast = 0, slow = 0]) => newAverages(fast, slow),
  next: ({ fast, slow }, { close }) => nextEma(fast, close) - nextEma(slow, close),
});

const mom = defineKernel<Window>({
  name: "mom",
  description: "Momentum: the close minus the close some bars ago",
  source: "TA-Lib TA_MOM",
  edge: "always has a value",
  parameters: [distance(10)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n + 1),
  next(window, { close }) {
    push(window, close);
    return close - at(window, window.size - 1);
  },
});

/** Percent change against the value so many bars ago; NaN before there is one, and where it is 0. */
function rateOfChange(window: Window, ago: number, now = 0): number {
  const before = at(window, now + ago);
  return 100 * (at(window, now) / before - 1);
}

const roc = defineKernel<Window>({
  name: "roc",
  description: "Rate of change of the close in percent",
  source: "TA-Lib TA_ROC",
  edge: "null where the close before was 0",
  parameters: [distance(10)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n + 1),
  next(window, { close }) {
    push(window, close);
    return isFull(window) ? rateOfChange(window, window.size - 1) : Number.NaN;
  },
});

type Triple = {
  readonly first: Smoothed;
  readonly second: Smoothed;
  readonly third: Smoothed;
};

const trix = defineKernel<Triple>({
  name: "trix",
  description: "One-bar rate of change, in percent, of a triple exponential average",
  source: "Hutson 1983; TA-Lib TA_TRIX",
  edge: "null where the average before was 0",
  parameters: [period(15, "period", 1)],
  warmup: ([n = 0]) => 3 * (n - 1) + 1,
  init: ([n = 0]) => ({ first: newSmoothed(n), second: newSmoothed(n), third: newSmoothed(n) }),
  next({ first, second, third }, { close }) {
    const before = third.count === third.period ? third.value : Number.NaN;
    const now = nextEma(third, nextEma(second, nextEma(first, close)));
    return 100 * (now / before - 1);
  },
});

type SureThing = {
  readonly rates: readonly number[];
  readonly averages: readonly number[];
  readonly closes: Window;
  readonly signal: Mean;
};

const KST_RATES = [10, 15, 20, 30];
const KST_AVERAGES = [10, 10, 10, 15];

/** The averages are reckoned anew from the closes: one window of prices is smaller than four of ratios, and never drifts. */
const kst = defineLines<SureThing, "kst" | "signal">({
  name: "kst",
  lines: ["kst", "signal"],
  description: "Know sure thing: four smoothed rates of change weighted 1 to 4, and its average",
  source: "Pring 1992; StockCharts ChartSchool",
  edge: "null while a close of 0 is what a rate of change divides by",
  parameters: [
    ...KST_RATES.map((bars, index) => distance(bars, `roc${String(index + 1)}`)),
    ...KST_AVERAGES.map((bars, index) => period(bars, `sma${String(index + 1)}`, 1)),
    period(9, "signal", 1),
  ],
  warmup: (params) => kstLength(params) + (params[8] ?? 0) - 2,
  init: (params) => ({
    rates: params.slice(0, 4),
    averages: params.slice(4, 8),
    closes: newWindow(kstLength(params)),
    signal: newMean(params[8] ?? 0),
  }),
  next(state, { close }) {
    push(state.closes, close);
    const line = isFull(state.closes) ? sureThing(state) : Number.NaN;
    return { kst: orNull(line), signal: orNull(nextMean(state.signal, line)) };
  },
});

/** How many closes the longest of the four smoothed rates needs. */
function kstLength(params: readonly number[]): number {
  return Math.max(...[0, 1, 2, 3].map((i) => (params[i] ?? 0) + (params[i + 4] ?? 0)));
}

function sureThing({ rates, averages, closes }: SureThing): number {
  let sum = 0;
  for (let index = 0; index < 4; index += 1) {
    const bars = averages[index] ?? 0;
    const ago = rates[index] ?? 0;
    let changes = 0;
    for (let now = 0; now < bars; now += 1) changes += rateOfChange(closes, ago, now);
    sum += (index + 1) * (changes / bars);
  }
  return sum;
}

type Detrended = { readonly closes: Window; readonly mean: Mean };

const dpo = defineKernel<Detrended>({
  name: "dpo",
  description: "Detrended price oscillator: the close of period / 2 + 1 bars ago minus the average",
  source: "StockCharts ChartSchool, without the shift into the past",
  edge: "always has a value",
  parameters: [period(20)],
  warmup: ([n = 0]) => Math.max(n - 1, Math.floor(n / 2) + 1),
  init: ([n = 0]) => ({ closes: newWindow(Math.floor(n / 2) + 2), mean: newMean(n) }),
  next({ closes, mean }, { close }) {
    push(closes, close);
    return at(closes, closes.size - 1) - nextMean(mean, close);
  },
});

type Curve = {
  readonly long: number;
  readonly short: number;
  readonly closes: Window;
  readonly weighted: Window;
};

const coppock = defineKernel<Curve>({
  name: "coppock",
  description: "Coppock curve: the weighted average of two rates of change added",
  source: "Coppock 1962; StockCharts ChartSchool",
  edge: "null while a close of 0 is what a rate of change divides by",
  parameters: [distance(14, "long"), distance(11, "short"), period(10, "wma")],
  conflict: ([long = 0, short = 0]) => (short < long ? null : "short: expected less than long"),
  warmup: ([long = 0, , n = 0]) => long + n - 1,
  init: ([long = 0, short = 0, n = 0]) => ({
    long,
    short,
    closes: newWindow(long + 1),
    weighted: newWindow(n),
  }),
  next({ long, short, closes, weighted }, { close }) {
    push(closes, close);
    if (!isFull(closes)) return Number.NaN;
    return nextWeighted(weighted, rateOfChange(closes, long) + rateOfChange(closes, short));
  },
});

export const momentum: readonly Kernel[] = [macd, ppo, apo, mom, roc, trix, kst, dpo, coppock];
