import { array, assert, double, property, tuple } from "fast-check";
import { LONGLEY } from "../../../support/longley.ts";
import { regress, type Regression } from "../../../../domain/numeric/least-squares.ts";

function regressed(...asked: Parameters<typeof regress>): Regression {
  const found = regress(...asked);
  if (typeof found === "string" || "dependent" in found) throw new Error(JSON.stringify(found));
  return found;
}

const CLASSIC = { hasIntercept: true, errors: "classic" } as const;

describe("least squares", () => {
  it("finds NIST's certified values of Longley's data", () => {
    const y = LONGLEY.map((row) => row[0]);
    const x = [1, 2, 3, 4, 5, 6].map((j) => LONGLEY.map((row) => row[j] ?? 0));
    const { coefficients, residualDeviation, rSquared } = regressed(y, x, CLASSIC);
    const certified = [
      [-3482258.63459582, 890420.383607373],
      [15.0618722713733, 84.9149257747669],
      [-0.35819179292591e-1, 0.334910077722432e-1],
      [-2.02022980381683, 0.488399681651699],
      [-1.03322686717359, 0.214274163161675],
      [-0.511041056535807e-1, 0.22607320006937],
      [1829.15146461355, 455.478499142212],
    ] as const;
    for (const [i, [estimate, error]] of certified.entries()) {
      expect((coefficients[i]?.estimate ?? 0) / estimate).toBeCloseTo(1, 7);
      expect((coefficients[i]?.standardError ?? 0) / error).toBeCloseTo(1, 7);
    }
    expect(residualDeviation).toBeCloseTo(304.854073561965, 6);
    expect(rSquared).toBeCloseTo(0.995479004577296, 12);
  });

  it("gives White's and Newey and West's errors as their definitions do", () => {
    const x = [1, 2, 3, 4, 5, 6, 7, 8];
    const y = [1.1, 1.9, 3.4, 3.8, 5.6, 5.7, 7.9, 7.2];
    const classic = regressed(y, [x], CLASSIC);
    const { residuals } = classic;
    // Of one column about its mean the slope's variance is Σ over lags of weighted x̃ₜeₜx̃ₛeₛ over (Σx̃²)².
    const centred = x.map((value) => value - 4.5);
    const sxx = centred.reduce((sum, value) => sum + value * value, 0);
    const slopeError = (lags: number) => {
      let sum = 0;
      for (let t = 0; t < 8; t += 1)
        for (let s = 0; s < 8; s += 1) {
          const lag = Math.abs(t - s);
          if (lag <= lags)
            sum +=
              (1 - lag / (lags + 1)) *
              (centred[t] ?? 0) *
              (residuals[t] ?? 0) *
              (centred[s] ?? 0) *
              (residuals[s] ?? 0);
        }
      return Math.sqrt((sum * 8) / 6) / sxx;
    };
    const errorOf = (terms: Parameters<typeof regress>[2]) =>
      regressed(y, [x], terms).coefficients[1]?.standardError;
    expect(errorOf({ ...CLASSIC, errors: "white" })).toBeCloseTo(slopeError(0), 12);
    expect(errorOf({ ...CLASSIC, errors: "neweyWest", lags: 2 })).toBeCloseTo(slopeError(2), 12);
    // ⌊4(8/100)^(2/9)⌋ = 2
    expect(errorOf({ ...CLASSIC, errors: "neweyWest" })).toBeCloseTo(slopeError(2), 12);
  });

  it("says which column is made of the others, and when there are too few observations", () => {
    const x = [1, 2, 3, 4];
    const y = [1, 2, 2, 3];
    expect(regress(y, [x, x.map((value) => 2 * value + 1)], CLASSIC)).toEqual({ dependent: 2 });
    expect(regress(y, [[5, 5, 5, 5]], CLASSIC)).toEqual({ dependent: 1 });
    expect(regress(y, [[0, 0, 0, 0]], { ...CLASSIC, hasIntercept: false })).toEqual({
      dependent: 0,
    });
    expect(regress([1, 2], [[1, 3]], CLASSIC)).toBe("tooFew");
  });

  it("has no R² of a constant, and no t of a perfect fit", () => {
    const flat = regressed([3, 3, 3], [[1, 2, 4]], CLASSIC);
    expect(flat.rSquared).toBeNull();
    expect(flat.coefficients[1]?.estimate).toBeCloseTo(0, 12);
  });

  it("leaves residuals that no column explains", () => {
    // Of one order of magnitude: columns that differ by 1e-90 leave no digit of a residual.
    const number = double({ min: -100, max: 100, noNaN: true }).map(
      (x) => Math.round(x * 1_000) / 1_000,
    );
    const row = tuple(number, number, number);
    assert(
      property(array(row, { minLength: 5, maxLength: 40 }), (rows) => {
        const [y, a, b] = [0, 1, 2].map((j) => rows.map((one) => one[j] ?? 0));
        const found = regress(y ?? [], [a ?? [], b ?? []], CLASSIC);
        if (typeof found === "string" || "dependent" in found) return;
        const scale = Math.max(1, ...rows.flat().map(Math.abs));
        for (const column of [a ?? [], b ?? [], rows.map(() => 1)]) {
          const product = column.reduce((sum, x, t) => sum + x * (found.residuals[t] ?? 0), 0);
          expect(Math.abs(product)).toBeLessThan(1e-7 * scale * scale * rows.length);
        }
      }),
    );
  });
});
