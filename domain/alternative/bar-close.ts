import type { Bar } from "../market/bar.ts";
import { sessionOfDate } from "../market/calendars/calendars.ts";
import { localDay } from "../market/calendars/time-zone.ts";
import type { TradingCalendar } from "../market/calendars/trading-calendar.ts";
import { barEndMs } from "../market/timeframe.ts";

/** No market rests for longer between two sessions of a month. */
const DAYS_MAX = 31;

/**
 * When the close of a bar was made: the close of its last session, where that is before the bar's own end. A day's bar ends at
 * midnight UTC, hours after New York has closed: news of those hours was not in its close.
 * @returns epoch ms
 */
export function barCloseMs(
  calendar: TradingCalendar,
  { timeframe, startMs }: Pick<Bar, "timeframe" | "startMs">,
): number {
  const endMs = barEndMs(timeframe, startMs);
  const lastDay = localDay(calendar.zone, endMs);
  for (let day = lastDay; day > lastDay - DAYS_MAX; day -= 1) {
    const session = sessionOfDate(calendar, day);
    if (session === null || session.openMs >= endMs) continue;
    return session.closeMs > startMs ? Math.min(session.closeMs, endMs) : endMs;
  }
  return endMs;
}
