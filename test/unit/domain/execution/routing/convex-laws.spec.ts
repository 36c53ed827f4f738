import * as fc from "fast-check";
import {
  splitCost,
  type SplitTerms,
  splitOneVenue,
  splitVenues,
} from "../../../../../domain/execution/routing/cont-kukanov.ts";
import {
  type Outflow,
  outflowCdf,
  outflowFault,
  outflowQuantile,
} from "../../../../../domain/execution/routing/outflow.ts";
import {
  convexCost,
  type ConvexVenue,
  fillWater,
  fillWaterInLots,
} from "../../../../../domain/execution/routing/water-filling.ts";

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

const convex: fc.Arbitrary<readonly ConvexVenue[]> = fc.array(
  fc.record({
    name: fc.constant("v"),
    a: fc.integer({ min: 0, max: 20 }),
    b: fc.constantFrom(0, 0.5, 1, 3),
  }),
  { minLength: 1, maxLength: 3 },
);

describe("water-filling", () => {
  it("gives the hand-computed answer", () => {
    // x₁ = μ − 1, x₂ = (μ − 2)/2, the third never joins: 4 in all gives μ = 4, hence 3 and 1.
    const venues = [
      { name: "1", a: 1, b: 1 },
      { name: "2", a: 2, b: 2 },
      { name: "3", a: 9, b: 1 },
    ];
    expect(fillWater(4, venues)).toEqual({ marginalCost: 4, quantities: [3, 1, 0] });
  });

  it("fills exactly, at one marginal cost wherever it fills and no lower one elsewhere", () => {
    fc.assert(
      fc.property(convex, fc.double({ min: 0, max: 1000, noNaN: true }), (venues, quantity) => {
        const { marginalCost, quantities } = fillWater(quantity, venues);
        expect(total(quantities)).toBeCloseTo(quantity, 6);
        quantities.forEach((x, index) => {
          const { a, b } = venues[index] ?? { a: Number.NaN, b: Number.NaN };
          expect(x).toBeGreaterThanOrEqual(0);
          if (x > 1e-9) expect(a + b * x).toBeCloseTo(marginalCost, 6);
          else expect(a).toBeGreaterThanOrEqual(marginalCost - 1e-6);
        });
      }),
    );
  });

  it("in lots equals brute force over every split", () => {
    fc.assert(
      fc.property(convex, fc.integer({ min: 0, max: 30 }), (venues, lots) => {
        const parts = fillWaterInLots(String(lots * 5), "5", venues).map(Number);
        expect(total(parts)).toBe(lots * 5);
        const best = Math.min(
          ...splits(lots, venues.length).map((split) =>
            convexCost(
              venues,
              split.map((x) => x * 5),
            ),
          ),
        );
        expect(convexCost(venues, parts)).toBeCloseTo(best, 6);
      }),
      { numRuns: 200 },
    );
  });

  it("refuses what is not a market", () => {
    expect(() => fillWater(1, [])).toThrow(RangeError);
    expect(() => fillWater(1, [{ name: "v", a: 1, b: -1 }])).toThrow(RangeError);
  });
});

/** Every way to write `lots` as a sum of `count` parts. */
function splits(lots: number, count: number): readonly (readonly number[])[] {
  if (count === 1) return [[lots]];
  return Array.from({ length: lots + 1 }, (_, first) => first).flatMap((first) =>
    splits(lots - first, count - 1).map((rest) => [first, ...rest]),
  );
}

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

describe("outflow distributions", () => {
  it("have quantiles that invert them", () => {
    fc.assert(
      fc.property(outflows, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (outflow, p) => {
        const x = outflowQuantile(outflow, p);
        expect(outflowCdf(outflow, x + 1e-9)).toBeGreaterThanOrEqual(p - 1e-9);
        expect(outflowCdf(outflow, x - 1e-6)).toBeLessThanOrEqual(p + 1e-9);
      }),
    );
  });

  it("are refused when they are none", () => {
    expect(outflowFault({ kind: "exponential", mean: 0 })).not.toBeNull();
    expect(outflowFault({ kind: "uniform", low: 2, high: 2 })).not.toBeNull();
    expect(outflowFault({ kind: "empirical", samples: [] })).not.toBeNull();
    expect(outflowFault({ kind: "empirical", samples: [0, 3] })).toBeNull();
  });
});

/** h = 0.02, f = 0.003, r = 0.002, as in the paper's numerical example (§4.1). */
const market = { quantity: 1000, halfSpread: 0.02, takerFee: 0.003, overPenalty: 0.05 };
const queue = {
  name: "v",
  queue: 2000,
  rebate: 0.002,
  outflow: { kind: "exponential", mean: 2200 },
} as const;
const one = (underPenalty: number): SplitTerms => ({ ...market, underPenalty, venues: [queue] });

