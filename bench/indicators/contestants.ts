import { IndicatorsSync } from "@ixjb94/indicators";
import * as ti from "technicalindicators";
import * as ts from "trading-signals";
import { parseFeature } from "../../domain/features/parse.ts";
import type { BarFloats, FeatureValue } from "../../domain/features/kernel.ts";

/** One indicator that has seen no bar: takes them one by one and gives the number that all are compared by. */
export interface Streaming {
  next(bar: BarFloats): number | null;
  /** bytes of JSON to continue from; null where the library has no such thing */
  stateBytes(): number | null;
}

interface Entry {
  readonly start: () => Streaming;
  /** how close to ours, relatively, the last value must be; null where the definition is another one */
  readonly tolerance: number | null;
}

const EXACT = 1e-9;

const numberIn = (value: FeatureValue, line: string): number | null =>
  typeof value === "object" ? (value?.[line] ?? null) : value;

/** Ours, by canonical name; `line` is the one to compare by. */
export function ours(feature: string): Streaming {
  const { kernel, params } = parseFeature(feature);
  const line = kernel.lines?.[0] ?? "";
  let state = kernel.init(params);
  return {
    next(bar) {
      const step = kernel.update(state, bar);
      state = step.state;
      return numberIn(step.value, line);
    },
    stateBytes: () => JSON.stringify(state).length,
  };
}

const stream = (next: (bar: BarFloats) => number | null | undefined): Streaming => ({
  next: (bar) => next(bar) ?? null,
  stateBytes: () => null,
});

/** The library's types ask for a number or for whole columns where its code reads one bar. */
interface TakesBar<T> {
  nextValue(bar: BarFloats): T | undefined;
}

const empty = { high: [], low: [], close: [], values: [] };

const technicalIndicators: { readonly [feature: string]: Entry } = {
  sma_20: {
    start: () => {
      const sma = new ti.SMA({ period: 20, values: [] });
      return stream((bar) => sma.nextValue(bar.close));
    },
    tolerance: EXACT,
  },
  ema_20: {
    start: () => {
      const ema = new ti.EMA({ period: 20, values: [] });
      return stream((bar) => ema.nextValue(bar.close));
    },
    tolerance: EXACT,
  },
  rsi_14: {
    start: () => {
      const rsi = new ti.RSI({ period: 14, values: [] });
      return stream((bar) => rsi.nextValue(bar.close));
    },
    // It rounds to two decimals.
    tolerance: 1e-3,
  },
  macd_12_26_9: {
    start: () => {
      const macd = new ti.MACD({
        values: [],
        fastPeriod: 12,
        slowPeriod: 26,
        signalPeriod: 9,
        SimpleMAOscillator: false,
        SimpleMASignal: false,
      });
      return stream((bar) => macd.nextValue(bar.close)?.MACD);
    },
    tolerance: EXACT,
  },
  bbands_20_2: {
    start: () => {
      const bands = new ti.BollingerBands({ period: 20, stdDev: 2, values: [] });
      return stream((bar) => bands.nextValue(bar.close)?.upper);
    },
    tolerance: EXACT,
  },
  atr_14: {
    start: () => {
      // true of its code: it reads high, low and close of what it is given
      const atr = new ti.ATR({ period: 14, ...empty }) as unknown as TakesBar<number>;
      return stream((bar) => atr.nextValue(bar));
    },
    tolerance: EXACT,
  },
  adx_14: {
    start: () => {
      // true of its code: it reads high, low and close of what it is given
      const adx = new ti.ADX({ period: 14, ...empty }) as unknown as TakesBar<{
        readonly adx: number;
      }>;
      return stream((bar) => adx.nextValue(bar)?.adx);
    },
    tolerance: EXACT,
  },
  // The fast oscillator: its %K is not smoothed.
  stoch_14_3_3: {
    start: () => {
      const input = { period: 14, signalPeriod: 3, ...empty };
      // true of its code: it reads high, low and close of what it is given
      const stochastic = new ti.Stochastic(input) as unknown as TakesBar<{ readonly d: number }>;
      return stream((bar) => stochastic.nextValue(bar)?.d);
    },
    tolerance: EXACT,
  },
  cci_20: {
    start: () => {
      // true of its code: it reads high, low and close of what it is given
      const cci = new ti.CCI({ period: 20, ...empty }) as unknown as TakesBar<number>;
      return stream((bar) => cci.nextValue(bar));
    },
    tolerance: EXACT,
  },
};

