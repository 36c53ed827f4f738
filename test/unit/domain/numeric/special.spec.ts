import { assert, double, property } from "fast-check";
import { incompleteBeta, lnGamma, upperGamma } from "../../../../domain/numeric/special.ts";

const expectRelative = (found: number, expected: number, tolerance = 1e-13) =>
  expect(Math.abs(found / expected - 1)).toBeLessThan(tolerance);

describe("ln Γ", () => {
  // Factorials, Γ(½) = √π, and Abramowitz & Stegun's table 6.4 for 100.
  it.each([
    [0.5, 0.5 * Math.log(Math.PI)],
    [10, Math.log(362_880)],
    [0.1, 2.252_712_651_734_206],
    [100, 359.134_205_369_575_4],
  ])("of %d is %d", (x, expected) => expectRelative(lnGamma(x), expected));

  it("is 0 at 1 and 2, and rises by ln x from x to x + 1", () => {
    expect(lnGamma(1)).toBeCloseTo(0, 14);
    expect(lnGamma(2)).toBeCloseTo(0, 14);
    const number = double({ min: 1e-3, max: 1e4, noNaN: true });
    assert(
      property(number, (x) => {
        const rise = lnGamma(x + 1) - lnGamma(x);
        expect(Math.abs(rise - Math.log(x))).toBeLessThan(1e-13 * (1 + Math.abs(lnGamma(x))) * 10);
      }),
    );
  });
});

describe("the upper incomplete gamma function", () => {
  // Q(1, x) = e^−x and Q(2, x) = (1 + x)e^−x (Abramowitz & Stegun 6.5.13).
  it.each([1e-6, 0.5, 1, 3, 20, 200])("has its closed forms at %d", (x) => {
    expectRelative(upperGamma(1, x), Math.exp(-x), 1e-12);
    expectRelative(upperGamma(2, x), (1 + x) * Math.exp(-x), 1e-12);
  });

  it("is 1 at 0 and 0 at infinity", () => {
    expect(upperGamma(3, 0)).toBe(1);
    expect(upperGamma(3, Infinity)).toBe(0);
  });
});

describe("the incomplete beta function", () => {
  // I½(2, 3) = 11/16, the odds of two heads or more of four throws; I_x(1, b) = 1 − (1 − x)^b.
  it("has its closed forms", () => {
    expectRelative(incompleteBeta(0.5, 2, 3), 11 / 16);
    expectRelative(incompleteBeta(0.2, 1, 7), 1 - 0.8 ** 7);
    expect([incompleteBeta(0, 2, 3), incompleteBeta(1, 2, 3)]).toEqual([0, 1]);
  });

  it("of x and of 1 − x with its parameters changed over sums to 1", () => {
    const parameter = double({ min: 0.1, max: 500, noNaN: true });
    assert(
      property(double({ min: 0.01, max: 0.99, noNaN: true }), parameter, parameter, (x, a, b) =>
        expect(incompleteBeta(x, a, b) + incompleteBeta(1 - x, b, a)).toBeCloseTo(1, 11),
      ),
    );
  });
});
