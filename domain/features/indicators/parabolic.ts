import { defineKernel, type BarFloats, type Kernel } from "../kernel.ts";

type Parabolic = {
  readonly step: number;
  readonly max: number;
  /** bars seen, up to 2 */
  count: number;
  isLong: boolean;
  /** where the position will be left at the next bar */
  stop: number;
  /** the furthest price in the position's favour */
  extreme: number;
  factor: number;
  high: number;
  low: number;
};

/** The first position is short when the second bar moves down (directional movement), long otherwise, as in TA-Lib. */
const psar = defineKernel<Parabolic>({
  name: "psar",
  description: "Parabolic stop and reverse",
  source: "Wilder 1978, section II; TA-Lib TA_SAR",
  edge: "always has a value",
  parameters: [
    { ...acceleration("step", 0.02), description: "what each new extreme adds" },
    { ...acceleration("max", 0.2), description: "where the acceleration ends" },
  ],
  conflict: ([step = 0, max = 0]) => (step <= max ? null : "step: expected at most max"),
  warmup: () => 1,
  init: ([step = 0, max = 0]) => ({
    step,
    max,
    count: 0,
    isLong: true,
    stop: 0,
    extreme: 0,
    factor: step,
    high: 0,
    low: 0,
  }),
  next(state, bar) {
    if (state.count === 1) open(state, bar);
    const isSecond = state.count === 1;
    if (state.count < 2) state.count += 1;
    const stop = state.count < 2 ? Number.NaN : follow(state, bar, isSecond);
    state.high = bar.high;
    state.low = bar.low;
    return stop;
  },
});

function acceleration(name: string, initial: number) {
  return { name, default: initial, min: 0.001, max: 1, isInteger: false };
}

function open(state: Parabolic, { high, low }: BarFloats): void {
  const down = state.low - low;
  state.isLong = !(down > 0 && down > high - state.high);
  state.stop = state.isLong ? state.low : state.high;
  state.extreme = state.isLong ? high : low;
}

/** The stop of this bar; turns round when the bar has reached it, and sets the next one. */
function follow(state: Parabolic, bar: BarFloats, isSecond: boolean): number {
  // TA-Lib lets the second bar stand for the one before it as well.
  const high = isSecond ? bar.high : Math.max(state.high, bar.high);
  const low = isSecond ? bar.low : Math.min(state.low, bar.low);
  const isReached = state.isLong ? bar.low <= state.stop : bar.high >= state.stop;
  if (isReached) turnRound(state, bar, high, low);
  const stop = state.stop;
  if (!isReached) accelerate(state, bar);
  const next = stop + state.factor * (state.extreme - stop);
  state.stop = state.isLong ? Math.min(next, low) : Math.max(next, high);
  return stop;
}

function turnRound(state: Parabolic, bar: BarFloats, high: number, low: number): void {
  state.isLong = !state.isLong;
  state.stop = state.isLong ? Math.min(state.extreme, low) : Math.max(state.extreme, high);
  state.extreme = state.isLong ? bar.high : bar.low;
  state.factor = state.step;
}

function accelerate(state: Parabolic, { high, low }: BarFloats): void {
  const furthest = state.isLong ? high : low;
  if (state.isLong ? furthest <= state.extreme : furthest >= state.extreme) return;
  state.extreme = furthest;
  state.factor = Math.min(state.factor + state.step, state.max);
}

export const parabolic: readonly Kernel[] = [psar];
