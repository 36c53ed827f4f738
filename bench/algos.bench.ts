/**
 * The mathematics of execution: schedules, the trajectory, routes. Each beside a reference in the same run: for schedules a plain
 * float loop that rounds as it goes, for routing a search over every split, for the trajectory the formulas with sinh.
 * Before anything is timed the answers are compared.
 */
import { trajectory } from "../domain/execution/algorithms/almgren-chriss.ts";
import { splitByWeight } from "../domain/execution/algorithms/lots.ts";
import { twapSchedule } from "../domain/execution/algorithms/twap.ts";
import { vwapTargets } from "../domain/execution/algorithms/vwap.ts";
import { splitVenues } from "../domain/execution/routing/cont-kukanov.ts";
import { takerRoute } from "../domain/execution/routing/taker.ts";
import type { Venue } from "../domain/execution/routing/venue.ts";
import { fillWaterInLots } from "../domain/execution/routing/water-filling.ts";
import type { BenchReport } from "./run.ts";
import { round } from "./support.ts";

const LOTS = 1_000_000;
const BUCKETS = 390;
const curve = Array.from({ length: BUCKETS }, (_, k) => 1 + ((k - BUCKETS / 2) / 100) ** 2);

const model = {
  quantity: 1e6,
  durationDays: 5,
  intervals: 65,
  riskAversion: 1e-6,
  sigma: 0.9486833,
  gamma: 2.5e-7,
  eta: 2.5e-6,
  epsilon: 0.0625,
};

export async function run({ isQuick }: { readonly isQuick: boolean }): Promise<BenchReport> {
  check();
  const budgetMs = isQuick ? 60 : 1000;
  const perSecond = (work: () => unknown): number => rate(work, budgetMs);
  const small = venuesOf(4, 2);
  const figures = {
    twap13: perSecond(() => twap(13)),
    twap390: perSecond(() => twap(BUCKETS)),
    vwap390: perSecond(() => vwapTargets(LOTS, curve)),
    almgrenChriss65: perSecond(() => trajectory(model)),
    route4Venues2Levels: perSecond(() => routeOf(small, 20)),
    route8Venues10Levels: perSecond(() => routeOf(venuesOf(8, 10), 5_000)),
    routeFixedFees8Venues: perSecond(() => routeOf(venuesOf(8, 3, "1"), 500)),
    waterFilling8Venues: perSecond(() => water()),
    contKukanov3Venues60Steps: perSecond(() => splitVenues(placement, 60)),
  };
  const reference = {
    twap390FloatLoop: perSecond(() => floatTwap(BUCKETS)),
    vwap390FloatLoop: perSecond(() => floatVwap()),
    almgrenChriss65Sinh: perSecond(() => sinhTrajectory()),
    route4Venues2LevelsEverySplit: perSecond(() => everySplit(small, 20)),
  };
  const ratio = figures.route4Venues2Levels / reference.route4Venues2LevelsEverySplit;
  return { name: "algos", figures, reference, ratio: round(ratio) };
}

/** Calls a second, over `budgetMs` after a warm-up. */
function rate(work: () => unknown, budgetMs: number): number {
  for (const endMs = performance.now() + budgetMs / 4; performance.now() < endMs;) work();
  let calls = 0;
  const startMs = performance.now();
  while (performance.now() - startMs < budgetMs || calls === 0) {
    work();
    calls += 1;
  }
  return round((calls * 1000) / (performance.now() - startMs), 0);
}

function twap(count: number) {
  const terms = { lotSize: "1", startMs: 0, intervalSeconds: 60, seed: 1 };
  return twapSchedule({ ...terms, quantity: String(LOTS), durationSeconds: count * 60 });
}

/** Rounds the cumulative target: sums in the end, but drifts by a lot on the way and knows no decimals. */
function floatTwap(count: number): readonly number[] {
  let done = 0;
  return Array.from({ length: count }, (_, k) => {
    const part = Math.round((LOTS * (k + 1)) / count) - done;
    done += part;
    return part;
  });
}

