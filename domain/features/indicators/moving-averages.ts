import {
  newMean,
  newSmoothed,
  nextEma,
  nextMean,
  nextWeighted,
  type Mean,
  type Smoothed,
} from "../cells/averages.ts";
import { NOTHING } from "../cells/strength.ts";
import { at, isFull, newWindow, push, total, type Window } from "../cells/window.ts";
import { defineKernel, type Kernel } from "../kernel.ts";
import { period } from "../parameters.ts";

const FINITE = "always has a value";

const sma = defineKernel<Mean>({
  name: "sma",
  description: "Simple moving average of the close",
  source: "TA-Lib TA_SMA",
  edge: FINITE,
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newMean(n),
  next: (mean, { close }) => nextMean(mean, close),
});

/** The seed fades: about 3.5 · (period + 1) bars agree with any other seed to 0.1 %. */
const ema = defineKernel<Smoothed>({
  name: "ema",
  description: "Exponential moving average of the close, seeded with the simple average",
  source: "TA-Lib TA_EMA (classic seed)",
  edge: FINITE,
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newSmoothed(n),
  next: (average, { close }) => nextEma(average, close),
});

const wma = defineKernel<Window>({
  name: "wma",
  description: "Linearly weighted moving average of the close",
  source: "TA-Lib TA_WMA",
  edge: FINITE,
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => newWindow(n),
  next: (window, { close }) => nextWeighted(window, close),
});

type Chain = { readonly links: readonly Smoothed[] };

const newChain = (n: number, links: number): Chain => ({
  links: Array.from({ length: links }, () => newSmoothed(n)),
});

/** Feeds each exponential average with the one before and gives the last. */
function nextChain({ links }: Chain, value: number): number {
  let passed = value;
  for (const link of links) passed = nextEma(link, passed);
  return passed;
}

const level = ({ links }: Chain, index: number): number => links[index]?.value ?? Number.NaN;

const dema = defineKernel<Chain>({
  name: "dema",
  description: "Double exponential moving average: 2 · EMA − EMA of EMA",
  source: "Mulloy 1994; TA-Lib TA_DEMA",
  edge: FINITE,
  parameters: [period(20)],
  warmup: ([n = 0]) => 2 * (n - 1),
  init: ([n = 0]) => newChain(n, 2),
  next: (chain, { close }) => -nextChain(chain, close) + 2 * level(chain, 0),
});

const tema = defineKernel<Chain>({
  name: "tema",
  description: "Triple exponential moving average: 3 · EMA − 3 · EMA of EMA + the third",
  source: "Mulloy 1994; TA-Lib TA_TEMA",
  edge: FINITE,
  parameters: [period(20)],
  warmup: ([n = 0]) => 3 * (n - 1),
  init: ([n = 0]) => newChain(n, 3),
  next: (chain, { close }) => nextChain(chain, close) + 3 * level(chain, 0) - 3 * level(chain, 1),
});

type T3 = { readonly chain: Chain; readonly volume: number };

const t3 = defineKernel<T3>({
  name: "t3",
  description: "Tillson's smoothed average of six exponential ones",
  source: "Tillson 1998; TA-Lib TA_T3",
  edge: FINITE,
  parameters: [
    period(5),
    {
      name: "volumeFactor",
      description: "0 smooths most, 1 follows most closely",
      default: 0.7,
      min: 0,
      max: 1,
      isInteger: false,
    },
  ],
  warmup: ([n = 0]) => 6 * (n - 1),
  init: ([n = 0, volume = 0]) => ({ chain: newChain(n, 6), volume }),
  next({ chain, volume: v }, { close }) {
    const sixth = nextChain(chain, close);
    const [square, cube] = [v * v, v * v * v];
    return (
      -cube * sixth +
      3 * (square + cube) * level(chain, 4) -
      3 * (2 * square + v + cube) * level(chain, 3) +
      (1 + 3 * v + 3 * square + cube) * level(chain, 2)
    );
  },
});

type Twice = { readonly inner: Mean; readonly outer: Mean };

const trima = defineKernel<Twice>({
  name: "trima",
  description: "Triangular moving average: the simple average of a simple average",
  source: "TA-Lib TA_TRIMA",
  edge: FINITE,
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => ({
    inner: newMean(Math.ceil(n / 2)),
    outer: newMean(Math.floor(n / 2) + 1),
  }),
  next: ({ inner, outer }, { close }) => nextMean(outer, nextMean(inner, close)),
});

type Hull = { readonly half: Window; readonly whole: Window; readonly root: Window };

const hma = defineKernel<Hull>({
  name: "hma",
  description: "Hull moving average: WMA(√n) of 2 · WMA(n/2) − WMA(n), both rounded down",
  source: "Hull 2005",
  edge: FINITE,
  parameters: [period(16, "period", 4)],
  warmup: ([n = 0]) => n + Math.floor(Math.sqrt(n)) - 2,
  init: ([n = 0]) => ({
    half: newWindow(Math.floor(n / 2)),
    whole: newWindow(n),
    root: newWindow(Math.floor(Math.sqrt(n))),
  }),
  next({ half, whole, root }, { close }) {
    const fast = nextWeighted(half, close);
    return nextWeighted(root, 2 * fast - nextWeighted(whole, close));
  },
});

type Adaptive = { readonly closes: Window; value: number };

const FAST = 2 / 3;
const SLOW = 2 / 31;

const kama = defineKernel<Adaptive>({
  name: "kama",
  description: "Kaufman's adaptive moving average, between the EMA weights of 2 and 30 bars",
  source: "Kaufman 1995; TA-Lib TA_KAMA",
  edge: "a flat window counts as efficiency 1",
  parameters: [period(10)],
  warmup: ([n = 0]) => n,
  init: ([n = 0]) => ({ closes: newWindow(n + 1), value: 0 }),
  next(state, { close }) {
    push(state.closes, close);
    if (!isFull(state.closes)) {
      state.value = close;
      return Number.NaN;
    }
    const weight = (efficiency(state.closes) * (FAST - SLOW) + SLOW) ** 2;
    state.value += (close - state.value) * weight;
    return state.value;
  },
});

/** How straight the way of the closes was: 1 for a line, and where nothing moved. */
function efficiency(closes: Window): number {
  const span = closes.size - 1;
  let path = 0;
  for (let ago = 0; ago < span; ago += 1) path += Math.abs(at(closes, ago) - at(closes, ago + 1));
  const direction = Math.abs(at(closes, 0) - at(closes, span));
  return path <= direction || path < NOTHING ? 1 : direction / path;
}

type Weighted = { readonly turnover: Window; readonly volume: Window };

const vwma = defineKernel<Weighted>({
  name: "vwma",
  description: "Moving average of the close, weighted with the volume",
  source: "definition: Σ close · volume / Σ volume",
  edge: "null where the window has no volume",
  parameters: [period(20)],
  warmup: ([n = 0]) => n - 1,
  init: ([n = 0]) => ({ turnover: newWindow(n), volume: newWindow(n) }),
  next(state, { close, volume }) {
    push(state.turnover, close * volume);
    push(state.volume, volume);
    if (!isFull(state.volume)) return Number.NaN;
    return total(state.turnover) / total(state.volume);
  },
});

export const movingAverages: readonly Kernel[] = [
  sma,
  ema,
  wma,
  dema,
  tema,
  trima,
  hma,
  kama,
  t3,
  vwma,
];
