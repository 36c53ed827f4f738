import { civilDate, epochDay } from "../../market/civil-date.ts";

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d{0,6})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** The epoch milliseconds of an ISO 8601 time; without a zone it is UTC. NaN for what is not a time. */
export function isoMs(value: string): number {
  const match = ISO.exec(value);
  if (match === null) return Number.NaN;
  const [year = 0, month = 0, dayOfMonth = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const day = epochDay({ year, month, day: dayOfMonth });
  const back = civilDate(day);
  const isDate = back.year === year && back.month === month && back.day === dayOfMonth;
  if (!isDate || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const seconds = ((day * 24 + hour) * 60 + minute) * 60 + second;
  return seconds * 1000 + Number((match[7] ?? "0").padEnd(3, "0")) - offsetMs(match[8] ?? "Z");
}

function offsetMs(zone: string): number {
  if (zone === "Z") return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(":").map(Number);
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
