import * as fc from "fast-check";
import {
  type AlmgrenChriss,
  calibrate,
  expectedCost,
  trajectory,
  varianceOf,
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

const models: fc.Arbitrary<AlmgrenChriss> = fc.record({
  quantity: fc.integer({ min: 1, max: 10_000_000 }),
  durationDays: fc.double({ min: 0.05, max: 20, noNaN: true }),
  intervals: fc.integer({ min: 1, max: 60 }),
  riskAversion: fc.double({ min: 0, max: 1e-4, noNaN: true }),
  sigma: fc.double({ min: 0, max: 5, noNaN: true }),
  gamma: fc.double({ min: 0, max: 1e-7, noNaN: true }),
  eta: fc.double({ min: 1.1e-6, max: 1e-4, noNaN: true }),
  epsilon: fc.double({ min: 0, max: 0.1, noNaN: true }),
});

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

describe("laws of the trajectory", () => {
  it("holdings fall, ever more slowly, from the whole to nothing", () => {
    fc.assert(
      fc.property(models, (model) => {
        const { holdings, trades } = trajectory(model);
        const slack = model.quantity * 1e-12;
        expect(holdings[0]).toBeCloseTo(model.quantity, 6);
        expect(holdings.at(-1)).toBe(0);
        trades.forEach((trade, j) => {
          expect(trade).toBeGreaterThanOrEqual(0);
          expect(trade).toBeLessThanOrEqual((trades[j - 1] ?? Infinity) + slack);
          expect(Math.abs((holdings[j] ?? 0) - (holdings[j + 1] ?? 0) - trade)).toBeLessThan(
            model.quantity * 1e-9,
          );
        });
      }),
    );
  });

  it("trades sum to the order", () => {
    fc.assert(
      fc.property(models, (model) => {
        const sum = trajectory(model).trades.reduce((total, trade) => total + trade, 0);
        expect(Math.abs(sum / model.quantity - 1)).toBeLessThan(1e-9);
      }),
    );
  });

  it("cost rises and variance falls with risk aversion", () => {
    const factors = fc.double({ min: 1.01, max: 1000, noNaN: true });
    fc.assert(
      fc.property(models, factors, (model, factor) => {
        const calm = trajectory(model);
        const averse = trajectory({ ...model, riskAversion: model.riskAversion * factor });
        expect(averse.expectedCost).toBeGreaterThanOrEqual(calm.expectedCost * (1 - 1e-9));
        expect(averse.variance).toBeLessThanOrEqual(calm.variance * (1 + 1e-9));
      }),
    );
  });

  it("without risk aversion it is a TWAP, and close to one for hardly any", () => {
    fc.assert(
      fc.property(models, (model) => {
        const { kappa, halfLife, trades } = trajectory({ ...model, riskAversion: 0 });
        expect([kappa, halfLife]).toEqual([0, null]);
        const near = trajectory({ ...model, riskAversion: 1e-16, sigma: 1 }).trades;
        trades.forEach((trade, j) => {
          expect(trade).toBeCloseTo(model.quantity / model.intervals, 6);
          expect(Math.abs((near[j] ?? 0) - trade)).toBeLessThan(model.quantity * 1e-6);
        });
      }),
    );
  });

  it("does not overflow for extreme aversion", () => {
    const { trades, expectedCost: cost } = trajectory({ ...example, riskAversion: 1e6 });
    expect(trades[0]).toBeCloseTo(1e6, 3);
    expect(Number.isFinite(cost)).toBe(true);
  });

  it("refuses impact that would make trading at once free", () => {
    expect(() => trajectory({ ...example, eta: 1e-8 })).toThrow(/expected above 0/);
  });
});

describe("the numeric minimum of E + λV", () => {
  it("is the trajectory, to 1e-6 of the order", () => {
    fc.assert(
      fc.property(models, (model) => {
        const found = minimise(model);
        trajectory(model).holdings.forEach((held, j) => {
          expect(Math.abs(held - (found[j] ?? 0))).toBeLessThan(model.quantity * 1e-6);
        });
      }),
      { numRuns: 50 },
    );
  });
});

/** By conjugate gradients (Hestenes and Stiefel 1952) on the differences of the objective itself, which is quadratic. */
function minimise(model: AlmgrenChriss): readonly number[] {
  const inner = model.intervals - 1;
  const objective = (x: readonly number[]): number => {
    const holdings = [model.quantity, ...x.map((part) => part * model.quantity), 0];
    const trades = holdings.slice(1).map((held, j) => (holdings[j] ?? 0) - held);
    // |n| would not be smooth; the sum of trades that never change sign is the order itself.
    const smooth = { ...model, epsilon: 0 };
    return expectedCost(smooth, trades) + model.riskAversion * varianceOf(model, holdings);
  };
  const zero = Array.from({ length: inner }, () => 0);
  const unit = (k: number) => zero.with(k, 1);
  const base = objective(zero);
  // Of a quadratic: f(a + b) − f(a) − f(b) + f(0) = bᵀHa, and f(a) − f(0) = gᵀa + aᵀHa/2.
  const alone = zero.map((_, k) => objective(unit(k)) - base);
  const hessian = zero.map((_, k) =>
    zero.map((__, l) => {
      if (Math.abs(k - l) > 1) return 0;
      if (k === l) return objective(unit(k).with(k, 2)) - base - 2 * (alone[k] ?? 0);
      return objective(unit(k).with(l, 1)) - base - (alone[k] ?? 0) - (alone[l] ?? 0);
    }),
  );
  const gradient = zero.map((_, k) => (alone[k] ?? 0) - (hessian[k]?.[k] ?? 0) / 2);
  const times = (v: readonly number[]) => hessian.map((row) => dot(row, v));
  let x: readonly number[] = zero;
  let residual: readonly number[] = gradient.map((g) => -g);
  let direction = residual;
  for (let round = 0; round < 20 * inner && dot(residual, residual) > 0; round += 1) {
    const image = times(direction);
    const step = dot(residual, residual) / dot(direction, image);
    if (!Number.isFinite(step)) break;
    x = x.map((value, k) => value + step * (direction[k] ?? 0));
    const next = residual.map((value, k) => value - step * (image[k] ?? 0));
    const ratio = dot(next, next) / dot(residual, residual);
    direction = next.map((value, k) => value + ratio * (direction[k] ?? 0));
    residual = next;
  }
  return [model.quantity, ...x.map((part) => part * model.quantity), 0];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
