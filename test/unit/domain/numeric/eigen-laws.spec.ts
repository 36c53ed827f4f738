import * as fc from "fast-check";
import { eigenSymmetric } from "../../../../domain/numeric/eigen.ts";
import {
  at,
  identity,
  matrixOf,
  multiply,
  times,
  toRows,
  transpose,
  zeros,
} from "../../../../domain/numeric/matrix.ts";
import type { Matrix } from "../../../../domain/numeric/matrix.ts";
import { frobenius, spectral, symmetricOf } from "../../../../domain/numeric/symmetric.ts";

/** Numbers that are next to nothing would lose their digits in the scaling of the test itself. */
const whole = (value: number) => (Math.abs(value) < 1e-60 ? 0 : value);

const symmetric = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: -200, max: 200 }))
  .chain(([size, exponent]) =>
    fc
      .array(fc.double({ min: -1, max: 1, noNaN: true }), {
        minLength: size * size,
        maxLength: size * size,
      })
      .map((values) =>
        symmetricOf(size, (i, j) => whole(values[i * size + j] ?? 0) * 10 ** exponent),
      ),
  );

const scaleOf = ({ data }: Matrix) => Math.max(...Array.from(data, Math.abs)) || 1;

describe("the eigenvalues of a symmetric matrix", () => {
  it("make it again with their vectors, which are orthonormal, and descend", () => {
    fc.assert(
      fc.property(symmetric, (matrix) => {
        const eigen = eigenSymmetric(matrix);
        const scale = scaleOf(matrix);
        const back = spectral(eigen, (value) => value / scale);
        const given = symmetricOf(matrix.rows, (i, j) => at(matrix, i, j) / scale);
        expect(frobenius(back, given)).toBeLessThan(1e-13 * matrix.rows);
        const product = multiply(transpose(eigen.vectors), eigen.vectors);
        expect(frobenius(product, identity(matrix.rows))).toBeLessThan(1e-13 * matrix.rows);
        expect(eigen.values).toEqual(eigen.values.toSorted((a, b) => b - a));
      }),
      { numRuns: 300 },
    );
  });

  it("are known of the second difference: 2 − 2cos(kπ/(n + 1))", () => {
    const size = 50;
    const matrix = symmetricOf(size, (i, j) => (i === j ? 2 : i - j === 1 ? -1 : 0));
    const { values } = eigenSymmetric(matrix);
    for (const [k, value] of values.entries())
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((size - k) * Math.PI) / (size + 1)), 13);
  });

  it("are known of one correlation for all: 1 + (n − 1)ρ, then 1 − ρ", () => {
    const { values, vectors } = eigenSymmetric(symmetricOf(5, (i, j) => (i === j ? 1 : 0.3)));
    expect(values[0]).toBeCloseTo(2.2, 14);
    for (const value of values.subarray(1)) expect(value).toBeCloseTo(0.7, 14);
    for (let i = 0; i < 5; i += 1) expect(at(vectors, i, 0)).toBeCloseTo(1 / Math.sqrt(5), 14);
  });

  it("are those of nothing and of little", () => {
    expect([...eigenSymmetric(zeros(0, 0)).values]).toEqual([]);
    expect([...eigenSymmetric(zeros(3, 3)).values]).toEqual([0, 0, 0]);
    expect([...eigenSymmetric(matrixOf([[-7]])).values]).toEqual([-7]);
  });

  it("are refused of what is not square or not finite", () => {
    expect(() => eigenSymmetric(zeros(2, 3))).toThrow("square");
    expect(() => eigenSymmetric(matrixOf([[Infinity]]))).toThrow("finite");
  });

  it("of rank 30 among 100 settle, the rest being rounding", () => {
    let seed = 1;
    const next = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647 - 0.5;
    const half = zeros(100, 30);
    for (let k = 0; k < half.data.length; k += 1) half.data[k] = next();
    const { values, vectors } = eigenSymmetric(multiply(half, transpose(half)));
    expect(values[29]).toBeGreaterThan(0.1);
    for (const value of values.subarray(30)) expect(Math.abs(value)).toBeLessThan(1e-13);
    const first = toRows(transpose(vectors))[0] ?? [];
    const image = times(multiply(half, transpose(half)), first);
    for (const [i, value] of first.entries())
      expect(image[i]).toBeCloseTo(value * (values[0] ?? 0), 12);
  });
});
