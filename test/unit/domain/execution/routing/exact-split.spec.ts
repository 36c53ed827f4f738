import * as fc from "fast-check";
import { splitInLots } from "../../../../../domain/execution/algorithms/split-terms.ts";
import {
  splitCost,
  type SplitTerms,
  splitVenues,
} from "../../../../../domain/execution/routing/cont-kukanov.ts";
import { splitExactly } from "../../../../../domain/execution/routing/exact-split.ts";
import type { Outflow } from "../../../../../domain/execution/routing/outflow.ts";

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const outflows: fc.Arbitrary<Outflow> = fc.oneof(
  fc.record({ kind: fc.constant("exponential" as const), mean: fc.integer({ min: 1, max: 50 }) }),
  fc.record({
    kind: fc.constant("uniform" as const),
    low: fc.integer({ min: 0, max: 10 }),
    high: fc.integer({ min: 11, max: 60 }),
  }),
  fc.record({
    kind: fc.constant("empirical" as const),
    samples: fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 12 }),
  }),
);

/** Maker fees above h + λᵤ are among them: there each further unit costs less than the one before. */
const problems: fc.Arbitrary<SplitTerms> = fc.record({
  quantity: fc.constantFrom(6, 0.6, 101),
  halfSpread: fc.constantFrom(0, 0.01, 0.02),
  takerFee: fc.constantFrom(-0.001, 0, 0.003),
  underPenalty: fc.constantFrom(0, 0.02, 0.05, 0.1),
  overPenalty: fc.constantFrom(0, 0.03, 0.1),
  venues: fc.array(
    fc.record({
      name: fc.constant("v"),
      queue: fc.integer({ min: 0, max: 10 }),
      rebate: fc.constantFrom(-0.2, -0.001, 0, 0.002),
      outflow: outflows,
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** Every way to write `steps` as a sum of `count` parts. */
function compositions(steps: number, count: number): readonly (readonly number[])[] {
  if (count === 1) return [[steps]];
  return Array.from({ length: steps + 1 }, (_, first) => first).flatMap((first) =>
    compositions(steps - first, count - 1).map((rest) => [first, ...rest]),
  );
}

describe("the split that cannot overfill", () => {
  it("equals brute force over every split that sums to the order", () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 7 }), (terms, steps) => {
        const unit = terms.quantity / steps;
        const costs = compositions(steps, terms.venues.length + 1).map(([market = 0, ...limits]) =>
          splitCost(terms, steps, {
            market: market * unit,
            limits: limits.map((limit) => limit * unit),
          }),
        );
        const { expectedCost, ...found } = splitExactly(terms, steps);
        expect(expectedCost).toBeCloseTo(Math.min(...costs), 9);
        expect(splitCost(terms, steps, found)).toBeCloseTo(expectedCost, 9);
        expect(found.market + sum(found.limits)).toBeCloseTo(terms.quantity, 9);
      }),
      { numRuns: 200 },
    );
  });

  it("costs no less than the one that may", () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 7 }), (terms, steps) => {
        const free = splitVenues(terms, steps).expectedCost;
        expect(splitExactly(terms, steps).expectedCost).toBeGreaterThanOrEqual(free - 1e-9);
      }),
      { numRuns: 100 },
    );
  });

  it("costs more where the free one oversubscribes, and pays no overfill penalty", () => {
    // Two venues that may each fill or not: the free one rests the order at both.
    const venue = {
      name: "v",
      queue: 0,
      rebate: 0,
      outflow: { kind: "empirical", samples: [0, 100] },
    } as const;
    const terms = {
      quantity: 4,
      halfSpread: 0.02,
      takerFee: 0,
      underPenalty: 0.05,
      overPenalty: 0.01,
      venues: [venue, venue],
    };
    const free = splitVenues(terms, 4);
    const exact = splitExactly(terms, 4);
    expect(free.market + sum(free.limits)).toBeGreaterThan(4);
    expect(exact.market + sum(exact.limits)).toBe(4);
    expect(exact.expectedCost).toBeGreaterThan(free.expectedCost);
    expect(splitExactly({ ...terms, overPenalty: 9 }, 4)).toEqual(exact);
  });

  it("in whole lots sums exactly, whatever the grid", () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 5000 }), (terms, lots) => {
        const { market, limits } = splitInLots({ ...terms, quantity: lots * 0.1 }, lots);
        for (const part of [market, ...limits]) {
          expect(Number.isInteger(part) && part >= 0).toBe(true);
        }
        expect(market + sum(limits)).toBe(lots);
      }),
    );
  });

  it("wants a grid", () => {
    const terms = { quantity: 1, halfSpread: 0, takerFee: 0, underPenalty: 0, overPenalty: 0 };
    expect(() => splitExactly({ ...terms, venues: [] }, 0)).toThrow(/steps: expected at least 1/);
  });
});
