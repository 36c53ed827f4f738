import { group } from "../../../../../domain/execution/group/group.ts";
import { attemptId } from "../../../../../domain/execution/group/attempt-id.ts";
import type { GroupCommand } from "../../../../../domain/execution/group/messages.ts";
import type { GroupState } from "../../../../../domain/execution/group/state.ts";
import { Refusal } from "../../../../../domain/shared/errors.ts";
import {
  alarmsOf,
  asked,
  bracket,
  envOf,
  filled,
  hedged,
  legOf,
  oco,
  reported,
  run,
  START_MS,
  started,
  step,
  termsOf,
} from "./given.ts";

const DENIAL = { code: "SHORT_NOT_ALLOWED", message: "no", limit: "0", observed: "50" } as const;

describe("a bracket", () => {
  const entered = [started(bracket()), filled("entry", 3, "40")];
  const resting = [
    ...entered,
    reported("takeProfit", 2, { orderQty: "40" }),
    reported("stopLoss", 2, { orderQty: "40" }),
  ];

  it("asks for nothing before its entry is filled", () => {
    const { decisions } = run([started(bracket()), reported("entry", 2)]);
    expect(decisions.flatMap((decision) => asked(decision))).toEqual([]);
  });

  it("places both exits for what is filled of the entry", () => {
    expect(asked(run(entered).last)).toEqual([
      "placeChild takeProfit 40",
      "placeChild stopLoss 40",
    ]);
  });

  it("makes resting exits larger when the entry is filled further, once", () => {
    const { last, state } = run([...resting, filled("entry", 4, "70")]);
    expect(asked(last)).toEqual(["amendChild takeProfit 70", "amendChild stopLoss 70"]);
    expect(asked(run([filled("entry", 5, "80")], state).last)).toEqual([]);
  });

  it("waits for an exit to rest before it makes it larger", () => {
    const { last } = run([...entered, filled("entry", 4, "70")]);
    expect(asked(last)).toEqual([]);
    const later = run([...entered, filled("entry", 4, "70"), resting[2] as GroupCommand]);
    expect(asked(later.last)).toEqual(["amendChild takeProfit 70"]);
  });

  it("makes the stop smaller by what the take-profit was filled", () => {
    const { last } = run([...resting, filled("takeProfit", 3, "10", "40")]);
    expect(asked(last)).toEqual(["amendChild stopLoss 30"]);
  });

  it("does not take from a leg what the venue has taken from it already", () => {
    const { decisions } = run([
      ...resting,
      reported("stopLoss", 3, { orderQty: "30" }),
      filled("takeProfit", 3, "10", "40"),
    ]);
    expect(decisions.slice(-2).flatMap((decision) => asked(decision))).toEqual([]);
  });

  it("does not give back what the venue has taken, before it hears of the fill", () => {
    const { last } = run([
      ...resting,
      reported("stopLoss", 3, { orderQty: "30" }),
      filled("entry", 4, "60"),
    ]);
    expect(asked(last)).toEqual(["amendChild takeProfit 60", "amendChild stopLoss 50"]);
  });

  it("cancels the stop when the take-profit is filled, and closes", () => {
    const done = [...resting, filled("entry", 5, "40", "40"), filled("takeProfit", 3, "40", "40")];
    expect(asked(run(done).last)).toEqual(["cancelChild stopLoss"]);
    const end = reported("stopLoss", 5, { orderQty: "40", ordStatus: "canceled" });
    expect(run([...done, end]).last?.reply.group).toMatchObject({ status: "closed", alarms: [] });
  });

  it("keeps its exits when the entry is canceled with a part of it filled", () => {
    const { last, state } = run([
      ...resting,
      reported("entry", 4, { ordStatus: "canceled", cumQty: "40" }),
    ]);
    expect(asked(last)).toEqual([]);
    expect(last?.reply.group).toMatchObject({ status: "active" });
    expect(state).toMatchObject({ canceledBy: null });
  });

  it.each(["canceled", "rejected", "denied", "expired"] as const)(
    "ends when its entry is %s without a fill",
    (ordStatus) => {
      const { last } = run([started(bracket()), reported("entry", 2, { ordStatus })]);
      expect(last?.reply.group).toMatchObject({ status: "closed" });
      expect(asked(last)).toEqual([]);
    },
  );

  it("protects a fill of the entry that comes after its cancel", () => {
    const { last } = run([
      started(bracket()),
      reported("entry", 2, { ordStatus: "canceled" }),
      reported("entry", 3, { ordStatus: "canceled", cumQty: "25" }),
    ]);
    expect(asked(last)).toEqual(["placeChild takeProfit 25", "placeChild stopLoss 25"]);
    expect(last?.reply.group).toMatchObject({ status: "active" });
  });

  it("ignores reports that are late or repeated", () => {
    const { decisions } = run([...resting, ...resting.slice(1), filled("entry", 2, "20")]);
    expect(decisions.slice(resting.length).flatMap(({ events }) => events)).toEqual([]);
  });

  it("does not place a leg again that a client has canceled, and keeps the other", () => {
    const { decisions, state } = run([
      ...resting,
      reported("takeProfit", 3, { orderQty: "40", ordStatus: "pendingCancel" }),
      reported("takeProfit", 4, { orderQty: "40", ordStatus: "canceled" }),
      filled("entry", 4, "70"),
    ]);
    expect(asked(decisions.at(-1))).toEqual(["amendChild stopLoss 70"]);
    expect(state).toMatchObject({ legs: [{}, { isGivenUp: true }, { isGivenUp: false }] });
  });

  it("places exits anew for what is entered after the venue has closed the first ones", () => {
    const { last } = run([
      ...resting,
      reported("stopLoss", 3, { orderQty: "40", ordStatus: "canceled" }),
      filled("takeProfit", 3, "40", "40"),
      filled("entry", 4, "90"),
    ]);
    expect(asked(last)).toEqual(["placeChild takeProfit.1 50", "placeChild stopLoss.1 50"]);
  });
});

