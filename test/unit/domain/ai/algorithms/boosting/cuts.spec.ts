import { array, assert, constantFrom, double, integer, oneof, property } from "fast-check";
import { binOf, cutsOf } from "../../../../../../domain/ai/algorithms/boosting/cuts.ts";

function binsOf(values: readonly number[], bins: number): readonly number[] {
  const cuts = cutsOf(Float64Array.from(values), bins);
  return values.map((value) => binOf(cuts, value));
}

describe("the cuts of a feature", () => {
  it("lie midway between distinct values where there are enough bins", () => {
    expect([...cutsOf(Float64Array.of(3, 1, 1, Number.NaN, 2), 3)]).toEqual([1.5, 2.5]);
  });

  it("share rows alike among bins", () => {
    const found = binsOf(
      Array.from({ length: 1_000 }, (_, i) => (i * 7) % 1_000),
      10,
    );
    const counts = Array.from({ length: 10 }, (_, bin) => found.filter((b) => b === bin).length);
    expect(counts).toEqual(Array.from({ length: 10 }, () => 100));
  });

  it("give a value that most rows have a bin of its own", () => {
    const values = Array.from({ length: 300 }, (_, i) => (i < 200 ? 0 : i - 250.5));
    const found = binsOf(values, 8);
    const alone = found.filter((bin) => bin === found[0]);
    expect(alone).toHaveLength(200);
  });

  it("are none of a constant, and none of nothing", () => {
    expect(cutsOf(Float64Array.of(4, 4, 4), 8)).toHaveLength(0);
    expect(cutsOf(Float64Array.of(Number.NaN), 8)).toHaveLength(0);
  });

  it("keep order, leave no bin empty, and are below as many as the bins", () => {
    const value = oneof(
      double({ noNaN: true, noDefaultInfinity: true }),
      constantFrom(0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1, 1 + 2 ** -52),
    );
    assert(
      property(array(value, { minLength: 1 }), integer({ min: 2, max: 20 }), (values, bins) => {
        const found = binsOf(values, bins);
        const used = new Set(found);
        expect(used.size).toBe(Math.max(...found) + 1);
        expect(used.size).toBeLessThanOrEqual(bins);
        expect(used.size).toBe(
          Math.min(used.size, new Set(values.map((v) => (v === 0 ? 0 : v))).size),
        );
        const isBelow = (i: number, j: number) => (found[i] ?? 0) <= (found[j] ?? 0);
        const misplaced = values.flatMap((a, i) =>
          values.filter((b, j) => a < b && !isBelow(i, j)).map((b) => [a, b]),
        );
        expect(misplaced).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
