import { defineKernel } from "./kernel.ts";
import { period, periodOf } from "./period.ts";

type SmaState = {
  readonly period: number;
  /** the last `period` closes; `next` is where the oldest is overwritten */
  readonly window: number[];
  next: number;
  sum: number;
};

/** Simple moving average of the close: the mean of the last `period` closes. */
export const sma = defineKernel<SmaState>({
  name: "sma",
  description: "Simple moving average of the close",
  source: "TA-Lib TA_SMA",
  parameters: [period(20)],
  warmup: (params) => periodOf(params) - 1,
  init: (params) => ({ period: periodOf(params), window: [], next: 0, sum: 0 }),
  update(state, { close }) {
    const oldest = state.window[state.next] ?? 0;
    state.window[state.next] = close;
    state.next = (state.next + 1) % state.period;
    // Adding and subtracting drifts by rounding; summing anew once a window keeps the error of one window.
    state.sum = state.next === 0 ? total(state.window) : state.sum + close - oldest;
    const isWarm = state.window.length === state.period;
    return { state, value: isWarm ? state.sum / state.period : null };
  },
});

function total(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
