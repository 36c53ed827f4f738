import { matrixOf, zeros } from "../../../../../domain/numeric/matrix.ts";
import { bootstrapLaw, ellipticalLaw } from "../../../../../domain/risk/simulation/law.ts";
import { WorstPaths } from "../../../../../domain/risk/simulation/worst-paths.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { one, run } from "./run.ts";

describe("a simulation", () => {
  test("of matched moments has them", () => {
    const law = ellipticalLaw({ mean: [0.01], covariance: one(0.0004) }, 1);
    const found = run(law, { paths: 8_192, isMatched: true });
    expect(found.mean).toBeCloseTo(0.01, 12);
    expect(found.standardDeviation).toBeCloseTo(0.02, 5);
  });

  test("of antithetic draws has exactly the mean", () => {
    const law = ellipticalLaw({ mean: [0.01], covariance: one(0.0004) }, 1, 5);
    const found = run(law, { paths: 5_000, sampling: "antithetic" });
    expect(found.paths).toBe(5_024);
    expect(found.mean).toBeCloseTo(0.01, 14);
  });

  test("of an exact hedge loses nothing, and says so without a NaN", () => {
    const covariance = matrixOf([
      [0.0004, 0.0004],
      [0.0004, 0.0004],
    ]);
    const law = ellipticalLaw({ mean: [0, 0], covariance }, 1);
    const found = run(law, { exposures: Float64Array.of(1, -1) });
    expect(found.tails[0]).toMatchObject({ valueAtRisk: 0, expectedShortfall: 0 });
    expect(JSON.stringify(found)).not.toContain("null,");
    expect(found.probabilityOfLoss).toBe(0);
  });

  test("does not depend on whether assets are told apart, but for the draws", () => {
    const covariance = matrixOf([
      [0.0004, 0.0001],
      [0.0001, 0.0009],
    ]);
    const law = ellipticalLaw({ mean: [0, 0], covariance }, 1, 4);
    const exposures = Float64Array.of(0.3, 0.7);
    const apart = run(law, { exposures, paths: 100_000 });
    const whole = run(law, { exposures, paths: 100_000, hasComponents: false });
    const [a, b] = [apart.tails[0], whole.tails[0]];
    if (!a || !b) throw new Error("expected tails");
    const error = Math.hypot(a.standardErrors.valueAtRisk, b.standardErrors.valueAtRisk);
    expect(Math.abs(a.valueAtRisk - b.valueAtRisk)).toBeLessThan(4 * error);
  });

  test.each([
    ["more exposures than assets", { exposures: Float64Array.of(1, 2) }],
    ["an infinite exposure", { exposures: Float64Array.of(Infinity) }],
    ["too few simulations for a confidence", { paths: 100 }],
    ["a confidence of 1", { confidences: [1] }],
    ["no confidence that is a number", { confidences: [Number.NaN] }],
    ["a negative seed", { seed: -1 }],
    ["exposures beyond all measure", { exposures: Float64Array.of(1e308 * 1.5) }],
  ])("refuses %s", (_, more) => {
    const law = ellipticalLaw({ mean: [0], covariance: one(4) }, 1);
    expect(() => run(law, more)).toThrow(RangeError);
  });

  test("refuses laws that cannot be", () => {
    const moments = { mean: [0], covariance: one(-1) };
    expect(() => ellipticalLaw(moments, 1)).toThrow("positive semidefinite");
    expect(() => ellipticalLaw({ mean: [0], covariance: one(Number.NaN) }, 1)).toThrow(RangeError);
    expect(() => ellipticalLaw({ mean: [0], covariance: zeros(1, 1) }, 1, 2)).toThrow(
      "more than 2",
    );
    expect(() => bootstrapLaw([], 1, { kind: "moving", length: 1 })).toThrow("found none");
    expect(() =>
      bootstrapLaw([Float64Array.of(1), Float64Array.of(1, 2)], 1, { kind: "moving", length: 1 }),
    ).toThrow("one length");
  });

  test("keeps the worst paths of many, whatever their order", () => {
    const random = RandomStream.of(1, 9);
    const values = Array.from({ length: 5_000 }, () => Math.round(random.normal() * 100));
    const kept = new WorstPaths(50, 2);
    for (const value of values) kept.offer(value, (asset) => value * (asset + 1));
    const { outcomes, rows } = kept.take();
    expect(Array.from(outcomes).toSorted((a, b) => a - b)).toEqual(
      values.toSorted((a, b) => a - b).slice(0, 50),
    );
    for (const [k, outcome] of outcomes.entries())
      expect([rows[2 * k], rows[2 * k + 1]]).toEqual([outcome, 2 * outcome]);
  });
});
