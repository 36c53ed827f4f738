import * as fc from "fast-check";
import {
  fitImpact,
  impactRoute,
  type ImpactTerms,
} from "../../../../../domain/execution/routing/impact.ts";
import { readOutflow } from "../../../../../domain/execution/routing/outflow.ts";
import type { Venue } from "../../../../../domain/execution/routing/venue.ts";
import { fillWaterInLots } from "../../../../../domain/execution/routing/water-filling.ts";

function venue(name: string, a: number, b: number, feePerUnit = "0"): Venue {
  return { name, levels: [], feePerUnit, impact: { a, b } };
}

function terms(venues: readonly Venue[], changes: Partial<ImpactTerms> = {}): ImpactTerms {
  return { side: "buy", quantity: "100", lotSize: "1", tickSize: "0.01", venues, ...changes };
}

const level = (price: string, size: string) => ({ price, size });

describe("an impact that is fitted to what a venue displays", () => {
  it("costs the whole of the display what it costs", () => {
    const levels = [level("100", "100"), level("100.01", "200"), level("100.05", "100")];
    const { a, b } = fitImpact({ levels }, "buy") ?? { a: 0, b: 0 };
    expect(a).toBe(100);
    // 100·100 + 200·100.01 + 100·100.05 = 40007 = 100·400 + ½·b·400²
    expect(b).toBeCloseTo((2 * 7) / 160_000, 15);
  });

  it("of bids falls from the highest", () => {
    const levels = [level("99", "10"), level("100", "10")];
    expect(fitImpact({ levels }, "sell")).toEqual({ a: 100, b: 0.05 });
  });

  it("is not made up from a single price", () => {
    expect(fitImpact({ levels: [level("100", "5"), level("100.0", "7")] }, "buy")).toBeNull();
    expect(fitImpact({ levels: [] }, "buy")).toBeNull();
    const route = impactRoute(
      terms([{ name: "ONE", feePerUnit: "0", levels: [level("100", "5")] }, venue("TWO", 100, 1)]),
    );
    expect(route.unknown).toEqual(["ONE"]);
    expect(route.allocations).toEqual([{ venue: "TWO", price: "200", quantity: "100" }]);
  });
});

describe("routing by impact", () => {
  it("takes nowhere beyond the limit, and says what is left", () => {
    const route = impactRoute(
      terms([venue("A", 100, 0.01), venue("B", 100.3, 0.01)], { limit: "100.5" }),
    );
    // A: 50 up to 100.50; B: 20
    expect(route.allocations).toEqual([
      { venue: "A", price: "100.5", quantity: "50" },
      { venue: "B", price: "100.5", quantity: "20" },
    ]);
    expect(route.unfilled).toBe("30");
  });

  it("of a sale goes down, by what is left after fees", () => {
    const route = impactRoute(
      terms([venue("A", 100, 0.01), venue("B", 100, 0.01, "0.2")], { side: "sell" }),
    );
    expect(route.allocations.map(({ quantity }) => quantity)).toEqual(["60", "40"]);
    expect(route.allocations[0]?.price).toBe("99.4");
    expect(route.cost).toBeCloseTo(-(6000 - 18 + 4000 - 8 - 8), 9);
  });

  it("costs no more than any other division in whole lots within the limit", () => {
    const figure = (max: number) => fc.integer({ min: 0, max });
    const one = fc.record({ a: figure(40), b: figure(30), fee: figure(10) });
    const limit = fc.option(fc.integer({ min: 10_000, max: 10_060 }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(one, { minLength: 1, maxLength: 3 }),
        figure(12),
        limit,
        (list, quantity, most) => {
          const found = list.map(({ a, b, fee }, index) =>
            venue(String(index), 100 + a / 100, b / 1000, String(fee / 100)),
          );
          const asked = terms(found, {
            quantity: String(quantity),
            ...(most !== undefined && { limit: String(most / 100) }),
          });
          const route = impactRoute(asked);
          const best = cheapest(asked);
          expect(Number(route.unfilled)).toBe(quantity - best.lots);
          expect(route.cost).toBeCloseTo(best.cost, 6);
        },
      ),
    );
  });
});

describe("water in whole lots", () => {
  it("sums to the quantity, where float64 cannot tell the lots apart too", () => {
    const far = fc.double({ min: 1, max: 1e12, noNaN: true });
    const near = fc.double({ min: 1e-12, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: far, b: near }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 1e15 }),
        (list, lots) => {
          const venues = list.map((one, index) => ({ name: String(index), ...one }));
          const parts = fillWaterInLots(String(lots), "1", venues).map(BigInt);
          expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(BigInt(lots));
        },
      ),
    );
  });
});

describe("an outflow as it is told", () => {
  it("has the fields of its kind and no others", () => {
    expect(readOutflow({ kind: "exponential", mean: 5 })).toEqual({ kind: "exponential", mean: 5 });
    expect(readOutflow({ kind: "uniform", low: 0, high: 2 })).toEqual({
      kind: "uniform",
      low: 0,
      high: 2,
    });
    for (const told of [
      { kind: "exponential" },
      { kind: "exponential", mean: 5, low: 1 },
      { kind: "uniform", low: 3, high: 3 },
      { kind: "empirical", mean: 1 },
    ] as const) {
      expect(readOutflow(told)).toHaveProperty("fault");
    }
  });
});

/** Every division: most lots first, then least cost. */
function cheapest({ venues, quantity, limit }: ImpactTerms): { lots: number; cost: number } {
  let best = { lots: 0, cost: 0 };
  const visit = (index: number, left: number, lots: number, cost: number): void => {
    const next = venues[index];
    if (next?.impact === undefined) {
      if (lots > best.lots || (lots === best.lots && cost < best.cost)) best = { lots, cost };
      return;
    }
    const { a, b } = next.impact;
    for (let x = 0; x <= left; x += 1) {
      if (x > 0 && limit !== undefined && a + b * x > Number(limit) + 1e-9) break;
      const own = (a + Number(next.feePerUnit)) * x + (b * x * x) / 2;
      visit(index + 1, left - x, lots + x, cost + own);
    }
  };
  visit(0, Number(quantity), 0, 0);
  return best;
}
