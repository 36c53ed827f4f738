import { matrixOf } from "../../../../../domain/numeric/matrix.ts";
import {
  factorLoss,
  smallestFactorShock,
} from "../../../../../domain/risk/stress/factor-reverse.ts";
import {
  smallestCurvedShock,
  smallestLinearShock,
} from "../../../../../domain/risk/stress/reverse.ts";
import { shiftCorrelation } from "../../../../../domain/risk/stress/correlation-shift.ts";
import { at } from "../../../../../domain/numeric/matrix.ts";
import { beta, holding } from "./book.ts";

describe("the smallest shock of a linear book", () => {
  // Jorion's two-currency portfolio (Value at Risk, 3rd ed., ch. 7): $2m CAD at 5 %, $1m EUR at 12 %, uncorrelated, deviation
  // $156,205. A loss of 1.65 deviations is the VaR of $257,738, and the components 105,630 and 152,108 are the likeliest way to it.
  const covariance = matrixOf([
    [0.0025, 0],
    [0, 0.0144],
  ]);
  const exposures = Float64Array.of(2e6, 1e6);

  it("is Jorion's component VaR", () => {
    const found = smallestLinearShock(exposures, covariance, 257_738);
    expect(found?.distance).toBeCloseTo(1.65, 4);
    expect((found?.shocks[0] ?? 0) * -2e6).toBeCloseTo(105_630, -1);
    expect((found?.shocks[1] ?? 0) * -1e6).toBeCloseTo(152_108, -1);
  });

  it("takes no price below 0, and then goes further on the others", () => {
    const found = smallestLinearShock(exposures, covariance, 2.4e6);
    expect(found?.shocks[1]).toBeCloseTo(-1, 8);
    expect(found?.shocks[0]).toBeCloseTo(-0.7, 8);
    expect(found?.distance).toBeCloseTo(Math.hypot(0.7 / 0.05, 1 / 0.12), 6);
    expect(smallestLinearShock(exposures, covariance, 3e6)).toBeNull();
  });

  it("is not there for an exact hedge", () => {
    const same = matrixOf([
      [0.04, 0.04],
      [0.04, 0.04],
    ]);
    expect(smallestLinearShock(Float64Array.of(5, -5), same, 1)).toBeNull();
    expect(smallestLinearShock(Float64Array.of(0), matrixOf([[0.04]]), 1)).toBeNull();
  });
});

describe("the smallest shock of a curved book", () => {
  it("solves −D·y + ½·C·y² where there is one factor", () => {
    // 1000 in a bond of D 10, C 100: −1000·10·y + 500·100·y² = −400 at y = 0.1 − √(0.01 − 0.008) = 0.0552786.
    const bond = [holding("B", 1000, { duration: 10, convexity: 100 })];
    const found = smallestFactorShock(bond, "USD", ["rates"], matrixOf([[1e-4]]), 400);
    if ("mostLoss" in found) throw new Error("expected a shock");
    expect(found.shocks[0]).toBeCloseTo(0.0552786, 7);
    expect(found.distance).toBeCloseTo(5.52786, 5);
  });

  it("says what is the most that can be lost", () => {
    // The parabola ends at y = D/C: D²/(2C) = 0.5 of the value.
    const bond = [holding("B", 1000, { duration: 10, convexity: 100 })];
    const found = smallestFactorShock(bond, "USD", ["rates"], matrixOf([[1e-4]]), 501);
    expect("mostLoss" in found ? found.mostLoss : NaN).toBeCloseTo(500, 3);
  });

  it("shares the loss among factors as their variances and slopes say", () => {
    const book = [
      holding("A", 1000, { beta: beta(1) }),
      holding("S", 500, { beta: beta(0), currency: "EUR" }),
    ];
    const names = ["market", "fx:EUR"];
    const covariance = matrixOf([
      [0.04, 0],
      [0, 0.01],
    ]);
    const found = smallestFactorShock(book, "USD", names, covariance, 100);
    if ("mostLoss" in found) throw new Error("expected a shock");
    const variance = (1000 * 0.2) ** 2 + (500 * 0.1) ** 2;
    expect(found.shocks[0]).toBeCloseTo((-100 * 1000 * 0.04) / variance, 9);
    expect(found.shocks[1]).toBeCloseTo((-100 * 500 * 0.01) / variance, 9);
    expect(factorLoss(book, "USD", names, found.shocks)).toBeCloseTo(100, 9);
  });

  it("goes along what bends down where nothing slopes", () => {
    const given = {
      gradient: Float64Array.of(0, 1),
      hessian: matrixOf([
        [-2, 0],
        [0, 0],
      ]),
    };
    const found = smallestCurvedShock(
      given,
      matrixOf([
        [1, 0],
        [0, 1],
      ]),
      100,
    );
    if ("mostLoss" in found) throw new Error("expected a shock");
    const [x = 0, y = 0] = found.shocks;
    expect(y - x * x).toBeCloseTo(-100, 8);
    // Lagrange: with λ = ½ along the bend, y = −½ and x² = 99.5.
    expect(y).toBeCloseTo(-0.5, 8);
    expect(x * x).toBeCloseTo(99.5, 8);
  });

  it("is not there where nothing moves the book", () => {
    const found = smallestFactorShock(
      [holding("A", 5, { beta: beta(0) })],
      "USD",
      ["market"],
      matrixOf([[0.04]]),
      1,
    );
    expect(found).toEqual({ mostLoss: 0 });
  });
});

describe("a broken correlation", () => {
  const covariance = matrixOf([
    [0.04, 0.006, 0],
    [0.006, 0.09, 0],
    [0, 0, 0.01],
  ]);

  it("goes so far towards 1", () => {
    const shifted = shiftCorrelation(covariance, { towards: "one", amount: 0.5, target: null });
    expect(at(shifted.correlation, 0, 1)).toBeCloseTo(0.55, 12);
    expect(at(shifted.covariance, 0, 1)).toBeCloseTo(0.55 * 0.2 * 0.3, 12);
    expect(at(shifted.covariance, 2, 2)).toBeCloseTo(0.01, 15);
    expect(shifted.averageBefore).toBeCloseTo(0.1 / 3, 12);
  });

  it("repairs a target that is no correlation to the nearest one (Higham 2002, p. 334)", () => {
    const target = matrixOf([
      [1, 1, 0],
      [1, 1, 1],
      [0, 1, 1],
    ]);
    const shifted = shiftCorrelation(covariance, { towards: "matrix", amount: 1, target });
    expect(shifted.isRepaired).toBe(true);
    expect(at(shifted.correlation, 0, 1)).toBeCloseTo(0.7607, 4);
    expect(at(shifted.correlation, 0, 2)).toBeCloseTo(0.1573, 4);
    expect(shifted.minEigenvalue).toBeGreaterThan(-1e-10);
  });

  it("has no further to go than −1/(n − 1)", () => {
    const shifted = shiftCorrelation(covariance, { towards: "minusOne", amount: 1, target: null });
    expect(at(shifted.correlation, 1, 2)).toBeCloseTo(-0.5, 12);
    expect(shifted.minEigenvalue).toBeCloseTo(0, 12);
  });
});
