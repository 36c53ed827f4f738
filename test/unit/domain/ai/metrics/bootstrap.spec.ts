import { blockLength, estimates } from "../../../../../domain/ai/metrics/bootstrap.ts";
import { aucMetric, meanMetric } from "../../../../../domain/ai/metrics/weighted.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";

function normals(count: number, seed: number): Float64Array {
  return RandomStream.of(seed, 0).fillNormals(new Float64Array(count));
}

const dayly = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => i);

describe("the block bootstrap", () => {
  it("finds the error of a mean of independent values: ± 1.96/√n", () => {
    const values = normals(2_000, 1);
    const { mean } = estimates(
      { mean: meanMetric(values) },
      { closeMs: dayly(2_000), block: 1, seed: 1 },
    );
    const width = (mean?.upper ?? 0) - (mean?.lower ?? 0);
    expect(width).toBeGreaterThan(2 * (1.96 / Math.sqrt(2_000)) * 0.88);
    expect(width).toBeLessThan(2 * (1.96 / Math.sqrt(2_000)) * 1.12);
  });

  it("is wider where values linger, and blocks tell it", () => {
    const values = normals(2_000, 2);
    for (let i = 1; i < values.length; i += 1)
      values[i] = 0.9 * (values[i - 1] ?? 0) + (values[i] ?? 0);
    const width = (block: number): number => {
      const { mean } = estimates(
        { mean: meanMetric(values) },
        { closeMs: dayly(2_000), block, seed: 1 },
      );
      return (mean?.upper ?? 0) - (mean?.lower ?? 0);
    };
    expect(width(50)).toBeGreaterThan(2.5 * width(1));
  });

  it("keeps the rows of one moment together: twice the same rows are no more than once", () => {
    const [values, twice] = [normals(400, 3), new Float64Array(800)];
    twice.set(values, 0);
    twice.set(values, 400);
    const closeMs = Float64Array.of(...dayly(400), ...dayly(400));
    const [one, both] = [
      estimates({ mean: meanMetric(values) }, { closeMs: dayly(400), block: 5, seed: 9 }),
      estimates({ mean: meanMetric(twice) }, { closeMs, block: 5, seed: 9 }),
    ];
    expect(both["mean"]?.lower).toBeCloseTo(one["mean"]?.lower ?? 0, 12);
    expect(both["mean"]?.upper).toBeCloseTo(one["mean"]?.upper ?? 0, 12);
  });

  it("gives the same with the same seed, another with another, and nothing of what is not defined", () => {
    const values = normals(100, 4);
    const of = (seed: number) =>
      estimates({ mean: meanMetric(values) }, { closeMs: dayly(100), block: 5, seed });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    const ones = new Float64Array(100).fill(1);
    expect(
      estimates({ auc: aucMetric(values, ones) }, { closeMs: dayly(100), block: 5, seed: 1 }),
    ).toEqual({});
  });

  it("draws what overlaps together", () => {
    expect(blockLength(1_000, 21)).toBe(42);
    expect(blockLength(1_000, 1)).toBe(10);
    expect(blockLength(3, 21)).toBe(3);
  });
});
