import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import { scaledRows, scalerOf } from "../../../../../domain/ai/model/scaler.ts";

const NOT = Number.NaN;

describe("the scaler", () => {
  const x = matrixOf([
    [1, 5, NOT, 1e9 + 1],
    [3, 5, NOT, 1e9 + 1],
    [100, 9, 4, 7],
    [NOT, 5, NOT, 1e9 + 1],
  ]);
  const scaler = scalerOf(x, Int32Array.of(0, 1, 3));

  it("takes mean and deviation of the given rows alone, missing values apart", () => {
    expect(scaler.mean.slice(0, 2)).toEqual([2, 5]);
    expect(scaler.factor[0]).toBe(1);
  });

  it("makes nothing of a column that did not vary, or had no value", () => {
    expect(scaler.factor.slice(1)).toEqual([0, 0, 0]);
    expect(scaler.mean[2]).toBe(0);
  });

  it("keeps what is missing missing, and what did not vary at 0 whatever comes", () => {
    expect([...scaledRows(x, scaler, 2, 4).data]).toEqual([98, 0, 0, -0, NOT, 0, NOT, 0]);
  });
});
