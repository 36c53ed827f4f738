import { newSmoothed, nextEma, nextWilder, type Smoothed } from "../cells/averages.ts";
import { newLast, trueRange, type Last } from "../cells/changes.ts";
import { bottomOf, newChannel, nextChannel, topOf, type Channel } from "../cells/channel.ts";
import {
  latestHighest,
  latestLowest,
  nextLatestExtreme,
  sinceExtreme,
  type LatestExtreme,
} from "../cells/latest-extreme.ts";
import { NOTHING } from "../cells/strength.ts";
import { at, isFull, newWindow, push, total, type Window } from "../cells/window.ts";
import { defineKernel, defineLines, orNull, type BarFloats, type Kernel } from "../kernel.ts";
import { period } from "../parameters.ts";

type Directional = {
  readonly period: number;
  /** bars seen, up to period + 1 */
  count: number;
  high: number;
  low: number;
  close: number;
  /** Wilder's sums, not averages, as in TA-Lib */
  range: number;
  plus: number;
  minus: number;
  readonly adx: Smoothed;
};

const adx = defineLines<Directional, "adx" | "plusDi" | "minusDi">({
  name: "adx",
  lines: ["adx", "plusDi", "minusDi"],
  description: "Average directional index and the two directional indicators, 0 to 100",
  source: "Wilder 1978; TA-Lib TA_ADX, TA_PLUS_DI, TA_MINUS_DI",
  edge: "without range the indicators are 0 and the index stays; the indicators come after `period` bars",
  parameters: [period(14)],
  warmup: ([n = 0]) => 2 * n - 1,
  init: ([n = 0]) => ({
    period: n,
    count: 0,
    high: 0,
    low: 0,
    close: 0,
    range: 0,
    plus: 0,
    minus: 0,
    adx: newSmoothed(n),
  }),
  next(state, bar) {
    move(state, bar);
    if (state.count <= state.period) return { adx: null, plusDi: null, minusDi: null };
    const { range, plus, minus } = state;
    const isStill = range < NOTHING;
    const index = nextWilder(state.adx, isStill ? steady(state) : directionOf(state));
    return {
      adx: orNull(index),
      plusDi: isStill ? 0 : orNull((100 * plus) / range),
      minusDi: isStill ? 0 : orNull((100 * minus) / range),
    };
  },
});

/** Takes the bar into the sums of range and directional movement. */
function move(state: Directional, { high, low, close }: BarFloats): void {
  const { period: bars, count } = state;
  if (count > 0) {
    const up = high - state.high;
    const down = state.low - low;
    const kept = count < bars ? 1 : 1 - 1 / bars;
    state.range = state.range * kept + Math.max(high, state.close) - Math.min(low, state.close);
    state.plus = state.plus * kept + (up > 0 && up > down ? up : 0);
    state.minus = state.minus * kept + (down > 0 && down > up ? down : 0);
  }
  if (count <= bars) state.count = count + 1;
  state.high = high;
  state.low = low;
  state.close = close;
}

function directionOf(state: Directional): number {
  const sum = state.plus + state.minus;
  // TA-Lib looks for nothing in the indicators, which are movement over range.
  if ((100 * sum) / state.range < NOTHING) return steady(state);
  return (100 * Math.abs(state.plus - state.minus)) / sum;
}

/** What leaves the index where it is; nothing as long as it is being seeded. */
function steady({ adx: { count, period: bars, value } }: Directional): number {
  return count === bars ? value : 0;
}

type Arms = { readonly high: LatestExtreme; readonly low: LatestExtreme };

