import { barCloseMs } from "../../../domain/alternative/bar-close.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { ALWAYS } from "../../../domain/market/calendars/calendars.ts";
import type { TradingCalendar } from "../../../domain/market/calendars/trading-calendar.ts";
import { barEndMs } from "../../../domain/market/timeframe.ts";

/**
 * When the closes of bars were made, epoch ms: of days and longer with their last session, by `barCloseMs`; of finer bars at their
 * ends, because whoever decides at such a close knows what came until then.
 */
export function closeTimes(
  calendar: TradingCalendar | null,
  timeframe: Timeframe,
  startsMs: Float64Array,
): Float64Array {
  const isOfDays = timeframe === "1d" || timeframe === "1w" || timeframe === "1mo";
  if (!isOfDays) return startsMs.map((startMs) => barEndMs(timeframe, startMs));
  const closes = closesOf(calendar ?? ALWAYS, timeframe);
  return startsMs.map((startMs) => closes(startMs));
}

/** Calendars never change, and a holiday's rule takes microseconds: twenty years of days were a tenth of a second at every bar. */
const known = new WeakMap<TradingCalendar, Map<string, number>>();
/** Of a calendar: more than all days and weeks since markets began. */
const KNOWN_MAX = 100_000;

function closesOf(calendar: TradingCalendar, timeframe: Timeframe): (startMs: number) => number {
  const closes = known.get(calendar) ?? new Map<string, number>();
  known.set(calendar, closes);
  return (startMs) => {
    const key = `${timeframe} ${startMs}`;
    const found = closes.get(key) ?? barCloseMs(calendar, { timeframe, startMs });
    if (closes.size >= KNOWN_MAX) closes.clear();
    closes.set(key, found);
    return found;
  };
}
