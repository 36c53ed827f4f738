import { barCloseMs } from "../../../domain/alternative/bar-close.ts";
import type { Timeframe } from "../../../domain/market/bar.ts";
import { findCalendar } from "../../../domain/market/calendars/calendars.ts";
import { expectedBarStarts } from "../../../domain/market/quality/expected-bars.ts";

import type { PredictedBars } from "../../../models/predictions.ts";

export interface BarsAhead {
  readonly bars: PredictedBars;
  /** from then on, two bars more should have been stored, epoch ms */
  readonly staleFromMs: number;
}

/**
 * The bars that follow one, as a calendar has them.
 * @param calendarName null, or one that is not known: null
 * @param closeMs of the bar that is known, epoch ms
 */
export function barsAhead(
  calendarName: string | null,
  timeframe: Timeframe,
  closeMs: number,
  horizon: number,
): BarsAhead | null {
  const calendar = calendarName === null ? null : findCalendar(calendarName);
  if (calendar === null) return null;
  const wanted = Math.max(2, horizon);
  const ends: number[] = [];
  let startMs: number | null = null;
  for (const at of expectedBarStarts(calendar, timeframe, { startMs: closeMs, endMs: Infinity })) {
    startMs ??= at;
    ends.push(barCloseMs(calendar, { timeframe, startMs: at }));
    if (ends.length === wanted) break;
  }
  const [endMs, staleFromMs] = [ends[horizon - 1], ends[1]];
  if (startMs === null || endMs === undefined || staleFromMs === undefined) return null;
  return { bars: { startMs, endMs }, staleFromMs };
}
