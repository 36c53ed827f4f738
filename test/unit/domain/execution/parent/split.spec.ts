import * as fc from "fast-check";
import type { ChildSummary, MarketSeen } from "../../../../../domain/execution/parent/messages.ts";
import type { NewOrder } from "../../../../../domain/order/new-order.ts";
import { orderOf, split, START_MS, World } from "./world.ts";

const level = (price: string, size: string) => ({ price, size });
const shows = (name: string, ...levels: readonly ReturnType<typeof level>[]) => ({
  name,
  feePerUnit: "0",
  levels,
});
const market: Partial<MarketSeen> = {
  venues: [shows("A", level("100.01", "500"))],
  ownSide: [shows("A", level("99.98", "10"), level("99.99", "10"), level("100", "0"))],
  postOnlyAt: ["A"],
};
const hundred = (changes: Partial<NewOrder> = {}) => orderOf({ orderQty: "100", ...changes });
const terms = ({ exDestination, orderQty, price, timeInForce, postOnly }: NewOrder) => [
  exDestination,
  orderQty,
  price,
  timeInForce,
  postOnly === true,
];

/** 10 are taken at A, 45 rest at A and 45 at B. */
function begun(changes = {}, order = hundred()): World {
  const world = new World().start(split(changes), order);
  world.fire();
  return world.act(market);
}

function idOf(world: World, place: number): string {
  return world.placed[place]?.orderId ?? "";
}

describe("a split as parent order", () => {
  it("takes the market part and rests the others: together the order, post-only where the venue can", () => {
    const world = begun();
    expect(world.placed.map(terms)).toEqual([
      ["A", "10", "100.01", "ioc", false],
      ["A", "45", "99.99", "gtc", true],
      ["B", "45", "98", "gtc", false],
    ]);
    expect(world.summary().strategy.nextSliceAtMs).toBe(START_MS + 60_000);
  });

  it("asks back what still rests when its time is over, and takes the rest once all have closed", () => {
    const world = begun();
    world.report(idOf(world, 0), "filled");
    world.report(idOf(world, 1), "filled");
    world.report(idOf(world, 2), "partiallyFilled", "5");
    expect(world.placed).toHaveLength(3);
    world.fire();
    expect(world.nowMs).toBe(START_MS + 60_000);
    expect(world.cancels).toEqual([idOf(world, 2)]);
    expect(world.observed).toEqual([0]);
    // A fill on the way: 8 of 45 in all.
    world.report(idOf(world, 2), "canceled", "8");
    expect(world.observed).toEqual([0, 1]);
    world.act(market);
    expect(world.placed.slice(3).map(terms)).toEqual([["A", "37", "100.01", "ioc", false]]);
    world.report(idOf(world, 3), "filled");
    expect(world.summary()).toMatchObject({ ordStatus: "filled", cumQty: "100" });
    expect(world.reminder).toBeNull();
  });

  it("does not wait for its time when nothing rests any more", () => {
    const world = begun();
    world.report(idOf(world, 0), "expired", "4");
    world.report(idOf(world, 1), "canceled", "0");
    expect(world.observed).toEqual([0]);
    world.report(idOf(world, 2), "filled");
    expect(world.observed).toEqual([0, 1]);
    world.act(market);
    expect(world.quantities().slice(3)).toEqual(["51"]);
  });

  it("gives up after its rounds, the first being the split", () => {
    const world = begun();
    for (const place of [0, 1, 2]) world.report(idOf(world, place), "canceled", "1");
    for (let round = 0; round < 4; round += 1) world.act({ venues: null });
    expect(world.observed).toEqual([0, 1, 2, 3]);
    expect(world.summary()).toMatchObject({ ordStatus: "expired", cumQty: "3" });
  });

  it("a repeated or early reminder sends and cancels nothing", () => {
    const world = begun();
    for (const index of [0, 1, 1]) world.tell({ type: "RunSlice", index });
    expect([world.placed.length, world.cancels.length]).toEqual([3, 0]);
    expect(world.reminder?.dueMs).toBe(START_MS + 60_000);
    world.fire();
    world.tell({ type: "RunSlice", index: 1 });
    expect([world.placed.length, world.cancels.length]).toEqual([3, 3]);
  });

  it("a pause before it has looked at the market splits after it; one while orders rest ends their rest", () => {
    const early = new World().start(split(), hundred());
    early.fire();
    early
      .tell({ type: "Pause", requestedBy: "user" })
      .tell({ type: "Resume", requestedBy: "user" });
    early.act(market);
    expect(early.quantities()).toEqual(["10", "45", "45"]);
    const late = begun();
    late.tell({ type: "Pause", requestedBy: "user" });
    expect(late.cancels).toHaveLength(3);
    late.tell({ type: "Resume", requestedBy: "user" });
    for (const place of [0, 1, 2]) late.report(idOf(late, place), "canceled");
    late.act(market);
    expect(late.placed.slice(3).map(terms)).toEqual([["A", "100", "100.01", "ioc", false]]);
  });

  it("splits again where every child was refused", () => {
    const world = begun({ venues: undefined, ...onlyB() });
    expect(world.quantities()).toEqual(["55", "45"]);
    for (const place of [0, 1]) world.report(idOf(world, place), "denied");
    world.fire();
    world.act(market);
    expect(world.quantities().slice(2)).toEqual(["55", "45"]);
  });

  it("rests nothing where no price is known, says so, and takes that part in the end", () => {
    const world = new World().start(split(), hundred());
    world.fire();
    world.act({ ...market, ownSide: null });
    expect(world.placed.map(terms)).toEqual([
      ["A", "10", "100.01", "ioc", false],
      ["B", "45", "98", "gtc", false],
    ]);
    expect(world.summary().strategy.note).toContain("nothing rests at A");
  });

  it("keeps within the order's own limit, and within its time", () => {
    const order = hundred({ ordType: "limit", price: "99.5", timeInForce: "gtd" });
    const world = begun({}, { ...order, expireAtMs: START_MS + 10_000 });
    expect(world.placed.map(terms)).toEqual([
      ["A", "45", "99.5", "gtd", true],
      ["B", "45", "98", "gtd", false],
    ]);
    expect(world.reminder?.dueMs).toBe(START_MS + 10_000);
    world.report(idOf(world, 0), "expired").report(idOf(world, 1), "expired", "7");
    expect(world.summary()).toMatchObject({ ordStatus: "expired", cumQty: "7" });
    expect(world.observed).toEqual([0]);
  });
});

