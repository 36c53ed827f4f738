import * as fc from "fast-check";
import { dot, matrixOf, quadraticForm, times } from "../../../../../domain/numeric/matrix.ts";
import { scaledBy, symmetricOf } from "../../../../../domain/numeric/symmetric.ts";
import { estimateCovariance } from "../../../../../domain/risk/covariance/estimate.ts";
import type { WeightLimits } from "../../../../../domain/risk/construction/limits.ts";
import { optimise } from "../../../../../domain/risk/construction/optimise.ts";
import type {
  Objective,
  OptimiseAsked,
  Optimised,
} from "../../../../../domain/risk/construction/optimise.ts";
import type { View } from "../../../../../domain/risk/construction/black-litterman.ts";

// He & Litterman (1999), The Intuition Behind Black-Litterman Model Portfolios, tables 1 and 2:
// Australia, Canada, France, Germany, Japan, United Kingdom, United States.
const CORRELATIONS = [
  [1],
  [0.488, 1],
  [0.478, 0.664, 1],
  [0.515, 0.655, 0.861, 1],
  [0.439, 0.31, 0.355, 0.354, 1],
  [0.512, 0.608, 0.783, 0.777, 0.405, 1],
  [0.491, 0.779, 0.668, 0.653, 0.306, 0.652, 1],
];
const WORLD = scaledBy(
  symmetricOf(7, (i, j) => CORRELATIONS[i]?.[j] ?? 0),
  [0.16, 0.203, 0.248, 0.271, 0.21, 0.2, 0.187],
);
const MARKET = Float64Array.from([0.016, 0.022, 0.052, 0.055, 0.116, 0.124, 0.615]);
const GERMANY: View = {
  portfolio: Float64Array.from([0, 0, -0.295, 1, 0, -0.705, 0]),
  return: 0.05,
};
const CANADA: View = { portfolio: Float64Array.from([0, 1, 0, 0, 0, 0, -1]), return: 0.03 };

const limits = (size: number, more: Partial<WeightLimits> = {}): WeightLimits => ({
  budget: 1,
  min: new Float64Array(size),
  max: new Float64Array(size).fill(1),
  groups: [],
  turnover: null,
  leverage: null,
  ...more,
});
const unlimited = (size: number): WeightLimits =>
  limits(size, {
    min: new Float64Array(size).fill(-Infinity),
    max: new Float64Array(size).fill(Infinity),
  });

function solve(asked: Partial<OptimiseAsked> & { readonly objective: Objective }): Optimised {
  const covariance = asked.covariance ?? WORLD;
  const all = { covariance, mean: null, riskFree: 0, limits: limits(covariance.rows), frontier: 0 };
  const found = optimise({ ...all, ...asked });
  if ("problem" in found) throw new Error(found.problem);
  return found;
}

const percents = (values: ArrayLike<number> | null) =>
  Array.from(values ?? [], (value) => Math.round(value * 1000) / 10);

describe("Black and Litterman's means", () => {
  const bl = (views: readonly View[]): Optimised =>
    solve({
      objective: {
        kind: "blackLitterman",
        marketWeights: MARKET,
        riskAversion: 2.5,
        tau: 0.05,
        views,
        preference: { kind: "riskAversion", value: 2.5 },
      },
      limits: { ...unlimited(7), budget: null },
    });

  // Tables 3 to 6 of the paper.
  it("are the paper's without views, with one, and with two", () => {
    expect(percents(bl([]).equilibrium)).toEqual([3.9, 6.9, 8.4, 9, 4.3, 6.8, 7.6]);
    const one = bl([GERMANY]);
    expect(percents(one.mean)).toEqual([4.3, 7.6, 9.3, 11, 4.5, 7, 8.1]);
    expect(percents(one.weights)).toEqual([1.5, 2.1, -3.9, 35.4, 11, -9.5, 58.6]);
    const two = bl([GERMANY, CANADA]);
    expect(percents(two.mean)).toEqual([4.4, 8.7, 9.5, 11.2, 4.6, 7, 7.5]);
    expect(percents(two.weights)).toEqual([1.5, 41.9, -3.4, 33.6, 11, -8.2, 18.8]);
  });

  it("without views hold the market, but for what is not known of the mean", () => {
    const { weights } = bl([]);
    for (const [i, weight] of weights.entries())
      expect(weight).toBeCloseTo((MARKET[i] ?? 0) / 1.05, 12);
  });

  it("keep a view that is certain, whatever else", () => {
    const certain = bl([{ ...GERMANY, confidence: 1 }]);
    expect(dot(certain.mean ?? [], GERMANY.portfolio)).toBeCloseTo(0.05, 13);
    const vague = bl([{ ...GERMANY, confidence: 0.000_1 }]);
    for (const [i, value] of (vague.mean ?? []).entries())
      expect(value).toBeCloseTo(vague.equilibrium?.[i] ?? 0, 4);
  });

  it("are not there where certain views contradict each other", () => {
    const views = [
      { ...GERMANY, confidence: 1 },
      { ...GERMANY, return: 0.1, confidence: 1 },
    ];
    expect(() => bl(views)).toThrow("contradictoryViews");
  });
});

