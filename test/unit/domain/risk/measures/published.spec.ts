import { observe } from "../../../../../domain/risk/measures/book.ts";
import { isInCornishFisherDomain } from "../../../../../domain/risk/measures/cornish-fisher.ts";
import { measureReturns } from "../../../../../domain/risk/measures/measure.ts";
import {
  isUnmeasurable,
  type Measured,
  type VarSpec,
} from "../../../../../domain/risk/measures/spec.ts";
import { describeWith } from "../../../services/data/shared-data.ts";
import { column, REFERENCE } from "../performance/returns.ts";

function measured(returns: ArrayLike<number>, spec: Partial<VarSpec>): Measured {
  const found = measureReturns(
    { columns: [returns], weights: [1] },
    { method: "historical", confidence: 0.95, horizonDays: 1, parameters: {}, ...spec },
  );
  if (isUnmeasurable(found)) throw new Error(JSON.stringify(found));
  return found;
}

/**
 * PerformanceAnalytics' VaR(edhec) and ES(edhec) at 95 %, as its recorded examples print them (github.com/braverock/
 * PerformanceAnalytics: tests/Examples/PerformanceAnalytics-Ex.Rout.save).
 */
describeWith([REFERENCE.edhec], "EDHEC's indices", () => {
  it.each([
    ["Convertible Arbitrage", 0.01916, 0.048775],
    ["Event Driven", 0.02254, 0.0443375],
    ["Merger Arbitrage", 0.013455, 0.024625],
    ["Short Selling", 0.07848, 0.110575],
    ["Funds of Funds", 0.021265, 0.0390375],
  ])("of %s have the historical VaR %d and ES %d", (name, valueAtRisk, shortfall) => {
    const found = measured(column("edhec", name), {});
    expect(found.var).toBeCloseTo(valueAtRisk, 8);
    expect(found.expectedShortfall).toBeCloseTo(shortfall, 8);
  });

  // Its deviation is the population's, ours that of n − 1.
  const ofPopulation = (value: number, returns: Float64Array, mean: number) =>
    (value + mean) * Math.sqrt((returns.length - 1) / returns.length) - mean;

  it("of event driven funds have the Gaussian and the modified VaR", () => {
    const returns = column("edhec", "Event Driven");
    const normal = measured(returns, { method: "normal" });
    const modified = measured(returns, { method: "cornishFisher" });
    const mean = normal.fitted["mean"] ?? Number.NaN;
    expect(ofPopulation(normal.var, returns, mean)).toBeCloseTo(0.02246202, 8);
    expect(ofPopulation(normal.expectedShortfall, returns, mean)).toBeCloseTo(0.03010467, 8);
    expect(ofPopulation(modified.var, returns, mean)).toBeCloseTo(0.02812515, 8);
  });
});

describe("Hull's 500 scenarios, weighed by their age", () => {
  // Hull (2018), Options, Futures, and Other Derivatives, 10th ed., table 22.5: λ = 0.995; of the scenarios with the largest
  // losses, numbers 494, 339, 349, 329 and 487, the third takes the cumulative weight beyond 1 %: VaR 282,204, and ES 400,914.
  it("have 282,204 for VaR and 400,914 for shortfall", () => {
    const losses = new Map([
      [494, 477_841],
      [339, 345_435],
      [349, 282_204],
      [329, 277_041],
      [487, 253_385],
    ]);
    const returns = Array.from({ length: 500 }, (_, t) => -(losses.get(t + 1) ?? 0));
    const found = measured(returns, { confidence: 0.99, parameters: { ageWeight: 0.995 } });
    expect(found.var).toBe(282_204);
    // The book rounds the weights to five decimals before it takes the mean.
    expect(Math.abs(found.expectedShortfall - 400_914)).toBeLessThan(200);
  });
});

describe("Cornish and Fisher's expansion", () => {
  // Maillard (2012): without skewness, from an excess kurtosis of 0 to one of 8; with |S| beyond 6(√2 − 1) never.
  it("is a quantile function within its domain", () => {
    expect(isInCornishFisherDomain(0, 0)).toBe(true);
    expect(isInCornishFisherDomain(0, 7.99)).toBe(true);
    expect(isInCornishFisherDomain(0, 8.01)).toBe(false);
    expect(isInCornishFisherDomain(0, -0.1)).toBe(false);
    const kurtoses = Array.from({ length: 400 }, (_, i) => i / 4);
    const edge = 6 * (Math.SQRT2 - 1);
    expect(kurtoses.some((kurtosis) => isInCornishFisherDomain(edge - 0.01, kurtosis))).toBe(true);
    expect(kurtoses.some((kurtosis) => isInCornishFisherDomain(edge + 0.01, kurtosis))).toBe(false);
  });

  it("warns of returns that are outside of it, and never has a shortfall below its VaR", () => {
    const returns = Array.from({ length: 40 }, (_, t) => (t === 0 ? -0.5 : 0.001 * (t % 3)));
    const found = measured(returns, { method: "cornishFisher", confidence: 0.9 });
    expect(found.warnings.length).toBeGreaterThan(0);
    expect(found.expectedShortfall).toBeGreaterThanOrEqual(found.var);
  });
});

describe("a book", () => {
  it("whose legs leave nothing but rounding has left nothing", () => {
    const columns = [[0.1, -0.3, 0.7]];
    const hedge = { columns: [...columns, ...columns, ...columns], weights: [0.1, 0.2, -0.3] };
    expect(Array.from(observe(hedge).returns)).toEqual([0, 0, 0]);
  });

  it.each(["historical", "normal", "cornishFisher", "ewma"] as const)(
    "of returns near the smallest numbers has by %s no NaN",
    (method) => {
      const found = measured([1e-200, -3e-200, 2e-200, 5e-200, 1e-300], { method });
      expect(Number.isFinite(found.var) && Number.isFinite(found.expectedShortfall)).toBe(true);
    },
  );

  it("that is lost as a whole has lost everything", () => {
    const found = measured([-1, -1, -1], {});
    expect([found.var, found.expectedShortfall]).toEqual([1, 1]);
  });

  it("of fewer returns than its tail needs says so", () => {
    expect(measured([0.01, -0.01], { confidence: 0.99 }).warnings).toHaveLength(1);
    expect(measured([0.01, -0.01], { confidence: 0.5 }).warnings).toHaveLength(0);
  });
});
