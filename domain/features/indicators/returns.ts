import {
  logReturn,
  newLast,
  newReturns,
  replace,
  simpleReturn,
  takeClose,
  type Last,
  type Returns,
} from "../cells/changes.ts";
import { highest, nextExtreme, type Extreme } from "../cells/extreme.ts";
import {
  at,
  clear,
  isFull,
  newWindow,
  push,
  sampleDeviation,
  total,
  type Window,
} from "../cells/window.ts";
import { defineKernel, type BarFloats, type Kernel } from "../kernel.ts";
import { distance, period } from "../parameters.ts";

const BOTH_POSITIVE = "null unless both prices are positive";
const BEGINS_ANEW = "after a price that is not positive the window begins anew";

const lag = defineKernel<Window>({
  name: "lag",
  description: "The close some bars ago",
  source: "definition",
  edge: "always has a value",
  parameters: [distance(1)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n + 1),
  next(closes, { close }) {
    push(closes, close);
    return at(closes, closes.size - 1);
  },
});

const returns = defineKernel<Window>({
  name: "returns",
  description: "Simple return of the close over some bars, as a fraction",
  source: "definition: close / close before − 1",
  edge: BOTH_POSITIVE,
  parameters: [distance(1)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n + 1),
  next(closes, { close }) {
    push(closes, close);
    return simpleReturn(at(closes, closes.size - 1), close);
  },
});

