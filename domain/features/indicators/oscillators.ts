import {
  newMean,
  nextMean,
  newSmoothed,
  nextEma,
  type Mean,
  type Smoothed,
} from "../cells/averages.ts";
import { newLast, replace, typicalPrice, type Last } from "../cells/changes.ts";
import { bottomOf, newChannel, nextChannel, topOf, type Channel } from "../cells/channel.ts";
import { newStrength, nextStrength, NOTHING, takeValue, type Strength } from "../cells/strength.ts";
import { at, gaps, isFull, newWindow, push, total, type Window } from "../cells/window.ts";
import { defineKernel, defineLines, type BarFloats, type Kernel } from "../kernel.ts";
import { fastBeforeSlow, period } from "../parameters.ts";

/**
 * 100 · G / (G + L) of the average gain and loss. A market without any move gives 0, as in TA-Lib (other definitions say 50).
 */
const rsi = defineKernel<Strength>({
  name: "rsi",
  description: "Wilder's relative strength index of the close, 0 to 100",
  source: "Wilder 1978, section VI; TA-Lib TA_RSI",
  edge: "0 where nothing ever moved",
  parameters: [period(14)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newStrength(n),
  next: (strength, { close }) => nextStrength(strength, close),
});

const cmo = defineKernel<Strength>({
  name: "cmo",
  description: "Chande's momentum oscillator of Wilder's averages, −100 to 100",
  source: "Chande & Kroll 1994; TA-Lib TA_CMO",
  edge: "0 where nothing ever moved",
  parameters: [period(14)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newStrength(n),
  next(strength, { close }) {
    if (!takeValue(strength, close)) return Number.NaN;
    const gain = strength.gain.value;
    const loss = strength.loss.value;
    return gain + loss < NOTHING ? 0 : (100 * (gain - loss)) / (gain + loss);
  },
});

/** Where `value` lies between the two, 0 to 100; 0 where they are equal, as in TA-Lib. */
const place = (value: number, bottom: number, top: number) =>
  top === bottom ? 0 : (100 * (value - bottom)) / (top - bottom);

type Slow = { readonly slow: Mean; readonly signal: Mean };

/** Both lines, from the bar on which has both, as in TA-Lib. */
function slowLines({ slow, signal }: Slow, raw: number) {
  const k = nextMean(slow, raw);
  const d = nextMean(signal, k);
  // What is not finite has no average: where there is one, its newest value is finite too.
  return d - d === 0 ? { k, d } : { k: null, d: null };
}

type Stochastic = Slow & { readonly channel: Channel };

const stoch = defineLines<Stochastic, "k" | "d">({
  name: "stoch",
  lines: ["k", "d"],
  description: "Slow stochastic oscillator: %K smoothed, and %D, its average",
  source: "Lane; TA-Lib TA_STOCH with simple averages",
  edge: "a window without range counts as 0",
  parameters: [period(14), period(3, "k", 1), period(3, "d", 1)],
  warmup: ([n = 0, k = 0, d = 0]) => n + k + d - 3,
  init: ([n = 0, k = 0, d = 0]) => ({
    channel: newChannel(n),
    slow: newMean(k),
    signal: newMean(d),
  }),
  next(state, { high, low, close }) {
    const { channel } = state;
    if (!nextChannel(channel, high, low)) return { k: null, d: null };
    return slowLines(state, place(close, bottomOf(channel), topOf(channel)));
  },
});

type StochRsi = Slow & { readonly strength: Strength; readonly window: Window };

const stochrsi = defineLines<StochRsi, "k" | "d">({
  name: "stochrsi",
  lines: ["k", "d"],
  description: "Stochastic oscillator of the RSI: %K smoothed (1: raw, as in TA-Lib), and %D",
  source: "Chande & Kroll 1994; TA-Lib TA_STOCHRSI",
  edge: "a window without range counts as 0",
  parameters: [period(14, "rsi"), period(14, "stoch"), period(3, "k", 1), period(3, "d", 1)],
  warmup: ([rsiBars = 0, n = 0, k = 0, d = 0]) => rsiBars + n + k + d - 3,
  init: ([rsiBars = 0, n = 0, k = 0, d = 0]) => ({
    strength: newStrength(rsiBars),
    window: newWindow(n),
    slow: newMean(k),
    signal: newMean(d),
  }),
  next(state, { close }) {
    return slowLines(state, placeOfStrength(state, nextStrength(state.strength, close)));
  },
});

/** One window for highest and lowest, which are of the same values: half the state. */
function placeOfStrength({ window }: StochRsi, value: number): number {
  if (value - value !== 0) return Number.NaN;
  push(window, value);
  if (!isFull(window)) return Number.NaN;
  const { values } = window;
  let bottom = value;
  let top = value;
  for (let index = 0; index < values.length; index += 1) {
    const other = values[index] ?? value;
    bottom = Math.min(bottom, other);
    top = Math.max(top, other);
  }
  return place(value, bottom, top);
}

const willr = defineKernel<Channel>({
  name: "willr",
  description: "Williams %R: how far the close lies below the highest high, −100 to 0",
  source: "Williams 1979; TA-Lib TA_WILLR",
  edge: "0 where the window has no range",
  parameters: [period(14)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newChannel(n),
  next(channel, { high, low, close }) {
    if (!nextChannel(channel, high, low)) return Number.NaN;
    const top = topOf(channel);
    const bottom = bottomOf(channel);
    return top === bottom ? 0 : (-100 * (top - close)) / (top - bottom);
  },
});

const cci = defineKernel<Window>({
  name: "cci",
  description: "Commodity channel index of the typical price over its mean deviation",
  source: "Lambert 1980; TA-Lib TA_CCI",
  edge: "0 where the window is flat",
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newWindow(n),
  next(window, bar) {
    const typical = typicalPrice(bar);
    push(window, typical);
    if (!isFull(window)) return Number.NaN;
    const mean = total(window) / window.size;
    const away = gaps(window, mean);
    // The mean of equal values is rounded, so that a flat window is away from it by some 1e-16 of its price.
    const isFlat = away <= window.size * Math.abs(mean) * NOTHING;
    return isFlat ? 0 : (typical - mean) / (0.015 * (away / window.size));
  },
});

type Two = { readonly fast: Mean; readonly slow: Mean };

const ao = defineKernel<Two>({
  name: "ao",
  description: "Awesome oscillator: short minus long simple average of (high + low) / 2",
  source: "Williams 1998",
  edge: "always has a value",
  parameters: [period(5, "fast", 1), period(34, "slow")],
  conflict: fastBeforeSlow,
  warmup: ([, slow = 0]) => slow - 1,
  init: ([fast = 0, slow = 0]) => ({ fast: newMean(fast), slow: newMean(slow) }),
  next({ fast, slow }, { high, low }) {
    const middle = (high + low) / 2;
    return nextMean(fast, middle) - nextMean(slow, middle);
  },
});

type Ultimate = {
  readonly short: number;
  readonly middle: number;
  readonly high: Window;
  readonly low: Window;
  readonly close: Window;
};

const ultosc = defineKernel<Ultimate>({
  name: "ultosc",
  description: "Ultimate oscillator: buying pressure over the true range of three windows",
  source: "Williams 1985; TA-Lib TA_ULTOSC",
  edge: "a window without range counts as 0",
  parameters: [period(7, "short", 1), period(14, "middle"), period(28, "long")],
  conflict: ([short = 0, middle = 0, long = 0]) =>
    short < middle && middle < long ? null : "expected short less than middle less than long",
  warmup: ([, , long = 0]) => long,
  init: ([short = 0, middle = 0, long = 0]) => ({
    short,
    middle,
    high: newWindow(long + 1),
    low: newWindow(long + 1),
    close: newWindow(long + 1),
  }),
  next(state, { high, low, close }) {
    push(state.high, high);
    push(state.low, low);
    push(state.close, close);
    return isFull(state.close) ? ultimate(state) : Number.NaN;
  },
});

function ultimate(state: Ultimate): number {
  const { short, middle, close } = state;
  const first = pressure(state, short);
  const second = pressure(state, middle);
  return (100 * (4 * first + 2 * second + pressure(state, close.size - 1))) / 7;
}

/** The buying pressure of the last bars as a fraction of their true range. */
function pressure({ high, low, close }: Ultimate, bars: number): number {
  let bought = 0;
  let range = 0;
  for (let ago = 0; ago < bars; ago += 1) {
    const before = at(close, ago + 1);
    const bottom = Math.min(at(low, ago), before);
    bought += at(close, ago) - bottom;
    range += Math.max(at(high, ago), before) - bottom;
  }
  return Math.abs(range) < NOTHING ? 0 : bought / range;
}

type TrueStrength = {
  readonly last: Last;
  readonly change: readonly [Smoothed, Smoothed];
  readonly size: readonly [Smoothed, Smoothed];
};

const tsi = defineKernel<TrueStrength>({
  name: "tsi",
  description: "True strength index: the change of the close, smoothed twice, over its size",
  source: "Blau 1991",
  edge: "null where nothing ever moved",
  parameters: [period(25, "long"), period(13, "short")],
  warmup: ([long = 0, short = 0]) => long + short - 1,
  init: ([long = 0, short = 0]) => ({
    last: newLast(),
    change: [newSmoothed(long), newSmoothed(short)],
    size: [newSmoothed(long), newSmoothed(short)],
  }),
  next({ last, change, size }, { close }) {
    const moved = close - replace(last, close);
    const direction = nextEma(change[1], nextEma(change[0], moved));
    const way = nextEma(size[1], nextEma(size[0], Math.abs(moved)));
    return way < NOTHING ? Number.NaN : (100 * direction) / way;
  },
});

const bop = defineKernel<null>({
  name: "bop",
  description: "Balance of power: (close − open) / (high − low)",
  source: "Livshin 2001; TA-Lib TA_BOP",
  edge: "0 where the bar has no range",
  parameters: [],
  warmup: () => 0,
  init: () => null,
  next: (_, bar) => balance(bar),
});

function balance({ open, high, low, close }: BarFloats): number {
  return high - low < NOTHING ? 0 : (close - open) / (high - low);
}

export const oscillators: readonly Kernel[] = [
  rsi,
  cmo,
  stoch,
  stochrsi,
  willr,
  cci,
  ao,
  ultosc,
  tsi,
  bop,
];
