/** When data is collected by itself. */
import { findCalendar, dateAt, sessionOfDate } from "../calendars/calendars.ts";
import { ruleDay } from "../calendars/day-rules.ts";
import { DAY_MS } from "../calendars/time-zone.ts";
import { invariant } from "../../shared/errors.ts";

const MINUTE_MS = 60_000;

export const WEEKDAYS = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export type Timing =
  | { readonly kind: "every"; readonly minutes: number }
  | {
      readonly kind: "daily";
      /** by the clocks of the zone, since midnight */
      readonly minuteOfDay: number;
      /** of the IANA data base */
      readonly timeZone: string;
      /** null: all */
      readonly weekdays: readonly Weekday[] | null;
    }
  | {
      readonly kind: "afterClose";
      /** one of CALENDAR_NAMES */
      readonly calendar: string;
      readonly minutes: number;
    };

/** Local time less UTC at an instant, of a zone: the platform has the rules of all of them. */
export type OffsetAt = (utcMs: number) => number;
export type Zones = (timeZone: string) => OffsetAt;

export interface Schedule {
  readonly timing: Timing;
  /** since when it holds; from here on intervals are counted; epoch ms */
  readonly setAtMs: number;
}

/**
 * The first time of a schedule after an instant; epoch ms, UTC.
 *
 * A daily time comes once on each of its dates. One that the clocks skip comes as much later as they were put forward, of one
 * that they show twice the first counts: RFC 5545, section 3.3.5.
 */
export function nextTime({ timing, setAtMs }: Schedule, afterMs: number, zones: Zones): number {
  switch (timing.kind) {
    case "every": {
      const everyMs = timing.minutes * MINUTE_MS;
      const passed = Math.floor((afterMs - setAtMs) / everyMs);
      return setAtMs + Math.max(1, passed + 1) * everyMs;
    }
    case "daily":
      return nextDaily(timing, afterMs, zones(timing.timeZone));
    case "afterClose":
      return nextAfterClose(timing, afterMs);
  }
}

type Daily = Extract<Timing, { kind: "daily" }>;

function nextDaily({ minuteOfDay, weekdays }: Daily, afterMs: number, offsetAt: OffsetAt): number {
  // The day before too: where the clocks leave out a whole date, its time falls on the next.
  for (let day = Math.floor((afterMs + offsetAt(afterMs)) / DAY_MS) - 1; ; day += 1) {
    if (weekdays !== null && !weekdays.some((name) => WEEKDAYS[ruleDay(day).weekday] === name))
      continue;
    const atMs = instantOf(day * DAY_MS + minuteOfDay * MINUTE_MS, offsetAt);
    if (atMs > afterMs) return atMs;
  }
}

/** @param localMs what the clocks show, as if it were UTC */
function instantOf(localMs: number, offsetAt: OffsetAt): number {
  // Clocks change at most once in two days, so one of these two is in force.
  const before = offsetAt(localMs - DAY_MS);
  const after = offsetAt(localMs + DAY_MS);
  const [early, late] = [localMs - before, localMs - after];
  if (offsetAt(early) === before) return early;
  return offsetAt(late) === after ? late : early;
}

type AfterClose = Extract<Timing, { kind: "afterClose" }>;

function nextAfterClose({ calendar: name, minutes }: AfterClose, afterMs: number): number {
  const calendar = findCalendar(name);
  invariant(calendar !== null, `expected a calendar that is known, found ${name}`);
  const delayMs = minutes * MINUTE_MS;
  for (let day = dateAt(calendar, afterMs - delayMs) - 1; ; day += 1) {
    const session = sessionOfDate(calendar, day);
    if (session !== null && session.closeMs + delayMs > afterMs) return session.closeMs + delayMs;
  }
}
