/** Rules by which holidays are set. A day is a count of days since 1970-01-01; weekdays are 0 (Sunday) to 6 (Saturday). */
import { type CivilDate, civilDate, epochDay } from "../civil-date.ts";

export const [SUNDAY, MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY] = [0, 1, 2, 3, 4, 5] as const;
const SATURDAY = 6;

/** A day taken apart, as the rules ask about it. */
export interface RuleDay extends CivilDate {
  readonly epochDay: number;
  readonly weekday: number;
}

export function ruleDay(day: number): RuleDay {
  const { year, month, day: dayOfMonth } = civilDate(day);
  return { epochDay: day, year, month, day: dayOfMonth, weekday: weekdayOf(day) };
}

/** Day 0, 1970-01-01, was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + THURSDAY) % 7) + 7) % 7;
}

export function isWeekend(day: number): boolean {
  const weekday = weekdayOf(day);
  return weekday === SUNDAY || weekday === SATURDAY;
}

/** The first such weekday of the month on or after the given day of the month. */
export function weekdayOnOrAfter(date: CivilDate, weekday: number): number {
  const day = epochDay(date);
  return day + ((weekday - weekdayOf(day) + 7) % 7);
}

export function lastWeekday(year: number, month: number, weekday: number): number {
  const last = epochDay(month === 12 ? firstOf(year + 1, 1) : firstOf(year, month + 1)) - 1;
  return last - ((weekdayOf(last) - weekday + 7) % 7);
}

/** Whether the day is the n-th such weekday of its month. */
export function isNth({ day, weekday }: RuleDay, n: number, wanted: number): boolean {
  return weekday === wanted && Math.ceil(day / 7) === n;
}

/** Whether the day is the last such weekday of its month. */
export function isLast(day: RuleDay, wanted: number): boolean {
  return day.weekday === wanted && lastWeekday(day.year, day.month, wanted) === day.epochDay;
}

/**
 * Easter Sunday of the Gregorian calendar.
 * Source: the anonymous algorithm in J. Meeus, "Astronomical Algorithms" (2nd ed. 1998), chapter 8.
 */
export function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const monthAndDay = h + l - 7 * m + 114;
  return epochDay({ year, month: Math.floor(monthAndDay / 31), day: (monthAndDay % 31) + 1 });
}

/** Days from ISO dates, for lists of exceptions. */
export function daysOf(isoDates: readonly string[]): ReadonlySet<number> {
  return new Set(isoDates.map(dayOfIso));
}

/** Days since 1970-01-01 of `2024-05-28`. */
export function dayOfIso(isoDate: string): number {
  const [year, month, day] = isoDate.split("-").map(Number);
  if (year === undefined || month === undefined || day === undefined)
    throw new Error(`expected an ISO date, found ${isoDate}`);
  return epochDay({ year, month, day });
}

function firstOf(year: number, month: number): CivilDate {
  return { year, month, day: 1 };
}