describe("an exit that fails", () => {
  const denied = (orderId: string) =>
    reported(orderId, 1, { ordStatus: "denied", orderQty: "40", reasons: [DENIAL] });
  const failing = [
    started(bracket()),
    filled("entry", 3, "40"),
    reported("takeProfit", 2, { orderQty: "40" }),
    denied("stopLoss"),
  ];

  it("is tried again under another id when its time has come", () => {
    const { last, state } = run(failing);
    expect(last?.events.at(-1)).toMatchObject({
      type: "LegFailed",
      step: "placement",
      retryAtMs: START_MS + 250,
      reasons: [DENIAL],
    });
    expect(last?.reminders).toEqual([
      {
        set: "leg:2",
        dueMs: START_MS + 250,
        command: { type: "Wake", leg: 2 },
        misfire: "fireOnce",
      },
    ]);
    expect(asked(run([{ type: "Wake", leg: 2 }], state).last)).toEqual([
      "placeChild stopLoss.1 40",
    ]);
  });

  it("raises an alarm in the end, and is tried again when the entry is filled further", () => {
    let { state } = run(failing);
    const decisions = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      const tried = run([{ type: "Wake", leg: 2 }, denied(`stopLoss.${attempt}`)], state);
      decisions.push(...tried.decisions);
      state = tried.state;
    }
    expect(alarmsOf(decisions)).toEqual(["LegFailed"]);
    expect(decisions.at(-1)?.reply.group?.alarms).toMatchObject([
      { role: "stopLoss", orderId: "stopLoss.5", text: "no" },
    ]);
    expect(asked(run([{ type: "Wake", leg: 2 }], state).last)).toEqual([]);
    const more = run([filled("entry", 4, "60")], state);
    expect(asked(more.last)).toEqual(["amendChild takeProfit 60", "placeChild stopLoss.6 60"]);
  });

  it("is canceled and placed anew when its broker refuses three times to make it smaller", () => {
    let { state } = run([started(oco()), reported("leg-0", 2), reported("leg-1", 2)]);
    const all: string[] = [];
    const send = (command: GroupCommand, name: string) => {
      const next = step(state, command, envOf(name));
      all.push(...asked(next.decision));
      state = next.state;
      return next.decision;
    };
    let decision = send(filled("leg-0", 3, "30"), "fill");
    for (let i = 0; i < 3; i++) {
      const event = decision.events.findLast(({ type }) => type === "LegAmendRequested");
      const amendId = event?.type === "LegAmendRequested" ? event.amendId : "";
      decision = send(
        { type: "ChildAmendRefused", orderId: "leg-1", amendId, text: "no", reasons: [] },
        `refused-${i}`,
      );
    }
    send(reported("leg-1", 9, { ordStatus: "canceled" }), "end");
    expect(all).toEqual([
      "amendChild leg-1 70",
      "amendChild leg-1 70",
      "amendChild leg-1 70",
      "cancelChild leg-1",
      "placeChild leg-1.1 70",
    ]);
  });

  it("is resized by a cancel where the broker cannot amend", () => {
    const { last } = run([
      started(oco({ canReplace: false })),
      reported("leg-1", 2),
      filled("leg-0", 3, "30"),
    ]);
    expect(asked(last)).toEqual(["cancelChild leg-1"]);
  });
});

