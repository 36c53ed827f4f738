import type { OrderEvent } from "../../../../domain/order/messages.ts";
import { summarize } from "../../../../domain/order/order-state.ts";
import {
  ACCEPTED,
  NOW_MS,
  PLACED,
  apply,
  approvedOrder,
  given,
  newOrder,
  report,
  run,
  stateAfter,
} from "./given.ts";

const filled = (execId: string, lastQty = "4"): OrderEvent => ({
  type: "OrderFilled",
  report: report("trade", execId, { lastQty }),
});
const CANCELED: OrderEvent = { type: "OrderCanceled", report: report("canceled", "e-x") };
const CANCEL_REQUESTED: OrderEvent = { type: "CancelRequested", requestedBy: "user-1" };

describe("placing an order", () => {
  it("makes it pendingNew and asks for its submission with all that an adapter needs", () => {
    const { events, effects, reply } = given().when({ type: "Place", order: approvedOrder() });
    expect(events).toEqual([PLACED, { type: "SubmitStarted", attempt: 1 }]);
    expect(effects).toEqual([
      {
        kind: "submit",
        payload: {
          // Client ids of portfolios may collide: the venue knows the order by its own id.
          clOrdId: "o-1",
          orderId: "o-1",
          venue: "PAPER",
          symbol: "AAPL",
          side: "buy",
          ordType: "limit",
          orderQty: "10",
          price: "100",
          timeInForce: "gtc",
          worstPrice: "100",
          currency: "USD",
          multiplier: "1",
          lotSize: "1",
          assetClass: "equity",
        },
      },
    ]);
    expect(reply.order).toMatchObject({
      orderId: "o-1",
      ordStatus: "pendingNew",
      cumQty: "0",
      leavesQty: "10",
      avgPx: null,
      currency: "USD",
      createdAtMs: NOW_MS,
    });
  });

  it("answers the same order again with its summary, whatever the order of its keys", () => {
    const { clOrdId, ...others } = approvedOrder();
    const again = { ...others, clOrdId };
    const { events, effects, reply } = given(PLACED, ACCEPTED).when({
      type: "Place",
      order: again,
    });
    expect([events, effects]).toEqual([[], undefined]);
    expect(reply.order.ordStatus).toBe("new");
  });

  it("refuses another order under the same id and names the field", () => {
    const other = approvedOrder({ orderQty: "11" });
    expect(() => given(PLACED).when({ type: "Place", order: other })).toThrow(
      expect.objectContaining({ kind: "conflict", code: "ORDER_EXISTS" }),
    );
    expect(() => given(PLACED).when({ type: "Place", order: other })).toThrow("hold.quantity");
  });

  it("takes an order of another id for a defect", () => {
    const other = approvedOrder({ orderId: "o-2" });
    expect(() => given().when({ type: "Place", order: other })).toThrow("expected its own order");
  });
});

describe("a denial", () => {
  const reasons = [
    { code: "PRICE_COLLAR", message: "too far", limit: "1", observed: "2" },
  ] as const;
  const DENIED: OrderEvent = { type: "OrderDenied", order: newOrder(), reasons };

  it("is recorded with every reason and never leaves the house", () => {
    const decision = given().when({ type: "RecordDenial", order: newOrder(), reasons });
    expect(decision.events).toEqual([DENIED]);
    expect(decision.effects).toBeUndefined();
    expect(decision.reply.order).toMatchObject({ ordStatus: "denied", leavesQty: "0", reasons });
  });

  it("is answered again when repeated, and stands against placing the order", () => {
    const again = given(DENIED).when({ type: "RecordDenial", order: newOrder(), reasons: [] });
    expect(again.events).toEqual([]);
    expect(again.reply.order.reasons).toEqual(reasons);
    const place = () => given(DENIED).when({ type: "Place", order: approvedOrder() });
    expect(place).toThrow(expect.objectContaining({ code: "ORDER_EXISTS" }));
  });

  it("cannot be canceled", () => {
    expect(() => given(DENIED).when({ type: "RequestCancel", requestedBy: "user-1" })).toThrow(
      expect.objectContaining({ kind: "conflict", code: "ORDER_CLOSED" }),
    );
  });
});

it("an order that was never placed is not found", () => {
  expect(() => given().when({ type: "StartSubmit", attempt: 1 })).toThrow(
    expect.objectContaining({ kind: "notFound", code: "ORDER_NOT_FOUND" }),
  );
  expect(() => summarize("o-1", stateAfter([]))).toThrow("there is no order o-1");
});

