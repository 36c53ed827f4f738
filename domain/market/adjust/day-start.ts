import type { Timeframe } from "../bar.ts";
import { DAY_MS, instantOf, type TimeZone } from "../calendars/time-zone.ts";
import { barStartMs } from "../timeframe.ts";

/**
 * Where the bars of a date begin, epoch ms: what happens on an ex-date or with a listing happens before the first bar of its
 * date. Bars of a day and longer are stamped 00:00 UTC of their date; finer ones follow the clock of the market, so that
 * what traded late in the evening of New York counts for the day before. Of a bar that begins before midnight and ends after
 * it, which no session of a stock is in, all counts for the new date.
 */
export function dayStartMs(zone: TimeZone, timeframe: Timeframe, day: number): number {
  switch (timeframe) {
    case "1d":
    case "1w":
    case "1mo":
      return day * DAY_MS;
    case "1m":
    case "5m":
    case "15m":
    case "30m":
    case "1h":
    case "4h":
      return barStartMs(timeframe, instantOf(zone, day, 0));
  }
}