describe("an OCO", () => {
  const live = [started(oco()), reported("leg-0", 2), reported("leg-1", 2)];

  it("cancels the others when one is filled", () => {
    expect(asked(run([...live, filled("leg-0", 3, "100")]).last)).toEqual(["cancelChild leg-1"]);
  });

  it("never makes a leg larger that a client has made smaller", () => {
    const { decisions } = run([
      ...live,
      reported("leg-1", 3, { orderQty: "60" }),
      filled("leg-0", 3, "10"),
    ]);
    expect(decisions.flatMap((decision) => asked(decision))).toEqual([]);
  });

  it("raises an alarm when two legs met at the venue, once for each further fill", () => {
    const { decisions } = run([
      ...live,
      filled("leg-0", 3, "60"),
      filled("leg-1", 3, "50"),
      filled("leg-1", 3, "50"),
      filled("leg-1", 4, "70"),
    ]);
    expect(alarmsOf(decisions)).toEqual(["LegsOverfilled", "LegsOverfilled"]);
  });

  it("asks for a cancel again that its broker has refused, while it is still wanted", () => {
    const { decisions, state } = run([
      ...live,
      filled("leg-0", 3, "100"),
      reported("leg-1", 3, { ordStatus: "pendingCancel" }),
      reported("leg-1", 4),
    ]);
    expect(asked(decisions.at(-1))).toEqual([]);
    expect(decisions.at(-1)?.events.at(-1)).toMatchObject({ type: "LegFailed", step: "cancel" });
    expect(asked(run([{ type: "Wake", leg: 1 }], state).last)).toEqual(["cancelChild leg-1"]);
  });
});

describe("an OTO", () => {
  const oto = (trigger: "partial" | "full", lotSize = "1") =>
    termsOf(
      "oto",
      [
        legOf("first", { orderQty: "30" }),
        legOf("then", { side: "sell", orderQty: "100", price: "120" }, { lotSize }),
      ],
      { trigger },
    );

  it("places the others in proportion to the first, in whole lots", () => {
    const { last } = run([started(oto("partial", "10")), filled("first", 3, "10", "30")]);
    expect(asked(last)).toEqual(["placeChild then 30"]);
  });

  it("places the whole once the first is filled, or only then", () => {
    const all = run([started(oto("partial")), filled("first", 3, "30", "30")]);
    expect(asked(all.last)).toEqual(["placeChild then 100"]);
    const { decisions } = run([
      started(oto("full")),
      filled("first", 3, "29", "30"),
      filled("first", 4, "30", "30"),
    ]);
    expect(decisions.map((decision) => asked(decision))).toEqual([[], [], ["placeChild then 100"]]);
  });

  it("keeps what was placed when the first is canceled, and ends when nothing was", () => {
    const end = reported("first", 4, { orderQty: "30", cumQty: "29", ordStatus: "canceled" });
    const none = run([started(oto("full")), end]);
    expect(none.last?.reply.group?.status).toBe("closed");
    const some = run([started(oto("partial")), end]);
    expect(asked(some.last)).toEqual(["placeChild then 96"]);
  });
});

describe("a basket", () => {
  const basket = termsOf(
    "basket",
    [legOf("member", { orderId: "m-0" }), legOf("member", { orderId: "m-1", symbol: "MSFT" })],
    { mode: "independent" },
  );

  it("closes with its last order, whatever became of them", () => {
    const { decisions } = run([
      { type: "Start", terms: basket, denied: [{ orderId: "m-1", reasons: [DENIAL] }] },
      filled("m-0", 3, "100"),
    ]);
    expect(decisions.map(({ reply }) => reply.group?.status)).toEqual(["active", "closed"]);
    expect(decisions.at(-1)?.reply.group?.legs).toMatchObject([
      { ordStatus: "filled", cumQty: "100" },
      { ordStatus: "denied", reasons: [DENIAL] },
    ]);
  });

  it("that was denied knows why, hears its orders without a word, and cannot be canceled", () => {
    const denied = [{ orderId: "m-0", reasons: [DENIAL] }];
    const { state, last } = run([{ type: "RecordDenial", terms: basket, denied }]);
    expect(last?.reply.group).toMatchObject({
      status: "denied",
      legs: [
        { ordStatus: "denied", reasons: [DENIAL] },
        { ordStatus: null, reasons: [] },
      ],
    });
    expect(run([reported("m-0", 1, { ordStatus: "denied" })], state).last?.events).toEqual([]);
    expect(() => run([{ type: "RequestCancel", requestedBy: "u" }], state)).toThrow(Refusal);
  });
});

