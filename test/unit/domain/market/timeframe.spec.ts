import * as fc from "fast-check";
import { TIMEFRAMES } from "../../../../domain/market/bar.ts";
import { civilDate, epochDay } from "../../../../domain/market/civil-date.ts";
import { barEndMs, barStartMs, durationMs } from "../../../../domain/market/timeframe.ts";

const at = (iso: string) => Date.parse(iso);
const start = (timeframe: (typeof TIMEFRAMES)[number], iso: string) =>
  new Date(barStartMs(timeframe, at(iso))).toISOString();

const end = (iso: string) => new Date(barEndMs("1mo", at(iso))).toISOString();

describe("the bar that contains an instant", () => {
  it("starts on the grid of its timeframe", () => {
    const iso = "2020-04-16T13:37:42.640Z";
    expect(start("1m", iso)).toBe("2020-04-16T13:37:00.000Z");
    expect(start("5m", iso)).toBe("2020-04-16T13:35:00.000Z");
    expect(start("15m", iso)).toBe("2020-04-16T13:30:00.000Z");
    expect(start("30m", iso)).toBe("2020-04-16T13:30:00.000Z");
    expect(start("1h", iso)).toBe("2020-04-16T13:00:00.000Z");
    expect(start("4h", iso)).toBe("2020-04-16T12:00:00.000Z");
    expect(start("1d", iso)).toBe("2020-04-16T00:00:00.000Z");
  });

  it("starts on Monday for weeks and on the first for months", () => {
    expect(start("1w", "2020-04-16T13:37:42Z")).toBe("2020-04-13T00:00:00.000Z");
    expect(start("1w", "2020-04-13T00:00:00Z")).toBe("2020-04-13T00:00:00.000Z");
    expect(start("1w", "2020-04-12T23:59:59.999Z")).toBe("2020-04-06T00:00:00.000Z");
    expect(start("1mo", "2020-02-29T23:59:59.999Z")).toBe("2020-02-01T00:00:00.000Z");
  });

  it("ends where the calendar says for months of any length", () => {
    expect(end("2020-02-01T00:00:00Z")).toBe("2020-03-01T00:00:00.000Z");
    expect(end("2021-12-01T00:00:00Z")).toBe("2022-01-01T00:00:00.000Z");
    expect(durationMs("1mo")).toBeNull();
    expect(durationMs("1w")).toBe(604_800_000);
  });

  it("contains it, before the epoch too, and follows the bar before without a gap", () => {
    const instant = fc.integer({ min: at("1900-01-01"), max: at("2200-01-01") });
    fc.assert(
      fc.property(fc.constantFrom(...TIMEFRAMES), instant, (timeframe, atMs) => {
        const startMs = barStartMs(timeframe, atMs);
        expect(startMs).toBeLessThanOrEqual(atMs);
        expect(barEndMs(timeframe, startMs)).toBeGreaterThan(atMs);
        expect(barStartMs(timeframe, startMs)).toBe(startMs);
        expect(barEndMs(timeframe, barStartMs(timeframe, startMs - 1))).toBe(startMs);
      }),
    );
  });

  it("agrees with the platform's calendar on every date", () => {
    fc.assert(
      fc.property(fc.integer({ min: -200_000, max: 200_000 }), (day) => {
        const date = civilDate(day);
        const platform = new Date(day * 86_400_000);
        expect(date.year).toBe(platform.getUTCFullYear());
        expect(date.month).toBe(platform.getUTCMonth() + 1);
        expect(date.day).toBe(platform.getUTCDate());
        expect(epochDay(date)).toBe(day);
      }),
    );
  });
});
