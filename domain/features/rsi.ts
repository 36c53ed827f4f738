import { defineKernel } from "./kernel.ts";
import { period, periodOf } from "./period.ts";

type RsiState = {
  readonly period: number;
  /** changes seen, up to `period`; −1 before the first close */
  count: number;
  previous: number;
  /** sums of the first changes until there are `period` of them, then Wilder's averages; losses positive */
  gain: number;
  loss: number;
};

/** What TA-Lib's TA_IS_ZERO takes for nothing. */
const NOTHING = 1e-14;

/**
 * Wilder's relative strength index of the close, 0 to 100: 100 · G / (G + L) of the average gain and loss. The averages begin
 * with the means of the first `period` changes and go on with weight 1 / period. A market without any move gives 0, as in
 * TA-Lib (other definitions say 50).
 * Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978), section VI; TA-Lib TA_RSI.
 */
export const rsi = defineKernel<RsiState>({
  name: "rsi",
  description: "Wilder's relative strength index of the close, 0 to 100",
  source: "Wilder 1978; TA-Lib TA_RSI",
  parameters: [period(14)],
  warmup: (params) => periodOf(params),
  init: (params) => ({ period: periodOf(params), count: -1, previous: 0, gain: 0, loss: 0 }),
  update(state, { close }) {
    const change = state.count === -1 ? 0 : close - state.previous;
    state.previous = close;
    if (state.count === state.period) average(state, change);
    else accumulate(state, change);
    return { state, value: state.count === state.period ? strength(state) : null };
  },
});

function accumulate(state: RsiState, change: number): void {
  state.count += 1;
  state.gain += Math.max(change, 0);
  state.loss += Math.max(-change, 0);
  if (state.count < state.period) return;
  state.gain /= state.period;
  state.loss /= state.period;
}

function average(state: RsiState, change: number): void {
  const { period: bars } = state;
  state.gain = (state.gain * (bars - 1) + Math.max(change, 0)) / bars;
  state.loss = (state.loss * (bars - 1) + Math.max(-change, 0)) / bars;
}

function strength({ gain, loss }: RsiState): number {
  const moves = gain + loss;
  return moves < NOTHING ? 0 : 100 * (gain / moves);
}
