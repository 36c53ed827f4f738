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