describe("submitting", () => {
  it("is committed once per attempt, only while the venue has not spoken", () => {
    const started = { type: "SubmitStarted", attempt: 1 } as const;
    const start = { type: "StartSubmit", attempt: 1 } as const;
    expect(given(PLACED).when(start).events).toEqual([started]);
    expect(given(PLACED, started).when(start).events).toEqual([]);
    expect(given(PLACED, ACCEPTED).when(start).events).toEqual([]);
    expect(given(PLACED, ACCEPTED).when(start).reply.order.ordStatus).toBe("new");
  });

  it("with an uncertain end makes the order unknown, which keeps its hold", () => {
    const decision = given(PLACED).when({ type: "MarkUnknown", text: "timed out" });
    expect(decision.events).toEqual([{ type: "OrderMarkedUnknown", text: "timed out" }]);
    expect(decision.effects).toBeUndefined();
    expect(decision.reply.order).toMatchObject({ ordStatus: "unknown", leavesQty: "10" });
  });

  it("may start again under the same id while the order is unknown", () => {
    const unknown = { type: "OrderMarkedUnknown", text: "timed out" } as const;
    const decision = given(PLACED, unknown).when({ type: "StartSubmit", attempt: 2 });
    expect(decision.events).toEqual([{ type: "SubmitStarted", attempt: 2 }]);
    expect(decision.reply.order.ordStatus).toBe("unknown");
  });

  it("whose report overtook the failure of the call is not unknown", () => {
    const decision = given(PLACED, ACCEPTED).when({ type: "MarkUnknown", text: "timed out" });
    expect(decision.events).toEqual([]);
  });

  it.each([
    ["new", "new"],
    ["trade", "partiallyFilled"],
    ["canceled", "canceled"],
    ["expired", "expired"],
    ["rejected", "rejected"],
  ] as const)("is resolved from unknown by the report %s", (execType, status) => {
    const unknown = { type: "OrderMarkedUnknown", text: "timed out" } as const;
    const { reply } = given(PLACED, unknown).when(apply(report(execType, "e-1")));
    expect(reply.order.ordStatus).toBe(status);
  });
});

describe("a fill", () => {
  it("grows cumQty and fees, and tells the portfolio", () => {
    const trade = report("trade", "e-1");
    const { events, effects, reply } = given(PLACED, ACCEPTED).when(apply(trade));
    expect(events).toEqual([{ type: "OrderFilled", report: trade }]);
    expect(effects).toEqual([
      {
        kind: "tell",
        to: { type: "portfolio", id: "pf-1" },
        command: { type: "ApplyFill", report: trade, symbol: "AAPL", side: "buy", multiplier: "1" },
        isJoint: true,
      },
    ]);
    expect(reply.order).toMatchObject({
      ordStatus: "partiallyFilled",
      cumQty: "4",
      leavesQty: "6",
      avgPx: "99.5",
      fees: "0.04",
    });
  });

  it("that is the last also frees what the hold has left, after the fill", () => {
    const trade = report("trade", "e-2", { lastQty: "6" });
    const { effects, reply } = given(PLACED, ACCEPTED, filled("e-1")).when(apply(trade));
    expect(effects?.map((effect) => "command" in effect && effect.command.type)).toEqual([
      "ApplyFill",
      "ReleaseHold",
    ]);
    expect(reply.order).toMatchObject({ ordStatus: "filled", cumQty: "10", leavesQty: "0" });
  });

  it("before the acknowledgement counts, and the late acknowledgement adds only the venue's id", () => {
    const early = given(PLACED).when(apply(report("trade", "e-1")));
    expect(early.reply.order).toMatchObject({ ordStatus: "partiallyFilled", venueOrderId: null });
    const late = given(PLACED, filled("e-1")).when(apply(report("new", "e-new")));
    expect(late.reply.order).toMatchObject({ ordStatus: "partiallyFilled", venueOrderId: "v-1" });
  });

  it("after cancel still counts", () => {
    const { effects, reply } = given(PLACED, ACCEPTED, CANCELED).when(
      apply(report("trade", "e-1")),
    );
    expect(effects?.map((effect) => "command" in effect && effect.command.type)).toEqual([
      "ApplyFill",
    ]);
    expect(reply.order).toMatchObject({ ordStatus: "canceled", cumQty: "4", leavesQty: "0" });
  });

  it("of everything after cancel fills the order", () => {
    const trade = report("trade", "e-1", { lastQty: "10" });
    const { reply } = given(PLACED, ACCEPTED, CANCELED).when(apply(trade));
    expect(reply.order).toMatchObject({ ordStatus: "filled", cumQty: "10" });
  });

  it("during a pending cancel leaves it pending until the last one", () => {
    const pending = [PLACED, ACCEPTED, CANCEL_REQUESTED];
    const partial = given(...pending).when(apply(report("trade", "e-1")));
    expect(partial.reply.order).toMatchObject({ ordStatus: "pendingCancel", leavesQty: "6" });
    const last = given(...pending).when(apply(report("trade", "e-1", { lastQty: "10" })));
    expect(last.reply.order.ordStatus).toBe("filled");
  });

  it("averages from the exact notional, rounded half to even at the twelfth decimal", () => {
    const trades = ["1", "2"].map((lastPx, index) =>
      apply(report("trade", `e-${index}`, { lastQty: String(index + 1), lastPx })),
    );
    const { decisions } = run([{ type: "Place", order: approvedOrder() }, ...trades]);
    // (1·1 + 2·2) / 3 = 1.666…
    expect(decisions.at(-1)?.reply.order.avgPx).toBe("1.666666666667");
    const tie = report("trade", "e-1", { lastQty: "2", lastPx: "0.0000000000025" });
    expect(given(PLACED).when(apply(tie)).reply.order.avgPx).toBe("0.000000000002");
  });
});