describe("a group", () => {
  it("counts what its orders said before it was told of itself", () => {
    const early = filled("leg-0", 3, "40");
    const { last, decisions } = run([early, reported("leg-1", 2), started(oco())]);
    expect(decisions.map(({ reply }) => reply.group?.status)).toEqual([
      undefined,
      undefined,
      "active",
    ]);
    expect(asked(last)).toEqual(["amendChild leg-1 60"]);
  });

  it("cancels every open order when it is canceled, and places nothing more", () => {
    const { decisions } = run([
      started(bracket()),
      filled("entry", 3, "40"),
      reported("takeProfit", 2, { orderQty: "40" }),
      { type: "RequestCancel", requestedBy: "user-2" },
      { type: "RequestCancel", requestedBy: "user-2" },
      filled("entry", 4, "70"),
    ]);
    expect(decisions.slice(3).map((decision) => asked(decision))).toEqual([
      ["cancelChild entry", "cancelChild takeProfit", "cancelChild stopLoss"],
      [],
      [],
    ]);
    expect(decisions.at(-1)?.reply.group?.status).toBe("canceling");
  });

  it("is the same when it is started again, and refuses other terms under its id", () => {
    const { state } = run([started(oco())]);
    expect(run([started(oco())], state).last?.events).toEqual([]);
    expect(() => run([started(bracket())], state)).toThrow("exists with another");
  });

  it("is not there before it is started", () => {
    const cancel = { type: "RequestCancel", requestedBy: "user-1" } as const;
    expect(() => run([cancel])).toThrow("there is no group");
    expect(() => run([{ type: "Wake", leg: 0 }])).not.toThrow();
  });

  it("looks after a request that nothing is heard of", () => {
    const commands = [
      started(oco()),
      reported("leg-0", 2),
      reported("leg-1", 2),
      filled("leg-0", 3, "30"),
    ];
    const { state } = run(commands);
    const woken = step(state, { type: "Wake", leg: 1 }, envOf("wake", START_MS + 10_000));
    expect(woken.decision.events.map(({ type }) => type)).toEqual([
      "LegFailed",
      "LegAmendRequested",
    ]);
    const pending = run([reported("leg-1", 3, { ordStatus: "pendingReplace" })], state);
    const patient = step(pending.state, { type: "Wake", leg: 1 }, envOf("wake"));
    expect(patient.decision.events).toEqual([]);
    expect(patient.decision.reminders).toHaveLength(1);
  });

  it("survives storage as JSON, and a replay gives the same", () => {
    const { state, decisions } = run([
      started(bracket()),
      filled("entry", 3, "40"),
      reported("takeProfit", 2, { orderQty: "40" }),
      filled("takeProfit", 3, "10", "40"),
    ]);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    const replayed = decisions
      .flatMap(({ events }) => events)
      .reduce<GroupState>(
        (before, event) =>
          group.evolve(before, { event, version: 0, atMs: START_MS, commandId: "again" }),
        group.initial("g-1"),
      );
    expect(replayed).toEqual(state);
  });
});

describe("the id of an attempt", () => {
  const first = "0b9c2f4e-8a31-5c7d-9e10-ffffffffffff";

  it("is the first's own, then others of the same shard, each once", () => {
    const ids = Array.from({ length: 300 }, (_, attempt) => attemptId(first, attempt));
    expect(ids[0]).toBe(first);
    expect(ids[1]).toBe("0b9c2f4e-8a31-5c7d-9e10-000000000000");
    expect(new Set(ids).size).toBe(300);
    expect(new Set(ids.map((id) => id.slice(0, 8))).size).toBe(1);
  });
});

describe("members that stand or fall together", () => {
  const begun = [started(hedged()), filled("long", 2, "40")];

  it("are left alone while both can be filled", () => {
    const { decisions } = run([...begun, filled("short", 2, "100"), filled("long", 3, "100")]);
    expect(decisions.flatMap((decision) => asked(decision))).toEqual([]);
  });

  it("are canceled and undone when one is rejected", () => {
    const { last, state } = run([...begun, reported("short", 2, { ordStatus: "rejected" })]);
    expect(asked(last)).toEqual(["cancelChild long", "placeChild undo-long 40"]);
    // What was filled before the cancel came through is undone too.
    const canceled = reported("long", 3, { cumQty: "55", ordStatus: "canceled" });
    const resting = reported("undo-long", 2, { orderQty: "40" });
    expect(asked(run([resting, canceled], state).last)).toEqual(["amendChild undo-long 55"]);
  });

  it("stay undone when the late fill of the first to end makes it whole", () => {
    const { state } = run([...begun, reported("long", 3, { cumQty: "60", ordStatus: "canceled" })]);
    const resting = reported("undo-long", 2, { orderQty: "60" });
    const { last } = run([filled("long", 4, "100"), resting], state);
    expect(asked(last)).toEqual(["amendChild undo-long 100"]);
  });
});
