/** Time zones by their rules, without the platform's tables: `domain/` must give the same answer wherever it runs. */
import { civilDate } from "../civil-date.ts";
import { dayOfIso, lastWeekday, SUNDAY, weekdayOnOrAfter } from "./day-rules.ts";

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface TimeZone {
  readonly name: "UTC" | "America/New_York" | "Europe/London";
  /** local time less UTC outside daylight saving time */
  readonly standardMs: number;
  /** when the clock is an hour ahead of standard time in a year: from the first instant, before the second; epoch ms, UTC */
  readonly daylight: ((year: number) => readonly [startMs: number, endMs: number]) | null;
}

export const UTC: TimeZone = { name: "UTC", standardMs: 0, daylight: null };

/**
 * Right from 1967 on. The clock moves at 2:00 local time. Sources: Uniform Time Act of 1966 (Pub. L. 89-387), Emergency
 * Daylight Saving Time Act of 1973 (93-182, 93-434) for 1974 and 1975, Pub. L. 99-359 from 1987, Energy Policy Act of 2005
 * (109-58) from 2007.
 */
export const NEW_YORK: TimeZone = {
  name: "America/New_York",
  standardMs: -5 * HOUR_MS,
  daylight: (year) => [
    newYorkStart(year) * DAY_MS + 7 * HOUR_MS,
    newYorkEnd(year) * DAY_MS + 6 * HOUR_MS,
  ],
};

/**
 * Right from 1981 on. The clock moves at 1:00 UTC. Sources: the Summer Time Orders of 1980 to 1994
 * (until the Sunday after the fourth Saturday of October, on 1995-10-22 a week before), the Summer Time Order 1997 and
 * Directive 2000/84/EC from 1996.
 */
export const LONDON: TimeZone = {
  name: "Europe/London",
  standardMs: 0,
  daylight: (year) => [
    lastWeekday(year, 3, SUNDAY) * DAY_MS + HOUR_MS,
    londonEnd(year) * DAY_MS + HOUR_MS,
  ],
};

function londonEnd(year: number): number {
  if (year >= 1996) return lastWeekday(year, 10, SUNDAY);
  return weekdayOnOrAfter({ year, month: 10, day: year >= 1990 ? 22 : 23 }, SUNDAY);
}

/** Local time less UTC at an instant. */
export function offsetMs(zone: TimeZone, atMs: number): number {
  if (zone.daylight === null) return zone.standardMs;
  const { year } = civilDate(Math.floor(atMs / DAY_MS));
  const [startMs, endMs] = zone.daylight(year);
  return atMs >= startMs && atMs < endMs ? zone.standardMs + HOUR_MS : zone.standardMs;
}

/** The local calendar date at an instant, as days since 1970-01-01. */
export function localDay(zone: TimeZone, atMs: number): number {
  return Math.floor((atMs + offsetMs(zone, atMs)) / DAY_MS);
}

/**
 * The instant at which the clocks of a zone show a time.
 * @param localTimeMs since midnight of the date by the clock; below 0 or beyond a day is another date
 * @returns epoch ms; of a time that comes twice the later, of one that is skipped the instant an hour after the gap began
 */
export function instantOf(zone: TimeZone, day: number, localTimeMs: number): number {
  const localMs = day * DAY_MS + localTimeMs;
  const asStandardMs = localMs - zone.standardMs;
  const asDaylightMs = asStandardMs - HOUR_MS;
  return offsetMs(zone, asStandardMs) === zone.standardMs ||
    offsetMs(zone, asDaylightMs) === zone.standardMs
    ? asStandardMs
    : asDaylightMs;
}

function newYorkStart(year: number): number {
  if (year >= 2007) return weekdayOnOrAfter({ year, month: 3, day: 8 }, SUNDAY);
  if (year >= 1987) return weekdayOnOrAfter({ year, month: 4, day: 1 }, SUNDAY);
  if (year === 1974) return dayOfIso("1974-01-06");
  if (year === 1975) return dayOfIso("1975-02-23");
  return lastWeekday(year, 4, SUNDAY);
}

function newYorkEnd(year: number): number {
  return year >= 2007
    ? weekdayOnOrAfter({ year, month: 11, day: 1 }, SUNDAY)
    : lastWeekday(year, 10, SUNDAY);
}