function floatVwap(): readonly number[] {
  const whole = curve.reduce((sum, share) => sum + share, 0);
  let share = 0;
  return curve.map((part) => Math.round((LOTS * (share += part)) / whole));
}

function sinhTrajectory(): readonly number[] {
  const tau = model.durationDays / model.intervals;
  const etaTilde = model.eta - (model.gamma * tau) / 2;
  const z = (model.riskAversion * model.sigma ** 2 * tau ** 2) / (2 * etaTilde);
  const kappa = Math.acosh(1 + z) / tau;
  const whole = Math.sinh(kappa * model.durationDays);
  return Array.from(
    { length: model.intervals + 1 },
    (_, j) => (model.quantity * Math.sinh(kappa * (model.durationDays - j * tau))) / whole,
  );
}

const FEES = ["0.012", "-0.001", "0", "0.003"] as const;

function venuesOf(count: number, levels: number, feePerOrder?: string): readonly Venue[] {
  return Array.from({ length: count }, (_, v) => ({
    name: `V${String(v)}`,
    feePerUnit: FEES[v % FEES.length] ?? "0",
    ...(feePerOrder !== undefined && { feePerOrder }),
    levels: Array.from({ length: levels }, (__, k) => ({
      price: (100 + 0.01 * (k + (v % 2))).toFixed(2),
      size: String(count > 4 ? 100 + 37 * v + 11 * k : 5),
    })),
  }));
}

function routeOf(venues: readonly Venue[], quantity: number) {
  return takerRoute({ side: "buy", quantity: String(quantity), lotSize: "1", venues });
}

/** The least cost over every way to divide the quantity between the levels. */
function everySplit(venues: readonly Venue[], quantity: number): number {
  const levels = venues.flatMap(({ feePerUnit, levels: own }) =>
    own.map(({ price, size }) => ({
      cost: Number(price) + Number(feePerUnit),
      size: Number(size),
    })),
  );
  const walk = (index: number, left: number): number => {
    if (left === 0) return 0;
    const level = levels[index];
    if (level === undefined) return Infinity;
    let best = Infinity;
    for (let taken = 0; taken <= Math.min(level.size, left); taken += 1) {
      best = Math.min(best, taken * level.cost + walk(index + 1, left - taken));
    }
    return best;
  };
  return walk(0, quantity);
}

const convex = Array.from({ length: 8 }, (_, v) => ({
  name: `V${String(v)}`,
  a: 100 + v / 100,
  b: 1e-5 * (v + 1),
}));

function water(): readonly string[] {
  return fillWaterInLots("100000", "1", convex);
}

const placement = {
  quantity: 1000,
  halfSpread: 0.02,
  takerFee: 0.003,
  underPenalty: 0.05,
  overPenalty: 0.05,
  venues: [2000, 1500, 500].map((queue, v) => ({
    name: `V${String(v)}`,
    queue,
    rebate: 0.002,
    outflow: { kind: "exponential" as const, mean: queue + 200 },
  })),
};

/** @throws Error when an answer is not what the reference says */
function check(): void {
  const total = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);
  equal("lots of the TWAP", total(twap(13).map(({ quantity }) => Number(quantity))), LOTS);
  equal("lots of the VWAP", total(splitByWeight(LOTS, curve)), LOTS);
  const drift = vwapTargets(LOTS, curve).map((target, k) =>
    Math.abs(target - (floatVwap()[k] ?? 0)),
  );
  equal("VWAP within a few lots of the float loop", Math.max(...drift) <= BUCKETS / 2, true);
  const apart = trajectory(model).holdings.map((held, j) =>
    Math.abs(held - (sinhTrajectory()[j] ?? 0)),
  );
  equal("trajectory by exponentials and by sinh", Math.max(...apart) < 1e-3, true);
  const small = venuesOf(4, 2);
  const gap = Number(routeOf(small, 20).allIn) - everySplit(small, 20);
  equal("route and every split", Math.abs(gap) < 1e-9, true);
  equal("lots of the water", total(water().map(Number)), 100_000);
}

function equal(what: string, found: unknown, expected: unknown): void {
  if (found !== expected)
    throw new Error(`${what}: expected ${String(expected)}, found ${String(found)}`);
}