const aroon = defineLines<Arms, "up" | "down" | "oscillator">({
  name: "aroon",
  lines: ["up", "down", "oscillator"],
  description: "Aroon: how fresh the highest high and the lowest low are, 100 for this bar",
  source: "Chande 1995; TA-Lib TA_AROON, TA_AROONOSC",
  edge: "always has a value; of equal extremes the newest counts",
  parameters: [period(14)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({ high: latestHighest(n + 1), low: latestLowest(n + 1) }),
  next(state, { high, low }) {
    const sum = nextLatestExtreme(state.high, high) + nextLatestExtreme(state.low, low);
    if (sum - sum !== 0) return { up: null, down: null, oscillator: null };
    const bars = state.high.size - 1;
    const up = (100 * (bars - sinceExtreme(state.high))) / bars;
    const down = (100 * (bars - sinceExtreme(state.low))) / bars;
    return { up, down, oscillator: up - down };
  },
});

type Vortex = { readonly high: Window; readonly low: Window; readonly close: Window };

/** The prices are kept, not the three movements of each bar: a third of the state, and sums that never drift. */
const vortex = defineLines<Vortex, "plus" | "minus">({
  name: "vortex",
  lines: ["plus", "minus"],
  description: "Vortex indicator: upward and downward movement over the true range",
  source: "Botes & Siepman 2010",
  edge: "null where the window has no range",
  parameters: [period(14)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({
    high: newWindow(n + 1),
    low: newWindow(n + 1),
    close: newWindow(n + 1),
  }),
  next(state, { high, low, close }) {
    push(state.high, high);
    push(state.low, low);
    push(state.close, close);
    return isFull(state.close) ? turns(state) : { plus: null, minus: null };
  },
});

function turns({ high, low, close }: Vortex) {
  let [plus, minus, range] = [0, 0, 0];
  for (let ago = 0; ago + 1 < close.size; ago += 1) {
    const top = at(high, ago);
    const bottom = at(low, ago);
    const before = at(close, ago + 1);
    plus += Math.abs(top - at(low, ago + 1));
    minus += Math.abs(bottom - at(high, ago + 1));
    range += Math.max(top, before) - Math.min(bottom, before);
  }
  return { plus: orNull(plus / range), minus: orNull(minus / range) };
}

type Cloud = {
  readonly conversion: number;
  readonly base: number;
  readonly high: Window;
  readonly low: Window;
};

/** All three windows are read off one pass over the longest, which keeps one window of prices instead of three. */
const ichimoku = defineLines<Cloud, "conversion" | "base" | "spanA" | "spanB">({
  name: "ichimoku",
  lines: ["conversion", "base", "spanA", "spanB"],
  description: "Ichimoku lines of this bar; a chart draws the spans `base` bars further right",
  source: "Hosoda 1969; StockCharts ChartSchool",
  edge: "always has a value; each line comes as soon as its own window is full",
  parameters: [period(9, "conversion"), period(26, "base"), period(52, "spanB")],
  conflict: ([conversion = 0, base = 0, spanB = 0]) =>
    conversion < base && base < spanB ? null : "expected conversion less than base less than spanB",
  warmup: ([, , spanB = 0]) => spanB - 1,
  init: ([conversion = 0, base = 0, spanB = 0]) => ({
    conversion,
    base,
    high: newWindow(spanB),
    low: newWindow(spanB),
  }),
  next(state, { high, low }) {
    push(state.high, high);
    push(state.low, low);
    return cloud(state);
  },
});

function cloud({ conversion, base, high, low }: Cloud) {
  const { values: highs, size, next } = high;
  const { values: lows } = low;
  const count = highs.length;
  let top = -Infinity;
  let bottom = Infinity;
  // NaN where the window is not that long yet.
  let short = Number.NaN;
  let middle = Number.NaN;
  for (let ago = 0, index = next; ago < count; ago += 1) {
    index = index === 0 ? size - 1 : index - 1;
    top = Math.max(top, highs[index] ?? Number.NaN);
    bottom = Math.min(bottom, lows[index] ?? Number.NaN);
    if (ago === conversion - 1) short = (top + bottom) / 2;
    if (ago === base - 1) middle = (top + bottom) / 2;
  }
  return {
    conversion: orNull(short),
    base: orNull(middle),
    spanA: orNull((short + middle) / 2),
    spanB: count === size ? orNull((top + bottom) / 2) : null,
  };
}

type Choppiness = {
  readonly lastClose: Last;
  readonly range: Window;
  readonly channel: Channel;
};

const choppiness = defineKernel<Choppiness>({
  name: "choppiness",
  description: "Choppiness index: 100 for a market that only oscillates, low in a trend",
  source: "Dreiss 1993",
  edge: "null where the window has no range",
  parameters: [period(14)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({
    lastClose: newLast(),
    range: newWindow(n),
    channel: newChannel(n),
  }),
  next({ lastClose, range, channel }, bar) {
    const width = trueRange(lastClose, bar);
    nextChannel(channel, bar.high, bar.low);
    if (width - width !== 0) return Number.NaN;
    push(range, width);
    if (!isFull(range)) return Number.NaN;
    const height = topOf(channel) - bottomOf(channel);
    return (100 * Math.log(total(range) / height)) / Math.log(range.size);
  },
});

type Mass = { readonly first: Smoothed; readonly second: Smoothed; readonly ratios: Window };

const massindex = defineKernel<Mass>({
  name: "massindex",
  description: "Mass index: the sum of an EMA of the range over its own EMA",
  source: "Dorsey 1992",
  edge: "null where the smoothed range is 0, and until the window is full again",
  parameters: [period(9, "ema"), period(25, "sum")],
  warmup: ([n = 0, sum = 0]) => 2 * (n - 1) + sum - 1,
  init: ([n = 0, sum = 0]) => ({
    first: newSmoothed(n),
    second: newSmoothed(n),
    ratios: newWindow(sum),
  }),
  next({ first, second, ratios }, { high, low }) {
    const range = nextEma(first, high - low);
    const ratio = range / nextEma(second, range);
    if (ratio - ratio !== 0) return Number.NaN;
    push(ratios, ratio);
    return isFull(ratios) ? total(ratios) : Number.NaN;
  },
});

const elderray = defineLines<Smoothed, "bull" | "bear">({
  name: "elderray",
  lines: ["bull", "bear"],
  description: "Elder ray: the high and the low, each minus an EMA of the close",
  source: "Elder 1993",
  edge: "always has a value",
  parameters: [period(13)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newSmoothed(n),
  next(average, { high, low, close }) {
    const middle = nextEma(average, close);
    return { bull: orNull(high - middle), bear: orNull(low - middle) };
  },
});

export const trend: readonly Kernel[] = [
  adx,
  aroon,
  vortex,
  ichimoku,
  choppiness,
  massindex,
  elderray,
];
