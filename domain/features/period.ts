import type { Parameter } from "./kernel.ts";

/** The window of an average in bars. TA-Lib starts at 2 as well; the upper bound keeps a state under 20 kB. */
export function period(defaultBars: number): Parameter {
  return { name: "period", description: "window in bars", default: defaultBars, min: 2, max: 1000 };
}

/** The single parameter of a kernel whose parameters are `[period]`. */
export function periodOf(params: readonly number[]): number {
  return params[0] ?? Number.NaN;
}