describe("whatever fills of what a split has resting", () => {
  it("what is left after it, and no more, is taken: the order is filled to the lot", () => {
    const fills = fc.array(fc.nat(100), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fills, (lots, percents) => {
        const world = begun({}, orderOf({ orderQty: String(lots) }));
        const first = world.placed.slice();
        expect(sumOf(world.quantities())).toBeLessThanOrEqual(lots);
        world.fire();
        first.forEach(({ orderId, orderQty }, place) => {
          const filled = Math.floor((Number(orderQty) * (percents[place] ?? 0)) / 100);
          world.report(
            orderId,
            filled === Number(orderQty) ? "filled" : "canceled",
            String(filled),
          );
        });
        while (world.summary().strategy.state !== "ended") {
          world.act({ venues: [shows("A", level("100", "2000"))] });
          expect(sumOf(world.summary().strategy.children.map(heldBy))).toBeLessThanOrEqual(lots);
          world.fillAll();
        }
        expect(world.summary()).toMatchObject({ ordStatus: "filled", cumQty: String(lots) });
      }),
      { numRuns: 100 },
    );
  });
});

/** What a child has filled, or still may. */
function heldBy({ ordStatus, quantity, cumQty }: ChildSummary): string {
  return ["pendingNew", "new", "partiallyFilled"].includes(ordStatus) ? quantity : cumQty;
}

function sumOf(quantities: readonly string[]): number {
  return quantities.reduce((sum, quantity) => sum + Number(quantity), 0);
}

function onlyB() {
  const { parameters } = split();
  return "venues" in parameters ? { venues: parameters.venues?.slice(1) } : {};
}
