import type { OrderCommand, OrderEvent } from "../../../../domain/order/messages.ts";
import { apply, approvedOrder, given, report, run } from "./given.ts";

const parent = { type: "group", id: "g-1" } as const;
const PLACED: OrderEvent = {
  type: "OrderPlaced",
  order: approvedOrder({ orderQty: "100", parent, ocoGroup: "g-1" }),
};
const ACCEPTED: OrderEvent = { type: "OrderAccepted", report: report("new", "e-new") };

function amendTo(orderQty: string, basedOn: string, amendId = "a-1"): OrderCommand {
  const terms = { orderQty, price: "100", stopPx: null, worstPrice: null };
  return { type: "RequestReplace", amendId, terms, basedOn, requestedBy: "group:g-1" };
}

function shrunk(execId: string, orderQty: string) {
  return apply(report("replaced", execId, { revision: null, orderQty }));
}

const placed = { type: "Place", order: approvedOrder({ orderQty: "100", parent }) } as const;
const accepted = apply(report("new", "e-new"));

describe("a leg of a group", () => {
  it("does not take an amendment that was worked out from another quantity than it has", () => {
    const { reply, effects } = given(PLACED, ACCEPTED).when(amendTo("120", "90"));
    expect(reply.refused).toBe("its quantity is 100 now, not 90");
    expect(effects?.map(({ kind }) => kind)).not.toContain("replace");
    expect(given(PLACED, ACCEPTED).when(amendTo("120", "100.0")).reply.refused).toBeUndefined();
  });

  it("tells its parent which amendment its broker took last", () => {
    const taken = apply(report("replaced", "e-r", { revision: 1, orderQty: "60" }));
    const { decisions } = run([placed, accepted, amendTo("60", "100"), taken]);
    const words = decisions.map(({ effects = [] }) =>
      effects.flatMap((effect) =>
        "command" in effect && effect.command.type === "ChildReported" ? [effect.command] : [],
      ),
    );
    expect(words.slice(2)).toMatchObject([
      [{ ordStatus: "pendingReplace", orderQty: "100" }],
      [{ ordStatus: "new", orderQty: "60", takenAmendId: "a-1" }],
    ]);
    expect(words[2]?.[0]).not.toHaveProperty("takenAmendId");
  });

  it("that the venue has made smaller twice is as small, whichever it hears of first", () => {
    const once = run([placed, accepted, shrunk("e-1", "80"), shrunk("e-2", "70")]);
    const other = run([placed, accepted, shrunk("e-2", "70"), shrunk("e-1", "80")]);
    for (const { decisions } of [once, other])
      expect(decisions.at(-1)?.reply.order.orderQty).toBe("70");
  });

  it("is not made larger by an answer that the venue gave before it took something away", () => {
    const answer = apply(report("replaced", "e-r", { revision: 1, orderQty: "120" }));
    const { decisions } = run([
      placed,
      accepted,
      amendTo("120", "100"),
      shrunk("e-1", "110"),
      answer,
    ]);
    expect(decisions.at(-1)?.reply.order).toMatchObject({ ordStatus: "new", orderQty: "110" });
  });
});
