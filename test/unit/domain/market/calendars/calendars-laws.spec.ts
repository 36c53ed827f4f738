import * as fc from "fast-check";
import {
  addBusinessDays,
  ALWAYS,
  dateAt,
  FX,
  isBusinessDay,
  nextSession,
  sessionAt,
  sessionOfDate,
} from "../../../../../domain/market/calendars/calendars.ts";
import { XLON } from "../../../../../domain/market/calendars/xlon.ts";
import { XNYS } from "../../../../../domain/market/calendars/xnys.ts";

describe("a calendar", () => {
  const calendars = fc.constantFrom(XNYS, XLON, FX, ALWAYS);
  const instant = fc.integer({ min: Date.UTC(1990, 0, 2), max: Date.UTC(2040, 11, 31) });

  it("has sessions that follow one another, and at most one at a time", () => {
    fc.assert(
      fc.property(calendars, instant, (calendar, atMs) => {
        const now = sessionAt(calendar, atMs);
        const next = nextSession(calendar, atMs);
        expect(next.openMs).toBeGreaterThan(atMs);
        expect(next.closeMs).toBeGreaterThan(next.openMs);
        expect(sessionAt(calendar, next.openMs)).toEqual(next);
        expect(sessionOfDate(calendar, next.date)).toEqual(next);
        if (now !== null) {
          expect(now.openMs).toBeLessThanOrEqual(atMs);
          expect(now.closeMs).toBeGreaterThan(atMs);
          expect(next.openMs).toBeGreaterThanOrEqual(now.closeMs);
          expect(now.date).toBe(dateAt(calendar, atMs));
          expect(next.date).toBe(addBusinessDays(calendar, now.date, 1));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("counts business days forth and back", () => {
    fc.assert(
      fc.property(calendars, instant, fc.integer({ min: 1, max: 30 }), (calendar, atMs, n) => {
        const { date } = nextSession(calendar, atMs);
        const later = addBusinessDays(calendar, date, n);
        expect(isBusinessDay(calendar, later)).toBe(true);
        expect(addBusinessDays(calendar, later, -n)).toBe(date);
        expect(addBusinessDays(calendar, date, 0)).toBe(date);
      }),
    );
  });
});
