import type { BasketVerdict, PortfolioReply } from "../../../../domain/portfolio/messages.ts";
import type { BasketMode } from "../../../../domain/execution/group/messages.ts";
import type { NewOrder } from "../../../../domain/order/new-order.ts";
import { bracket } from "../execution/group/given.ts";
import { type Command, market, newOrder, opened } from "./given.ts";
import { marginPortfolio, seen } from "./margin/margin-desk.ts";

const TERMS = bracket();

function basket(mode: BasketMode, orders: readonly Partial<NewOrder>[]): Command<"RequestBasket"> {
  return {
    type: "RequestBasket",
    terms: TERMS,
    mode,
    orders: orders.map((changes, i) => ({
      order: newOrder({ orderId: `order-${i}`, ...changes }),
      market: market(),
    })),
    later: [],
  };
}

function verdictOf(reply: PortfolioReply): BasketVerdict {
  if (!("orders" in reply) || !("verdict" in reply)) throw new Error("expected a basket's verdict");
  return reply;
}

const verdicts = (reply: PortfolioReply) => verdictOf(reply).orders.map(({ verdict }) => verdict);

/** Whom the decision tells what, in order. */
function told(effects: readonly object[] = []): readonly string[] {
  return effects.flatMap((effect) => {
    if (!("to" in effect) || !("command" in effect)) return [];
    // sound: the effects of a portfolio are tells
    const { to, command } = effect as {
      readonly to: { readonly type: string; readonly id: string };
      readonly command: { readonly type: string };
    };
    return [`${to.type}:${to.id} ${command.type}`];
  });
}

// Each holds 1051.15 of the cash.
const TWO = [{}, {}];

describe("a basket", () => {
  it("places all that pass and tells each order, and the group first", () => {
    const live = opened();
    const { events, effects, reply } = live.when(basket("allOrNone", TWO));
    expect(events.map(({ type }) => type)).toEqual(["OrderApproved", "OrderApproved"]);
    expect(told(effects)).toEqual([
      "group:g-1 Start",
      "order:order-0 Place",
      "order:order-1 Place",
    ]);
    expect(verdictOf(reply).verdict).toBe("placed");
    expect(live.summary()).toMatchObject({ reserved: "2102.3", openOrders: 2 });
    const births = (effects ?? []).flatMap((effect) =>
      "commandId" in effect ? [effect.commandId] : [],
    );
    expect(new Set(births).size).toBe(2);
  });

  it("checks each against what the ones before it leave", () => {
    const live = opened({ initialCash: "1500" });
    const { effects, reply } = live.when(basket("independent", TWO));
    expect(verdicts(reply)).toEqual(["approved", "denied"]);
    expect(verdictOf(reply).verdict).toBe("placed");
    expect(told(effects)).toEqual([
      "group:g-1 Start",
      "order:order-0 Place",
      "order:order-1 RecordDenial",
    ]);
    expect(live.summary()).toMatchObject({ reserved: "1051.15", openOrders: 1 });
  });

  it("with allOrNone places none when one is denied, and says why of that one only", () => {
    const live = opened({ initialCash: "1500" });
    const { events, effects, reply } = live.when(basket("allOrNone", TWO));
    expect(verdicts(reply)).toEqual(["approved", "denied"]);
    expect(verdictOf(reply).verdict).toBe("denied");
    expect(events.map(({ type }) => type)).toEqual(["OrderDenied"]);
    expect(told(effects)).toEqual(["group:g-1 RecordDenial", "order:order-1 RecordDenial"]);
    expect(live.summary()).toMatchObject({ reserved: "0", openOrders: 0 });
  });

  it("is denied when none of its orders passes, in either mode", () => {
    const { effects, reply } = opened({ initialCash: "1" }).when(basket("independent", TWO));
    expect(verdictOf(reply).verdict).toBe("denied");
    expect(told(effects)[0]).toBe("group:g-1 RecordDenial");
  });

  it("holds once for the legs of one OCO", () => {
    const live = opened({ initialCash: "1500" });
    const legs = TWO.map(() => ({ ocoGroup: "g-1" }));
    expect(verdicts(live.when(basket("allOrNone", legs)).reply)).toEqual(["approved", "approved"]);
    expect(live.summary()).toMatchObject({ reserved: "1051.15", openOrders: 2 });
  });

  it("is refused as a whole for an order that it cannot even look at", () => {
    const live = opened();
    const refused = basket("independent", [{}, { clOrdId: "cl-order-0" }]);
    expect(() => live.when(refused)).toThrow("clOrdId");
    expect(live.summary()).toMatchObject({ reserved: "0", openOrders: 0 });
  });

  it("is denied for an order that is to come later and can never pass, and says which", () => {
    const live = opened();
    const exit = { orderId: "exit", side: "sell", ordType: "limit", price: "110.001" } as const;
    const asked = {
      ...basket("allOrNone", [{}]),
      later: [{ order: newOrder(exit), market: market() }],
    };
    const { effects, reply } = live.when(asked);
    const [, denied] = verdictOf(reply).orders;
    expect(denied).toMatchObject({ verdict: "denied", reasons: [{ code: "PRICE_OFF_TICK" }] });
    expect(told(effects)).toEqual(["group:g-1 RecordDenial", "order:exit RecordDenial"]);
    expect(live.summary()).toMatchObject({ reserved: "0", openOrders: 0 });
  });

  it("is not denied for one that is to sell what will only be bought", () => {
    const exit = { orderId: "exit", side: "sell", ordType: "limit", price: "110" } as const;
    const asked = {
      ...basket("allOrNone", [{}]),
      later: [{ order: newOrder(exit), market: market() }],
    };
    expect(verdicts(opened().when(asked).reply)).toEqual(["approved"]);
  });

  it("that is only checked leaves no trace", () => {
    const live = opened();
    const check = { ...basket("allOrNone", TWO), type: "CheckBasket" } as const;
    const { events, effects, reply } = live.when(check);
    expect([events, effects ?? []]).toEqual([[], []]);
    expect(verdicts(reply)).toEqual(["approved", "approved"]);
  });
});

describe("a basket of several symbols on margin", () => {
  it("is checked by the prices that its orders came with, beside those of what is held", () => {
    const both = (isStale: boolean) => {
      const command = basket("allOrNone", []);
      const orders = ["AAPL", "MSFT"].map((symbol, i) => ({
        order: newOrder({ orderId: `order-${i}`, clOrdId: `order-${i}`, symbol }),
        market: seen("100", { symbol, isStale }, {}),
      }));
      return verdicts(marginPortfolio().when({ ...command, orders }).reply);
    };
    expect(both(false)).toEqual(["approved", "approved"]);
    expect(both(true)).toEqual(["denied", "denied"]);
  });
});
