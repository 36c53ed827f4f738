import * as fc from "fast-check";
import { changeLots, fillLots, netOf, sumLots } from "../../../../domain/portfolio/lots.ts";
import type { Lot, LotMethod } from "../../../../domain/portfolio/messages.ts";
import { dec, text } from "../../../../domain/shared/decimal.ts";

const METHODS: readonly LotMethod[] = ["average", "fifo", "lifo"];

const fills = fc.array(
  fc.record({
    quantity: fc.integer({ min: -100, max: 100 }).filter((quantity) => quantity !== 0),
    cents: fc.integer({ min: 1, max: 100_000 }),
  }),
  { maxLength: 40 },
);

describe.each(METHODS)("lots by %s", (method) => {
  it("always hold the sum of all fills and of what each changes, have one sign, and cost nothing when flat", () => {
    fc.assert(
      fc.property(fills, (all) => {
        let lots: readonly Lot[] = [];
        let expected = 0;
        for (const { quantity, cents } of all) {
          const change = fillLots(lots, method, dec(quantity), dec(cents).dividedBy(100));
          const [before, net] = [sumLots(lots), netOf(lots, change)];
          lots = changeLots(lots, change);
          expected += quantity;
          const sum = sumLots(lots);
          expect(text(before.quantity.plus(net.quantity))).toBe(text(sum.quantity));
          expect(text(before.cost.plus(net.cost))).toBe(text(sum.cost));
          expect(text(sum.quantity)).toBe(String(expected));
          expect(lots.every((lot) => dec(lot.quantity).s === Math.sign(expected))).toBe(true);
          expect(lots.every((lot) => dec(lot.cost).times(expected).greaterThanOrEqualTo(0))).toBe(
            true,
          );
          expect(expected !== 0 || sum.cost.isZero()).toBe(true);
        }
      }),
    );
  });
});

describe("the average method", () => {
  it("keeps one lot, however many fills there were", () => {
    let lots: readonly Lot[] = [];
    for (const price of [10, 20, 30])
      lots = changeLots(lots, fillLots(lots, "average", dec(1), dec(price)));
    expect(lots).toEqual([{ quantity: "3", cost: "60" }]);
  });
});

describe("a part of a lot", () => {
  // 0.5 and 2.5 steps of 10⁻⁸: to even is down in both, where half up would release more
  it.each([
    ["0.00000001", "0.00000001"],
    ["0.00000005", "0.00000003"],
  ])("of cost %s is released half to even and leaves %s", (cost, left) => {
    const lots = [{ quantity: "2", cost }];
    const change = fillLots(lots, "fifo", dec(-1), dec(1));
    expect(changeLots(lots, change)).toEqual([{ quantity: "1", cost: left }]);
  });
});

describe("a lot that is worth less than the rounding step", () => {
  it("never releases more cost than it has", () => {
    const dust = [{ quantity: "1.1", cost: "0.000000006" }];
    const change = fillLots(dust, "average", dec(-1), dec(1));
    expect(changeLots(dust, change)).toEqual([{ quantity: "0.1", cost: "0" }]);
  });
});