describe("the split between market and limit order at one venue", () => {
  it("is interior where the closed form says so", () => {
    const { market: crossed, limits } = splitOneVenue(one(0.04));
    const [limit = 0] = limits;
    // F(Q + L) = (2h + f + r) / (λᵤ + h + r)
    expect(1 - Math.exp(-(2000 + limit) / 2200)).toBeCloseTo(0.045 / 0.062, 12);
    expect(crossed + limit).toBeCloseTo(1000, 9);
    expect(limit).toBeGreaterThan(0);
    expect(limit).toBeLessThan(1000);
  });

  it("rests all of it when a shortfall costs little, and crosses all when it costs much", () => {
    expect(splitOneVenue(one(0.025))).toEqual({ market: 0, limits: [1000] });
    expect(splitOneVenue(one(0.2))).toEqual({ market: 1000, limits: [0] });
  });

  it("rests less the more a shortfall costs", () => {
    const penalties = fc.double({ min: 0.02, max: 0.2, noNaN: true });
    fc.assert(
      fc.property(penalties, penalties, (a, b) => {
        const [calm, urgent] = a < b ? [a, b] : [b, a];
        expect(splitOneVenue(one(urgent)).market).toBeGreaterThanOrEqual(
          splitOneVenue(one(calm)).market,
        );
      }),
    );
  });

  it("agrees with the numeric solution to a step", () => {
    for (const penalty of [0.025, 0.035, 0.04, 0.045, 0.2]) {
      const exact = splitOneVenue(one(penalty));
      expect(Math.abs(splitVenues(one(penalty), 100).market - exact.market)).toBeLessThanOrEqual(
        10,
      );
    }
  });

  it("wants exactly one venue", () => {
    expect(() => splitOneVenue({ ...one(0.04), venues: [] })).toThrow(/expected 1, found 0/);
  });
});

const smooth = outflows.filter(({ kind }) => kind !== "empirical");
const splitsOver = (outflow: fc.Arbitrary<Outflow>): fc.Arbitrary<SplitTerms> =>
  fc.record({
    quantity: fc.constant(6),
    halfSpread: fc.constantFrom(0.01, 0.02),
    takerFee: fc.constantFrom(0, 0.003),
    underPenalty: fc.constantFrom(0.02, 0.05, 0.1),
    overPenalty: fc.constantFrom(0.03, 0.05, 0.1),
    venues: fc.array(
      fc.record({
        name: fc.constant("v"),
        queue: fc.integer({ min: 0, max: 10 }),
        rebate: fc.constantFrom(-0.001, 0, 0.002),
        outflow,
      }),
      { minLength: 1, maxLength: 3 },
    ),
  });

describe("the split over several venues", () => {
  it("costs what enumerating every outcome says", () => {
    fc.assert(
      fc.property(splitsOver(outflows), (terms) => {
        const { expectedCost, ...split } = splitVenues(terms, 6);
        expect(expectedCost).toBeCloseTo(outcomeCost(terms, split.market, split.limits), 9);
        expect(splitCost(terms, 6, split)).toBeCloseTo(expectedCost, 9);
      }),
    );
  });

  it("equals brute force over the grid", () => {
    fc.assert(
      fc.property(splitsOver(smooth), (terms) => {
        const costs = points(6, terms.venues.length)
          .filter(
            ([crossed = 0, ...limits]) =>
              crossed + total(limits) >= 6 && limits.every((x) => x <= 6 - crossed),
          )
          .map(([crossed = 0, ...limits]) => splitCost(terms, 6, { market: crossed, limits }));
        expect(splitVenues(terms, 6).expectedCost).toBeCloseTo(Math.min(...costs), 9);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the split on a grid too fine to enumerate", () => {
  it("is improved by no change of one order, and costs no more than the best of the grid that it began with", () => {
    fc.assert(
      fc.property(splitsOver(smooth), (terms) => {
        const { expectedCost, market: crossed, limits } = splitVenues(terms, 60);
        // The finest that divides 60 and has no more than 20,000 points.
        const coarse = splitVenues(terms, terms.venues.length > 2 ? 10 : 20);
        const step = terms.quantity / 60;
        expect(expectedCost).toBeLessThanOrEqual(splitCost(terms, 60, coarse) + 1e-9);
        limits.forEach((limit, venue) => {
          for (const other of [limit - step, limit + step]) {
            const changed = limits.with(venue, other);
            const isAllowed =
              other >= 0 && other <= 6 - crossed + 1e-9 && crossed + total(changed) >= 6 - 1e-9;
            if (!isAllowed) continue;
            const cost = splitCost(terms, 60, { market: crossed, limits: changed });
            expect(expectedCost).toBeLessThanOrEqual(cost + 1e-9);
          }
        });
      }),
      // Each run tries thousands of points, and shrinking would try them again and again.
      { numRuns: 6, endOnFailure: true },
    );
  });
});

function points(max: number, venues: number): readonly (readonly number[])[] {
  const values = Array.from({ length: max + 1 }, (_, value) => value);
  return venues === 0
    ? values.map((value) => [value])
    : points(max, venues - 1).flatMap((rest) => values.map((value) => [...rest, value]));
}

/** Every combination of fills with its probability, fills in whole units. */
function outcomeCost(terms: SplitTerms, crossed: number, limits: readonly number[]): number {
  const { quantity, halfSpread, takerFee, underPenalty, overPenalty, venues } = terms;
  const walk = (index: number, filled: number, earned: number): number => {
    const venue = venues[index];
    if (venue === undefined) {
      const missing = quantity - crossed - filled;
      return (
        (halfSpread + takerFee) * crossed -
        earned +
        underPenalty * Math.max(missing, 0) +
        overPenalty * Math.max(-missing, 0)
      );
    }
    const limit = limits[index] ?? 0;
    const least = (x: number): number =>
      venue.outflow.kind === "empirical"
        ? venue.outflow.samples.filter((sample) => sample >= x).length /
          venue.outflow.samples.length
        : 1 - outflowCdf(venue.outflow, x);
    return Array.from({ length: limit + 1 }, (_, fill) => fill)
      .map((fill) => {
        const above = fill < limit ? least(venue.queue + fill + 1) : 0;
        const chance = (fill === 0 ? 1 : least(venue.queue + fill)) - above;
        return chance * walk(index + 1, filled + fill, earned + (halfSpread + venue.rebate) * fill);
      })
      .reduce((sum, value) => sum + value, 0);
  };
  return walk(0, 0, 0);
}