const tradingSignals: { readonly [feature: string]: Entry } = {
  sma_20: {
    start: () => {
      const sma = new ts.SMA(20);
      return stream((bar) => sma.add(bar.close));
    },
    tolerance: EXACT,
  },
  ema_20: {
    start: () => {
      const ema = new ts.EMA(20);
      return stream((bar) => ema.add(bar.close));
    },
    tolerance: EXACT,
  },
  rsi_14: {
    start: () => {
      const rsi = new ts.RSI(14);
      return stream((bar) => rsi.add(bar.close));
    },
    tolerance: EXACT,
  },
  macd_12_26_9: {
    start: () => {
      const macd = new ts.MACD(new ts.EMA(12), new ts.EMA(26), new ts.EMA(9));
      return stream((bar) => macd.add(bar.close)?.macd);
    },
    tolerance: EXACT,
  },
  bbands_20_2: {
    start: () => {
      const bands = new ts.BollingerBands(20, 2);
      return stream((bar) => bands.add(bar.close)?.upper);
    },
    tolerance: EXACT,
  },
  atr_14: {
    start: () => {
      const atr = new ts.ATR(14);
      return stream((bar) => atr.add(bar));
    },
    tolerance: EXACT,
  },
  // It counts both movements where they are equal, TA-Lib neither.
  adx_14: {
    start: () => {
      const adx = new ts.ADX(14);
      return stream((bar) => adx.add(bar));
    },
    tolerance: null,
  },
  stoch_14_3_3: {
    start: () => {
      const stochastic = new ts.StochasticOscillator({
        kPeriod: 14,
        kSlowingPeriod: 3,
        dPeriod: 3,
      });
      return stream((bar) => stochastic.add(bar)?.stochK);
    },
    tolerance: EXACT,
  },
  cci_20: {
    start: () => {
      const cci = new ts.CCI(20);
      return stream((bar) => cci.add(bar));
    },
    tolerance: EXACT,
  },
};

/** Libraries that take bars one by one. */
export const LIBRARIES: { readonly [library: string]: { readonly [feature: string]: Entry } } = {
  technicalindicators: technicalIndicators,
  "trading-signals": tradingSignals,
};

export interface Lists {
  readonly high: number[];
  readonly low: number[];
  readonly close: number[];
}

const batch = new IndicatorsSync();

/** @ixjb94/indicators takes whole arrays only: for the price of a batch, not of a bar that has just closed. */
export const BATCH: { readonly [feature: string]: (lists: Lists) => unknown } = {
  sma_20: ({ close }) => batch.sma(close, 20),
  ema_20: ({ close }) => batch.ema(close, 20),
  rsi_14: ({ close }) => batch.rsi(close, 14),
  macd_12_26_9: ({ close }) => batch.macd(close, 12, 26, 9),
  bbands_20_2: ({ close }) => batch.bbands(close, 20, 2),
  atr_14: ({ high, low, close }) => batch.atr(high, low, close, 14),
  adx_14: ({ high, low }) => batch.adx(high, low, 14),
  stoch_14_3_3: ({ high, low, close }) => batch.stoch(high, low, close, 14, 3, 3),
  cci_20: ({ high, low, close }) => batch.cci(high, low, close, 20),
};

/** The features of which the libraries have the same. */
export const COMPARED = Object.keys(technicalIndicators);
