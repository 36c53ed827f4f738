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
  THURSDAY,
  TUESDAY,
  WEDNESDAY,
} from "./day-rules.ts";
import { NEW_YORK } from "./time-zone.ts";
import type { TradingCalendar } from "./trading-calendar.ts";

const HOUR_MS = 3_600_000;

/**
 * US equities: the New York Stock Exchange and Nasdaq, 9:30 to 16:00 New York time.
 *
 * Right from 1990 on, by NYSE Rule 7.2 (51 before) and the exchange's lists of holidays and early closings, published to
 * 2028; later years follow the same rules. Halts within a day and late openings are not kept.
 */
export const XNYS: TradingCalendar = {
  name: "XNYS",
  zone: NEW_YORK,
  opensAtMs: 9.5 * HOUR_MS,
  closesAtMs: 16 * HOUR_MS,
  hasSession: (day) =>
    !isWeekend(day) && !UNSCHEDULED_CLOSURES.has(day) && !isHoliday(ruleDay(day)),
  earlyCloseMs,
  isSettlementDay: (day) =>
    !isWeekend(day) && !isHoliday(ruleDay(day)) && !isBankHoliday(ruleDay(day)),
};

/**
 * Days of mourning (Presidents Nixon, Reagan, Ford, G. H. W. Bush, Carter), the attacks of 2001 and Hurricane Sandy. The
 * clearing agencies stayed open, so trades settled: NASD Member Alerts of 2004-06-09 and 2006-12-29, the SEC staff's
 * Regulation SHO FAQ on Hurricane Sandy, FINRA Regulatory Notice 18-39, SIFMA's matrix for 2025-01-09.
 */
const UNSCHEDULED_CLOSURES = daysOf([
  "1994-04-27",
  "2001-09-11",
  "2001-09-12",
  "2001-09-13",
  "2001-09-14",
  "2004-06-11",
  "2007-01-02",
  "2012-10-29",
  "2012-10-30",
  "2018-12-05",
  "2025-01-09",
]);

/** Early closes that no rule foretells. */
const UNSCHEDULED_HALF_DAYS = daysOf(["1997-12-26", "1999-12-31", "2003-12-26"]);

/** Holidays of the exchange, as observed: Saturdays on the Friday before but for New Year's Day, Sundays on Monday. */
function isHoliday(day: RuleDay): boolean {
  switch (day.month) {
    case 1:
      return isNewYear(day) || (day.year >= 1998 && isNth(day, 3, MONDAY));
    case 2:
      return isNth(day, 3, MONDAY);
    case 3:
    case 4:
      return day.weekday === FRIDAY && day.epochDay === easterSunday(day.year) - 2;
    case 5:
      return isLast(day, MONDAY);
    case 6:
      return day.year >= 2022 && isObserved(day, 19);
    case 7:
      return isObserved(day, 4);
    case 9:
      return isNth(day, 1, MONDAY);
    case 11:
      return isNth(day, 4, THURSDAY);
    case 12:
      return isObserved(day, 25);
  }
  return false;
}

/** Not observed when it falls on a Saturday: the Friday before ends a year's books. */
function isNewYear({ day, weekday }: RuleDay): boolean {
  return day === 1 || (day === 2 && weekday === MONDAY);
}

function isObserved({ day, weekday }: RuleDay, holiday: number): boolean {
  return (
    day === holiday ||
    (day === holiday - 1 && weekday === FRIDAY) ||
    (day === holiday + 1 && weekday === MONDAY)
  );
}

/**
 * Days on which the exchange trades and the Federal Reserve's banks are closed: Columbus Day, Veterans Day (a Saturday is not
 * made up for), Martin Luther King Day before 1998. No trade
 * settles on them: NASD Notices to Members 88-99, 92-54, 95-77 and 99-83.
 */
function isBankHoliday(day: RuleDay): boolean {
  switch (day.month) {
    case 1:
      return isNth(day, 3, MONDAY);
    case 10:
      return isNth(day, 2, MONDAY);
    case 11:
      return day.day === 11 || (day.day === 12 && day.weekday === MONDAY);
  }
  return false;
}

/** 13:00; 14:00 before 1993. */
function earlyCloseMs(epochDay: number): number | null {
  const day = ruleDay(epochDay);
  if (!isHalfDay(day)) return null;
  return (day.year < 1993 ? 14 : 13) * HOUR_MS;
}

function isHalfDay(day: RuleDay): boolean {
  switch (day.month) {
    case 7:
      return isBesideIndependenceDay(day);
    case 11:
      // The day after the fourth Thursday, from 1992 on.
      return day.year >= 1992 && day.weekday === FRIDAY && day.day >= 23 && day.day <= 29;
    case 12:
      return isChristmasEve(day) || UNSCHEDULED_HALF_DAYS.has(day.epochDay);
  }
  return false;
}

/** From 1995 on the day before it; for a Thursday the day after until 2012. */
function isBesideIndependenceDay({ year, day, weekday }: RuleDay): boolean {
  if (year < 1995) return false;
  if (day === 5) return weekday === FRIDAY && year < 2013;
  if (day !== 3) return false;
  return (
    weekday === MONDAY ||
    weekday === TUESDAY ||
    weekday === THURSDAY ||
    (weekday === WEDNESDAY && year >= 2013)
  );
}

function isChristmasEve({ day, weekday }: RuleDay): boolean {
  return day === 24 && weekday >= MONDAY && weekday <= THURSDAY;
}
