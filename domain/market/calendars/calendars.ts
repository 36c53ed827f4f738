import { isWeekend } from "./day-rules.ts";
import { DAY_MS, instantOf, localDay, NEW_YORK, UTC } from "./time-zone.ts";
import type { Session, TradingCalendar } from "./trading-calendar.ts";
import { XLON } from "./xlon.ts";
import { XNYS } from "./xnys.ts";

const HOUR_MS = 3_600_000;

const always = () => true;
const never = () => null;
const isWeekday = (day: number) => !isWeekend(day);

/** A session is a UTC day. */
export const ALWAYS: TradingCalendar = {
  name: "24x7",
  zone: UTC,
  opensAtMs: 0,
  closesAtMs: DAY_MS,
  hasSession: always,
  earlyCloseMs: never,
  isSettlementDay: always,
};

/**
 * Spot foreign exchange: from Sunday to Friday, 17:00 New York time, in sessions that end at 17:00 and count for the date on
 * which they end, as value dates do. Holidays of the currencies are not kept: an instrument does not name its two countries.
 */
export const FX: TradingCalendar = {
  name: "FX",
  zone: NEW_YORK,
  opensAtMs: -7 * HOUR_MS,
  closesAtMs: 17 * HOUR_MS,
  hasSession: isWeekday,
  earlyCloseMs: never,
  isSettlementDay: isWeekday,
};

const CALENDARS: ReadonlyMap<string, TradingCalendar> = new Map(
  [XNYS, XLON, FX, ALWAYS].map((calendar) => [calendar.name, calendar]),
);

export const CALENDAR_NAMES: readonly string[] = [...CALENDARS.keys()];

/** @returns null for a name that is not known: whoever needs the sessions must then deny */
export function findCalendar(name: string): TradingCalendar | null {
  return CALENDARS.get(name) ?? null;
}

/**
 * The session of a date, calculated at once: nothing is kept.
 * @param day local date as days since 1970-01-01
 */
export function sessionOfDate(calendar: TradingCalendar, day: number): Session | null {
  if (!calendar.hasSession(day)) return null;
  const early = calendar.earlyCloseMs(day);
  return {
    date: day,
    openMs: instantOf(calendar.zone, day, calendar.opensAtMs),
    closeMs: instantOf(calendar.zone, day, early ?? calendar.closesAtMs),
    isHalfDay: early !== null,
  };
}

/** The session that contains an instant; null while the market is closed. */
export function sessionAt(calendar: TradingCalendar, atMs: number): Session | null {
  const day = dateAt(calendar, atMs);
  const session = sessionOfDate(calendar, day);
  return session !== null && session.openMs <= atMs && atMs < session.closeMs ? session : null;
}

/** The first session that opens after an instant. */
export function nextSession(calendar: TradingCalendar, atMs: number): Session {
  for (let day = dateAt(calendar, atMs); ; day += 1) {
    const session = sessionOfDate(calendar, day);
    if (session !== null && session.openMs > atMs) return session;
  }
}

/**
 * The date that an instant counts for, days since 1970-01-01: the local date, and from the opening on the next one where
 * sessions open on the day before.
 */
export function dateAt({ zone, opensAtMs }: TradingCalendar, atMs: number): number {
  return localDay(zone, opensAtMs < 0 ? atMs - opensAtMs : atMs);
}

/** Whether the market has a session on the date. */
export function isBusinessDay(calendar: TradingCalendar, day: number): boolean {
  return calendar.hasSession(day);
}

/** @param count whole; negative counts back; 0 is the day itself, whatever it is */
export function addBusinessDays(calendar: TradingCalendar, day: number, count: number): number {
  return addDays(calendar.hasSession, day, count);
}

/** Like `addBusinessDays`, in days on which trades can settle. */
export function addSettlementDays(calendar: TradingCalendar, day: number, count: number): number {
  return addDays(calendar.isSettlementDay, day, count);
}

function addDays(counts: (day: number) => boolean, day: number, count: number): number {
  const step = count < 0 ? -1 : 1;
  let result = day;
  for (let left = Math.abs(count); left > 0;) {
    result += step;
    if (counts(result)) left -= 1;
  }
  return result;
}
