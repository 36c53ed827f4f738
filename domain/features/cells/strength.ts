import { newSmoothed, nextWilder, type Smoothed } from "./averages.ts";
import { newLast, replace, type Last } from "./changes.ts";

/** What TA-Lib's TA_IS_ZERO takes for nothing. */
export const NOTHING = 1e-14;

/** Wilder's averages of the gains and the losses, both positive. */
export type Strength = { readonly last: Last; readonly gain: Smoothed; readonly loss: Smoothed };

export function newStrength(period: number): Strength {
  return { last: newLast(), gain: newSmoothed(period), loss: newSmoothed(period) };
}

/** Takes the next value and says whether the averages are warm. */
export function takeValue({ last, gain, loss }: Strength, value: number): boolean {
  const change = value - replace(last, value);
  nextWilder(gain, Math.max(change, 0));
  nextWilder(loss, Math.max(-change, 0));
  return gain.count === gain.period;
}

/** 0 to 100; NaN until it is warm, and 0 where nothing ever moved, as in TA-Lib. */
export function nextStrength(strength: Strength, value: number): number {
  if (!takeValue(strength, value)) return Number.NaN;
  const moves = strength.gain.value + strength.loss.value;
  return moves < NOTHING ? 0 : 100 * (strength.gain.value / moves);
}
