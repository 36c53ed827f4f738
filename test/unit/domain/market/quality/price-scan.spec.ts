import * as fc from "fast-check";
import type { PriceColumns } from "../../../../../domain/market/adjust/adjust-columns.ts";
import { PriceScanner } from "../../../../../domain/market/quality/price-scan.ts";
import { RollingScore } from "../../../../../domain/market/quality/rolling-score.ts";

function columns(closes: readonly number[], volume = 1_000): PriceColumns {
  const prices = Float64Array.from(closes);
  return {
    startMs: Float64Array.from(closes, (_, i) => i),
    open: prices,
    high: prices,
    low: prices,
    close: prices,
    volume: new Float64Array(closes.length).fill(volume),
  };
}

function scan(of: PriceColumns, threshold = 8) {
  const scanner = new PriceScanner(of, threshold);
  for (let row = 0; row < of.startMs.length; row += 1) scanner.look(row);
  return scanner.finish();
}

/** Deterministic, about one per cent a step. */
const walk = (length: number) =>
  Array.from(
    { length },
    (_, i) => 100 * Math.exp(0.01 * Math.sin(i * 2.3) + 0.005 * Math.sin(i * 0.7)),
  );

describe("the modified z-score", () => {
  it("is 0.6745 · (x − median) / MAD of the values before", () => {
    const score = new RollingScore(5, 5);
    for (const value of [1, 2, 4, 6, 9]) expect(score.next(value)).toBeNull();
    // median 4; deviations 3 2 0 2 5, their median 2
    expect(score.next(20)).toBeCloseTo((0.6745 * (20 - 4)) / 2, 12);
    // the window is now 2 4 6 9 20: median 6; deviations 4 2 0 3 14, their median 3
    expect(score.next(0)).toBeCloseTo((0.6745 * (0 - 6)) / 3, 12);
  });

  it("stands on the mean deviation where the median one is 0, and is null where nothing differed", () => {
    const score = new RollingScore(5, 5);
    for (const value of [1, 1, 1, 1]) score.next(value);
    expect(score.next(1)).toBeNull();
    expect(score.next(1)).toBeNull();
    score.next(6);
    // 1 1 1 1 6: median 1, MAD 0, mean deviation 1
    expect(score.next(3)).toBeCloseTo(2 / 1.253314, 12);
  });

  it("agrees with sorting every window anew", () => {
    const median = (values: readonly number[]) => {
      const sorted = values.toSorted((a, b) => a - b);
      const middle = sorted.length >>> 1;
      const upper = sorted[middle] ?? 0;
      return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
    };
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 10, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.integer({ min: 2, max: 9 }), (all, window) => {
        const score = new RollingScore(window, 2);
        all.forEach((value, i) => {
          const found = score.next(value);
          const before = all.slice(Math.max(0, i - window), i);
          const centre = median(before);
          const deviation = median(before.map((one) => Math.abs(one - centre)));
          if (before.length < 2 || deviation === 0) return;
          expect(found).toBeCloseTo((0.6745 * (value - centre)) / deviation, 9);
        });
      }),
      { numRuns: 100 },
    );
  });
});

describe("a scan of prices", () => {
  it("finds a bar of a wrong price twice: on the way there and back", () => {
    const prices = walk(200);
    prices[150] = 1_000;
    const { outliers } = scan(columns(prices));
    expect(outliers.map(({ startMs, kind, score }) => [startMs, kind, Math.sign(score)])).toEqual([
      [150, "return", 1],
      [151, "return", -1],
    ]);
  });

  it("finds nothing in prices that move as they always did", () => {
    expect(scan(columns(walk(500))).outliers).toEqual([]);
  });

  it("finds a volume that is unlike those before", () => {
    const of = columns(walk(200));
    of.volume.forEach((_, i) => (of.volume[i] = 1_000 + (i % 7)));
    of.volume[100] = 1e9;
    expect(scan(of).outliers).toMatchObject([{ startMs: 100, kind: "volume" }]);
  });

  it("counts prices of 0 and below and does not judge returns over them: oil at −37.63", () => {
    const found = scan(columns([...walk(100), 18.27, -37.63, 10.01, 0, 12]), 1e9);
    expect(found.nonPositive).toBe(2);
    expect(found.outliers).toEqual([]);
  });

  it("tells the longest run of bars that repeat the one before", () => {
    expect(scan(columns([1, 2, 2, 3, 4, 4, 4, 5])).frozen).toEqual({ startMs: 5, bars: 2 });
    expect(scan(columns([1, 2, 3])).frozen).toBeNull();
    expect(scan(columns([])).frozen).toBeNull();
  });
});
