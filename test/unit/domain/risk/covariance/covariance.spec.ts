import { at, matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { eigenSymmetric } from "../../../../../domain/numeric/eigen.ts";
import {
  concentrationOf,
  fisherTest,
  jennrichTest,
} from "../../../../../domain/risk/covariance/change.ts";
import {
  estimateCovariance,
  pairwiseCovariance,
} from "../../../../../domain/risk/covariance/estimate.ts";
import { nearestCorrelation } from "../../../../../domain/risk/covariance/nearest.ts";
import { ewmaCorrelation, rollingCorrelation } from "../../../../../domain/risk/covariance/path.ts";

const rounded = (value: number) => Math.round(value * 1e5) / 1e5;
const series = (count: number, size: number, of: (t: number, i: number) => number) =>
  Array.from({ length: size }).map((_none, i) =>
    Array.from({ length: count }, (_, t) => rounded(of(t, i))),
  );

/** Four names that move together, the later the wilder. */
const FOUR = series(
  24,
  4,
  (t, i) => (i + 1) * 0.01 * (Math.sin(1.7 * t) + 0.4 * Math.sin(2.3 * t * (i + 1) + i * i)),
);
/** Three of which each moves less with the others. */
const THREE = series(
  40,
  3,
  (t, i) =>
    0.01 * (Math.sin(1.7 * t) + ([0.2, 1, 3][i] ?? 0) * Math.sin(2.3 * t * (i + 1) + i * i)),
);

describe("shrinkage", () => {
  // scikit-learn 1.2.1: ledoit_wolf, oas of the transposed series.
  it.each([
    [
      "ledoitWolfIdentity",
      0.047_985_505_971_531_72,
      7.782_980_374_338_163e-5,
      8.424_819_142_733_99e-5,
    ],
    ["oas", 0.125_345_437_213_139_93, 0.000_105_883_530_163_373_98, 7.740_225_122_692_319e-5],
    // The papers' formulas written out as sums over pairs with NumPy 1.24.2 (Ledoit & Wolf 2003, 2004).
    [
      "ledoitWolfSingleFactor",
      0.077_958_164_456_854_34,
      6.042_838_888_888_89e-5,
      8.837_870_103_150_235e-5,
    ],
    ["ledoitWolfConstantCorrelation", 1, 6.042_838_888_888_89e-5, 8.726_083_425_455_987e-5],
  ] as const)("%s is the reference's", (estimator, part, first, second) => {
    const { covariance, shrinkage } = estimateCovariance(FOUR, estimator);
    expect(shrinkage).toBeCloseTo(part, 12);
    expect(at(covariance, 0, 0)).toBeCloseTo(first, 16);
    expect(at(covariance, 0, 1)).toBeCloseTo(second, 16);
  });

  it("towards one correlation goes part of the way where correlations differ", () => {
    const { covariance, shrinkage } = estimateCovariance(THREE, "ledoitWolfConstantCorrelation");
    expect(shrinkage).toBeCloseTo(0.942_273_926_550_864_3, 12);
    expect(at(covariance, 0, 1)).toBeCloseTo(2.332_929_17e-5, 13);
    expect(at(covariance, 0, 2)).toBeCloseTo(5.657_031_83e-5, 13);
    expect(estimateCovariance(THREE, "ledoitWolfSingleFactor").shrinkage).toBeCloseTo(
      0.071_045_551_565_126_97,
      12,
    );
  });

  it.each(["ledoitWolfIdentity", "oas"] as const)(
    "by %s is positive definite with fewer observations than names",
    (estimator) => {
      const many = series(8, 20, (t, i) => 0.01 * Math.sin(t * (i + 1) + i));
      const { covariance } = estimateCovariance(many, estimator);
      expect(eigenSymmetric(covariance).values.at(-1)).toBeGreaterThan(1e-7);
      const sample = eigenSymmetric(estimateCovariance(many, "sample").covariance).values.at(-1);
      expect(Math.abs(sample ?? 1)).toBeLessThan(1e-16);
    },
  );
});

describe("estimates", () => {
  it("by ewma are sums by hand: λ = ½ of 1, 2, 3 is (1/4·1 + 1/2·4 + 9)/(7/4)", () => {
    const { covariance } = estimateCovariance([[1, 2, 3]], "ewma", 0.5);
    expect(at(covariance, 0, 0)).toBeCloseTo(11.25 / 1.75, 14);
  });

  it("by pairs may be no covariance, and say where there is too little", () => {
    const nan = Number.NaN;
    const odd = pairwiseCovariance([
      [1, -1, 1, -1, nan, nan],
      [1, -1, nan, nan, 1, -1],
      [nan, nan, 1, -1, -1, 1],
    ]);
    if ("lacking" in odd) throw new Error("expected a matrix");
    expect(odd.sampleSize).toBe(2);
    expect(eigenSymmetric(odd.covariance).values.at(-1)).toBeLessThan(-0.1);
    expect(
      pairwiseCovariance([
        [1, nan, 2],
        [nan, 1, 2],
      ]),
    ).toEqual({ lacking: [0, 1] });
  });
});

describe("the nearest correlation matrix", () => {
  // Higham (2002), p. 341, and the tridiagonal matrix of §4.
  it("is the paper's of three names", () => {
    const { matrix, distance, isConverged } = nearestCorrelation(
      matrixOf([
        [1, 1, 0],
        [1, 1, 1],
        [0, 1, 1],
      ]),
    );
    expect(at(matrix, 0, 1)).toBeCloseTo(0.7607, 4);
    expect(at(matrix, 0, 2)).toBeCloseTo(0.1573, 4);
    expect(distance).toBeCloseTo(0.5278, 4);
    expect(isConverged).toBe(true);
  });

  it("is the paper's of four", () => {
    const { matrix, distance } = nearestCorrelation(
      matrixOf([
        [2, -1, 0, 0],
        [-1, 2, -1, 0],
        [0, -1, 2, -1],
        [0, 0, -1, 2],
      ]),
    );
    const first = [1, -0.8084, 0.1916, 0.1068];
    for (const [j, value] of first.entries()) expect(at(matrix, 0, j)).toBeCloseTo(value, 4);
    expect(at(matrix, 1, 2)).toBeCloseTo(-0.6562, 4);
    expect(distance).toBeCloseTo(2.1337, 4);
    expect(eigenSymmetric(matrix).values.at(-1)).toBeGreaterThan(-1e-15);
  });

  it("of one that is a correlation matrix is itself", () => {
    const given = matrixOf([
      [1, 0.5],
      [0.5, 1],
    ]);
    expect(nearestCorrelation(given).distance).toBeLessThan(1e-15);
  });
});

describe("a change of correlations", () => {
  // (atanh .7 − atanh .3)/√(1/47 + 1/97), and twice SciPy 1.10.1's norm.sf of it.
  it("of a pair is Fisher's", () => {
    const found = fisherTest(0.7, 50, 0.3, 100);
    expect(found?.statistic).toBeCloseTo(
      (Math.atanh(0.7) - Math.atanh(0.3)) / Math.sqrt(1 / 47 + 1 / 97),
      14,
    );
    expect(found?.pValue).toBeCloseTo(0.001_698_355_626_707_6, 14);
    expect(fisherTest(1, 50, 0.3, 100)).toBeNull();
    expect(fisherTest(0.5, 3, 0.3, 100)).toBeNull();
  });

  // Jennrich's formula with NumPy 1.24.2 and SciPy 1.10.1.
  it("of all is Jennrich's", () => {
    const now = matrixOf([
      [1, 0.5, 0.3],
      [0.5, 1, 0.2],
      [0.3, 0.2, 1],
    ]);
    const before = matrixOf([
      [1, 0.2, 0.4],
      [0.2, 1, 0.1],
      [0.4, 0.1, 1],
    ]);
    const found = jennrichTest(now, 100, before, 80);
    expect(found?.statistic).toBeCloseTo(6.368_697_358_295_226, 12);
    expect(found?.pValue).toBeCloseTo(0.094_987_099_566_278, 12);
    expect(jennrichTest(now, 100, now, 80)).toMatchObject({ statistic: 0, pValue: 1 });
    const same = matrixOf([
      [1, 1],
      [1, 1],
    ]);
    expect(jennrichTest(same, 10, same, 10)).toBeNull();
  });

  it("is concentrated where one factor moves all", () => {
    const found = concentrationOf(
      matrixOf([
        [1, 0.5],
        [0.5, 1],
      ]),
    );
    expect(found.averageCorrelation).toBe(0.5);
    expect(found.absorptionRatio).toBeCloseTo(0.75, 14);
    expect(found.eigenvalueShares[1]).toBeCloseTo(0.25, 14);
  });

  it("is followed by windows and by weights, null where nothing varies", () => {
    const x = [1, 2, 3, 3, 3, 3];
    const path = rollingCorrelation(x, [2, 4, 6, 1, 2, 3], 3);
    expect(path.map((value) => value === null)).toEqual([true, true, false, false, true, true]);
    expect(path[2]).toBeCloseTo(1, 14);
    expect(ewmaCorrelation([1, -1, 2], [1, -1, 2], 0.9)).toEqual([
      null,
      expect.closeTo(1, 14),
      expect.closeTo(1, 14),
    ]);
    expect(ewmaCorrelation([0, 0], [1, 2], 0.9)).toEqual([null, null]);
  });
});
