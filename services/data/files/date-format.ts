import type { RefusedRow } from "../feeds/feed.ts";
import { readUtc, readZoned } from "../feeds/read-time.ts";
import type { TimeReader } from "../feeds/read-time.ts";

const PARTS: readonly (readonly [token: string, name: string, digits: string])[] = [
  ["yyyy", "year", String.raw`\d{4}`],
  ["MM", "month", String.raw`\d\d?`],
  ["dd", "day", String.raw`\d\d?`],
  ["HH", "hour", String.raw`\d\d?`],
  ["mm", "minute", String.raw`\d\d`],
  ["ss", "second", String.raw`\d\d`],
  ["SSS", "fraction", String.raw`\d{1,9}`],
];
const DATE_ONLY = /^\d{4}-\d\d-\d\d$/;

/** `iso`, `epochMs`, `epochS`, or a pattern of yyyy MM dd HH mm ss SSS such as `MM/dd/yyyy HH:mm`. */
export function isDateFormat(format: string): boolean {
  if (["iso", "epochMs", "epochS"].includes(format)) return true;
  return ["yyyy", "MM", "dd"].every((token) => format.includes(token)) && format.length <= 40;
}

export function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/**
 * Reads times as a file writes them. A date without a time is stamped 00:00 UTC of it, whatever the zone: so are bars of days.
 * @param zone of the IANA data base, or UTC
 */
export function timeReader(format: string, zone: string): TimeReader {
  if (format === "epochMs") return (text) => epoch(text, 1);
  if (format === "epochS") return (text) => epoch(text, 1_000);
  const inZone = zone === "UTC" ? readUtc : readZoned(zone);
  const asIso = format === "iso" ? (text: string) => text : isoOf(format);
  return (text) => {
    const iso = asIso(text.trim());
    if (iso === null) return { refused: unreadable(text, format) };
    return DATE_ONLY.test(iso) ? readUtc(`${iso}T00:00:00`) : inZone(withSeconds(iso));
  };
}

function epoch(text: string, unitMs: number): ReturnType<TimeReader> {
  const ms = /^-?\d{1,15}$/.test(text) ? Number(text) * unitMs : Number.NaN;
  return Number.isSafeInteger(ms) ? { ms } : { refused: unreadable(text, "an epoch") };
}

function withSeconds(iso: string): string {
  return /T\d\d:\d\d$|[ ]\d\d:\d\d$/.test(iso) ? `${iso}:00` : iso;
}

function isoOf(format: string): (text: string) => string | null {
  const hasTime = format.includes("HH");
  const pattern = PARTS.reduce(
    (sum, [token, name, digits]) => sum.replace(token, `(?<${name}>${digits})`),
    format.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
  );
  const expression = new RegExp(`^${pattern}$`);
  return (text) => {
    const { groups } = expression.exec(text) ?? {};
    if (groups === undefined) return null;
    const two = (name: string): string => (groups[name] ?? "00").padStart(2, "0");
    const date = `${groups["year"] ?? ""}-${two("month")}-${two("day")}`;
    if (!hasTime) return date;
    return `${date}T${two("hour")}:${two("minute")}:${two("second")}.${groups["fraction"] ?? "0"}`;
  };
}

function unreadable(text: string, format: string): RefusedRow {
  const found = JSON.stringify(text.slice(0, 40));
  return { reason: "TIME_UNREADABLE", detail: `expected ${format}, found ${found}` };
}
