import type { Parameter } from "./kernel.ts";

/** The upper bound keeps a state under 20 kB. */
const BARS_MAX = 1000;

/** A window in bars. TA-Lib starts most of them at 2 as well. */
export function period(defaultBars: number, name = "period", min = 2): Parameter {
  return {
    name,
    description: "window in bars",
    default: defaultBars,
    min,
    max: BARS_MAX,
    isInteger: true,
  };
}

/** A distance in bars. */
export function distance(defaultBars: number, name = "period"): Parameter {
  return {
    name,
    description: "bars back",
    default: defaultBars,
    min: 1,
    max: BARS_MAX,
    isInteger: true,
  };
}

/** A width in multiples of what is measured, decimals allowed. */
export function multiplier(defaultTimes: number, description: string): Parameter {
  return {
    name: "multiplier",
    description,
    default: defaultTimes,
    min: 0.1,
    max: 10,
    isInteger: false,
  };
}

/** Says that the first of two windows is not the shorter one, or null. */
export function fastBeforeSlow([fast = 0, slow = 0]: readonly number[]): string | null {
  return fast < slow
    ? null
    : `fast: expected less than slow, found ${String(fast)} and ${String(slow)}`;
}
