import type { DecimalString } from "../../shared/decimal.ts";
import type { Touch } from "./sniper.ts";

/** A stretch of trading, epoch ms. */
export type Session = { readonly openMs: number; readonly closeMs: number };

/** What is known of the market when a plan is made; null is what nobody could say. A type alias, so that it is Json. */
export type MarketFacts = {
  readonly quote: Touch | null;
  /** units; a statistic */
  readonly averageDailyVolume: number | null;
  /** σ in money per unit and √day: a statistic */
  readonly dailySigma: number | null;
  /** for each bucket of a VWAP, oldest day first: volumes of earlier days. Null where they were not asked for */
  readonly volumesByDay: readonly (readonly number[])[] | null;
  /** of the venue, soonest first, from the day of the plan on; null: trading never stops, and a day has 24 hours */
  readonly sessions: readonly Session[] | null;
};

export type InstrumentFacts = {
  readonly lotSize: DecimalString;
  readonly tickSize: DecimalString;
  readonly multiplier: DecimalString;
  readonly currency: string;
};

const DAY_MS = 86_400_000;

/**
 * The instant at which so many trading days have passed since `startMs`: a session is one day, whatever its length.
 * @returns null when it lies beyond the sessions that are known
 */
export function afterTradingDays(
  startMs: number,
  days: number,
  sessions: readonly Session[] | null,
): number | null {
  if (sessions === null) return Math.round(startMs + days * DAY_MS);
  let left = days;
  for (const { openMs, closeMs } of sessions) {
    const fromMs = Math.max(startMs, openMs);
    if (fromMs >= closeMs) continue;
    const lengthMs = closeMs - openMs;
    const available = (closeMs - fromMs) / lengthMs;
    if (left < available) return Math.round(fromMs + left * lengthMs);
    left -= available;
  }
  return null;
}
