import * as fc from "fast-check";
import {
  coefficient,
  correlate,
  CORRELATION_METHODS,
} from "../../../../../domain/features/statistics/correlation.ts";
import { standings } from "../../../../../domain/features/statistics/cross-section.ts";
import { kendall } from "../../../../../domain/features/statistics/kendall.ts";
import { averageRanks } from "../../../../../domain/features/statistics/ranks.ts";

const days = (values: readonly number[], from = 0) => ({
  timesMs: values.map((_, i) => (from + i) * 86_400_000),
  values,
});

describe("published values", () => {
  // Anscombe, Graphs in Statistical Analysis, The American Statistician 27 (1973), data sets 1 and 4.
  it.each([
    [
      [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5],
      [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68],
      0.81642,
    ],
    [
      [8, 8, 8, 8, 8, 8, 8, 19, 8, 8, 8],
      [6.58, 5.76, 7.71, 8.84, 8.47, 7.04, 5.25, 12.5, 5.56, 7.91, 6.89],
      0.81652,
    ],
  ])("Pearson's r of Anscombe's quartet", (x, y, expected) => {
    expect(coefficient(x, y, "pearson")).toBeCloseTo(expected, 5);
  });

  // The examples of the documentation of scipy.stats: pearsonr, spearmanr, kendalltau.
  it("scipy's examples", () => {
    const x = [1, 2, 3, 4, 5, 6, 7];
    expect(coefficient(x, [10, 9, 2.5, 6, 4, 3, 2], "pearson")).toBeCloseTo(-0.828503883588428, 14);
    expect(coefficient([1, 2, 3, 4, 5], [5, 6, 7, 8, 7], "spearman")).toBeCloseTo(
      0.8207826816681233,
      14,
    );
    expect(coefficient([12, 2, 1, 12, 2], [1, 4, 7, 1, 0], "kendall")).toBeCloseTo(
      -0.47140452079103173,
      14,
    );
  });

  it("ties share the mean of their ranks", () => {
    expect([...averageRanks([0, 2, 3, 2])]).toEqual([1, 2.5, 4, 2.5]);
  });
});

const value = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.float({ min: -1e6, max: 1e6, noNaN: true }),
);
const pairs = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 40 });
const split = (list: readonly (readonly [number, number])[]) =>
  [list.map(([x]) => x), list.map(([, y]) => y)] as const;

describe.each(CORRELATION_METHODS)("%s", (method) => {
  it("is symmetric, within [−1, 1], and 1 with itself", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const [x, y] = split(list);
        const found = coefficient(x, y, method);
        expect(coefficient(y, x, method)).toBe(found);
        if (found !== null) expect(Math.abs(found)).toBeLessThanOrEqual(1);
        const own = coefficient(x, x, method);
        if (own !== null) expect(own).toBeCloseTo(1, 12);
      }),
      { numRuns: 60 },
    );
  });

  it("changes its sign with one side, and does not mind scale", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const [x, y] = split(list);
        const found = coefficient(x, y, method);
        // Powers of two change no bit of a value.
        const mirrored = coefficient(
          x.map((v) => v * -4),
          y.map((v) => v * 8),
          method,
        );
        if (found === null) expect(mirrored).toBeNull();
        else expect(mirrored).toBeCloseTo(-found, 12);
      }),
      { numRuns: 60 },
    );
  });

  it("has no value when a side does not vary", () => {
    expect(coefficient([0.1, 0.1, 0.1], [1, 2, 3], method)).toBeNull();
    expect(coefficient([1, 2, 3], [7, 7, 7], method)).toBeNull();
    expect(coefficient([], [], method)).toBeNull();
  });

  it("keeps values near the ends of float64 apart", () => {
    expect(coefficient([1e300, 2e300, 3e300], [1e-300, 2e-300, 3e-300], method)).toBeCloseTo(1, 12);
  });
});

it("Kendall's tau equals the count of all pairs", () => {
  fc.assert(
    fc.property(pairs, (list) => {
      const [x, y] = split(list);
      const found = kendall(x, y);
      const expected = naiveTau(x, y);
      if (expected === null) expect(found).toBeNull();
      else expect(found).toBeCloseTo(expected, 12);
    }),
    { numRuns: 100 },
  );
});

describe("series with gaps", () => {
  it("are compared where both have a value", () => {
    const a = { timesMs: [1, 2, 3, 5, 6], values: [1, 2, 3, 4, 9] };
    const b = { timesMs: [2, 3, 4, 5, 7], values: [2, 4, 7, 5, 1] };
    expect(correlate(a, b, "spearman", "none")).toEqual({ value: 1, count: 3 });
  });

  it("change over the same interval: what one has alone in between does not count", () => {
    const a = { timesMs: [1, 2, 3, 4], values: [100, 110, 99, 148.5] };
    const b = { timesMs: [1, 3, 4], values: [10, 9.9, 14.85] };
    const { value: found, count } = correlate(a, b, "pearson", "returns");
    expect(count).toBe(2);
    expect(found).toBeCloseTo(1, 12);
  });

  it("that grow as one correlate fully in both kinds of returns", () => {
    const prices = [100, 101, 99, 104, 103];
    const doubled = prices.map((price) => price * 2);
    for (const change of ["returns", "logreturns"] as const) {
      const { value: found, count } = correlate(days(prices), days(doubled), "pearson", change);
      expect([found, count]).toEqual([expect.closeTo(1, 12), 4]);
    }
  });

  it("without a common time have nothing to say, and negative prices no returns", () => {
    expect(correlate(days([1, 2]), days([1, 2], 9), "pearson", "none")).toEqual({
      value: null,
      count: 0,
    });
    expect(() => correlate(days([1, -2]), days([1, 2]), "pearson", "returns")).toThrow("positive");
  });
});

describe("a cross-section", () => {
  it("ranks from the lowest, ties shared, what is missing left out", () => {
    expect(standings([30, null, 10, 30])).toEqual([
      {
        value: 30,
        rank: 2.5,
        zscore: expect.closeTo(0.57735, 5),
        percentile: expect.closeTo(2 / 3),
      },
      { value: null, rank: null, zscore: null, percentile: null },
      { value: 10, rank: 1, zscore: expect.closeTo(-1.1547, 5), percentile: expect.closeTo(1 / 6) },
      {
        value: 30,
        rank: 2.5,
        zscore: expect.closeTo(0.57735, 5),
        percentile: expect.closeTo(2 / 3),
      },
    ]);
  });

  it("of one value, or of equal ones, has no deviations", () => {
    expect(standings([5])).toEqual([{ value: 5, rank: 1, zscore: null, percentile: 0.5 }]);
    expect(standings([0.1, 0.1, 0.1]).map(({ zscore }) => zscore)).toEqual([null, null, null]);
    expect(standings([])).toEqual([]);
  });
});

/** The definition, pair by pair. */
function naiveTau(x: readonly number[], y: readonly number[]): number | null {
  let [surplus, inX, inY] = [0, 0, 0];
  for (let i = 0; i < x.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const [dx, dy] = [Math.sign((x[i] ?? 0) - (x[j] ?? 0)), Math.sign((y[i] ?? 0) - (y[j] ?? 0))];
      surplus += dx * dy;
      inX += dx * dx;
      inY += dy * dy;
    }
  }
  return inX === 0 || inY === 0 ? null : surplus / Math.sqrt(inX) / Math.sqrt(inY);
}
