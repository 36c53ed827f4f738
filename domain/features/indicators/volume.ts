import { newSmoothed, nextEma, type Smoothed } from "../cells/averages.ts";
import { newLast, replace, simpleReturn, typicalPrice, type Last } from "../cells/changes.ts";
import { isFull, newWindow, push, total, type Window } from "../cells/window.ts";
import { defineKernel, type BarFloats, type Kernel } from "../kernel.ts";
import { fastBeforeSlow, period } from "../parameters.ts";

type Flow = { readonly last: Last; sum: number };

const newFlow = (): Flow => ({ last: newLast(), sum: 0 });

const obv = defineKernel<Flow>({
  name: "obv",
  description: "On-balance volume since the first bar, whose volume it begins with",
  source: "Granville 1963; TA-Lib TA_OBV",
  edge: "always has a value; its level depends on where the history begins",
  parameters: [],
  warmup: () => 0,
  init: newFlow,
  next(flow, { close, volume }) {
    const before = replace(flow.last, close);
    if (close < before) flow.sum -= volume;
    else if (close !== before) flow.sum += volume;
    return flow.sum;
  },
});

const vpt = defineKernel<Flow>({
  name: "vpt",
  description: "Volume price trend: the sum of volume times simple return since the first bar",
  source: "StockCharts ChartSchool",
  edge: "null at a bar whose return does not exist; its level depends on where the history begins",
  parameters: [],
  warmup: () => 1,
  init: newFlow,
  next(flow, { close, volume }) {
    const flowed = volume * simpleReturn(replace(flow.last, close), close);
    if (flowed - flowed !== 0) return Number.NaN;
    flow.sum += flowed;
    return flow.sum;
  },
});

/**
 * The share of the volume that was bought, −volume to volume; 0 for a bar without range, as in TA-Lib, and where the close lies so
 * far outside of the range that their ratio is no number: a line that were infinite once would never be a number again.
 */
function moneyFlow({ high, low, close, volume }: BarFloats): number {
  const flow = high > low ? ((close - low - (high - close)) / (high - low)) * volume : 0;
  return Number.isFinite(flow) ? flow : 0;
}

type Sum = { sum: number };

const adl = defineKernel<Sum>({
  name: "adl",
  description: "Accumulation/distribution line since the first bar",
  source: "Chaikin; TA-Lib TA_AD",
  edge: "a bar without range adds 0; its level depends on where the history begins",
  parameters: [],
  warmup: () => 0,
  init: () => ({ sum: 0 }),
  next(state, bar) {
    state.sum += moneyFlow(bar);
    return state.sum;
  },
});

type Chaikin = {
  readonly fast: number;
  readonly slow: number;
  /** bars seen, up to the longer window */
  count: number;
  sum: number;
  fastValue: number;
  slowValue: number;
};

/** Both averages begin with the first value of the line, as in TA-Lib, not with a simple average. */
const adosc = defineKernel<Chaikin>({
  name: "adosc",
  description: "Chaikin oscillator: fast minus slow EMA of the accumulation/distribution line",
  source: "Chaikin; TA-Lib TA_ADOSC",
  edge: "a bar without range adds 0 to the line",
  parameters: [period(3, "fast"), period(10, "slow")],
  conflict: fastBeforeSlow,
  warmup: ([, slow = 0]) => slow - 1,
  init: ([fast = 0, slow = 0]) => ({ fast, slow, count: 0, sum: 0, fastValue: 0, slowValue: 0 }),
  next(state, bar) {
    state.sum += moneyFlow(bar);
    if (state.count === 0) state.fastValue = state.slowValue = state.sum;
    state.fastValue += (state.sum - state.fastValue) * (2 / (state.fast + 1));
    state.slowValue += (state.sum - state.slowValue) * (2 / (state.slow + 1));
    if (state.count < state.slow) state.count += 1;
    return state.count === state.slow ? state.fastValue - state.slowValue : Number.NaN;
  },
});

type Weighed = { readonly amount: Window; readonly volume: Window };

const newWeighed = (n: number): Weighed => ({ amount: newWindow(n), volume: newWindow(n) });

/** Σ amount / Σ volume of the window; NaN until it is full, and where it has no volume. */
function weigh(state: Weighed, amount: number, volume: number): number {
  push(state.amount, amount);
  push(state.volume, volume);
  return isFull(state.volume) ? total(state.amount) / total(state.volume) : Number.NaN;
}

