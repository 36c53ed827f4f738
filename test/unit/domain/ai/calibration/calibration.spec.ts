import { probabilityOf } from "../../../../../domain/ai/algorithms/log-odds.ts";
import { calibrated, fitCalibration } from "../../../../../domain/ai/calibration/calibration.ts";
import { residualBand } from "../../../../../domain/ai/calibration/conformal.ts";
import { applyIsotonic, fitIsotonic } from "../../../../../domain/ai/calibration/isotonic.ts";
import { applyPlatt, fitPlatt } from "../../../../../domain/ai/calibration/platt.ts";
import { reliability } from "../../../../../domain/ai/calibration/reliability.ts";
import { RandomStream } from "../../../../../domain/numeric/random.ts";

const f = (values: readonly number[]): Float64Array => Float64Array.from(values);

describe("Platt's scaling", () => {
  it("of two kinds of rows says how often each came true, by Platt's targets", () => {
    // 50 rows at 0.9 of which 40 were 1, 50 at 0.1 of which 10 were: two points, two parameters, an exact answer.
    const p = f(Array.from({ length: 100 }, (_, i) => (i < 50 ? 0.9 : 0.1)));
    const y = f(Array.from({ length: 100 }, (_, i) => (i < 40 || i >= 90 ? 1 : 0)));
    const found = fitPlatt(p, y);
    const [high, low] = [51 / 52, 1 / 52];
    expect(applyPlatt(found, 0.9)).toBeCloseTo((40 * high + 10 * low) / 50, 8);
    expect(applyPlatt(found, 0.1)).toBeCloseTo((10 * high + 40 * low) / 50, 8);
  });

  it("finds the curve that probabilities were bent by", () => {
    const random = RandomStream.of(5, 0);
    const z = Array.from({ length: 20_000 }, () => random.normal() * 2);
    const y = f(z.map((value) => (random.uniform() < probabilityOf(0.5 * value - 0.3) ? 1 : 0)));
    const { slope, intercept } = fitPlatt(f(z.map(probabilityOf)), y);
    expect(slope).toBeCloseTo(0.5, 1);
    expect(intercept).toBeCloseTo(-0.3, 1);
  });

  it("survives probabilities of 0 and 1, and rows that are all alike", () => {
    const sure = fitPlatt(f([0, 1, 0, 1]), f([0, 1, 1, 0]));
    expect(applyPlatt(sure, 1)).toBeCloseTo(0.5, 6);
    const flat = fitPlatt(f([0.3, 0.3, 0.3]), f([1, 0, 0]));
    expect(applyPlatt(flat, 0.3)).toBeCloseTo((2 / 3 + 2 / 4) / 3, 6);
  });
});

describe("isotonic calibration", () => {
  it("pools what falls, as R's isoreg(c(1,0,4,3,3,5,4,2,0)) does: 0.5 0.5 3 3 3 3 3 3 3", () => {
    // In tenths; the first, 0.05, is raised to 1/(n + 2).
    const y = f([1, 0, 4, 3, 3, 5, 4, 2, 0].map((value) => value / 10));
    const curve = fitIsotonic(f([1, 2, 3, 4, 5, 6, 7, 8, 9]), y);
    expect(applyIsotonic(curve, 1)).toBeCloseTo(1 / 11, 12);
    for (const x of [3, 4, 5.5, 9, 12]) expect(applyIsotonic(curve, x)).toBeCloseTo(0.3, 12);
    // Straight between the pools.
    expect(applyIsotonic(curve, 2.5)).toBeCloseTo((1 / 11 + 0.3) / 2, 12);
  });

  it("never falls, and takes equal predictions together", () => {
    const random = RandomStream.of(8, 0);
    const x = f(Array.from({ length: 500 }, () => Math.round(random.uniform() * 40) / 40));
    const y = x.map((value) => (random.uniform() < value ? 1 : 0));
    const curve = fitIsotonic(x, y);
    const shown = Array.from({ length: 101 }, (_, i) => applyIsotonic(curve, i / 100));
    expect(shown).toEqual(shown.toSorted((a, b) => a - b));
    expect(Math.min(...shown)).toBeGreaterThan(0);
    expect(Math.max(...shown)).toBeLessThan(1);
  });
});

describe("a calibration", () => {
  it("is none of too few rows, or of one class", () => {
    const p = f(Array.from({ length: 200 }, (_, i) => i / 200));
    expect(fitCalibration("platt", p.slice(0, 50), p.slice(0, 50).map(Math.round)).kind).toBe(
      "none",
    );
    expect(
      fitCalibration(
        "isotonic",
        p,
        p.map(() => 1),
      ).kind,
    ).toBe("none");
    expect(calibrated({ kind: "none" }, 0.3)).toBe(0.3);
    expect(fitCalibration("isotonic", p, p.map(Math.round)).kind).toBe("isotonic");
  });
});

describe("reliability", () => {
  it("sets predictions beside frequencies, and means their distance", () => {
    const { bins, expectedError } = reliability(f([0.05, 0.05, 0.95, 0.95]), f([0, 1, 1, 1]));
    expect(bins).toEqual([
      { rows: 2, meanPrediction: 0.05, frequency: 0.5 },
      { rows: 2, meanPrediction: 0.95, frequency: 1 },
    ]);
    expect(expectedError).toBeCloseTo((0.45 + 0.05) / 2, 12);
  });
});

describe("the conformal band", () => {
  it("takes order statistics with one residual to come: of 19 for 90 %, the smallest and the largest", () => {
    const nineteen = f(Array.from({ length: 19 }, (_, i) => i));
    expect(residualBand(nineteen, 0.9)).toEqual({ lower: 0, upper: 18 });
    expect(residualBand(nineteen.slice(1), 0.9)).toBeNull();
    expect(residualBand(f(Array.from({ length: 99 }, (_, i) => i)), 0.9)).toEqual({
      lower: 4,
      upper: 94,
    });
  });

  it("holds what it promises of new residuals, whatever their distribution", () => {
    const random = RandomStream.of(11, 0);
    let inside = 0;
    for (let trial = 0; trial < 2_000; trial += 1) {
      const residuals = f(Array.from({ length: 40 }, () => Math.exp(random.normal() * 2)));
      const band = residualBand(residuals, 0.8);
      const next = Math.exp(random.normal() * 2);
      if (band !== null && next >= band.lower && next <= band.upper) inside += 1;
    }
    // Of 41 places ⌊41·0.1⌋ = 4 are left out at either end: 33/41.
    expect(inside / 2_000).toBeGreaterThan(33 / 41 - 0.03);
    expect(inside / 2_000).toBeLessThan(33 / 41 + 0.03);
  });
});
