import * as fc from "fast-check";
import type { ExecutionReport } from "../../../../domain/order/execution-report.ts";
import type { OrderCommand, OrderEvent } from "../../../../domain/order/messages.ts";
import { apply, approvedOrder, given, report, run } from "./given.ts";

const PLACED: OrderEvent = { type: "OrderPlaced", order: approvedOrder({ orderQty: "100" }) };
const ACCEPTED: OrderEvent = { type: "OrderAccepted", report: report("new", "e-new") };

function amendTo(orderQty: string, price = "100"): OrderCommand {
  const terms = { orderQty, price, stopPx: null, worstPrice: price };
  return { type: "RequestReplace", amendId: "a-1", terms, requestedBy: "user-1" };
}

const requested = (orderQty: string): OrderEvent => ({
  type: "ReplaceRequested",
  amendId: "a-1",
  revision: 1,
  terms: { orderQty, price: "100", stopPx: null, worstPrice: "100" },
  requestedBy: "user-1",
});

function trade(execId: string, lastQty: string) {
  return report("trade", execId, { lastQty });
}

function tellsOf(effects: readonly object[] | undefined): readonly unknown[] {
  return (effects ?? []).flatMap((effect) => ("command" in effect ? [effect.command] : []));
}

describe("an amendment", () => {
  it("of an order at the venue is sent with the terms before and after", () => {
    const decision = given(PLACED, ACCEPTED).when(amendTo("60", "99"));
    expect(decision.reply.order.ordStatus).toBe("pendingReplace");
    expect(decision.effects).toMatchObject([
      {
        kind: "replace",
        payload: {
          revision: 1,
          venueOrderId: "v-1",
          before: { orderQty: "100", price: "100" },
          after: { orderQty: "60", price: "99", worstPrice: "99" },
        },
      },
    ]);
  });

  it("that was worked out from other fills or another quantity than the order has is not sent", () => {
    const live = given(PLACED, ACCEPTED, filled("e-1", "10"));
    const terms = { orderQty: "60", price: "100", stopPx: null, worstPrice: "100" };
    const asked = { type: "RequestReplace", amendId: "a-1", terms, requestedBy: "user-1" } as const;
    const stale = live.when({ ...asked, basedOn: "100", basedOnCumQty: "0" });
    expect(stale.events).toMatchObject([{ type: "ReplaceRefused" }]);
    expect(tellsOf(stale.effects)).toEqual([
      { type: "ConcludeAmend", orderId: "o-1", amendId: "a-1" },
    ]);
    const fresh = live.when({ ...asked, basedOn: "100", basedOnCumQty: "10" });
    expect(fresh.events).toMatchObject([{ type: "ReplaceRequested" }]);
  });

  it("that is taken gives the order its new terms, and the portfolio hears of them", () => {
    const answer = report("replaced", "e-r", { orderQty: "60", price: "99" });
    const { reply, effects } = given(PLACED, ACCEPTED, requested("60")).when(apply(answer));
    expect(reply.order).toMatchObject({
      ordStatus: "new",
      orderQty: "60",
      price: "99",
      leavesQty: "60",
    });
    expect(tellsOf(effects)).toEqual([
      {
        type: "ConcludeAmend",
        orderId: "o-1",
        amendId: "a-1",
        terms: { orderQty: "60", price: "99", stopPx: null },
      },
    ]);
  });

  it("that is refused leaves the order as it was", () => {
    const answer = report("replaceRejected", "e-r");
    const { reply, effects } = given(PLACED, ACCEPTED, requested("60")).when(apply(answer));
    expect(reply.order).toMatchObject({ ordStatus: "new", orderQty: "100" });
    expect(tellsOf(effects)).toEqual([{ type: "ConcludeAmend", orderId: "o-1", amendId: "a-1" }]);
  });

  it.each([
    ["not yet at the venue", [PLACED], "60"],
    ["with an amendment under way", [PLACED, ACCEPTED, requested("60")], "50"],
    ["below what is filled", [PLACED, ACCEPTED, filled("e-1", "60")], "60"],
    ["of a canceled order", [PLACED, ACCEPTED, canceled()], "60"],
  ] as const)(
    "%s is refused here, and the portfolio frees what it held for it",
    (_, events, to) => {
      const { events: made, effects, reply } = given(...events).when(amendTo(to));
      expect(made).toMatchObject([{ type: "ReplaceRefused", amendId: "a-1" }]);
      expect(reply.refused).toBe(made[0] !== undefined && "text" in made[0] ? made[0].text : null);
      expect(tellsOf(effects)).toEqual([{ type: "ConcludeAmend", orderId: "o-1", amendId: "a-1" }]);
    },
  );

  it("to more may be filled before the word that it was taken: that is no overfill", () => {
    const { reply } = given(PLACED, ACCEPTED, requested("200")).when(apply(trade("e-1", "150")));
    expect(reply.order).toMatchObject({ cumQty: "150", ordStatus: "pendingReplace" });
  });

  it("that is refused after all of the old terms was filled ends the order as filled", () => {
    const events = [PLACED, ACCEPTED, requested("200"), filled("e-1", "100")];
    expect(given(...events).when(apply(report("canceled", "x"))).reply.order.cumQty).toBe("100");
    const { reply, effects } = given(...events).when(apply(report("replaceRejected", "e-r")));
    expect(reply.order).toMatchObject({ ordStatus: "filled", leavesQty: "0" });
    expect(tellsOf(effects)).toEqual([
      { type: "ReleaseHold", orderId: "o-1", reason: "filled", cumQty: "100" },
    ]);
  });

  it("to what is filled meanwhile ends the order as filled", () => {
    const events = [PLACED, ACCEPTED, requested("60"), filled("e-1", "60")];
    const answer = report("replaced", "e-r", { orderQty: "60" });
    expect(given(...events).when(apply(answer)).reply.order.ordStatus).toBe("filled");
  });

  it("that the venue makes by itself shrinks the order, and leaves one of ours pending", () => {
    const own = report("replaced", "e-v", { revision: null, orderQty: "80" });
    const { reply, effects } = given(PLACED, ACCEPTED, requested("60")).when(apply(own));
    expect(reply.order).toMatchObject({ ordStatus: "pendingReplace", orderQty: "80" });
    expect(tellsOf(effects)).toEqual([
      {
        type: "ConcludeAmend",
        orderId: "o-1",
        terms: { orderQty: "80", price: "100", stopPx: null },
      },
    ]);
  });

  it("gives way to a cancel, whichever the venue answers first", () => {
    const cancel: OrderCommand = { type: "RequestCancel", requestedBy: "user-1" };
    const answers = [
      report("replaced", "e-r", { orderQty: "60" }),
      report("canceled", "e-c"),
    ] as const;
    for (const order of [answers, answers.toReversed()]) {
      const { decisions } = run([
        { type: "Place", order: approvedOrder({ orderQty: "100" }) },
        apply(report("new", "e-new")),
        amendTo("60"),
        cancel,
        ...order.map(apply),
      ]);
      expect(decisions.at(-1)?.reply.order.ordStatus).toBe("canceled");
    }
  });
});

