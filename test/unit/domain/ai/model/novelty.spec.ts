import { type Matrix, matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { NoveltyGauge, noveltyOf, spread } from "../../../../../domain/ai/model/novelty.ts";
import { noveltyGuard } from "../../../../../domain/ai/training/novelty-threshold.ts";
import { foldsOf } from "../../../../../domain/ai/validation/splits.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";
import { noisySample } from "../training/line.ts";

function cloud(rows: number, columns: number, seed: number): Matrix {
  const random = RandomStream.of(seed, 0);
  return matrixOf(
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal())),
  );
}

const all = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, i) => i);

describe("the novelty of a row", () => {
  it("is about 1 of a row like the others, and grows with the distance", () => {
    const found = noveltyOf(cloud(500, 4, 1), all(500));
    if (found === null) throw new Error("expected a guard");
    const gauge = new NoveltyGauge(found);
    const others = cloud(300, 4, 2);
    const usual = all(300).reduce((sum, row) => sum + gauge.dissimilarity(others, row), 0) / 300;
    expect(usual).toBeGreaterThan(0.8);
    expect(usual).toBeLessThan(1.25);
    const far = matrixOf([[0, 0, 0, 12]]);
    expect(gauge.dissimilarity(far, 0)).toBeGreaterThan(5);
    expect(gauge.farthest(far, 0)[0]).toBe(3);
  });

  it("leaves missing values out of the distance, and a row without any is infinitely far", () => {
    const found = noveltyOf(cloud(200, 3, 1), all(200));
    if (found === null) throw new Error("expected a guard");
    const gauge = new NoveltyGauge(found);
    expect(gauge.dissimilarity(matrixOf([[0, Number.NaN, 0]]), 0)).toBeLessThan(1.5);
    expect(gauge.dissimilarity(matrixOf([[Number.NaN, Number.NaN, Number.NaN]]), 0)).toBe(Infinity);
  });

  it("is not told without columns, of a handful of rows, or of rows that are all one", () => {
    expect(noveltyOf({ rows: 50, columns: 0, data: new Float64Array() }, all(50))).toBeNull();
    expect(noveltyOf(cloud(5, 2, 1), all(5))).toBeNull();
    expect(noveltyOf(matrixOf(Array.from({ length: 50 }, () => [1, 1])), all(50))).toBeNull();
  });

  it("calls about one row of a thousand of those that folds were scored on novel", () => {
    const sample = noisySample(1_000, "classifier");
    const rows = all(999);
    const folds = foldsOf(
      { scheme: "walkForward", folds: 4, embargo: 0, window: "expanding" },
      { ...sample, rows, horizon: 1 },
      1,
    );
    const guard = noveltyGuard(sample, rows, folds);
    if (guard === null) throw new Error("expected a guard");
    expect(guard.threshold).toBeGreaterThan(1.5);
    expect(guard.rows).toHaveLength(1_000);
  });
});

it("rows are spread evenly", () => {
  expect([...spread(all(10), 5)]).toEqual([0, 2, 4, 6, 8]);
  expect([...spread(all(3), 5)]).toEqual([0, 1, 2]);
});
