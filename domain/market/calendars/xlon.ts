import {
  daysOf,
  easterSunday,
  FRIDAY,
  isLast,
  isNth,
  isWeekend,
  MONDAY,
  type RuleDay,
  ruleDay,
  TUESDAY,
} from "./day-rules.ts";
import { LONDON } from "./time-zone.ts";
import type { TradingCalendar } from "./trading-calendar.ts";

const HOUR_MS = 3_600_000;

/**
 * The London Stock Exchange, 8:00 to 16:30 London time, half days to 12:30. The hours are those since 1999-09-20; the
 * holidays, the bank holidays of England and Wales (Banking and Financial Dealings Act 1971 and royal proclamations), are right
 * from 1990 on as far as proclaimed. Sterling settles on the days on which the exchange trades.
 */
export const XLON: TradingCalendar = {
  name: "XLON",
  zone: LONDON,
  opensAtMs: 8 * HOUR_MS,
  closesAtMs: 16.5 * HOUR_MS,
  hasSession,
  earlyCloseMs: (day) => (isHalfDay(ruleDay(day)) ? 12.5 * HOUR_MS : null),
  isSettlementDay: hasSession,
};

/** Bank holidays proclaimed for once: VE Day, the millennium, jubilees, the wedding of 2011, the funeral of 2022, the coronation. */
const PROCLAIMED = daysOf([
  "1995-05-08",
  "1999-12-31",
  "2002-06-03",
  "2002-06-04",
  "2011-04-29",
  "2012-06-04",
  "2012-06-05",
  "2020-05-08",
  "2022-06-02",
  "2022-06-03",
  "2022-09-19",
  "2023-05-08",
]);

/** Regular bank holidays that were moved to one of those. */
const MOVED = daysOf(["1995-05-01", "2002-05-27", "2012-05-28", "2020-05-04", "2022-05-30"]);

function hasSession(day: number): boolean {
  return !isWeekend(day) && !PROCLAIMED.has(day) && (!isHoliday(ruleDay(day)) || MOVED.has(day));
}

function isHoliday(day: RuleDay): boolean {
  switch (day.month) {
    case 1:
      // A Saturday or Sunday is made up for on Monday.
      return day.day === 1 || (day.day <= 3 && day.weekday === MONDAY);
    case 3:
    case 4:
      return isEaster(day);
    case 5:
      return isNth(day, 1, MONDAY) || isLast(day, MONDAY);
    case 8:
      return isLast(day, MONDAY);
    case 12:
      return isChristmas(day);
  }
  return false;
}

/** Good Friday and Easter Monday. */
function isEaster(day: RuleDay): boolean {
  if (day.weekday !== FRIDAY && day.weekday !== MONDAY) return false;
  const sunday = easterSunday(day.year);
  return day.epochDay === sunday - 2 || day.epochDay === sunday + 1;
}

/** Christmas and Boxing Day; what falls on a weekend is made up for on the next two days, the 27th and 28th. */
function isChristmas({ day, weekday }: RuleDay): boolean {
  if (day === 25 || day === 26) return true;
  return (day === 27 || day === 28) && (weekday === MONDAY || weekday === TUESDAY);
}

/** The last trading days before Christmas and the New Year. */
function isHalfDay({ month, day, weekday }: RuleDay): boolean {
  if (month !== 12) return false;
  const isEve = day === 24 || day === 31;
  const isFridayBefore =
    weekday === FRIDAY && (day === 22 || day === 23 || day === 29 || day === 30);
  return isEve || isFridayBefore;
}
