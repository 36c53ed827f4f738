import * as fc from "fast-check";
import type { ParentState } from "../../../../../domain/execution/parent/state.ts";
import { parent } from "../../../../../domain/execution/parent/parent.ts";
import { dec, text, ZERO } from "../../../../../domain/shared/decimal.ts";
import { orderOf, PARENT_ID, small, split, START_MS, strategyOf, World } from "./world.ts";

const strategies = fc.constantFrom(
  small(),
  small({ catchUp: "next" }),
  small({ catchUp: "skip", jitter: 0.4 }),
  small({ priceLimit: "100" }),
  strategyOf("vwap", { end: START_MS + 40_000 + 60_000, intervalMinutes: 1, curve: [3, 1] }),
  strategyOf("vwap", {
    end: START_MS + 120_000,
    intervalMinutes: 1,
    curve: [3, 1],
    maxParticipation: 0.5,
  }),
  strategyOf("pov", { rate: 0.2, minRate: 0.1, endTime: START_MS + 200_000 }),
  strategyOf("implementationShortfall", {
    durationDays: 0.001,
    intervals: 5,
    riskAversion: 1e-6,
    sigma: 1,
    gamma: 1e-9,
    eta: 1e-6,
    epsilon: 0,
  }),
  strategyOf("iceberg", { displayQuantity: "30", variance: 0.3 }),
  strategyOf("sniper", { limitPrice: "100" }),
  strategyOf("smartRouting", {}),
  strategyOf("smartRouting", { method: "impact" }),
  split(),
  split({ halfSpread: undefined, restSeconds: 1 }),
  split({ underfillPenalty: 0 }),
);
const steps = fc.array(
  fc.record({
    what: fc.constantFrom(
      "fire",
      "fire",
      "fire",
      "late",
      "repeat",
      "act",
      "act",
      "fill",
      "fill",
      "part",
      "close",
      "deny",
      "pause",
      "resume",
    ),
    pick: fc.nat(1000),
  }),
  { minLength: 5, maxLength: 60 },
);

describe("whatever the children, the market and the clock do", () => {
  it("children never have more than the parent, no child is sent twice, and a replay is the same", () => {
    fc.assert(
      fc.property(strategies, steps, (strategy, script) => {
        const world = new World().start(strategy, orderOf({ orderQty: "100" }));
        for (const { what, pick } of script) {
          step(world, what, pick);
          expectSound(world);
        }
        settle(world);
        expectSound(world);
        const replayed = world.recorded.reduce<ParentState>(
          (state, one) => parent.evolve(state, one),
          parent.initial(PARENT_ID),
        );
        expect(replayed).toEqual(world.state);
      }),
      { numRuns: 300 },
    );
  });

  it("a parent whose children all fill is filled to the lot", () => {
    const certain = fc.constantFrom(
      small(),
      small({ catchUp: "next" }),
      strategyOf("iceberg", { displayQuantity: "7", variance: 0.5 }),
    );
    fc.assert(
      fc.property(certain, fc.array(fc.nat(9_000), { maxLength: 8 }), (strategy, lateness) => {
        const world = new World().start(strategy, orderOf({ orderQty: "101" }));
        for (let round = 0; world.summary().strategy.state !== "ended" && round < 100; round += 1) {
          world.fire(lateness[round] ?? 0);
          world.fillAll();
        }
        expect(world.summary()).toMatchObject({ ordStatus: "filled", cumQty: "101" });
      }),
    );
  });
});

function step(world: World, what: string, pick: number): void {
  const open = world
    .summary()
    .strategy.children.filter(({ ordStatus }) =>
      ["pendingNew", "new", "partiallyFilled"].includes(ordStatus),
    );
  const child = open[pick % Math.max(1, open.length)];
  const isOver = world.summary().strategy.state === "ended";
  const market = {
    quote: { bid: "99", ask: "100", bidSize: "9", askSize: String(pick % 50) },
    volume: String(pick + (world.nowMs - START_MS) / 100),
    venues: [{ name: "A", feePerUnit: "0", levels: [{ price: "100", size: String(pick % 60) }] }],
    ownSide: [{ name: "A", feePerUnit: "0", levels: [{ price: "99", size: String(pick % 3) }] }],
    postOnlyAt: pick % 2 === 0 ? ["A"] : [],
  };
  switch (what) {
    case "fire":
      world.fire();
      return;
    case "late":
      world.fire(pick * 100);
      return;
    case "repeat":
      world.tell({ type: "RunSlice", index: pick % 5 });
      return;
    case "act":
      world.act(market);
      return;
    case "pause":
    case "resume":
      if (!isOver) world.tell({ type: what === "pause" ? "Pause" : "Resume", requestedBy: "user" });
      return;
  }
  if (child === undefined) return;
  const left = dec(child.quantity).minus(child.cumQty);
  const some = text(dec(child.cumQty).plus(left.times(pick).dividedBy(1000).floor()));
  if (what === "fill") world.report(child.orderId, "filled", child.quantity);
  if (what === "part") world.report(child.orderId, "partiallyFilled", some);
  if (what === "close") world.report(child.orderId, "canceled", some);
  if (what === "deny" && child.cumQty === "0") world.report(child.orderId, "denied");
}

/** Everything is canceled and every child closes. */
function settle(world: World): void {
  if (world.summary().strategy.state === "ended") return;
  world.tell({ type: "RequestCancel", requestedBy: "user" });
  for (const { orderId, ordStatus } of world.summary().strategy.children) {
    if (["pendingNew", "new", "partiallyFilled"].includes(ordStatus))
      world.report(orderId, "canceled");
  }
  expect(world.summary().strategy.state).toBe("ended");
}

function expectSound(world: World): void {
  const whole = world.summary();
  const { children } = whole.strategy;
  const given = children.reduce((sum, { ordStatus, quantity, cumQty }) => {
    const isOpen = ["pendingNew", "new", "partiallyFilled"].includes(ordStatus);
    return sum.plus(isOpen ? quantity : cumQty);
  }, ZERO);
  const filled = children.reduce((sum, { cumQty }) => sum.plus(cumQty), ZERO);
  expect({
    isWithin: given.lessThanOrEqualTo(100),
    placed: world.placed.length,
    distinct: new Set(world.placed.map(({ orderId }) => orderId)).size,
    cumQty: whole.cumQty,
  }).toEqual({
    isWithin: true,
    placed: children.length,
    distinct: children.length,
    cumQty: text(filled),
  });
}
