import assert from "node:assert/strict";
import * as fc from "fast-check";
import { dec } from "../../../../../domain/shared/decimal.ts";
import { Laws } from "../laws.ts";
import { ask, filled, marginPortfolio } from "./margin-desk.ts";
import { MarginWorld, marginStep } from "./margin-world.ts";

const LOT_METHODS = ["average", "fifo", "lifo"] as const;

describe("the laws of a margin portfolio", () => {
  it.each(LOT_METHODS)("hold at every step of any history, by %s lots", (lotMethod) => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(marginStep, { minLength: 20, maxLength: 80 }), (steps) => {
        const world = new MarginWorld(lotMethod);
        const laws = new Laws(world.live);
        for (const step of steps) {
          world.take(step);
          laws.check({ isOrderly: true });
          const state = world.state();
          for (const line of state.lines) {
            assert(!dec(line.initial).isNegative(), "a requirement is not negative");
            assert(!dec(line.maintenance).isNegative(), "nor is that of keeping it");
          }
        }
        assert.deepEqual(world.live.replayed(), world.live.state, "a replay is the same");
        accepted += world.accepted;
      }),
      { numRuns: 150 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it("no order that is accepted leaves less than nothing, filled as badly as it can be while prices stand", () => {
    const kinds: ReadonlySet<string> = new Set(["order", "fill", "end", "amend"]);
    const still = marginStep.filter(({ kind }) => kinds.has(kind));
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(still, { minLength: 20, maxLength: 80 }), (steps) => {
        const world = new MarginWorld("fifo");
        for (const step of steps) {
          world.take(step);
          const { excess } = world.state();
          assert(!dec(excess).isNegative(), `${step.kind} left ${excess}`);
        }
        accepted += world.accepted;
      }),
      { numRuns: 150 },
    );
    expect(accepted).toBeGreaterThan(500);
  });

  it("a short that is covered leaves cash as it was, but for the difference of its prices", () => {
    expect.hasAssertions();
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 5_000, max: 14_000 }),
        fc.constantFrom(...LOT_METHODS),
        (units, cents, lotMethod) => {
          const live = marginPortfolio({ lotMethod });
          const [quantity, price] = [String(units), (cents / 100).toFixed(2)];
          const sale = { orderId: "s", side: "sell", quantity, price: "100" } as const;
          assert.equal(ask(live, sale), "approved");
          filled(live, sale);
          const cover = { orderId: "c", side: "buy", quantity, price } as const;
          assert.equal(ask(live, cover), "approved");
          filled(live, cover);
          const { cash, realizedPnl, positions } = live.summary();
          const profit = dec("100").minus(price).times(units);
          expect(positions).toEqual([]);
          assert(dec(realizedPnl).equals(profit));
          assert(dec(cash).equals(profit.plus("10000")));
        },
      ),
    );
  });
});
