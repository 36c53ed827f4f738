/** UTCTimestamp of volume 1: `20261122-15:04:05.123`, with or without a fraction of any length. */
const TIMESTAMP = /^(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?$/;

/** Epoch ms, the fraction cut off; null when it is none. A leap second counts as the one before it. */
export function readTimestamp(text: string): number | null {
  const match = TIMESTAMP.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = ""] = match;
  const seconds = second === "60" ? "59" : second;
  const atMs = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${seconds}.${fraction.padEnd(3, "0").slice(0, 3)}Z`,
  );
  return Number.isNaN(atMs) ? null : atMs;
}

export function writeTimestamp(atMs: number): string {
  const [date = "", time = ""] = new Date(atMs).toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, -1)}`;
}

/** `2026-11-24` from LocalMktDate `20261124`; null when it is none. */
export function readDate(text: string): string | null {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  if (match === null) return null;
  const date = match.slice(1).join("-");
  return Number.isNaN(Date.parse(date)) ? null : date;
}
