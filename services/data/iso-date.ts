const DAY_MS = 86_400_000;

/** The ISO date of a count of days since 1970-01-01. */
export function isoDate(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
