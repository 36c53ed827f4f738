import { civilDate, epochDay } from "../market/civil-date.ts";
import type { Instrument } from "../market/instrument.ts";

/**
 * The regular settlement cycle of US equities, newest first: T+1 from 2024-05-28 (SEC release 34-96930), T+2 from 2017-09-05
 * (34-80295), T+3 before.
 */
const EQUITY_CYCLES = [
  { fromDay: epochDay({ year: 2024, month: 5, day: 28 }), businessDays: 1 },
  { fromDay: epochDay({ year: 2017, month: 9, day: 5 }), businessDays: 2 },
  { fromDay: -Infinity, businessDays: 3 },
] as const;

/**
 * The ISO date on which a trade settles. Weekends are skipped; holidays are not known here (they come with the trading
 * calendars), so the week of a holiday settles a day early. Crypto settles at once, any day of the week; spot fx at T+2;
 * futures and commodities by the next business day's variation margin.
 * @param tradeDay days since 1970-01-01 of the trade's UTC date
 */
export function settlementDate(assetClass: Instrument["assetClass"], tradeDay: number): string {
  return isoDate(addBusinessDays(tradeDay, cycle(assetClass, tradeDay)));
}

function cycle(assetClass: Instrument["assetClass"], tradeDay: number): number {
  switch (assetClass) {
    case "crypto":
      return 0;
    case "fx":
      return 2;
    case "future":
    case "commodity":
      return 1;
    case "equity":
    case "index":
    case "etf":
      return EQUITY_CYCLES.find(({ fromDay }) => tradeDay >= fromDay)?.businessDays ?? 3;
  }
}

function addBusinessDays(day: number, count: number): number {
  let result = day;
  for (let left = count; left > 0;) {
    result += 1;
    if (!isWeekend(result)) left -= 1;
  }
  return result;
}

/** Day 0, 1970-01-01, was a Thursday. */
function isWeekend(day: number): boolean {
  const weekday = (((day + 4) % 7) + 7) % 7;
  return weekday === 0 || weekday === 6;
}

/** `2024-05-28` from days since 1970-01-01. */
export function isoDate(epochDays: number): string {
  const { year, month, day } = civilDate(epochDays);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
