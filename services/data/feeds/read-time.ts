import type { RefusedRow } from "./feed.ts";

export type ReadTime = { readonly ms: number } | { readonly refused: RefusedRow };
export type TimeReader = (text: string) => ReadTime;

const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|[+-]00:00)?$/;
const DAY_MS = 86_400_000;

/** Reads `2013-10-08T13:30:00.640Z` and its kin as UTC, with or without the zone. Below a ms it is cut off. */
export const readUtc: TimeReader = (text) => {
  const ms = wallTimeMs(text);
  return ms === null ? unreadable(text) : { ms };
};

/**
 * Reads the same as the wall time of a place, e.g. `America/New_York`. A time that the clocks skipped in spring or
 * repeated in autumn is refused: guessing would shift market data by an hour.
 */
export function readZoned(zone: string): TimeReader {
  const offsetAt = zoneOffsets(zone);
  // Rows come in order and clocks change on the hour, so the last hour's answer serves nearly all.
  let cached: { readonly hour: string; readonly offset: Offset } | null = null;
  return (text) => {
    const wallMs = wallTimeMs(text);
    if (wallMs === null) return unreadable(text);
    const hour = text.slice(0, 13);
    if (cached?.hour !== hour) cached = { hour, offset: offsetOf(wallMs, offsetAt) };
    return typeof cached.offset === "number"
      ? { ms: wallMs - cached.offset }
      : { refused: { reason: cached.offset, detail: `${text} in ${zone}` } };
  };
}

type Offset = number | "TIME_AMBIGUOUS" | "TIME_SKIPPED";

// Clocks change at most once in two days, so the offsets of the day before and the day after are the candidates.
function offsetOf(wallMs: number, offsetAt: (utcMs: number) => number): Offset {
  const candidates = new Set([offsetAt(wallMs - DAY_MS), offsetAt(wallMs + DAY_MS)]);
  const [offset, other] = [...candidates].filter((ms) => offsetAt(wallMs - ms) === ms);
  if (offset === undefined) return "TIME_SKIPPED";
  return other === undefined ? offset : "TIME_AMBIGUOUS";
}

/** Local time less UTC at an instant, of a zone of the IANA data base. @throws RangeError for one that is not there */
export function zoneOffsets(zone: string): (utcMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  return (utcMs) => {
    // "10/8/2013, GMT-04:00"; London's winter is a bare "GMT"
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(format.format(utcMs)) ?? [];
    const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
    return sign === "-" ? -ms : ms;
  };
}

/** The time as if it were UTC, or null when it is no time of any day. */
function wallTimeMs(text: string): number | null {
  const [, date, time, fraction = ""] = TIMESTAMP.exec(text) ?? [];
  if (date === undefined || time === undefined) return null;
  const seconds = Date.parse(`${date}T${time}Z`);
  // Date.parse takes 30 February for 2 March, and 24:00 for tomorrow.
  const isReal =
    !Number.isNaN(seconds) && new Date(seconds).toISOString().startsWith(`${date}T${time}`);
  return isReal ? seconds + Number(fraction.slice(0, 3).padEnd(3, "0")) : null;
}

function unreadable(text: string): ReadTime {
  const detail = `expected YYYY-MM-DDTHH:MM:SS.sss, found ${JSON.stringify(text.slice(0, 40))}`;
  return { refused: { reason: "TIME_UNREADABLE", detail } };
}
