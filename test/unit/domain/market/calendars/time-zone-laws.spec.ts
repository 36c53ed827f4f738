import * as fc from "fast-check";
import { civilDate } from "../../../../../domain/market/civil-date.ts";
import {
  DAY_MS,
  instantOf,
  localDay,
  LONDON,
  NEW_YORK,
  offsetMs,
  type TimeZone,
  UTC,
} from "../../../../../domain/market/calendars/time-zone.ts";

const HOUR_MS = 3_600_000;

/** The platform's tables (IANA, through Intl) as the independent answer. */
function platformOffset(zone: TimeZone): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone.name,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (atMs) => {
    const parts = format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]);
    const at: Record<string, number> = Object.fromEntries(parts);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = at;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(atMs / 1000) * 1000;
  };
}

function everyNoon(fromYear: number, toYear: number): readonly number[] {
  const first = Date.UTC(fromYear, 0, 1, 12);
  const days = (Date.UTC(toYear + 1, 0, 1, 12) - first) / DAY_MS;
  return Array.from({ length: days }, (_, day) => first + day * DAY_MS);
}

function transitions(zone: TimeZone): readonly number[] {
  const years = Array.from({ length: 51 }, (_, i) => 1990 + i);
  return years.flatMap((year) => zone.daylight?.(year) ?? []);
}

describe.each([NEW_YORK, LONDON])("the rules of $name", (zone) => {
  const expected = platformOffset(zone);

  it("agree with the platform for every hour around every transition from 1990 to 2040", () => {
    expect(transitions(zone)).toHaveLength(102);
    for (const at of transitions(zone)) {
      for (let hour = -48; hour <= 48; hour += 1) {
        const atMs = at + hour * HOUR_MS;
        expect([atMs, offsetMs(zone, atMs)]).toEqual([atMs, expected(atMs)]);
      }
      expect(offsetMs(zone, at - 1)).toBe(expected(at - 1));
    }
  });

  it("agree with the platform at noon of every day from 1990 to 2040", () => {
    const noons = everyNoon(1990, 2040);
    expect(noons.map((at) => [at, offsetMs(zone, at)])).toEqual(
      noons.map((at) => [at, expected(at)]),
    );
  });

  it("agree with the platform at any instant", () => {
    const instant = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2040, 11, 31) });
    fc.assert(
      fc.property(instant, (atMs) => {
        expect(offsetMs(zone, atMs)).toBe(expected(atMs));
        const { year, month, day } = civilDate(localDay(zone, atMs));
        const shown = new Intl.DateTimeFormat("en-CA", { timeZone: zone.name }).format(atMs);
        expect([year, month, day]).toEqual(shown.split("-").map(Number));
      }),
      { numRuns: 2_000 },
    );
  });

  it("find the instant of a local time again", () => {
    const instant = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2040, 11, 31) });
    fc.assert(
      fc.property(instant, (atMs) => {
        const localMs = atMs + offsetMs(zone, atMs);
        const day = Math.floor(localMs / DAY_MS);
        const found = instantOf(zone, day, localMs - day * DAY_MS);
        // An hour that comes twice is found as the later of the two.
        expect([atMs, atMs + HOUR_MS]).toContain(found);
        expect(found + offsetMs(zone, found)).toBe(localMs);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("New York before 1990", () => {
  const expected = platformOffset(NEW_YORK);

  it("agrees with the platform from 1967 on, the energy crisis included", () => {
    const noons = everyNoon(1967, 1989);
    const found = noons.map((at) => [at, offsetMs(NEW_YORK, at)]);
    expect(found).toEqual(noons.map((at) => [at, expected(at)]));
  });
});

describe("local times that come twice or not at all", () => {
  it("are read as the later one, and as the hour after the gap", () => {
    const fall = Math.floor(Date.UTC(2024, 10, 3) / DAY_MS);
    const spring = Math.floor(Date.UTC(2024, 2, 10) / DAY_MS);
    expect(instantOf(NEW_YORK, fall, 1.5 * HOUR_MS)).toBe(Date.UTC(2024, 10, 3, 6, 30));
    expect(instantOf(NEW_YORK, spring, 2.5 * HOUR_MS)).toBe(Date.UTC(2024, 2, 10, 7, 30));
    expect(instantOf(UTC, spring, HOUR_MS)).toBe(Date.UTC(2024, 2, 10, 1));
  });
});
