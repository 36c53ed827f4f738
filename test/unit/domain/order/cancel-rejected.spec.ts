import type { OrderCommand } from "../../../../domain/order/messages.ts";
import { apply, approvedOrder, report, run } from "./given.ts";

const place: OrderCommand = { type: "Place", order: approvedOrder() };
const accept = apply(report("new", "e-new"));
const terms = { orderQty: "20", price: "100", stopPx: null, worstPrice: "100" };
const amend: OrderCommand = {
  type: "RequestReplace",
  amendId: "a-1",
  terms,
  requestedBy: "user-1",
};
const cancel: OrderCommand = { type: "RequestCancel", requestedBy: "user-1" };
const cancelRejected = apply(report("cancelRejected", "e-cr"));

/** How an order stands whose cancel overtook its amendment, and was refused. */
function after(...more: readonly OrderCommand[]) {
  const { decisions } = run([place, accept, amend, cancel, cancelRejected, ...more]);
  return { last: decisions.at(-1), events: decisions.flatMap(({ events }) => events) };
}

describe("a cancel that is refused while an amendment is under way", () => {
  test("leaves the amendment under way", () => {
    expect(after().last?.reply.order.ordStatus).toBe("pendingReplace");
  });

  test.each([
    ["replaceRejected", apply(report("replaceRejected", "e-rr")), "10"],
    ["replaced", apply(report("replaced", "e-r", { orderQty: "20" })), "20"],
  ] as const)("lets %s conclude it, without an alarm", (_, answer, orderQty) => {
    const { last, events } = after(answer);
    expect(last?.reply.order).toMatchObject({ ordStatus: "new", orderQty });
    expect(events.map(({ type }) => type)).not.toContain("ReportConflicted");
    expect(last?.effects).toMatchObject([{ command: { type: "ConcludeAmend", amendId: "a-1" } }]);
  });
});
