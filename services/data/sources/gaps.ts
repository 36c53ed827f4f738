import type { Timeframe } from "../../../domain/market/bar.ts";
import { findCalendar } from "../../../domain/market/calendars/calendars.ts";
import type { TradingCalendar } from "../../../domain/market/calendars/trading-calendar.ts";
import { expectedBarStarts } from "../../../domain/market/quality/expected-bars.ts";
import type { TimeRange } from "./source.ts";

/** What of a series is not stored. */
export interface Missing {
  readonly bars: number;
  /** runs of bars that are missing one after the other */
  readonly gaps: number;
  /** what to ask for: gaps that lie close together are asked for together */
  readonly ranges: readonly TimeRange[];
}

/** A vendor answers a thousand bars as fast as one: so many that are there may be asked for again. */
const JOINED_BARS = 500;
const BREATH_BARS = 20_000;
/** Vendors go on with a day after its close, until midnight there. */
const DAY_GRACE_MS = 8 * 3_600_000;

/**
 * Which bars of a range the calendar expects and the store has not.
 * @param calendarName of the instrument; one that is not known counts as trading around the clock
 * @param stored opening times, epoch ms
 * @param breathe lets others have the event loop: years of minutes take a second
 */
export async function missingBars(
  calendarName: string,
  timeframe: Timeframe,
  range: TimeRange,
  stored: ReadonlySet<number>,
  nowMs: number,
  breathe: () => Promise<void>,
): Promise<Missing> {
  const calendar = findCalendar(calendarName) ?? findCalendar("24x7");
  if (calendar === null) return { bars: 0, gaps: 0, ranges: [] };
  const closedByMs = nowMs - graceOf(calendar, timeframe);
  const ranges: { startMs: number; endMs: number }[] = [];
  let [bars, gaps, present, seen] = [0, 0, Infinity, 0];
  for (const startMs of expectedBarStarts(calendar, timeframe, { ...range, closedByMs })) {
    seen += 1;
    if (seen % BREATH_BARS === 0) await breathe();
    if (stored.has(startMs)) {
      present += 1;
      continue;
    }
    bars += 1;
    if (present > 0) gaps += 1;
    const last = ranges.at(-1);
    if (last !== undefined && present <= JOINED_BARS) last.endMs = startMs + 1;
    else ranges.push({ startMs, endMs: startMs + 1 });
    present = 0;
  }
  return { bars, gaps, ranges };
}

function graceOf({ name }: TradingCalendar, timeframe: Timeframe): number {
  return timeframe === "1d" && name !== "24x7" ? DAY_GRACE_MS : 0;
}
