import * as fc from "fast-check";
import type { GroupTerms } from "../../../../../domain/execution/group/messages.ts";
import { FAILURES_MAX } from "../../../../../domain/execution/group/state.ts";
import { summarize } from "../../../../../domain/execution/group/summary.ts";
import { alarmsOf, bracket, hedged, legOf, oco, termsOf } from "./given.ts";
import { GroupWorld, type Weather } from "./world.ts";

/** What happens next; anything that cannot happen now does not. */
type Act =
  | { readonly act: "deliver"; readonly pick: number; readonly isDoubled: boolean }
  | { readonly act: "fill"; readonly pick: number; readonly quantity: number }
  | { readonly act: "cancel"; readonly pick: number };

const pick = fc.nat({ max: 50 });
const deliver = fc.record({
  act: fc.constant("deliver" as const),
  // Mostly in their order, or little would ever come to pass.
  pick: fc.oneof(fc.constant(0), fc.constant(0), pick),
  isDoubled: fc.nat({ max: 7 }).map((n) => n === 0),
});
const fill = fc.record({
  act: fc.constant("fill" as const),
  pick,
  quantity: fc.integer({ min: 1, max: 40 }),
});
const cancel = fc.record({ act: fc.constant("cancel" as const), pick });

const acts = (withCancels: boolean): fc.Arbitrary<readonly Act[]> =>
  fc.array(
    fc.oneof(
      { weight: 40, arbitrary: deliver },
      { weight: 10, arbitrary: fill },
      ...(withCancels ? [{ weight: 1, arbitrary: cancel }] : []),
    ),
    { minLength: 40, maxLength: 200 },
  );

/** Never so many in a row that a leg is left alone. */
const denials = fc.integer({ min: 0, max: FAILURES_MAX - 1 });
const weather = (doesVenueEnforce: boolean): fc.Arbitrary<Weather> =>
  denials.map((count) => ({ doesVenueEnforce, denials: count }));

function play(terms: GroupTerms, conditions: Weather, list: readonly Act[]): GroupWorld {
  const world = new GroupWorld(terms, conditions);
  begin(world, list);
  world.drain();
  return world;
}

function begin(world: GroupWorld, list: readonly Act[]): void {
  for (const act of list) {
    if (act.act === "deliver") world.deliver(act.pick, act.isDoubled);
    else if (act.act === "fill") world.fill(act.pick, act.quantity);
    else world.cancel(act.pick);
  }
}

function alarms({ events }: GroupWorld): readonly string[] {
  return alarmsOf([{ events, reply: { group: null } }]);
}

const RUNS = { numRuns: 150, endOnFailure: true };

describe("laws of a bracket, whatever the order of its messages", () => {
  const terms = fc.boolean().map((canReplace) => bracket({ canReplace }));

  it("exits exceed what was entered by no more than crossed a leg on its way to a venue that knows groups", () => {
    fc.assert(
      fc.property(terms, weather(true), acts(true), (asked, conditions, list) => {
        const world = play(asked, conditions, list);
        const [entered, left] = [world.filled(0), world.filled(1) + world.filled(2)];
        expect(left).toBeLessThanOrEqual(entered + world.crossed);
        if (left > entered) expect(alarms(world)).not.toEqual([]);
      }),
      RUNS,
    );
  });

  it.each([true, false])(
    "each exit works for what was entered and not left (the venue knows groups: %s)",
    (doesEnforce) => {
      fc.assert(
        fc.property(terms, weather(doesEnforce), acts(false), (asked, conditions, list) => {
          const world = play(asked, conditions, list);
          const wanted = Math.max(0, world.filled(0) - world.filled(1) - world.filled(2));
          expect([world.working(1), world.working(2)]).toEqual([wanted, wanted]);
        }),
        RUNS,
      );
    },
  );

  it("an over-exit where it does not is bounded by what the legs had live, and raises an alarm", () => {
    fc.assert(
      fc.property(terms, weather(false), acts(true), (asked, conditions, list) => {
        const world = play(asked, conditions, list);
        const [entered, left] = [world.filled(0), world.filled(1) + world.filled(2)];
        expect(left).toBeLessThanOrEqual(2 * entered);
        if (left > entered) expect(alarms(world)).not.toEqual([]);
      }),
      RUNS,
    );
  });
});

