import * as fc from "fast-check";
import {
  type RouteTerms,
  savingOf,
  takerRoute,
} from "../../../../../domain/execution/routing/taker.ts";
import type { Venue } from "../../../../../domain/execution/routing/venue.ts";
import { type Decimal, dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";

const at = (price: string, size: string) => ({ price, size });
const abc: readonly Venue[] = [
  { name: "A", feePerUnit: "0.012", levels: [at("100.00", "1000"), at("100.01", "2000")] },
  { name: "B", feePerUnit: "-0.001", levels: [at("100.01", "1500")] },
  { name: "C", feePerUnit: "0", levels: [at("100.00", "500")] },
];
const buy: RouteTerms = { side: "buy", quantity: "3000", lotSize: "1", venues: abc };

describe("a taker's route", () => {
  it("over three venues is the known one", () => {
    // issue example: C at 100.000, B at 100.009, A at 100.012
    const route = takerRoute(buy);
    expect(route.allocations).toEqual([
      { venue: "C", price: "100.00", quantity: "500" },
      { venue: "B", price: "100.01", quantity: "1500" },
      { venue: "A", price: "100.00", quantity: "1000" },
    ]);
    expect(route.allIn).toBe("300025.5");
    expect(route.fees).toBe("10.5");
    expect(route.unfilled).toBe("0");
    // by price alone: A 1000 and C 500 at 100.00, then A 1500 at 100.01, which costs 300,045
    expect(savingOf(buy, route)).toBe("19.5");
  });

  it("takes no price beyond the limit and says what stays unfilled", () => {
    const route = takerRoute({ ...buy, limit: "100.00" });
    expect([route.filled, route.unfilled]).toEqual(["1500", "1500"]);
    expect(route.allocations.every(({ price }) => price === "100.00")).toBe(true);
  });

  it("sells to the best bid after fees", () => {
    const venues: readonly Venue[] = [
      { name: "A", feePerUnit: "0.02", levels: [at("100.01", "100")] },
      { name: "B", feePerUnit: "0", levels: [at("99.99", "100"), at("100.00", "50")] },
    ];
    const route = takerRoute({ side: "sell", quantity: "120", lotSize: "1", venues });
    expect(route.allocations).toEqual([
      { venue: "B", price: "100.00", quantity: "50" },
      { venue: "A", price: "100.01", quantity: "70" },
    ]);
    expect(route.allIn).toBe("11999.3");
  });

  it("between equal costs takes the faster venue, then the one named first", () => {
    const venue = (name: string, latencyMs: number): Venue => ({
      name,
      latencyMs,
      feePerUnit: "0",
      levels: [at("10", "1")],
    });
    const venues = [venue("Z", 1), venue("B", 5), venue("A", 5)];
    const { allocations } = takerRoute({ side: "buy", quantity: "2", lotSize: "1", venues });
    expect(allocations.map((part) => part.venue)).toEqual(["Z", "A"]);
  });

  it("weighs latency and missed fills where their cost is told", () => {
    const venues: readonly Venue[] = [
      { name: "far", latencyMs: 100, feePerUnit: "0", levels: [at("10", "1")] },
      { name: "thin", fillProbability: 0.5, feePerUnit: "0.001", levels: [at("10", "1")] },
      { name: "near", feePerUnit: "0.04", levels: [at("10", "1")] },
    ];
    const order = { side: "buy", quantity: "1", lotSize: "1", venues } as const;
    expect(takerRoute(order).allocations[0]?.venue).toBe("far");
    const risk = { perSqrtMs: "0.01", chase: "0.1" };
    expect(takerRoute({ ...order, risk }).allocations[0]?.venue).toBe("near");
    expect(takerRoute({ ...order, quantity: "3" }).expectedFill).toBe("2.5");
  });

  it("makes lots across the levels of one venue, and leaves what is less than one", () => {
    const venues: readonly Venue[] = [
      { name: "A", feePerUnit: "0", levels: [at("10", "150"), at("11", "170")] },
    ];
    const route = takerRoute({ side: "buy", quantity: "500", lotSize: "100", venues });
    expect(route.allocations).toEqual([
      { venue: "A", price: "10", quantity: "150" },
      { venue: "A", price: "11", quantity: "150" },
    ]);
    expect([route.unfilled, route.allIn]).toEqual(["200", "3150"]);
  });

  it("stays away from a venue whose fee per order costs more than its price gains", () => {
    const venues: readonly Venue[] = [
      { name: "cheap", feePerUnit: "0", feePerOrder: "5", levels: [at("9.99", "100")] },
      { name: "plain", feePerUnit: "0", levels: [at("10", "1000")] },
    ];
    const order = { side: "buy", lotSize: "1", venues } as const;
    expect(takerRoute({ ...order, quantity: "100" }).allocations.map(({ venue }) => venue)).toEqual(
      ["plain"],
    );
    const deep = [
      { ...venues[0], name: "cheap", feePerUnit: "0", levels: [at("9.99", "1000")] },
      ...venues.slice(1),
    ];
    expect(
      takerRoute({ ...order, venues: deep, quantity: "600" }).allocations.map(({ venue }) => venue),
    ).toEqual(["cheap"]);
  });

  it("refuses more than twelve venues with fixed costs", () => {
    const venues = Array.from({ length: 13 }, (_, index): Venue => ({
      name: String(index),
      feePerUnit: "0",
      feePerOrder: "1",
      levels: [],
    }));
    expect(() => takerRoute({ ...buy, venues })).toThrow(/at most 12/);
  });
});

/** Small enough to try every split: up to three venues of two levels, sizes that need not be lots. */
const venueArbitrary = (name: string): fc.Arbitrary<Venue> =>
  fc.record({
    name: fc.constant(name),
    levels: fc.array(
      fc.record({
        price: fc.integer({ min: 98, max: 102 }).map(String),
        size: fc.integer({ min: 0, max: 9 }).map(String),
      }),
      { maxLength: 3 },
    ),
    feePerUnit: fc.constantFrom("-0.5", "0", "0.3", "1"),
    feePerOrder: fc.constantFrom("0", "0", "2", "7"),
    minQuantity: fc.constantFrom("0", "0", "4"),
    latencyMs: fc.integer({ min: 0, max: 3 }),
    fillProbability: fc.constantFrom(0.5, 1),
  });
const orders: fc.Arbitrary<RouteTerms> = fc.record({
  side: fc.constantFrom("buy", "sell"),
  quantity: fc.integer({ min: 1, max: 6 }).map((lots) => String(lots * 2)),
  lotSize: fc.constant("2"),
  venues: fc.tuple(venueArbitrary("A"), venueArbitrary("B"), venueArbitrary("C")),
});

describe("brute force over every split finds nothing better", () => {
  it("with fees, fees per order, least quantities and lots", () => {
    fc.assert(
      fc.property(orders, (order) => {
        const route = takerRoute(order);
        const best = bruteForce(order);
        expect(route.filled).toBe(text(dec(best.lots).times(order.lotSize)));
        expect(route.allIn).toBe(text(order.side === "buy" ? best.cost : best.cost.negated()));
        const sum = route.allocations.reduce((total, { quantity }) => total.plus(quantity), ZERO);
        expect(text(sum)).toBe(route.filled);
      }),
      { numRuns: 300 },
    );
  });

  it("within a limit, and with the cost of latency and chases", () => {
    const limits = fc.constantFrom("99", "100", "101");
    fc.assert(
      fc.property(orders, limits, (order, limit) => {
        const route = takerRoute({ ...order, limit });
        expect(route.filled).toBe(
          text(dec(bruteForce({ ...order, limit }).lots).times(order.lotSize)),
        );
        const isKept = route.allocations.every(({ price }) =>
          order.side === "buy"
            ? dec(price).lessThanOrEqualTo(limit)
            : dec(price).greaterThanOrEqualTo(limit),
        );
        expect(isKept).toBe(true);
        const risk = { perSqrtMs: "0.4", chase: "1" };
        const gap = routerCost({ ...order, risk }).minus(bruteForce({ ...order, risk }).cost);
        // √ms is rounded to 60 digits, and the two add it up in another order.
        expect(gap.abs().lessThan("1e-40")).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("routing by price alone is never cheaper", () => {
    fc.assert(
      fc.property(orders, (order) => {
        const venues = order.venues.map(({ name, levels, feePerUnit }) => ({
          name,
          levels,
          feePerUnit,
        }));
        const plain = { ...order, venues };
        const saving = savingOf(plain, takerRoute(plain));
        expect(saving === null || dec(saving).greaterThanOrEqualTo(0)).toBe(true);
      }),
    );
  });
});

/** What the router minimised: its cash, and what flight costs each venue's units. */
function routerCost(order: RouteTerms): Decimal {
  const route = takerRoute(order);
  const cash = order.side === "buy" ? dec(route.allIn) : dec(route.allIn).negated();
  const flight = route.allocations.reduce((sum, { venue, quantity }) => {
    const found = order.venues.find(({ name }) => name === venue);
    return sum.plus(found === undefined ? ZERO : flightOf(found, order).times(quantity));
  }, ZERO);
  return cash.plus(flight);
}

function flightOf(venue: Venue, { risk }: RouteTerms): Decimal {
  if (risk === undefined) return ZERO;
  const late = dec(venue.latencyMs ?? 0)
    .sqrt()
    .times(risk.perSqrtMs);
  return late.plus(
    dec(1)
      .minus(venue.fillProbability ?? 1)
      .times(risk.chase),
  );
}

interface Found {
  readonly lots: number;
  readonly cost: Decimal;
}

function bruteForce(order: RouteTerms): Found {
  const wanted = dec(order.quantity).dividedBy(order.lotSize).toNumber();
  const costs = order.venues.map((venue) => costsOf(venue, order, wanted));
  let best: Found = { lots: 0, cost: ZERO };
  const walk = (index: number, lots: number, cost: Decimal): void => {
    const ladder = costs[index];
    if (ladder === undefined) {
      if (lots > best.lots || (lots === best.lots && cost.lessThan(best.cost)))
        best = { lots, cost };
      return;
    }
    ladder.forEach((own, taken) => {
      if (own !== null && lots + taken <= wanted) walk(index + 1, lots + taken, cost.plus(own));
    });
  };
  walk(0, 0, ZERO);
  return best;
}

/** What 0, 1, 2 … lots at a venue cost, unit by unit through its book; null where they cannot be had there. */
function costsOf(venue: Venue, order: RouteTerms, wanted: number): readonly (Decimal | null)[] {
  const { side, lotSize, limit } = order;
  const sign = side === "buy" ? 1 : -1;
  const units = venue.levels
    .filter(({ price }) => limit === undefined || sign * (Number(price) - Number(limit)) <= 0)
    .flatMap(({ price, size }) => Array.from({ length: Number(size) }, () => Number(price)))
    .toSorted((a, b) => sign * (a - b));
  return Array.from({ length: wanted + 1 }, (_, lots) => {
    if (lots === 0) return ZERO;
    const quantity = lots * Number(lotSize);
    if (quantity > units.length || quantity < Number(venue.minQuantity ?? 0)) return null;
    const price = units.slice(0, quantity).reduce((sum, unit) => sum + unit, 0);
    const perUnit = dec(venue.feePerUnit).plus(flightOf(venue, order)).times(quantity);
    return dec(sign * price)
      .plus(perUnit)
      .plus(venue.feePerOrder ?? "0");
  });
}
