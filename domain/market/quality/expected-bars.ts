import type { Timeframe } from "../bar.ts";
import { sessionOfDate } from "../calendars/calendars.ts";
import { DAY_MS } from "../calendars/time-zone.ts";
import type { Session, TradingCalendar } from "../calendars/trading-calendar.ts";
import { barEndMs, barStartMs } from "../timeframe.ts";

export interface ExpectedRange {
  /** epoch ms; bars that open then or later */
  readonly startMs: number;
  /** bars that open before then */
  readonly endMs: number;
  /** bars whose last trade could have happened by then, epoch ms; absent: all */
  readonly closedByMs?: number;
}

/**
 * The opening times, ascending, of the bars that a market should have printed: on the grid of the timeframe (UTC), one for
 * each stretch of it in which a session is on, so that the first hour of New York opens at 13:00 UTC in summer though the
 * market opens half an hour later. Bars of days, weeks and months count the sessions' dates: a day is stamped 00:00 UTC of
 * its date wherever the market is. Halts within a session are not known.
 */
export function* expectedBarStarts(
  calendar: TradingCalendar,
  timeframe: Timeframe,
  range: ExpectedRange,
): Generator<number> {
  const closedByMs = range.closedByMs ?? Infinity;
  let last = -Infinity;
  for (const session of sessionsOver(calendar, range)) {
    for (const [startMs, closesMs] of barsOf(session, timeframe)) {
      // Touching sessions share a bar, and a week has five of them.
      if (startMs <= last || startMs < range.startMs) continue;
      if (startMs >= range.endMs || closesMs > closedByMs) return;
      last = startMs;
      yield startMs;
    }
  }
}

/** Every session that may have a part in a bar of the range: a month begins with the first of its sessions. */
function* sessionsOver(calendar: TradingCalendar, range: ExpectedRange): Generator<Session> {
  const first = Math.floor(barStartMs("1mo", range.startMs) / DAY_MS) - 1;
  const latestMs = Math.min(range.endMs, range.closedByMs ?? Infinity);
  const last = Math.floor(latestMs / DAY_MS) + 1;
  for (let day = Math.min(first, weekOf(range.startMs)); day <= last; day += 1) {
    const session = sessionOfDate(calendar, day);
    if (session !== null) yield session;
  }
}

function weekOf(atMs: number): number {
  return Math.floor(barStartMs("1w", atMs) / DAY_MS);
}

/** A session's bars, each with the instant after which nothing more can be added to it. */
function* barsOf(
  { date, openMs, closeMs }: Session,
  timeframe: Timeframe,
): Generator<readonly [startMs: number, closesMs: number]> {
  switch (timeframe) {
    case "1d":
      yield [date * DAY_MS, closeMs];
      return;
    case "1w":
    case "1mo": {
      const startMs = barStartMs(timeframe, date * DAY_MS);
      yield [startMs, barEndMs(timeframe, startMs)];
      return;
    }
    case "1m":
    case "5m":
    case "15m":
    case "30m":
    case "1h":
    case "4h":
      for (let at = barStartMs(timeframe, openMs); at < closeMs; at = barEndMs(timeframe, at)) {
        yield [at, Math.min(barEndMs(timeframe, at), closeMs)];
      }
  }
}