describe("formulas", () => {
  it("of the least variance and the tangency are Markowitz's", () => {
    const covariance = matrixOf([
      [0.04, 0.006, 0],
      [0.006, 0.09, 0.01],
      [0, 0.01, 0.16],
    ]);
    const mean = Float64Array.from([0.06, 0.1, 0.14]);
    const least = solve({ covariance, objective: { kind: "minVariance" }, limits: unlimited(3) });
    const rows = times(covariance, least.weights);
    for (const value of rows) expect(value).toBeCloseTo(rows[0] ?? 0, 14);
    const tangent = solve({
      covariance,
      mean,
      riskFree: 0.02,
      objective: { kind: "maxSharpe" },
      limits: unlimited(3),
    });
    const slope = times(covariance, tangent.weights);
    const ratio = (slope[0] ?? 0) / 0.04;
    for (const [i, value] of slope.entries())
      expect(value / ((mean[i] ?? 0) - 0.02)).toBeCloseTo(ratio, 10);
  });

  // Roncalli (2013), §2.2; Maillard, Roncalli & Teiletche (2010), table 1 with correlations .8, 0, 0, −.5.
  it("of equal risk are the textbooks'", () => {
    const roncalli = scaledBy(
      matrixOf([
        [1, 0.8, 0.5],
        [0.8, 1, 0.3],
        [0.5, 0.3, 1],
      ]),
      [0.3, 0.2, 0.15],
    );
    const found = solve({ covariance: roncalli, objective: { kind: "riskParity", budgets: null } });
    for (const [i, weight] of [0.1969, 0.3244, 0.4787].entries())
      expect(found.weights[i]).toBeCloseTo(weight, 4);
    const maillard = scaledBy(
      matrixOf([
        [1, 0.8, 0, 0],
        [0.8, 1, 0, 0],
        [0, 0, 1, -0.5],
        [0, 0, -0.5, 1],
      ]),
      [0.1, 0.2, 0.3, 0.4],
    );
    const equal = solve({ covariance: maillard, objective: { kind: "riskParity", budgets: null } });
    for (const [i, weight] of [0.384, 0.192, 0.243, 0.182].entries())
      expect(equal.weights[i]).toBeCloseTo(weight, 3);
    for (const part of equal.riskContributions) expect(part).toBeCloseTo(equal.volatility / 4, 12);
  });

  // The code of López de Prado (2016) with SciPy 1.10.1's linkage.
  it("of the hierarchy are the paper's", () => {
    const { weights, order } = solve({ objective: { kind: "hrp" } });
    expect(order).toEqual([4, 0, 1, 6, 5, 2, 3]);
    const expected = [
      0.257_044_810_921_914, 0.159_682_282_016_088_6, 0.065_481_487_499_011_39,
      0.054_838_215_807_780_33, 0.220_015_497_155_671_7, 0.113_317_353_333_766,
      0.129_620_353_265_767_98,
    ];
    for (const [i, weight] of expected.entries()) expect(weights[i]).toBeCloseTo(weight, 13);
  });

  it("of the most diversification weigh by 1/volatility where correlations are equal", () => {
    const covariance = scaledBy(
      symmetricOf(3, (i, j) => (i === j ? 1 : 0.3)),
      [0.1, 0.2, 0.4],
    );
    const { weights } = solve({ covariance, objective: { kind: "maxDiversification" } });
    for (const [i, weight] of [4 / 7, 2 / 7, 1 / 7].entries())
      expect(weights[i]).toBeCloseTo(weight, 10);
  });
});