/** What a venue may truly report of an order of 100 that is amended once, and the commands in between. */
const histories = fc
  .record({
    to: fc.integer({ min: 1, max: 200 }),
    before: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 3 }),
    after: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }),
  })
  .map(({ to, before, after }) => {
    let cum = 0;
    let most = 100;
    const fill = (piece: number, index: number, name: string): ExecutionReport[] => {
      const quantity = Math.min(piece, most - cum);
      cum += quantity;
      return quantity > 0 ? [trade(`${name}-${index}`, String(quantity))] : [];
    };
    const early = before.flatMap((piece, index) => fill(piece, index, "early"));
    const isTaken = cum < to && cum < 100;
    if (isTaken) most = to;
    const answer = isTaken
      ? report("replaced", "e-r", { orderQty: String(to) })
      : report("replaceRejected", "e-r");
    const late = after.flatMap((piece, index) => fill(piece, index, "late"));
    return { to, reports: [...early, answer, ...late], cum, orderQty: most };
  });

const deliveries = histories.chain(({ to, reports, cum, orderQty }) =>
  fc
    .shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 })
    .map((delivered) => ({ to, delivered, cum, orderQty })),
);

describe("laws of an amended order", () => {
  it("whatever the order of the venue's doubled words, the order ends with its terms and its fills", () => {
    fc.assert(
      fc.property(deliveries, ({ to, delivered, cum, orderQty }) => {
        const { decisions } = run([
          { type: "Place", order: approvedOrder({ orderQty: "100" }) },
          apply(report("new", "e-new")),
          amendTo(String(to)),
          ...delivered.map(apply),
        ]);
        const types = decisions.flatMap(({ events }) => events.map(({ type }) => type));
        expect(types).not.toContain("ReportConflicted");
        expect(types).not.toContain("OverfillRefused");
        const end = decisions.at(-1)?.reply.order;
        expect(end).toMatchObject({ cumQty: String(cum), orderQty: String(orderQty) });
        expect(end?.ordStatus === "filled").toBe(cum >= orderQty);
        const told = decisions.flatMap(({ effects }) => tellsOf(effects));
        const released = told.filter((command) => typeOf(command) === "ReleaseHold");
        expect(released).toHaveLength(cum >= orderQty ? 1 : 0);
        // A portfolio that is not told of the amendment's end is told of the order's.
        const concluded = told.filter((command) => typeOf(command) === "ConcludeAmend");
        expect(concluded.length + released.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

function typeOf(command: unknown): unknown {
  return typeof command === "object" && command !== null && "type" in command
    ? command.type
    : undefined;
}

function filled(execId: string, lastQty: string): OrderEvent {
  return { type: "OrderFilled", report: trade(execId, lastQty) };
}

function canceled(): OrderEvent {
  return { type: "OrderCanceled", report: report("canceled", "e-c") };
}
