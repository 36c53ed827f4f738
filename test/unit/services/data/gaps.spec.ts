import { missingBars } from "../../../../services/data/sources/gaps.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2024, 5, 1);
const breathe = () => Promise.resolve();
const january = { startMs: Date.UTC(2024, 0, 1), endMs: Date.UTC(2024, 1, 1) };
const day = (date: number): number => Date.UTC(2024, 0, date);

describe("what is missing", () => {
  it("of an empty store is every session, holidays and weekends apart", async () => {
    const missing = await missingBars("XNYS", "1d", january, new Set(), NOW_MS, breathe);
    expect(missing).toEqual({
      bars: 21,
      gaps: 1,
      ranges: [{ startMs: day(2), endMs: day(31) + 1 }],
    });
  });

  it("is counted in runs, which are asked for together when they lie close", async () => {
    const stored = new Set([day(4), day(10), day(11)]);
    const missing = await missingBars("XNYS", "1d", january, stored, NOW_MS, breathe);
    expect([missing.bars, missing.gaps, missing.ranges.length]).toEqual([18, 3, 1]);
  });

  it("is asked for apart when a thousand bars lie between", async () => {
    const range = { startMs: day(1), endMs: day(3) };
    const stored = new Set<number>();
    for (let at = day(1) + 60_000; at < day(3) - 60_000; at += 60_000) stored.add(at);
    const { ranges } = await missingBars("24x7", "1m", range, stored, NOW_MS, breathe);
    expect(ranges).toEqual([
      { startMs: day(1), endMs: day(1) + 1 },
      { startMs: day(3) - 60_000, endMs: day(3) - 60_000 + 1 },
    ]);
  });

  it("is not what has not ended: a day of New York until midnight there", async () => {
    const range = { startMs: day(30), endMs: day(31) + DAY_MS };
    const count = async (nowMs: number) =>
      (await missingBars("XNYS", "1d", range, new Set(), nowMs, breathe)).bars;
    expect(await count(day(31) + 28 * 3_600_000)).toBe(1);
    expect(await count(day(31) + 29 * 3_600_000)).toBe(2);
  });
});
