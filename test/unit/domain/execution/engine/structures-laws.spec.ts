import * as fc from "fast-check";
import { Ladder } from "../../../../../domain/execution/engine/ladder.ts";
import { OrderTable } from "../../../../../domain/execution/engine/order-table.ts";

describe("the table of orders", () => {
  const ids = fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 1, max: 50 }).map((n) => n * 1_024),
    fc.integer({ min: 1, max: 50 }).map((n) => n * 2 ** 32),
    fc.maxSafeNat().map((n) => n + 1),
  );

  it("finds what is open and nothing else, whatever the ids", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), ids), { maxLength: 2_000 }), (steps) => {
        const table = new OrderTable();
        const open = new Set<number>();
        for (const [isOpening, id] of steps) {
          const order = table.find(id);
          expect(order?.id).toBe(open.has(id) ? id : undefined);
          if (order === undefined && isOpening) {
            table.open(id);
            open.add(id);
          } else if (order !== undefined && !isOpening) {
            table.close(order);
            open.delete(id);
          }
        }
        expect(table.size).toBe(open.size);
      }),
    );
  });

  it("loses nobody when others leave that stood in the way, at its fullest", () => {
    const many = fc.uniqueArray(
      fc.maxSafeNat().map((n) => n + 1),
      { minLength: 500, maxLength: 512 },
    );
    fc.assert(
      fc.property(many, (all) => {
        const table = new OrderTable();
        for (const id of all) table.open(id);
        const lost = all.flatMap((id, n) => {
          const order = table.find(id);
          if (order === undefined) return [id];
          table.close(order);
          return all.slice(n + 1).filter((other) => table.find(other)?.id !== other);
        });
        expect(lost).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  it("grows, keeping all of it", () => {
    const table = new OrderTable();
    for (let id = 1; id <= 5_000; id++) table.open(id * 4_096);
    const lost = Array.from({ length: 5_000 }, (_, n) => (n + 1) * 4_096).filter(
      (id) => table.find(id)?.id !== id,
    );
    expect([table.size, lost]).toEqual([5_000, []]);
  });
});

describe("a ladder", () => {
  it.each(["buy", "sell"] as const)(
    "keeps the levels of the %s side sorted, the best one last",
    (side) => {
      const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -150, max: 150 })), {
        maxLength: 600,
        size: "max",
      });
      fc.assert(
        fc.property(steps, (changes) => {
          const ladder = new Ladder(side);
          const prices = new Set<number>();
          for (const [isThere, price] of changes) {
            const level = ladder.findOrAdd(price);
            level.outside = isThere ? 1 : 0;
            ladder.dropIfEmpty(level);
            if (isThere) prices.add(price);
            else prices.delete(price);
            expect(ladder.find(price)?.price).toBe(isThere ? price : undefined);
          }
          const sign = side === "buy" ? 1 : -1;
          const sorted = [...prices].toSorted((a, b) => sign * (a - b));
          const found = Array.from({ length: ladder.size }, (_, rank) => ladder.at(rank)?.price);
          expect(found).toEqual(sorted);
          expect(ladder.best()?.price).toBe(sorted.at(-1));
          expect(ladder.eagernessAt(ladder.size)).toBeNaN();
          expect(ladder.eagernessAt(-1)).toBeNaN();
        }),
      );
    },
  );
});
