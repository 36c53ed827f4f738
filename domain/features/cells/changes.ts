import type { BarFloats } from "../kernel.ts";
import { clear, isFull, newWindow, push, type Window } from "./window.ts";

/** The value before this one. */
export type Last = { isKnown: boolean; value: number };

export function newLast(): Last {
  return { isKnown: false, value: 0 };
}

/** Puts the newest value in and gives the one before; NaN the first time. */
export function replace(last: Last, value: number): number {
  const before = last.isKnown ? last.value : Number.NaN;
  last.isKnown = true;
  last.value = value;
  return before;
}

/** Wilder's true range, the bar and the gap before it; NaN at the first bar, as in TA-Lib. */
export function trueRange(lastClose: Last, { high, low, close }: BarFloats): number {
  const before = replace(lastClose, close);
  return Math.max(high, before) - Math.min(low, before);
}

/** The price between high and low that CCI, MFI and VWAP reckon with. */
export function typicalPrice({ high, low, close }: BarFloats): number {
  return (high + low + close) / 3;
}

/** Simple return; NaN unless both prices are positive: a return across zero means nothing. */
export function simpleReturn(before: number, now: number): number {
  return before > 0 && now > 0 ? now / before - 1 : Number.NaN;
}

/** Logarithmic return; NaN unless both prices are positive. */
export function logReturn(before: number, now: number): number {
  return before > 0 && now > 0 ? Math.log(now / before) : Number.NaN;
}

/** The last logarithmic returns of the close. */
export type Returns = { readonly last: Last; readonly window: Window };

export function newReturns(period: number): Returns {
  return { last: newLast(), window: newWindow(period) };
}

/** Takes the next close and says whether the window is full. It begins anew after a price that has no logarithm. */
export function takeClose({ last, window }: Returns, close: number): boolean {
  const change = logReturn(replace(last, close), close);
  if (change - change === 0) push(window, change);
  else clear(window);
  return isFull(window);
}