const cmf = defineKernel<Weighed>({
  name: "cmf",
  description: "Chaikin money flow: the share of the window's volume that was bought, −1 to 1",
  source: "Chaikin; StockCharts ChartSchool",
  edge: "null where the window has no volume",
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newWeighed(n),
  next: (state, bar) => weigh(state, moneyFlow(bar), bar.volume),
});

const rollingvwap = defineKernel<Weighed>({
  name: "rollingvwap",
  description: "Volume-weighted average of the typical price over the last bars",
  source: "definition: Σ typical price · volume / Σ volume",
  edge: "null where the window has no volume",
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newWeighed(n),
  next: (state, bar) => weigh(state, typicalPrice(bar) * bar.volume, bar.volume),
});

type Session = { day: number; turnover: number; volume: number };

const DAY_MS = 86_400_000;

const vwap = defineKernel<Session>({
  name: "vwap",
  description: "Volume-weighted average of the typical price since 00:00 UTC of the bar's day",
  source: "definition: Σ typical price · volume / Σ volume, anchored on the UTC day",
  edge: "null until the day has volume, and where bars have no time",
  parameters: [],
  warmup: () => 0,
  init: () => ({ day: -1, turnover: 0, volume: 0 }),
  next(session, bar) {
    if (bar.startMs === undefined) return Number.NaN;
    const day = Math.floor(bar.startMs / DAY_MS);
    if (day !== session.day) {
      session.day = day;
      session.turnover = 0;
      session.volume = 0;
    }
    session.turnover += typicalPrice(bar) * bar.volume;
    session.volume += bar.volume;
    return session.turnover / session.volume;
  },
});

type MoneyFlow = { readonly last: Last; readonly flows: Window };

const mfi = defineKernel<MoneyFlow>({
  name: "mfi",
  description: "Money flow index: the RSI's idea on typical price times volume, 0 to 100",
  source: "Quong & Soudack 1989; TA-Lib TA_MFI",
  edge: "null where no money flowed up or down (TA-Lib: 0 where less than 1 flowed)",
  parameters: [period(14)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({ last: newLast(), flows: newWindow(n) }),
  next({ last, flows }, bar) {
    const typical = typicalPrice(bar);
    const change = typical - replace(last, typical);
    if (change - change !== 0) return Number.NaN;
    push(flows, Math.sign(change) * typical * bar.volume);
    return isFull(flows) ? inflow(flows) : Number.NaN;
  },
});

/** Sums anew at every bar: what a running sum leaves behind is no money that flowed. */
function inflow({ values }: Window): number {
  let up = 0;
  let moved = 0;
  for (const flow of values) {
    up += Math.max(flow, 0);
    moved += Math.abs(flow);
  }
  return (100 * up) / moved;
}

type Force = { readonly last: Last; readonly average: Smoothed };

const forceindex = defineKernel<Force>({
  name: "forceindex",
  description: "Force index: an EMA of the change of the close times the volume",
  source: "Elder 1993; StockCharts ChartSchool",
  edge: "always has a value",
  parameters: [period(13, "period", 1)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({ last: newLast(), average: newSmoothed(n) }),
  next: ({ last, average }, { close, volume }) =>
    nextEma(average, (close - replace(last, close)) * volume),
});

const relvolume = defineKernel<Window>({
  name: "relvolume",
  description: "Relative volume: this bar's volume over the average of the bars before it",
  source: "definition; this bar is not part of the average",
  edge: "null where the bars before had no volume",
  parameters: [period(20)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n),
  next(before, { volume }) {
    const ratio = isFull(before) ? (volume * before.size) / total(before) : Number.NaN;
    push(before, volume);
    return ratio;
  },
});

type Illiquidity = { readonly last: Last; readonly ratios: Window };

const amihud = defineKernel<Illiquidity>({
  name: "amihud",
  description: "Amihud illiquidity: the mean of |simple return| over turnover (close · volume)",
  source: "Amihud 2002",
  edge: "bars without turnover or return are left out and have null",
  parameters: [period(20)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({ last: newLast(), ratios: newWindow(n) }),
  next({ last, ratios }, { close, volume }) {
    const change = simpleReturn(replace(last, close), close);
    const ratio = Math.abs(change) / (close * volume);
    if (ratio - ratio !== 0) return Number.NaN;
    push(ratios, ratio);
    return isFull(ratios) ? total(ratios) / ratios.size : Number.NaN;
  },
});

export const volumes: readonly Kernel[] = [
  obv,
  vpt,
  adl,
  adosc,
  cmf,
  mfi,
  forceindex,
  vwap,
  rollingvwap,
  relvolume,
  amihud,
];
