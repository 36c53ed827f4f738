/**
 * Sessions as the paper venue counts them. A bar of a day or longer is the session of its UTC date, as such bars are stamped.
 * Finer bars and quotes belong to the session of the instrument's calendar that is open when they begin, or else to the next;
 * without a known calendar a session is a UTC day.
 */
import {
  ALWAYS,
  findCalendar,
  nextSession,
  sessionAt,
  sessionOfDate,
} from "../market/calendars/calendars.ts";
import type { Session, TradingCalendar } from "../market/calendars/trading-calendar.ts";
import type { MarketSeen } from "./paper-messages.ts";

const DAY_MS = 86_400_000;

/** When the bar of which this is all or a part begins and ends; of a quote its time. */
export function wholeOf(seen: MarketSeen): { readonly startMs: number; readonly endMs: number } {
  if (seen.by === "quote") return { startMs: seen.timeMs, endMs: seen.timeMs };
  return seen.of ?? seen;
}

function isDaily(seen: MarketSeen): boolean {
  const { startMs, endMs } = wholeOf(seen);
  return endMs - startMs >= DAY_MS;
}

/** @param calendar its name; undefined or not known: UTC days */
export function sessionOf(
  calendar: string | undefined,
  seen: MarketSeen,
): Pick<Session, "date" | "openMs" | "closeMs"> {
  const { startMs } = wholeOf(seen);
  if (isDaily(seen)) return utcDay(Math.floor(startMs / DAY_MS));
  const known = knownCalendar(calendar);
  return sessionAt(known, startMs) ?? nextSession(known, startMs);
}

/** When the session of a date ends for somebody who sees this. */
export function closeOfDateMs(
  calendar: string | undefined,
  date: number,
  seen: MarketSeen,
): number {
  const session = isDaily(seen) ? null : sessionOfDate(knownCalendar(calendar), date);
  return (session ?? utcDay(date)).closeMs;
}

/** Until when the market was open in a bar: a daily bar ends hours after its session. */
export function tradedUntilMs(calendar: string | undefined, seen: MarketSeen): number {
  const { startMs, endMs } = wholeOf(seen);
  if (!isDaily(seen)) return endMs;
  const last = Math.ceil(endMs / DAY_MS) - 1;
  for (let date = last; date * DAY_MS >= startMs; date -= 1) {
    const session = sessionOfDate(knownCalendar(calendar), date);
    if (session !== null) return Math.min(endMs, session.closeMs);
  }
  return endMs;
}

function knownCalendar(name: string | undefined): TradingCalendar {
  return (name === undefined ? null : findCalendar(name)) ?? ALWAYS;
}

function utcDay(date: number) {
  return { date, openMs: date * DAY_MS, closeMs: (date + 1) * DAY_MS };
}
