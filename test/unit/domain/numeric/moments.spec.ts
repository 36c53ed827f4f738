import {
  covariance,
  excessKurtosis,
  isConstant,
  mean,
  skewness,
  standardDeviation,
  variance,
} from "../../../../domain/numeric/moments.ts";
import { quantile, quantileOfSorted } from "../../../../domain/numeric/quantile.ts";

describe("mean and deviation", () => {
  // NIST Statistical Reference Datasets, univariate: NumAcc1, NumAcc2 and NumAcc4 with their certified values.
  it("are NIST's of numbers that differ in their last digits only", () => {
    const first = [10_000_001, 10_000_003, 10_000_002];
    expect([mean(first), standardDeviation(first)]).toEqual([10_000_002, 1]);
    const second = [1.2, ...Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? 1.1 : 1.3))];
    expect(mean(second)).toBeCloseTo(1.2, 14);
    expect(standardDeviation(second)).toBeCloseTo(0.1, 14);
    const fourth = second.map((value) => value + 9_999_999);
    expect(mean(fourth)).toBeCloseTo(10_000_000.2, 8);
    expect(standardDeviation(fourth)).toBeCloseTo(0.1, 8);
  });

  it("of a constant are it and exactly 0, whatever it is rounded to", () => {
    const values = Array.from({ length: 7 }, () => 0.1);
    expect([variance(values), variance(values, 0), isConstant(values)]).toEqual([0, 0, true]);
    expect(skewness(values)).toBeNaN();
  });

  it("of too few are not a number", () => {
    expect([mean([]), variance([1]), covariance([1], [2])]).toEqual([NaN, NaN, NaN]);
    expect(variance([1], 0)).toBe(0);
    expect(() => covariance([1, 2], [1])).toThrow(RangeError);
  });
});

describe("skewness and kurtosis", () => {
  // By hand, of 1, 2, 3, 10 about 4: m₂ = 12.5, m₃ = 45, m₄ = 348.5.
  it("are of the population's moments", () => {
    const values = [1, 2, 3, 10];
    expect(skewness(values)).toBeCloseTo(45 / 12.5 ** 1.5, 14);
    expect(excessKurtosis(values)).toBeCloseTo(348.5 / 12.5 ** 2 - 3, 14);
    expect(covariance(values, [2, 4, 6, 20])).toBeCloseTo((2 * 50) / 3, 12);
  });
});

describe("a quantile", () => {
  // NumPy 1.24: numpy.quantile(numpy.arange(1, 11), [0.05, 0.25, 0.5, 0.99]); R's default is the same.
  it.each([
    [0.05, 1.45],
    [0.25, 3.25],
    [0.5, 5.5],
    [0.99, 9.91],
    [0, 1],
    [1, 10],
  ])("of type 7 at %d of 1 to 10 is %d", (p, expected) => {
    expect(quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], p)).toBeCloseTo(expected, 13);
  });

  it("of one value is that value, of none there is none", () => {
    expect(quantileOfSorted([3], 0.3)).toBe(3);
    expect(() => quantileOfSorted([], 0.5)).toThrow(RangeError);
    expect(() => quantileOfSorted([1], 1.1)).toThrow(RangeError);
  });
});
