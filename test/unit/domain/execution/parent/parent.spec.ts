import {
  CHILDREN_SHOWN,
  childIdsOf,
  summarize,
} from "../../../../../domain/execution/parent/summary.ts";
import { orderOf, PARENT_ID, small, START_MS, strategyOf, World } from "./world.ts";

const twap = (changes = {}) =>
  strategyOf("twap", { durationSeconds: 1300, intervalSeconds: 100, ...changes });
const ten = orderOf({ orderQty: "100" });

describe("a TWAP as parent order", () => {
  it("sends 3 × 770 and 10 × 769, and is filled when its children are", () => {
    const world = new World().start(twap());
    while (world.summary().strategy.state !== "ended" && world.fire()) world.fillAll();
    expect(world.quantities()).toEqual([
      ...Array.from({ length: 3 }, () => "770"),
      ...Array.from({ length: 10 }, () => "769"),
    ]);
    expect(world.summary()).toMatchObject({
      ordStatus: "filled",
      cumQty: "10000",
      leavesQty: "0",
      avgPx: "100",
    });
    expect(world.reminder).toBeNull();
  });

  it("sends no slice twice, whoever repeats its reminder", () => {
    const world = new World().start(small(), ten);
    world.fire();
    world.tell({ type: "RunSlice", index: 0 }).tell({ type: "RunSlice", index: 0 });
    expect(world.placed).toHaveLength(1);
  });

  it("names children by their place, beside the parent", () => {
    const world = new World().start(small(), ten);
    world.fire();
    world.fire();
    expect(world.placed.map(({ orderId }) => orderId)).toEqual([
      "00000000-0000-5000-8000-000000000101",
      "00000000-0000-5000-8000-000000000102",
    ]);
    expect(world.placed[0]?.parent).toEqual({ type: "algo", id: PARENT_ID });
  });

  it("counts as missed what is late, and spreads it over the slices left", () => {
    const world = new World().start(small(), ten);
    world.fire();
    world.fillAll();
    // due at 10 s, comes at 25 s: the third slice is due by then
    world.fire(15_000);
    expect(world.quantities()).toEqual(["25", "38"]);
    expect(world.summary().strategy.slices).toEqual({ planned: 4, begun: 3, missed: 1 });
  });

  it("catches up at once, or not at all, where that was asked for", () => {
    for (const [catchUp, quantity] of [
      ["next", "50"],
      ["skip", "25"],
    ] as const) {
      const world = new World().start(small({ catchUp }), ten);
      world.fire();
      world.fire(15_000);
      expect(world.quantities()).toEqual(["25", quantity]);
    }
  });

  it("sends a late last slice, but not one later than the schedule was long", () => {
    const world = new World().start(small(), ten);
    for (let slice = 0; slice < 3; slice += 1) world.fire();
    world.fire(29_000);
    expect(world.quantities()).toEqual(["25", "25", "25", "25"]);
    const late = new World().start(small(), ten);
    for (let slice = 0; slice < 3; slice += 1) late.fire();
    late.fire(31_000);
    expect(late.quantities()).toEqual(["25", "25", "25"]);
    late.fillAll();
    expect(late.summary()).toMatchObject({
      ordStatus: "expired",
      cumQty: "75",
      leavesQty: "0",
      text: "the last slice was too late to be sent",
    });
  });

  it("gives out what a child had only when the child is closed", () => {
    const world = new World().start(small({ priceLimit: "99" }), ten);
    world.fire();
    const [first] = world.placed;
    world.report(first?.orderId ?? "", "new");
    world.fire();
    // asked to cancel, not canceled yet: the plan goes on with what is left
    expect(world.cancels).toEqual([first?.orderId]);
    expect(world.quantities()).toEqual(["25", "25"]);
    world.report(first?.orderId ?? "", "canceled", "5");
    world.fire();
    expect(world.quantities()).toEqual(["25", "25", "35"]);
  });

  it("takes back at the end what still rests, and is expired with the rest undone", () => {
    const world = new World().start(small({ priceLimit: "99" }), ten);
    while (world.fire())
      for (const { orderId, ordStatus } of world.summary().strategy.children)
        if (ordStatus === "pendingNew") world.report(orderId, "new");
    for (const orderId of new Set(world.cancels)) world.report(orderId, "canceled");
    expect(world.summary()).toMatchObject({
      ordStatus: "expired",
      cumQty: "0",
      text: "the schedule is over",
    });
    expect(world.placed.every(({ ordType, price }) => ordType === "limit" && price === "99")).toBe(
      true,
    );
  });

  it("pauses by itself, with an alarm, when three children in a row are refused, and goes on when told to", () => {
    const world = new World().start(twap());
    for (let slice = 0; slice < 3; slice += 1) {
      world.fire();
      world.report(world.placed.at(-1)?.orderId ?? "", "denied");
    }
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: "ParentPaused", alarm: true }),
    );
    expect(world.summary().strategy.state).toBe("paused");
    expect(world.reminder).toBeNull();
    world.nowMs += 500_000;
    world.tell({ type: "Resume", requestedBy: "user" });
    while (world.summary().strategy.state !== "ended" && world.fire()) world.fillAll();
    expect(world.summary()).toMatchObject({ ordStatus: "filled", cumQty: "10000" });
  });

  it("waits for prices: children refused for want of a fresh one do not pause it, sixty in a row do", () => {
    const world = new World().start(
      strategyOf("twap", { durationSeconds: 6400, intervalSeconds: 64 }),
    );
    const blind = {
      code: "STALE_MARKET_DATA",
      message: "too old",
      limit: "",
      observed: "",
    } as const;
    const refuseNext = (): void => {
      world.fire();
      const report = world.reportOf(world.placed.at(-1)?.orderId ?? "", "denied");
      world.tell({ ...report, reasons: [blind] });
    };
    for (let slice = 0; slice < 59; slice += 1) refuseNext();
    expect(world.summary().strategy.state).toBe("running");
    refuseNext();
    expect(world.summary().strategy).toMatchObject({ state: "paused", childCount: 60 });
    expect(world.summary().strategy.note).toBe("60 children in a row were refused: too old");
  });

  it("shows its newest children in answers, and all of them where it is read", () => {
    const world = new World().start(
      strategyOf("twap", { durationSeconds: 3000, intervalSeconds: 100 }),
    );
    while (world.fire()) world.fillAll();
    const shown = summarize(world.state, CHILDREN_SHOWN);
    const whole = world.summary();
    expect(shown?.strategy.children).toEqual(whole.strategy.children.slice(10));
    expect(shown).toMatchObject({ cumQty: "10000", strategy: { childCount: 30 } });
    expect(shown === null ? [] : childIdsOf(shown)).toEqual(
      whole.strategy.children.map(({ orderId }) => orderId),
    );
  });

  it("routes by impact: what a venue has filled has moved its price, and the rest is divided anew", () => {
    const venue = (name: string, a: number) => ({
      name,
      feePerUnit: "0",
      levels: [],
      impact: { a, b: 0.01 },
    });
    const venues = [venue("A", 100), venue("B", 100)];
    const world = new World().start(
      strategyOf("smartRouting", { method: "impact", venues }),
      orderOf({ orderQty: "100" }),
    );
    world.fire();
    expect(world.observed).toEqual([]);
    expect(world.placed.map(({ orderQty, price }) => [orderQty, price])).toEqual([
      ["50", "100.5"],
      ["50", "100.5"],
    ]);
    const [a, b] = world.placed;
    world.report(a?.orderId ?? "", "filled");
    world.report(b?.orderId ?? "", "canceled", "20");
    // 30 are left; A stands at 100.50 and B at 100.20: B to the same level takes all of them
    expect(world.placed.slice(2).map((order) => [order.exDestination, order.orderQty])).toEqual([
      ["B", "30"],
    ]);
    expect(world.placed[2]).toMatchObject({ price: "100.5", timeInForce: "ioc" });
  });

  it("routes by an impact that is fitted to what the venues show when it looks", () => {
    const world = new World().start(
      strategyOf("smartRouting", { method: "impact" }),
      orderOf({ orderQty: "100" }),
    );
    world.fire();
    expect(world.observed).toEqual([0]);
    const level = (price: string, size: string) => ({ price, size });
    const steep = { name: "A", feePerUnit: "0", levels: [level("100", "50"), level("102", "50")] };
    const flat = { name: "B", feePerUnit: "0", levels: [level("100", "50")] };
    world.act({ venues: [steep, flat] });
    // One price shows no slope: B is left out. A: 100 + 0.02·x
    expect(world.placed.map((order) => [order.exDestination, order.orderQty, order.price])).toEqual(
      [["A", "100", "102"]],
    );
    world.report(world.placed[0]?.orderId ?? "", "canceled", "40");
    expect(world.observed).toEqual([0, 1]);
    world.act({ venues: [flat] });
    expect(world.placed).toHaveLength(1);
    while (world.observed.length < 4) world.act({ venues: null });
    world.act({ venues: null });
    expect(world.summary()).toMatchObject({ ordStatus: "expired", cumQty: "40" });
  });

  it("sends nothing while it is paused, and moves its schedule by the pause", () => {
    const world = new World().start(small(), ten);
    world.fire();
    world.tell({ type: "Pause", requestedBy: "user" });
    expect(world.fire()).toBe(false);
    world.nowMs += 60_000;
    world.tell({ type: "Resume", requestedBy: "user" });
    expect(world.summary().strategy.nextSliceAtMs).toBe(START_MS + 70_000);
  });

  it("cancels what is open and ends when that is closed; a fill on the way counts", () => {
    const world = new World().start(small(), ten);
    world.fire();
    const id = world.placed[0]?.orderId ?? "";
    world.report(id, "new");
    world.tell({ type: "RequestCancel", requestedBy: "user" });
    expect(world.cancels).toEqual([id]);
    expect(world.summary().ordStatus).toBe("pendingCancel");
    world.report(id, "canceled", "10");
    expect(world.summary()).toMatchObject({ ordStatus: "canceled", cumQty: "10", leavesQty: "0" });
    expect(() => world.tell({ type: "Pause", requestedBy: "user" })).toThrow(/is closed/);
    world.report(id, "canceled", "12");
    expect(world.summary().cumQty).toBe("12");
  });

  it("is born once: the same again changes nothing, another is refused", () => {
    const world = new World().start(small(), ten);
    const count = world.events.length;
    world.start(small(), ten);
    expect(world.events).toHaveLength(count);
    expect(() => world.start(small({ jitter: 0.1 }), ten)).toThrow(/exists with another strategy/);
  });

  it("may be denied as a whole, on record", () => {
    const world = new World();
    world.tell({ type: "RecordDenial", order: ten, strategy: small(), reasons: [] });
    expect(world.summary()).toMatchObject({ ordStatus: "denied", leavesQty: "0" });
    expect(() => world.tell({ type: "RequestCancel", requestedBy: "user" })).toThrow(/is closed/);
  });
});