const logreturns = defineKernel<Window>({
  name: "logreturns",
  description: "Logarithmic return of the close over some bars",
  source: "definition: ln(close / close before)",
  edge: BOTH_POSITIVE,
  parameters: [distance(1)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newWindow(n + 1),
  next(closes, { close }) {
    push(closes, close);
    return logReturn(at(closes, closes.size - 1), close);
  },
});

const volatility = defineKernel<Returns>({
  name: "volatility",
  description: "Sample standard deviation of the logarithmic returns, per bar (not annualised)",
  source:
    "Hull, Options, Futures and Other Derivatives, estimating volatility from historical data",
  edge: BEGINS_ANEW,
  parameters: [period(20)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => newReturns(n),
  next: (state, { close }) =>
    takeClose(state, close) ? sampleDeviation(state.window) : Number.NaN,
});

type Weighted = {
  readonly lambda: number;
  readonly last: Last;
  /** returns seen, up to the warm-up */
  count: number;
  squares: number;
  weight: number;
};

/** How many returns carry 99 % of the weight: 75 for the classic 0.94. */
const effectiveBars = (lambda: number) => Math.ceil(Math.log(0.01) / Math.log(lambda));

/** Divided by the weights so far, so that no seed is needed: the first squares count for no more than they are. */
const ewmavol = defineKernel<Weighted>({
  name: "ewmavol",
  description: "Exponentially weighted volatility of logarithmic returns about 0, per bar",
  source: "RiskMetrics Technical Document 1996; null until 99 % of the weight has been seen",
  edge: "null at a bar whose return does not exist, which is left out",
  parameters: [
    {
      name: "lambda",
      description: "decay a bar",
      default: 0.94,
      min: 0.5,
      max: 0.995,
      isInteger: false,
    },
  ],
  warmup: ([lambda = 0]) => effectiveBars(lambda),
  init: ([lambda = 0]) => ({ lambda, last: newLast(), count: 0, squares: 0, weight: 0 }),
  next(state, { close }) {
    const change = logReturn(replace(state.last, close), close);
    if (change - change !== 0) return Number.NaN;
    const { lambda } = state;
    state.squares = lambda * state.squares + (1 - lambda) * change * change;
    state.weight = lambda * state.weight + (1 - lambda);
    const bars = effectiveBars(lambda);
    if (state.count < bars) state.count += 1;
    return state.count === bars ? Math.sqrt(state.squares / state.weight) : Number.NaN;
  },
});

/** The square root of the mean of one variance a bar; the window begins anew after a bar that has none. */
function rootMean(window: Window, variance: number): number {
  if (variance - variance === 0) push(window, variance);
  else clear(window);
  return isFull(window) ? Math.sqrt(total(window) / window.size) : Number.NaN;
}

const ofWindow = {
  edge: BEGINS_ANEW,
  parameters: [period(20)],
  warmup: ([n = 0]: readonly number[]) => n - 1,
  init: ([n = 0]: readonly number[]) => newWindow(n),
};

const parkinson = defineKernel<Window>({
  ...ofWindow,
  name: "parkinson",
  description: "Parkinson volatility from high and low, per bar",
  source: "Parkinson 1980",
  next(window, { high, low }) {
    const range = logReturn(low, high);
    return rootMean(window, (range * range) / (4 * Math.LN2));
  },
});

const garmanklass = defineKernel<Window>({
  ...ofWindow,
  name: "garmanklass",
  description: "Garman-Klass volatility from open, high, low and close, per bar",
  source: "Garman & Klass 1980",
  next(window, { open, high, low, close }) {
    const range = logReturn(low, high);
    const body = logReturn(open, close);
    return rootMean(window, 0.5 * range * range - (2 * Math.LN2 - 1) * body * body);
  },
});

const rogerssatchell = defineKernel<Window>({
  ...ofWindow,
  name: "rogerssatchell",
  description: "Rogers-Satchell volatility, which a drift does not disturb, per bar",
  source: "Rogers & Satchell 1991",
  next: (window, bar) => rootMean(window, driftless(bar)),
});

function driftless({ open, high, low, close }: BarFloats): number {
  return (
    logReturn(close, high) * logReturn(open, high) + logReturn(close, low) * logReturn(open, low)
  );
}

type YangZhang = {
  readonly last: Last;
  readonly overnight: Window;
  readonly day: Window;
  readonly driftless: Window;
};

/** Its state is the one above 1 kB with default parameters: three windows of logarithms, each at full precision. */
const yangzhang = defineKernel<YangZhang>({
  name: "yangzhang",
  description: "Yang-Zhang volatility from gaps, bodies and ranges, per bar",
  source: "Yang & Zhang 2000",
  edge: BEGINS_ANEW,
  parameters: [period(20)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({
    last: newLast(),
    overnight: newWindow(n),
    day: newWindow(n),
    driftless: newWindow(n),
  }),
  next(state, bar) {
    const gap = logReturn(replace(state.last, bar.close), bar.open);
    return take(state, gap, logReturn(bar.open, bar.close), driftless(bar))
      ? yangZhang(state)
      : Number.NaN;
  },
});

function take(state: YangZhang, gap: number, body: number, range: number): boolean {
  const { overnight, day, driftless: ranges } = state;
  const sum = gap + body + range;
  if (sum - sum === 0) {
    push(overnight, gap);
    push(day, body);
    push(ranges, range);
  } else [overnight, day, ranges].forEach(clear);
  return isFull(ranges);
}

function yangZhang({ overnight, day, driftless: ranges }: YangZhang): number {
  const bars = ranges.size;
  const share = 0.34 / (1.34 + (bars + 1) / (bars - 1));
  const gaps = sampleDeviation(overnight) ** 2;
  const bodies = sampleDeviation(day) ** 2;
  return Math.sqrt(gaps + share * bodies + (1 - share) * (total(ranges) / bars));
}

const drawdown = defineKernel<Extreme>({
  name: "drawdown",
  description: "How far the close lies below the highest close of the window, as a fraction ≥ 0",
  source: "definition: 1 − close / highest close",
  edge: "null where the highest close is not positive",
  parameters: [period(60)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => highest(n),
  next(state, { close }) {
    const peak = nextExtreme(state, close);
    return peak > 0 ? 1 - close / peak : Number.NaN;
  },
});

export const returnsAndVolatility: readonly Kernel[] = [
  lag,
  returns,
  logreturns,
  volatility,
  ewmavol,
  parkinson,
  garmanklass,
  rogerssatchell,
  yangzhang,
  drawdown,
];
