import { sessionOfDate } from "../../../domain/market/calendars/calendars.ts";
import { dayOfIso } from "../../../domain/market/calendars/day-rules.ts";
import { DAY_MS, localDay } from "../../../domain/market/calendars/time-zone.ts";
import type {
  Session,
  TradingCalendar,
} from "../../../domain/market/calendars/trading-calendar.ts";
import type { SessionPage } from "../../../mixins/rest/routes/quality.ts";
import { decodeCursor, encodeCursor, isoTime } from "../../../mixins/rest/views.ts";
import { isoDate } from "../iso-date.ts";

interface Asked {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const YEAR_DAYS = 366;
/** Isotime has four digits for a year. */
const LAST_DAY = dayOfIso("9999-12-31");

export function sessionPage(calendar: TradingCalendar, asked: Asked, nowMs: number): SessionPage {
  const firstDay =
    asked.start === undefined ? localDay(calendar.zone, nowMs) : dayOfIso(asked.start);
  const endDay = asked.end === undefined ? firstDay + YEAR_DAYS : dayOfIso(asked.end);
  const after = decodeCursor(asked.cursor, { dateMs: "time" });
  const from =
    after === null ? firstDay : Math.max(firstDay, Math.floor(after.dateMs / DAY_MS) + 1);
  const sessions: Session[] = [];
  for (
    let day = from;
    day < Math.min(endDay, LAST_DAY) && sessions.length <= asked.limit;
    day += 1
  ) {
    const session = sessionOfDate(calendar, day);
    if (session !== null) sessions.push(session);
  }
  const shown = sessions.slice(0, asked.limit);
  const last = sessions.length > asked.limit ? shown.at(-1) : undefined;
  return {
    calendar: calendar.name,
    timeZone: calendar.zone.name,
    data: shown.map(toSessionView),
    nextCursor: last === undefined ? null : encodeCursor({ dateMs: last.date * DAY_MS }),
  };
}

function toSessionView({ date, openMs, closeMs, isHalfDay }: Session) {
  return { date: isoDate(date), open: isoTime(openMs), close: isoTime(closeMs), isHalfDay };
}