describe("the strategies that look at the market", () => {
  it("take a part of the volume of others, our own left out where the tape has it", () => {
    const world = new World().start(strategyOf("pov", { rate: 0.1 }), orderOf(), true);
    world.fire();
    expect(world.reminder?.dueMs).toBe(START_MS + 120_000);
    world.act({ volume: "1999" }).fillAll();
    world.fire();
    world.act({ volume: "3199" });
    // 3199 − 199 of our own − 1999
    expect(world.quantities()).toEqual(["199", "100"]);
  });

  it("send nothing when the volume is not known", () => {
    const world = new World().start(strategyOf("pov", { rate: 0.1 }));
    world.fire();
    world.act({});
    expect(world.placed).toEqual([]);
    expect(world.summary().strategy.note).toContain("not known");
    expect(world.reminder).not.toBeNull();
  });

  it("take no answer for a slice that another has followed", () => {
    const world = new World().start(strategyOf("pov", { rate: 0.1 }));
    world.fire();
    world.fire();
    world.tell({ type: "Act", index: 0, market: { quote: null, volume: "1000", venues: null } });
    expect(world.placed).toEqual([]);
    world.act({ volume: "1500" });
    expect(world.quantities()).toEqual(["150"]);
  });

  it("are complete by the end time of a participation", () => {
    const world = new World().start(strategyOf("pov", { rate: 0.1, endTime: START_MS + 90_000 }));
    for (const volume of ["1000", "1500"]) {
      world.fire();
      world.act({ volume }).fillAll();
    }
    expect(world.summary()).toMatchObject({ ordStatus: "filled", cumQty: "10000" });
    expect(world.nowMs).toBe(START_MS + 90_000);
  });

  it("shoot when the touch is within the limit, and leave no trace of looks that find nothing", () => {
    const world = new World().start(strategyOf("sniper", { limitPrice: "100" }));
    const quote = { bid: "99", ask: "100.5", bidSize: "10", askSize: "300" };
    world.fire();
    const count = world.events.length;
    world.act({ quote });
    world.fire();
    expect(world.events).toHaveLength(count);
    world.act({ quote: { ...quote, ask: "99.9" } });
    expect(world.placed).toEqual([
      expect.objectContaining({ orderQty: "300", price: "100", timeInForce: "ioc" }),
    ]);
    world.act({ quote: { ...quote, ask: "99.9" } });
    expect(world.placed).toHaveLength(1);
  });

  it("show one slice of an iceberg at a time", () => {
    const order = orderOf({ ordType: "limit", price: "100", orderQty: "700" });
    const world = new World().start(strategyOf("iceberg", { displayQuantity: "300" }), order);
    world.fire();
    expect(world.quantities()).toEqual(["300"]);
    world.report(world.placed[0]?.orderId ?? "", "partiallyFilled", "100");
    expect(world.quantities()).toEqual(["300"]);
    while (world.summary().ordStatus !== "filled")
      world.report(world.placed.at(-1)?.orderId ?? "", "filled");
    expect(world.quantities()).toEqual(["300", "300", "100"]);
    expect(world.summary().cumQty).toBe("700");
  });

  it("route over the venues given, then over what they show, a bounded number of times", () => {
    const venue = (name: string, price: string, size: string) => ({
      name,
      feePerUnit: "0",
      levels: [{ price, size }],
    });
    const strategy = strategyOf("smartRouting", {
      venues: [venue("A", "100", "600"), venue("B", "99", "300")],
    });
    const world = new World().start(strategy, orderOf({ orderQty: "1000" }));
    world.fire();
    expect(
      world.placed.map(({ exDestination, orderQty, price }) => [exDestination, orderQty, price]),
    ).toEqual([
      ["B", "300", "99"],
      ["A", "600", "100"],
    ]);
    for (const { orderId } of world.placed.slice()) world.report(orderId, "filled");
    expect(world.observed).toEqual([1]);
    world.act({ venues: [venue("A", "101", "50")] });
    world.report(world.placed.at(-1)?.orderId ?? "", "expired", "50");
    for (let round = 0; round < 5; round += 1) world.act({ venues: [] });
    expect(world.summary()).toMatchObject({ ordStatus: "expired", cumQty: "950" });
  });
});