describe("a report that came before", () => {
  it("with the same values is dropped, however its decimals and words are written", () => {
    const again = given(PLACED, filled("e-1")).when(
      apply(report("trade", "e-1", { lastQty: "4.0", lastPx: "99.500" })),
    );
    expect([again.events, again.effects]).toEqual([[], undefined]);
    const restamped = report("canceled", "e-x", { text: "gone", transactTimeMs: NOW_MS + 1 });
    const reworded = given(PLACED, CANCELED).when(apply(restamped));
    expect(reworded.events).toEqual([]);
  });

  it.each([{ lastQty: "5" }, { lastPx: "99" }, { fees: "0.05" }] as const)(
    "with other values %p raises an alarm once and changes nothing",
    (changes) => {
      const trade = report("trade", "e-1", changes);
      const { events, effects, reply } = given(PLACED, filled("e-1")).when(apply(trade));
      expect(events).toEqual([
        expect.objectContaining({ type: "ReportConflicted", conflict: "valuesDiffer" }),
      ]);
      expect(effects).toBeUndefined();
      expect(reply.order).toEqual(given(PLACED, filled("e-1")).when(apply(trade)).reply.order);
      expect(reply.order).toMatchObject({ cumQty: "4", fees: "0.04" });
      const repeated = given(PLACED, filled("e-1"), ...events).when(apply(trade));
      expect(repeated.events).toEqual([]);
    },
  );
});

describe("an alarm", () => {
  it("is raised for an overfill, and nothing of it is booked", () => {
    const trade = report("trade", "e-2", { lastQty: "6.000001" });
    const { events, effects, reply } = given(PLACED, filled("e-1")).when(apply(trade));
    expect(events).toEqual([
      { type: "OverfillRefused", report: trade, cumQty: "4", orderQty: "10" },
    ]);
    expect(effects).toBeUndefined();
    expect(reply.order).toMatchObject({ cumQty: "4", ordStatus: "partiallyFilled" });
  });

  it.each([
    ["clOrdId", { clOrdId: "c-9" }, "otherOrder"],
    ["venue", { venue: "OTHER" }, "otherOrder"],
    ["orderId", { orderId: "o-9" }, "otherOrder"],
    ["currency", { currency: "EUR" }, "otherOrder"],
    ["quantity of nothing", { lastQty: "0" }, "malformed"],
  ] as const)("is raised for a fill with a wrong %s", (_name, changes, conflict) => {
    const { events } = given(PLACED).when(apply(report("trade", "e-1", changes)));
    expect(events).toEqual([expect.objectContaining({ type: "ReportConflicted", conflict })]);
  });

  it.each([
    ["cancel of a filled order", [filled("e-1", "10")], report("canceled", "e-2")],
    ["rejection of what has traded", [filled("e-1")], report("rejected", "e-2")],
    ["refusal of a cancel that nobody asked for", [ACCEPTED], report("cancelRejected", "e-2")],
  ])("is raised for a %s", (_name, events, of) => {
    const decision = given(PLACED, ...events).when(apply(of));
    expect(decision.events).toEqual([
      expect.objectContaining({ type: "ReportConflicted", conflict: "notExpected" }),
    ]);
  });

  it("is raised for the fill of a rejected order", () => {
    const rejected: OrderEvent = { type: "OrderRejected", report: report("rejected", "e-1") };
    const { events } = given(PLACED, rejected).when(apply(report("trade", "e-2")));
    expect(events).toEqual([expect.objectContaining({ conflict: "notExpected" })]);
  });
});

