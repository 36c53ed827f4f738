import * as fc from "fast-check";
import {
  type AlmgrenChriss,
  expectedCost,
  trajectory,
  varianceOf,
} from "../../../../../domain/execution/algorithms/almgren-chriss.ts";

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

describe("laws of the trajectory", () => {
  it("holdings fall, ever more slowly, from the whole to nothing", () => {
    fc.assert(
      fc.property(models, (model) => {
        const { holdings, trades } = trajectory(model);
        const slack = model.quantity * 1e-12;
        expect(holdings[0]).toBeCloseTo(model.quantity, 6);
        expect(holdings.at(-1)).toBe(0);
        const isSound = (trade: number, j: number) =>
          trade >= 0 &&
          trade <= (trades[j - 1] ?? Infinity) + slack &&
          Math.abs((holdings[j] ?? 0) - (holdings[j + 1] ?? 0) - trade) < model.quantity * 1e-9;
        expect(trades.filter((trade, j) => !isSound(trade, j))).toEqual([]);
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
        const isSound = (trade: number, j: number) =>
          Math.abs(trade - model.quantity / model.intervals) < 0.5e-6 &&
          Math.abs((near[j] ?? 0) - trade) < model.quantity * 1e-6;
        expect(trades.filter((trade, j) => !isSound(trade, j))).toEqual([]);
      }),
    );
  });
});

describe("the numeric minimum of E + λV", () => {
  it("is the trajectory, to 1e-6 of the order", () => {
    fc.assert(
      fc.property(models, (model) => {
        const found = minimise(model);
        const { holdings } = trajectory(model);
        const off = holdings.map((held, j) => Math.abs(held - (found[j] ?? 0)));
        expect(Math.max(...off)).toBeLessThan(model.quantity * 1e-6);
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
