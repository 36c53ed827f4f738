import {
  type AlmgrenChriss,
  calibrate,
  trajectory,
} from "../../../../../domain/execution/algorithms/almgren-chriss.ts";

/** The example of Almgren and Chriss (2000), §3.4: a million shares at 50, 30 % volatility a year, five days. */
const example: AlmgrenChriss = {
  quantity: 1e6,
  durationDays: 5,
  intervals: 5,
  riskAversion: 1e-6,
  sigma: 0.9486833,
  gamma: 2.5e-7,
  eta: 2.5e-6,
  epsilon: 0.0625,
};

describe("the published example", () => {
  const path = trajectory(example);

  it("has the known κ, half-life and cost", () => {
    expect(path.kappa).toBeCloseTo(0.6063, 4);
    expect(path.halfLife).toBeCloseTo(1.6495, 4);
    // The known figures come from a σ of 0.3 · 50 / √250, whose seventh digit the example rounds.
    expect(trajectory({ ...example, sigma: 15 / Math.sqrt(250) }).expectedCost).toBeCloseTo(
      910_477.84,
      2,
    );
    expect(Math.abs(path.expectedCost - 910_477.84)).toBeLessThan(0.01);
  });

  it("has the known holdings", () => {
    const known = [1_000_000, 542_380.69, 290_295.12, 148_216.13, 62_303.24, 0];
    const exact = trajectory({ ...example, sigma: 15 / Math.sqrt(250) });
    expect(exact.holdings.map((held) => Number(held.toFixed(2)))).toEqual(known);
    path.holdings.forEach((held, j) => expect(Math.abs(held - (known[j] ?? 0))).toBeLessThan(0.01));
  });

  it("has impact parameters by the paper's convention: a spread of 1/8, five million shares a day", () => {
    const { gamma, eta, epsilon } = calibrate(1 / 8, 5e6);
    expect(gamma).toBeCloseTo(2.5e-7, 15);
    expect(eta).toBeCloseTo(2.5e-6, 15);
    expect(epsilon).toBe(0.0625);
  });
});

describe("a trajectory", () => {
  it("does not overflow for extreme aversion", () => {
    const { trades, expectedCost: cost } = trajectory({ ...example, riskAversion: 1e6 });
    expect(trades[0]).toBeCloseTo(1e6, 3);
    expect(Number.isFinite(cost)).toBe(true);
  });

  it("refuses impact that would make trading at once free", () => {
    expect(() => trajectory({ ...example, eta: 1e-8 })).toThrow(/expected above 0/);
  });
});
