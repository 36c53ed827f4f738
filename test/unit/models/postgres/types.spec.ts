import * as fc from "fast-check";
import { parseInt8, parseTimestamptz } from "../../../../models/postgres/types.ts";

const MINUTE_MS = 60_000;

/** As PostgreSQL prints it in ISO style for a session `offsetMinutes` east of Greenwich. */
function print(ms: number, offsetMinutes: number): string {
  const local = new Date(ms + offsetMinutes * MINUTE_MS).toISOString();
  const offset = Math.abs(offsetMinutes);
  const hours = String(Math.floor(offset / 60)).padStart(2, "0");
  const minutes = offset % 60 === 0 ? "" : `:${String(offset % 60).padStart(2, "0")}`;
  return `${local.slice(0, 23).replace("T", " ")}${offsetMinutes < 0 ? "-" : "+"}${hours}${minutes}`;
}

describe("parseTimestamptz", () => {
  it("returns the instant that was printed, in whatever zone", () => {
    const instants = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9998, 0) });
    const offsets = fc.integer({ min: -15 * 60, max: 15 * 60 });
    fc.assert(
      fc.property(instants, offsets, (ms, offsetMinutes) => {
        expect(parseTimestamptz(print(ms, offsetMinutes))).toBe(ms);
      }),
    );
  });

  it("rounds down whatever places of a second are printed in UTC", () => {
    const instants = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9998, 0) });
    fc.assert(
      fc.property(instants, fc.integer({ min: 0, max: 999 }), (ms, micros) => {
        const whole = `${print(ms, 0).slice(0, -3)}${String(micros).padStart(3, "0")}`;
        // As the server does: no zeros at the end of a fraction, and no fraction of zeros.
        expect(parseTimestamptz(`${whole.replace(/\.?0+$/, "")}+00`)).toBe(ms);
      }),
    );
  });

  it.each([
    ["2024-01-01 00:00:00+00", Date.UTC(2024, 0)],
    ["2024-01-01 00:00:00.5+00", Date.UTC(2024, 0) + 500],
    ["2024-01-01 00:00:00.123999+00", Date.UTC(2024, 0) + 123],
    ["1969-12-31 23:59:59.9995+00", -1],
    // Amsterdam before 1937 was 19 min 32 s ahead (tz database).
    ["1930-01-01 00:19:32+00:19:32", Date.UTC(1930, 0)],
    ["infinity", Infinity],
    ["-infinity", -Infinity],
  ])("takes %s for %d", (text, expected) => {
    expect(parseTimestamptz(text)).toBe(expected);
  });

  it.each(["0044-03-15 12:00:00+00 BC", "0099-01-01 00:00:00+00", "01/02/2024 00:00:00 UTC", ""])(
    "refuses %j",
    (text) => {
      expect(() => parseTimestamptz(text)).toThrow(RangeError);
    },
  );
});

describe("parseInt8", () => {
  it("returns every integer that a number holds", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(parseInt8(String(value))).toBe(value);
      }),
    );
  });

  it("refuses the first ones that it does not", () => {
    expect(() => parseInt8("9007199254740992")).toThrow(RangeError);
    expect(() => parseInt8("-9223372036854775808")).toThrow(RangeError);
  });
});
