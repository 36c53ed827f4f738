import type { Timeframe } from "./bar.ts";
import { civilDate, epochDay } from "./civil-date.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** 1969-12-29, the Monday before the epoch */
const FIRST_MONDAY_MS = -3 * DAY_MS;

const DURATION_MS = {
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "30m": 30 * MINUTE_MS,
  "1h": HOUR_MS,
  "4h": 4 * HOUR_MS,
  "1d": DAY_MS,
  "1w": WEEK_MS,
} as const satisfies Record<Exclude<Timeframe, "1mo">, number>;

/** How long a bar lasts, in ms; null for months, whose length the calendar decides. */
export function durationMs(timeframe: Timeframe): number | null {
  return timeframe === "1mo" ? null : DURATION_MS[timeframe];
}

/**
 * The opening time of the bar that contains an instant, epoch ms, UTC. Bars start on multiples of their duration since the
 * epoch; weeks start on Monday, months on the first, both at 00:00 UTC.
 */
export function barStartMs(timeframe: Timeframe, atMs: number): number {
  if (timeframe === "1mo") return monthStartMs(atMs, 0);
  const origin = timeframe === "1w" ? FIRST_MONDAY_MS : 0;
  const duration = DURATION_MS[timeframe];
  return Math.floor((atMs - origin) / duration) * duration + origin;
}

/** The first instant after a bar, epoch ms: when it is closed. `startMs` is the bar's opening time. */
export function barEndMs(timeframe: Timeframe, startMs: number): number {
  return timeframe === "1mo" ? monthStartMs(startMs, 1) : startMs + DURATION_MS[timeframe];
}

function monthStartMs(atMs: number, monthsLater: number): number {
  const { year, month } = civilDate(Math.floor(atMs / DAY_MS));
  const months = month - 1 + monthsLater;
  const first = { year: year + Math.floor(months / 12), month: (months % 12) + 1, day: 1 };
  return epochDay(first) * DAY_MS;
}
