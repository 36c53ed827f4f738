import { marketClock } from "../../../../domain/execution/market-clock.ts";

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 23);
const heard = (tsEventMs: number, tsInitMs: number) => ({ tsEventMs, tsInitMs });

describe("the time of a market", () => {
  it("is the wall's where prices are heard at once, over the longest holidays", () => {
    for (const days of [0, 1, 4, 9]) {
      const lastMs = NOW_MS - days * DAY_MS;
      expect(marketClock(heard(lastMs, lastMs + 1_000), lastMs, NOW_MS)).toBe(NOW_MS);
    }
  });

  it("is that of the last price in a replay, also of what a restart made of its stored bars", () => {
    const lastMs = Date.UTC(2020, 7, 29);
    expect(marketClock(heard(lastMs, NOW_MS), lastMs, NOW_MS)).toBe(lastMs);
    expect(marketClock(heard(lastMs, lastMs), lastMs, NOW_MS)).toBe(lastMs);
    expect(marketClock(null, lastMs, NOW_MS)).toBe(lastMs);
  });
});
