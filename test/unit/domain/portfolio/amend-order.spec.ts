import { findOrder } from "../../../../domain/portfolio/open-orders.ts";
import { market, opened, request } from "./given.ts";

const VIEW = market({ last: "100" });

/** A leg of 10 whose amendment to 40 is under way. */
function amending() {
  const live = opened({ initialCash: "10000" });
  const leg = { ordType: "limit", orderQty: "10", ocoGroup: "group-1" } as const;
  live.when(request({ orderId: "leg-1", price: "100", ...leg }, VIEW));
  live.when(request({ orderId: "leg-2", price: "99", ...leg }, VIEW));
  const changes = { orderQty: "40" };
  const asked = { orderId: "leg-1", amendId: "amend-1", changes, requestedBy: "user-1" };
  live.when({ type: "AmendOrder", market: VIEW, ...asked });
  const conclude = (orderQty: string, amendId?: string) =>
    live.when({
      type: "ConcludeAmend",
      orderId: "leg-1",
      ...(amendId !== undefined && { amendId }),
      terms: { orderQty, price: "100", stopPx: null },
    });
  const leg1 = () => {
    const { account } = live.state;
    return account === null ? undefined : findOrder(account.orders, "leg-1");
  };
  return { live, conclude, leg1 };
}

describe("an amendment that the venue's own change overtakes", () => {
  test("is still under way, and what it may need is still held", () => {
    const { conclude, leg1 } = amending();
    conclude("6");
    expect(leg1()?.approved.orderQty).toBe("6");
    expect(leg1()?.amendment?.amendId).toBe("amend-1");
    expect(leg1()?.hold.quantity).toBe("40");
  });

  test("is concluded by its own answer: the order holds for all that it may be filled for", () => {
    const { live, conclude, leg1 } = amending();
    conclude("10");
    conclude("36", "amend-1");
    expect(leg1()?.amendment).toBeNull();
    expect(leg1()?.approved.orderQty).toBe("36");
    expect(leg1()?.hold.quantity).toBe("36");
    expect(live.replayed()).toEqual(live.state);
  });

  test("frees what it does not need when it is refused", () => {
    const { live, conclude, leg1 } = amending();
    conclude("6");
    live.when({ type: "ConcludeAmend", orderId: "leg-1", amendId: "amend-1" });
    expect(leg1()?.amendment).toBeNull();
    expect(leg1()?.hold.quantity).toBe("6");
  });
});
