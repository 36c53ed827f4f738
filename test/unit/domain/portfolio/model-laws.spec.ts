import * as fc from "fast-check";
import type { LotMethod, PortfolioEvent } from "../../../../domain/portfolio/messages.ts";
import { throughJson } from "./given.ts";
import { Laws } from "./laws.ts";
import { step, type Step, World } from "./world.ts";

const methods = fc.constantFrom<LotMethod>("average", "fifo", "lifo");

/** Takes the steps, checking the laws after each, and ends all orders. */
function run(steps: readonly Step[], isOrderly: boolean, lotMethod: LotMethod): World {
  const world = new World(isOrderly, lotMethod);
  const laws = new Laws(world.live);
  for (const next of steps) {
    world.take(next);
    laws.check(world);
  }
  world.closeAll();
  laws.check(world);
  return world;
}

function nothingIsHeld({ live }: World): boolean {
  const { reserved, openOrders, buyingPower, cash } = live.summary();
  return reserved === "0" && openOrders === 0 && buyingPower === cash;
}

function count(world: World, type: PortfolioEvent["type"]): number {
  return world.live.recorded.filter(({ event }) => event.type === type).length;
}

describe("a portfolio under random buys, sells, fills, cancels and duplicates", () => {
  it.each([
    ["conserves money, leaks no hold and never overdraws while the venue keeps its promises", true],
    ["conserves money and leaks no hold when fills overtake the ends of their orders", false],
  ])("%s", (_, isOrderly) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), methods, (steps, method) => {
        expect(nothingIsHeld(run(steps, isOrderly, method))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("is the same when its events are read back and folded", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), methods, (steps, method) => {
        const { live } = run(steps, false, method);
        expect(live.replayed()).toEqual(live.state);
        expect(throughJson(live.state)).toEqual(live.state);
      }),
    );
  });

  it("keeps all laws through 1,000 steps in which everything happens", () => {
    const long = fc.array(step, { minLength: 1000, maxLength: 1000 });
    fc.assert(
      fc.property(long, methods, (steps, method) => {
        const world = run(steps, true, method);
        expect(count(world, "OrderApproved")).toBeGreaterThan(25);
        expect(count(world, "AmendApproved")).toBeGreaterThan(3);
        expect(count(world, "OrderDenied")).toBeGreaterThan(10);
        expect(count(world, "FillApplied")).toBeGreaterThan(25);
        expect(count(world, "HoldReleased")).toBeGreaterThan(5);
      }),
      // Shrinking 1,000 steps takes minutes; the shorter properties above find the small counterexample.
      { numRuns: 5, endOnFailure: true },
    );
  });
});