describe("laws of an OCO, whatever the order of its messages", () => {
  const three = termsOf("oco", [
    ...oco().legs,
    legOf("leg", { orderId: "leg-2", side: "sell", price: "120" }),
  ]);
  const terms = fc.constantFrom(oco(), oco({ canReplace: false }), three);

  it("fills no more than its quantity, but for what crossed a leg on its way to a venue that knows groups", () => {
    fc.assert(
      fc.property(terms, weather(true), acts(true), (asked, conditions, list) => {
        const world = play(asked, conditions, list);
        const filled = asked.legs.reduce((sum, _, leg) => sum + world.filled(leg), 0);
        expect(filled).toBeLessThanOrEqual(100 + world.crossed);
      }),
      RUNS,
    );
  });

  it("works on for the rest, and stops when its quantity is filled", () => {
    fc.assert(
      fc.property(terms, weather(false), acts(false), (asked, conditions, list) => {
        const world = play(asked, conditions, list);
        const filled = asked.legs.reduce((sum, _, leg) => sum + world.filled(leg), 0);
        for (const leg of asked.legs.keys())
          expect(world.working(leg)).toBe(Math.max(0, 100 - filled));
        expect(alarms(world).length > 0).toBe(filled > 100);
      }),
      RUNS,
    );
  });
});

describe("laws of members that stand or fall together, whatever the order of their messages", () => {
  const terms = fc.boolean().map((canReplace) => hedged({ canReplace }));

  it("both are filled whole, or what either was filled is undone", () => {
    fc.assert(
      fc.property(
        terms,
        fc.boolean().chain(weather),
        acts(false),
        acts(false),
        (asked, conditions, before, after) => {
          const world = new GroupWorld(asked, { ...conditions, denials: 0 });
          begin(world, before);
          // One of them, when it is not filled yet.
          world.cancel(0);
          begin(world, after);
          world.drain();
          const isBroken = [0, 1].some((leg) => world.filled(leg) + world.working(leg) < 100);
          for (const leg of [0, 1]) {
            const undone = world.filled(leg + 2) + world.working(leg + 2);
            expect(undone).toBe(isBroken ? world.filled(leg) : 0);
            if (isBroken) expect(world.working(leg)).toBe(0);
          }
        },
      ),
      RUNS,
    );
  });
});

describe("laws of every group", () => {
  const oto = (trigger: "partial" | "full"): GroupTerms =>
    termsOf(
      "oto",
      [
        legOf("first", { orderQty: "40" }),
        legOf("then", { orderId: "then-a", side: "sell", orderQty: "100" }, { lotSize: "5" }),
        legOf("then", { orderId: "then-b", orderQty: "7", symbol: "MSFT" }),
      ],
      { trigger },
    );
  const basket = termsOf(
    "basket",
    ["m-0", "m-1", "m-2"].map((orderId) => legOf("member", { orderId })),
  );
  const terms = fc.constantFrom(
    bracket(),
    bracket({ canReplace: false }),
    oco(),
    oto("partial"),
    oto("full"),
    basket,
    hedged(),
  );
  const anyWeather = fc.boolean().chain(weather);

  it("no order is placed twice, and of a leg no two are live at once", () => {
    fc.assert(
      fc.property(terms, anyWeather, acts(true), (asked, conditions, list) => {
        const world = play(asked, conditions, list);
        expect(new Set(world.placed).size).toBe(world.placed.length);
        expect(world.openTogetherMax).toBeLessThanOrEqual(1);
      }),
      RUNS,
    );
  });

  it("what follows the first is in proportion to it, in lots", () => {
    fc.assert(
      fc.property(anyWeather, acts(false), (conditions, list) => {
        const world = play(oto("partial"), conditions, list);
        const isFull = world.filled(0) === 40;
        const share = (quantity: number, lot: number) =>
          isFull ? quantity : Math.floor((quantity * world.filled(0)) / 40 / lot) * lot;
        expect(world.filled(1) + world.working(1)).toBe(share(100, 5));
        expect(world.filled(2) + world.working(2)).toBe(share(7, 1));
      }),
      RUNS,
    );
  });

  it("once it is canceled everything closes, and the group with it", () => {
    fc.assert(
      fc.property(terms, anyWeather, acts(true), (asked, conditions, list) => {
        const world = play(asked, conditions, list);
        world.cancelGroup();
        world.drain();
        expect(world.areOrdersClosed).toBe(true);
        expect(summarize(world.state)?.status).toBe("closed");
      }),
      RUNS,
    );
  });

  it("is closed when, and only when, nothing is live", () => {
    fc.assert(
      fc.property(terms, anyWeather, acts(true), (asked, conditions, list) => {
        const world = play(asked, conditions, list);
        expect(summarize(world.state)?.status === "closed").toBe(world.areOrdersClosed);
      }),
      RUNS,
    );
  });

  it("its state survives storage as JSON", () => {
    fc.assert(
      fc.property(terms, anyWeather, acts(true), (asked, conditions, list) => {
        const { state } = play(asked, conditions, list);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});