const market = fc
  .record({
    size: fc.integer({ min: 2, max: 6 }),
    values: fc.array(fc.double({ min: -0.05, max: 0.05, noNaN: true }), {
      minLength: 60,
      maxLength: 60,
    }),
    means: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 6, maxLength: 6 }),
  })
  .map(({ size, values, means }) => {
    const columns = Array.from({ length: size }, (_, i) => values.slice(10 * i, 10 * i + 10));
    const { covariance } = estimateCovariance(columns, "ledoitWolfIdentity");
    return { covariance, mean: Float64Array.from(means.slice(0, size), (mean) => mean / 10_000) };
  })
  .filter(({ covariance }) => (covariance.data[0] ?? 0) > 1e-6);

const KINDS = ["minVariance", "maxSharpe", "maxDiversification", "hrp", "equalWeight"] as const;

describe("weights", () => {
  it("add up to the budget, are never short, and their risks add up to the whole", () => {
    fc.assert(
      fc.property(market, fc.constantFrom(...KINDS), (universe, kind) => {
        const found = solve({ ...universe, objective: { kind } });
        const sum = found.weights.reduce((all, weight) => all + weight, 0);
        expect(sum).toBeCloseTo(1, 10);
        expect(Math.min(...found.weights)).toBeGreaterThanOrEqual(-1e-12);
        const risks = found.riskContributions.reduce((all, part) => all + part, 0);
        expect(risks).toBeCloseTo(found.volatility, 12);
      }),
      { numRuns: 150 },
    );
  });

  it("of the largest Sharpe ratio are beaten by none of many others", () => {
    fc.assert(
      fc.property(
        market,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (universe, stream) => {
          const { sharpe } = solve({ ...universe, objective: { kind: "maxSharpe" } });
          for (let round = 0; round < 20; round += 1) {
            const raw = Array.from(universe.mean, () => Number(stream.next().value) + 1e-6);
            const total = raw.reduce((sum, value) => sum + value, 0);
            const weights = raw.map((value) => value / total);
            const ratio =
              dot(universe.mean, weights) / Math.sqrt(quadraticForm(universe.covariance, weights));
            expect(ratio).toBeLessThanOrEqual((sharpe ?? 0) * (1 + 1e-9));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("of a target have it, and of a frontier dominate: more mean is more risk", () => {
    fc.assert(
      fc.property(market, (universe) => {
        const objective: Objective = { kind: "minVariance" };
        const { frontier } = solve({ ...universe, objective, frontier: 6 });
        for (const [i, point] of frontier.entries()) {
          const before = frontier[i - 1];
          if (before === undefined) continue;
          expect(point.volatility).toBeGreaterThanOrEqual(before.volatility * (1 - 1e-7));
          expect(point.expectedReturn ?? 0).toBeGreaterThanOrEqual(
            (before.expectedReturn ?? 0) - 1e-9,
          );
        }
        const middle = frontier[3];
        if (middle === undefined) throw new Error("expected 6 points");
        const again = solve({
          ...universe,
          objective: {
            kind: "meanVariance",
            preference: { kind: "targetVolatility", value: middle.volatility },
          },
        });
        expect(again.volatility).toBeLessThanOrEqual(middle.volatility * (1 + 1e-6));
        expect(again.expectedReturn ?? 0).toBeGreaterThanOrEqual(
          (middle.expectedReturn ?? 0) - 1e-7,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("keep to turnover, groups and leverage", () => {
    fc.assert(
      fc.property(market, fc.double({ min: 0.05, max: 1, noNaN: true }), (universe, most) => {
        const size = universe.mean.length;
        const current = new Float64Array(size).fill(1 / size);
        const within = limits(size, {
          turnover: { current, max: most },
          groups: [{ name: "first", members: [0], min: 0.1, max: 0.6 }],
        });
        const { weights } = solve({
          ...universe,
          objective: { kind: "maxSharpe" },
          limits: within,
        });
        const turnover = weights.reduce(
          (sum, value, i) => sum + Math.abs(value - (current[i] ?? 0)),
          0,
        );
        expect(turnover).toBeLessThanOrEqual(most + 1e-9);
        expect(weights[0]).toBeGreaterThanOrEqual(0.1 - 1e-9);
        expect(weights[0]).toBeLessThanOrEqual(0.6 + 1e-9);
        const short = solve({
          ...universe,
          objective: { kind: "meanVariance", preference: { kind: "riskAversion", value: 1 } },
          limits: { ...unlimited(size), leverage: 1 + most },
        });
        expect(short.weights.reduce((sum, value) => sum + Math.abs(value), 0)).toBeLessThanOrEqual(
          1 + most + 1e-9,
        );
      }),
      { numRuns: 60 },
    );
  });
});
