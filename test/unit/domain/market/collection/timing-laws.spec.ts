import * as fc from "fast-check";
import { sessionOfDate } from "../../../../../domain/market/calendars/calendars.ts";
import { XNYS } from "../../../../../domain/market/calendars/xnys.ts";
import { nextTime } from "../../../../../domain/market/collection/timing.ts";
import type { Schedule, Timing } from "../../../../../domain/market/collection/timing.ts";
import { zoneOffsets } from "../../../../../services/data/feeds/read-time.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const SET_AT_MS = Date.UTC(2024, 0, 1);

describe("the times of a schedule", () => {
  const zones = ["UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Tokyo"];
  const instant = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) });
  const timing: fc.Arbitrary<Timing> = fc.oneof(
    fc.record({
      kind: fc.constant("every" as const),
      minutes: fc.integer({ min: 1, max: 43_200 }),
    }),
    fc.record({
      kind: fc.constant("daily" as const),
      minuteOfDay: fc.integer({ min: 0, max: 1_439 }),
      timeZone: fc.constantFrom(...zones),
      weekdays: fc.constant(null),
    }),
    fc.record({
      kind: fc.constant("afterClose" as const),
      calendar: fc.constantFrom("XNYS", "XLON", "FX", "24x7"),
      minutes: fc.integer({ min: 0, max: 1_440 }),
    }),
  );

  it("the next time is later, and none is between", () => {
    fc.assert(
      fc.property(timing, instant, fc.double({ min: 0, max: 1, noNaN: true }), (of, at, part) => {
        const schedule = { timing: of, setAtMs: SET_AT_MS };
        const next = nextTime(schedule, at, zoneOffsets);
        expect(next).toBeGreaterThan(at);
        const between = at + Math.floor((next - 1 - at) * part);
        expect(nextTime(schedule, between, zoneOffsets)).toBe(next);
      }),
      { numRuns: 300 },
    );
  });

  it("a daily time comes once on each date, and shows its time but for an hour of two days", () => {
    const time = fc.record({
      minuteOfDay: fc.integer({ min: 0, max: 1_439 }),
      timeZone: fc.constantFrom(...zones),
    });
    fc.assert(
      fc.property(time, fc.integer({ min: 2000, max: 2038 }), ({ minuteOfDay, timeZone }, year) => {
        const schedule: Schedule = {
          timing: { kind: "daily", minuteOfDay, timeZone, weekdays: null },
          setAtMs: 0,
        };
        const offsetAt = zoneOffsets(timeZone);
        const dates: number[] = [];
        let skipped = 0;
        let at = Date.UTC(year, 0, 2) - 1;
        for (let i = 0; i < 360; i += 1) {
          at = nextTime(schedule, at, zoneOffsets);
          const local = at + offsetAt(at);
          dates.push(Math.floor(local / DAY_MS));
          if (local % DAY_MS !== minuteOfDay * MINUTE_MS) skipped += 1;
        }
        expect(dates.every((date, i) => i === 0 || date === (dates[i - 1] ?? 0) + 1)).toBe(true);
        expect(skipped).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });

  it("after a close there is one for each session and none besides", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1995, max: 2035 }),
        fc.integer({ min: 0, max: 1_440 }),
        (year, minutes) => {
          const [from, to] = [Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1)];
          const closes: number[] = [];
          for (let day = from / DAY_MS - 3; day < to / DAY_MS; day += 1) {
            const session = sessionOfDate(XNYS, day);
            if (session !== null) closes.push(session.closeMs + minutes * MINUTE_MS);
          }
          const schedule: Schedule = {
            timing: { kind: "afterClose", calendar: "XNYS", minutes },
            setAtMs: 0,
          };
          const times: number[] = [];
          for (let at = from - 1; ;) {
            at = nextTime(schedule, at, zoneOffsets);
            if (at >= to) break;
            times.push(at);
          }
          expect(times).toEqual(closes.filter((at) => at >= from && at < to));
        },
      ),
      { numRuns: 30 },
    );
  });
});
