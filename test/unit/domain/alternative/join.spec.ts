import * as fc from "fast-check";
import { barCloseMs } from "../../../../domain/alternative/bar-close.ts";
import { joinVersions } from "../../../../domain/alternative/join.ts";
import type { ScoredVersion } from "../../../../domain/alternative/join.ts";
import type { Timeframe } from "../../../../domain/market/bar.ts";
import { ALWAYS, findCalendar } from "../../../../domain/market/calendars/calendars.ts";

const versions = fc.array(
  fc
    .record({
      id: fc.constantFrom("a", "b", "c", "d"),
      publishedAtMs: fc.nat(100),
      delayMs: fc.nat(50),
      score: fc.option(fc.integer({ min: -4, max: 4 }).map((quarters) => quarters / 4)),
    })
    .map(({ delayMs, ...rest }) => ({ ...rest, knownAtMs: rest.publishedAtMs + delayMs })),
  { maxLength: 10 },
);
const numbered = versions.map((all): readonly ScoredVersion[] =>
  all
    .toSorted((a, b) => a.knownAtMs - b.knownAtMs)
    .map((version, revision) => ({ ...version, revision })),
);
const instants = fc
  .array(fc.nat(160), { maxLength: 8 })
  .map((all) => all.toSorted((a, b) => a - b));

describe("alternative data beside instants", () => {
  it("is what it would be if nothing that was learnt later existed", () => {
    fc.assert(
      fc.property(numbered, instants, fc.integer({ min: 1, max: 60 }), (all, atsMs, windowMs) => {
        const joined = joinVersions(atsMs, all, windowMs);
        for (const [index, atMs] of atsMs.entries()) {
          const known = all.filter(({ knownAtMs }) => knownAtMs <= atMs);
          expect(joined[index]).toEqual(joinVersions([atMs], known, windowMs)[0]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has the mean of the scores in the window, each document once and as it was known", () => {
    fc.assert(
      fc.property(numbered, instants, fc.integer({ min: 1, max: 60 }), (all, atsMs, windowMs) => {
        const joined = joinVersions(atsMs, all, windowMs);
        for (const [index, atMs] of atsMs.entries()) {
          const newest = new Map(
            all
              .filter(({ knownAtMs }) => knownAtMs <= atMs)
              .map((version) => [version.id, version]),
          );
          const scores = [...newest.values()]
            .filter(({ publishedAtMs }) => publishedAtMs > atMs - windowMs)
            .flatMap(({ score }) => (score === null ? [] : [score]));
          const sum = scores.reduce((total, score) => total + score, 0);
          expect(joined[index]?.sentiment).toEqual({
            score: scores.length === 0 ? null : expect.closeTo(sum / scores.length, 12),
            sampleSize: scores.length,
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("the close of a bar", () => {
  const xnys = findCalendar("XNYS") ?? ALWAYS;
  const close = (timeframe: Timeframe, start: string, calendar = xnys) =>
    new Date(barCloseMs(calendar, { timeframe, startMs: Date.parse(start) })).toISOString();

  // Sessions of NYSE: 16:00 New York, 13:00 on the day before Independence Day (nyse.com/markets/hours-calendars).
  it.each([
    ["1d", "2024-01-03", "2024-01-03T21:00:00.000Z"],
    ["1d", "2024-07-02", "2024-07-02T20:00:00.000Z"],
    ["1d", "2024-07-03", "2024-07-03T17:00:00.000Z"],
    ["1w", "2024-01-01", "2024-01-05T21:00:00.000Z"],
    ["1mo", "2024-03-01", "2024-03-28T20:00:00.000Z"],
    ["1h", "2024-01-03T15:00:00Z", "2024-01-03T16:00:00.000Z"],
    ["1h", "2024-01-03T20:30:00Z", "2024-01-03T21:00:00.000Z"],
  ] as const)("of %s that opens %s is %s", (timeframe, start, expected) => {
    expect(close(timeframe, start)).toBe(expected);
  });

  it("of a market that never closes is its end", () => {
    expect(close("1d", "2024-01-03", ALWAYS)).toBe("2024-01-04T00:00:00.000Z");
  });

  it("of a bar outside of sessions is its end", () => {
    expect(close("1h", "2024-01-03T23:00:00Z")).toBe("2024-01-04T00:00:00.000Z");
    expect(close("1d", "2024-01-06")).toBe("2024-01-07T00:00:00.000Z");
  });
});
