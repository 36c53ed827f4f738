/** What the market showed of its size and its moves: the latest bars, kept for accounts whose slippage needs them. */
import { type DecimalString, dec } from "../shared/decimal.ts";

export type BarHistory = readonly SeenBar[];

/** A type alias, so that it is assignable to Json. */
export type SeenBar = {
  readonly lengthMs: number;
  readonly close: DecimalString;
  readonly volume: DecimalString;
};

/** 20 returns are what is asked for before a volatility is called known. */
const KEPT_BARS = 21;

/** Of one length at a time: returns over an hour say nothing of those over a day. */
export function withBar(history: BarHistory, bar: SeenBar): BarHistory {
  const isSame = history.at(-1)?.lengthMs === bar.lengthMs;
  return [...(isSame ? history : []), bar].slice(-KEPT_BARS);
}

export interface BarMoments {
  /** sample standard deviation of the simple returns of one bar */
  readonly volatility: number;
  /** mean volume of one bar */
  readonly volume: number;
}

/** @returns null with fewer than 21 bars, or where nothing was traded */
export function momentsOf(history: BarHistory): BarMoments | null {
  if (history.length < KEPT_BARS) return null;
  const closes = history.map(({ close }) => dec(close).toNumber());
  const returns = closes.slice(1).map((close, index) => close / (closes[index] ?? Number.NaN) - 1);
  const mean = sum(returns) / returns.length;
  const variance = sum(returns.map((each) => (each - mean) ** 2)) / (returns.length - 1);
  const volume = sum(history.map((bar) => dec(bar.volume).toNumber())) / history.length;
  return Number.isFinite(variance) && volume > 0
    ? { volatility: Math.sqrt(variance), volume }
    : null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
