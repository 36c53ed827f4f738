import { newSmoothed, nextEma, nextWilder, type Smoothed } from "../cells/averages.ts";
import { newLast, trueRange, type Last } from "../cells/changes.ts";
import { bottomOf, newChannel, nextChannel, topOf, type Channel } from "../cells/channel.ts";
import { isFull, moments, newWindow, push, type Window } from "../cells/window.ts";
import { defineKernel, defineLines, orNull, type BarFloats, type Kernel } from "../kernel.ts";
import { multiplier, period } from "../parameters.ts";

type Bollinger = { readonly closes: Window; readonly multiplier: number };

const bollinger = {
  parameters: [period(20), multiplier(2, "width of a band in standard deviations")],
  warmup: ([n = 0]: readonly number[]) => n - 1,
  init: ([n = 0, times = 0]: readonly number[]): Bollinger => ({
    closes: newWindow(n),
    multiplier: times,
  }),
};

/** Takes the close: the middle, and the distance of a band from it; NaN in the warm-up. */
function nextBands({ closes, multiplier: times }: Bollinger, close: number) {
  push(closes, close);
  if (!isFull(closes)) return { mean: Number.NaN, width: Number.NaN };
  const { mean, squares } = moments(closes);
  return { mean, width: times * Math.sqrt(squares / closes.size) };
}

type Three = "upper" | "middle" | "lower";

const around = (middle: number, width: number) => ({
  upper: orNull(middle + width),
  middle: orNull(middle),
  lower: orNull(middle - width),
});

const bbands = defineLines<Bollinger, Three>({
  ...bollinger,
  name: "bbands",
  lines: ["upper", "middle", "lower"],
  description: "Bollinger bands: the average and multiples of the population deviation around it",
  source: "Bollinger; TA-Lib TA_BBANDS with a simple average",
  edge: "a flat window gives three equal lines",
  next(state, { close }) {
    const { mean, width } = nextBands(state, close);
    return around(mean, width);
  },
});

const percentb = defineKernel<Bollinger>({
  ...bollinger,
  name: "percentb",
  description:
    "%B: where the close lies between the Bollinger bands, 0 at the lower, 1 at the upper",
  source: "Bollinger 2001",
  edge: "null where the window is flat",
  next(state, { close }) {
    const { mean, width } = nextBands(state, close);
    return width === 0 ? Number.NaN : (close - mean + width) / (2 * width);
  },
});

const bandwidth = defineKernel<Bollinger>({
  ...bollinger,
  name: "bandwidth",
  description: "Bollinger bandwidth: the distance of the bands as a fraction of the average",
  source: "Bollinger 2001",
  edge: "null where the average is 0",
  next(state, { close }) {
    const { mean, width } = nextBands(state, close);
    return (2 * width) / mean;
  },
});

/** Wilder's average of the true range. */
type Range = { readonly lastClose: Last; readonly average: Smoothed };

const newRange = (n: number): Range => ({ lastClose: newLast(), average: newSmoothed(n) });

const nextRange = ({ lastClose, average }: Range, bar: BarFloats) =>
  nextWilder(average, trueRange(lastClose, bar));

const trange = defineKernel<Last>({
  name: "trange",
  description: "True range: the bar's range and the gap before it",
  source: "Wilder 1978; TA-Lib TA_TRANGE",
  edge: "always has a value",
  parameters: [],
  warmup: () => 1,
  init: newLast,
  next: trueRange,
});

const atr = defineKernel<Range>({
  name: "atr",
  description: "Average true range by Wilder's smoothing",
  source: "Wilder 1978; TA-Lib TA_ATR",
  edge: "always has a value",
  parameters: [period(14, "period", 1)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newRange(n),
  next: nextRange,
});

const natr = defineKernel<Range>({
  name: "natr",
  description: "Average true range in percent of the close",
  source: "TA-Lib TA_NATR",
  edge: "null where the close is 0",
  parameters: [period(14, "period", 1)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newRange(n),
  next: (range, bar) => (100 * nextRange(range, bar)) / bar.close,
});

type Keltner = { readonly middle: Smoothed; readonly range: Range; readonly multiplier: number };

const keltner = defineLines<Keltner, Three>({
  name: "keltner",
  lines: ["upper", "middle", "lower"],
  description: "Keltner channels: an EMA of the close and multiples of the ATR around it",
  source: "Raschke's version of Keltner 1960; StockCharts ChartSchool",
  edge: "a flat window gives three equal lines",
  parameters: [
    period(20),
    period(10, "atr", 1),
    multiplier(2, "width of a band in average true ranges"),
  ],
  warmup: ([n = 0, ranges = 0]) => Math.max(n - 1, ranges),
  init: ([n = 0, ranges = 0, times = 0]) => ({
    middle: newSmoothed(n),
    range: newRange(ranges),
    multiplier: times,
  }),
  next({ middle, range, multiplier: times }, bar) {
    return around(nextEma(middle, bar.close), times * nextRange(range, bar));
  },
});

const donchian = defineLines<Channel, Three>({
  name: "donchian",
  lines: ["upper", "middle", "lower"],
  description: "Donchian channel: highest high, lowest low and their middle, this bar included",
  source: "Donchian; TA-Lib TA_MAX, TA_MIN and TA_MIDPRICE",
  edge: "always has a value",
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newChannel(n),
  next(channel, { high, low }) {
    if (!nextChannel(channel, high, low)) return { upper: null, middle: null, lower: null };
    const top = topOf(channel);
    const bottom = bottomOf(channel);
    return { upper: top, middle: orNull((top + bottom) / 2), lower: bottom };
  },
});

type SuperTrend = {
  readonly range: Range;
  readonly multiplier: number;
  isStarted: boolean;
  isRising: boolean;
  upper: number;
  lower: number;
  close: number;
};

const supertrend = defineLines<SuperTrend, "supertrend" | "direction">({
  name: "supertrend",
  lines: ["supertrend", "direction"],
  description:
    "SuperTrend: the ATR band that the close has not crossed; direction 1 rising, −1 falling",
  source: "Seban; TradingView ta.supertrend",
  edge: "begins falling, as at TradingView; a flat market stays so",
  parameters: [
    period(10, "period", 1),
    multiplier(3, "distance of the band in average true ranges"),
  ],
  warmup: ([n = 0]) => n,
  init: ([n = 0, times = 0]) => ({
    range: newRange(n),
    multiplier: times,
    isStarted: false,
    isRising: false,
    upper: 0,
    lower: 0,
    close: 0,
  }),
  next(state, bar) {
    const width = state.multiplier * nextRange(state.range, bar);
    if (width - width !== 0) return { supertrend: null, direction: null };
    follow(state, bar, width);
    return {
      supertrend: orNull(state.isRising ? state.lower : state.upper),
      direction: state.isRising ? 1 : -1,
    };
  },
});

/** A band only comes nearer, until the close before has broken it. */
function follow(state: SuperTrend, { high, low, close }: BarFloats, width: number): void {
  const middle = (high + low) / 2;
  const { isStarted, upper, lower, close: before } = state;
  if (!isStarted || middle + width < upper || before > upper) state.upper = middle + width;
  if (!isStarted || middle - width > lower || before < lower) state.lower = middle - width;
  if (isStarted) state.isRising = state.isRising ? close >= state.lower : close > state.upper;
  state.isStarted = true;
  state.close = close;
}

export const bands: readonly Kernel[] = [
  bbands,
  percentb,
  bandwidth,
  trange,
  atr,
  natr,
  keltner,
  donchian,
  supertrend,
];