describe("closing", () => {
  it.each(["canceled", "expired", "rejected"] as const)("as %s frees the hold once", (execType) => {
    const { effects, reply } = given(PLACED, ACCEPTED).when(apply(report(execType, "e-1")));
    expect(effects).toEqual([
      {
        kind: "tell",
        to: { type: "portfolio", id: "pf-1" },
        command: { type: "ReleaseHold", orderId: "o-1", reason: execType, cumQty: "0" },
        isJoint: true,
      },
    ]);
    expect(reply.order).toMatchObject({ ordStatus: execType, leavesQty: "0" });
    expect(reply.order.text).not.toBeNull();
  });
});

describe("a cancel", () => {
  const request = { type: "RequestCancel", requestedBy: "user-1" } as const;
  const effect = {
    kind: "cancel",
    payload: {
      clOrdId: "o-1",
      orderId: "o-1",
      venue: "PAPER",
      symbol: "AAPL",
      venueOrderId: "v-1",
    },
  };

  it("of a live order is sent to the venue", () => {
    const { events, effects, reply } = given(PLACED, ACCEPTED).when(request);
    expect([events, effects]).toEqual([[CANCEL_REQUESTED], [effect]]);
    expect(reply.order.ordStatus).toBe("pendingCancel");
  });

  it("that is pending already is answered with the summary", () => {
    const { events, reply } = given(PLACED, ACCEPTED, CANCEL_REQUESTED).when(request);
    expect(events).toEqual([]);
    expect(reply.order.ordStatus).toBe("pendingCancel");
  });

  it("of a closed order is refused", () => {
    expect(() => given(PLACED, CANCELED).when(request)).toThrow(
      expect.objectContaining({ kind: "conflict", code: "ORDER_CLOSED" }),
    );
  });

  it.each([
    ["pendingNew", []],
    ["unknown", [{ type: "OrderMarkedUnknown", text: "cut off" }]],
  ] as const)("of an order that is %s waits for the venue to have it", (status, events) => {
    const asked = given(PLACED, ...events).when(request);
    expect(asked.events).toEqual([{ type: "CancelQueued", requestedBy: "user-1" }]);
    expect(asked.effects).toBeUndefined();
    expect(asked.reply.order.ordStatus).toBe(status);
    const queued = [PLACED, ...events, ...asked.events];
    expect(given(...queued).when(request).events).toEqual([]);
    const accepted = given(...queued).when(apply(report("new", "e-new")));
    expect(accepted.events).toEqual([ACCEPTED, CANCEL_REQUESTED]);
    expect(accepted.effects).toEqual([effect]);
    expect(accepted.reply.order.ordStatus).toBe("pendingCancel");
  });

  it("that waits is sent after a fill that came before the acknowledgement", () => {
    const queued: OrderEvent = { type: "CancelQueued", requestedBy: "user-1" };
    const { events, effects } = given(PLACED, queued).when(apply(report("trade", "e-1")));
    expect(events.map(({ type }) => type)).toEqual(["OrderFilled", "CancelRequested"]);
    expect(effects?.map(({ kind }) => kind)).toEqual(["tell", "cancel"]);
  });

  it("that waits is forgotten when the order closes", () => {
    const queued: OrderEvent = { type: "CancelQueued", requestedBy: "user-1" };
    const { events } = given(PLACED, queued).when(apply(report("rejected", "e-1")));
    expect(events.map(({ type }) => type)).toEqual(["OrderRejected"]);
  });

  it("that the venue refuses restores the status before, fills in between included", () => {
    const before = [PLACED, ACCEPTED, CANCEL_REQUESTED];
    const refused = report("cancelRejected", "e-9");
    expect(given(...before).when(apply(refused)).reply.order.ordStatus).toBe("new");
    const after = given(...before, filled("e-1")).when(apply(refused));
    expect(after.reply.order.ordStatus).toBe("partiallyFilled");
    const again = given(...before, { type: "CancelRejected", report: refused }).when(request);
    expect(again.reply.order.ordStatus).toBe("pendingCancel");
  });

  it("that comes too late leaves a filled order filled, without an alarm", () => {
    const { events, reply } = given(PLACED, CANCEL_REQUESTED, filled("e-1", "10")).when(
      apply(report("cancelRejected", "e-9")),
    );
    expect(events.map(({ type }) => type)).toEqual(["CancelRejected"]);
    expect(reply.order.ordStatus).toBe("filled");
  });
});
