import type { PortfolioEvent } from "../../../../domain/portfolio/messages.ts";
import { marketInNewUnits } from "../../../../domain/portfolio/split-terms.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { Refusal } from "../../../../domain/shared/errors.ts";
import type { NewOrder } from "../../../../domain/order/new-order.ts";
import {
  approved,
  type Command,
  fill,
  holding,
  type LivePortfolio,
  market,
  opened,
  request,
} from "./given.ts";
import { CANCEL, split } from "./split-command.ts";

function rest(live: LivePortfolio, orderId: string, changes: Partial<NewOrder>): void {
  const { reply } = live.when(
    request({ orderId, ordType: "limit", timeInForce: "gtc", orderQty: "1", ...changes }),
  );
  expect(reply).toMatchObject({ verdict: "approved" });
}

function refusalOf(action: () => unknown): Refusal {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

function adjusted(live: LivePortfolio, command: Command<"SplitPosition">) {
  const { reply, effects, events } = live.when(command);
  if (!("adjustedOrders" in reply)) throw new Error("expected a receipt");
  const told = effects.flatMap((effect) =>
    "to" in effect ? [{ to: `${effect.to.type}:${effect.to.id}`, command: effect.command }] : [],
  );
  return { orders: reply.adjustedOrders, told, events };
}

/** The order's word on the amendment that is under way. */
function conclude(live: LivePortfolio, orderId: string, isTaken: boolean) {
  const asked = live.recorded
    .map(({ event }) => event)
    .findLast(
      (event): event is Extract<PortfolioEvent, { type: "AmendApproved" }> =>
        event.type === "AmendApproved" && event.orderId === orderId,
    );
  if (asked === undefined) throw new Error("expected an amendment");
  const { amendId, terms } = asked;
  const { orderQty, price, stopPx } = terms;
  return live.when({
    type: "ConcludeAmend",
    orderId,
    amendId,
    ...(isTaken && { terms: { orderQty, price, stopPx } }),
  });
}

describe("a split that adjusts orders", () => {
  it("is of a night, when no price is fresh, and no order waits for somebody to hand it over", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "20", "100");
    rest(live, "buy", { price: "98", orderQty: "3" });
    const { effects } = live.when(split(7, 1, { market: market({ isStale: true }) }));
    expect(effects).toMatchObject([{ command: { type: "RequestReplace" }, isJoint: true }]);
    expect(effects.filter((effect) => "graceMs" in effect)).toEqual([]);
  });

  it("multiplies quantities and divides prices, in the turn that splits the position", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "20", "100");
    rest(live, "buy", { price: "98", orderQty: "3" });
    rest(live, "sell", { side: "sell", price: "105", orderQty: "5" });
    const { orders, told, events } = adjusted(live, split(7, 1));
    expect(orders).toEqual([
      { orderId: "buy", orderQty: "21", price: "14", reason: null },
      { orderId: "sell", orderQty: "35", price: "15", reason: null },
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      "PositionSplit",
      "AmendApproved",
      "AmendApproved",
    ]);
    expect(told).toMatchObject([
      { to: "order:buy", command: { type: "RequestReplace", basedOn: "3", basedOnCumQty: "0" } },
      { to: "order:sell", command: { type: "RequestReplace", basedOn: "5", basedOnCumQty: "0" } },
    ]);
  });

  // FINRA Rule 5330: limits to buy and stops to sell to the increment below, sizes to the lot below.
  it("rounds prices to the tick away from the market and quantities down to the lot", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "40", "100");
    const lasting = { timeInForce: "gtc", orderQty: "5" } as const;
    rest(live, "a-buy", { ...lasting, price: "100" });
    rest(live, "b-sell", { ...lasting, side: "sell", price: "110" });
    rest(live, "c-stop", { ...lasting, side: "sell", ordType: "stop", stopPx: "95" });
    rest(live, "d-rise", { ...lasting, ordType: "stop", stopPx: "107" });
    rest(live, "e-dip", { ...lasting, ordType: "marketIfTouched", stopPx: "95" });
    rest(live, "f-both", {
      ...lasting,
      side: "sell",
      ordType: "stopLimit",
      stopPx: "95",
      price: "94",
    });
    const { orders } = adjusted(live, split(3, 2));
    // 5 × 3/2 = 7.5; 100 · 2/3 = 66.6…; 110 → 73.3…; 95 → 63.3…; 107 → 71.3…; 94 → 62.6…
    expect(orders).toMatchObject([
      { orderId: "a-buy", orderQty: "7", price: "66.66" },
      { orderId: "b-sell", orderQty: "7", price: "73.34" },
      { orderId: "c-stop", orderQty: "7", stopPx: "63.33" },
      { orderId: "d-rise", orderQty: "7", stopPx: "71.34" },
      { orderId: "e-dip", orderQty: "7", stopPx: "63.33" },
      { orderId: "f-both", orderQty: "7", stopPx: "63.33", price: "62.66" },
    ]);
  });

  it("counts what was filled as it was reported, and splits what is left", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "10", "100");
    rest(live, "buy", { price: "99", orderQty: "10" });
    live.when(fill({ orderId: "buy", quantity: "4", price: "99" }));
    const { orders, told } = adjusted(live, split(3, 1));
    expect(orders).toMatchObject([{ orderId: "buy", orderQty: "22", price: "33" }]);
    expect(told).toMatchObject([{ command: { basedOn: "10", basedOnCumQty: "4" } }]);
    expect(live.summary().positions).toMatchObject([{ quantity: "42" }]);
    conclude(live, "buy", true);
    live.when(fill({ orderId: "buy", execId: "last", quantity: "18", price: "33" }));
    expect(live.summary()).toMatchObject({ openOrders: 0, reserved: "0" });
  });

  it("of all that is held for sale passes the check at a reverse split, though old units are more", () => {
    const live = holding(opened(), "AAPL", "100", "10");
    const view = market({ last: "10" });
    for (const orderId of ["one", "two"])
      live.when(
        request({ orderId, side: "sell", ordType: "limit", price: "11", orderQty: "50" }, view),
      );
    const { orders } = adjusted(live, split(1, 10, { market: view }));
    expect(orders).toEqual([
      { orderId: "one", orderQty: "5", price: "110", reason: null },
      { orderId: "two", orderQty: "5", price: "110", reason: null },
    ]);
    for (const orderId of ["one", "two"]) conclude(live, orderId, true);
    for (const orderId of ["one", "two"])
      live.when(fill({ orderId, execId: orderId, side: "sell", quantity: "5", price: "110" }));
    expect(live.summary()).toMatchObject({ positions: [], openOrders: 0 });
  });

  it("holds what either terms may need until the broker has answered", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "10", "100");
    rest(live, "buy", { price: "100", orderQty: "9" });
    const before = dec(live.summary().reserved);
    adjusted(live, split(3, 2));
    expect(dec(live.summary().reserved).greaterThanOrEqualTo(before)).toBe(true);
    conclude(live, "buy", true);
    const fresh = opened({ initialCash: "100000" });
    rest(fresh, "buy", { price: "66.66", orderQty: "13" });
    expect(live.summary().reserved).toBe(fresh.summary().reserved);
  });

  it("amends a market order that is still open in units of the market after the split", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    live.when(request({ orderId: "now", orderQty: "10" }));
    const { told } = adjusted(live, split(2, 1));
    const fresh = opened().when(request({ orderQty: "20" }, market({ last: "50" })));
    const { worstPrice } = approved(fresh.reply).order.hold;
    expect(told).toMatchObject([{ command: { terms: { orderQty: "20", worstPrice } } }]);
  });

  it("takes no account of how many orders a minute are allowed", () => {
    const live = holding(opened({ limits: { maxOrdersPerMinute: 2 } }), "AAPL", "10", "100");
    rest(live, "one", { price: "98" });
    rest(live, "two", { price: "97" });
    expect(adjusted(live, split(2, 1)).orders).toMatchObject([{ reason: null }, { reason: null }]);
  });
});

describe("an order that a split cannot adjust", () => {
  const cases: readonly (readonly [why: string, order: Partial<NewOrder>, reason: string])[] = [
    ["shows a quantity", { price: "98", orderQty: "4", displayQty: "2" }, "shows"],
    [
      "trails",
      { ordType: "trailingStop", side: "sell", trail: { amount: "5" } },
      "follows prices from before",
    ],
    ["is of a group", { price: "98", parent: { type: "group", id: "g" } }, "of group g"],
    ["is a slice", { price: "98", parent: { type: "algo", id: "a" } }, "slice of order a"],
    ["goes elsewhere", { price: "98", brokerAccountId: "acc" }, "goes where it was sent"],
    ["does not rest", { price: "98", timeInForce: "ioc" }, "does not rest"],
  ];
  for (const [why, order, reason] of cases)
    it(`because it ${why} refuses the split and is named`, () => {
      const live = holding(opened({ initialCash: "100000" }), "AAPL", "10", "100");
      rest(live, "fine", { price: "97" });
      rest(live, "odd", order);
      const before = live.state;
      const refused = refusalOf(() => live.when(split(2, 1)));
      expect(refused.code).toBe("ORDERS_NOT_ADJUSTABLE");
      expect(refused.message).toContain("odd");
      expect(refused.data).toMatchObject({
        orders: [{ orderId: "odd", reason: expect.stringContaining(reason) }],
      });
      expect(live.state).toEqual(before);
    });

  it("because not a lot or no price is left, or an amendment is under way, is named, too", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "100", "100");
    rest(live, "small", { price: "98", orderQty: "9" });
    rest(live, "busy", { price: "97", orderQty: "10" });
    live.when({
      type: "AmendOrder",
      orderId: "busy",
      amendId: "mine",
      changes: { price: "96" },
      market: market(),
      requestedBy: "user-1",
    });
    expect(refusalOf(() => live.when(split(1, 10))).data).toMatchObject({
      orders: [
        { orderId: "busy", reason: expect.stringContaining("under way") },
        { orderId: "small", reason: expect.stringContaining("not a lot") },
      ],
    });
    const cheap = holding(opened(), "AAPL", "1", "1");
    const view = market({ last: "1" });
    cheap.when(request({ orderId: "low", ordType: "limit", price: "1", orderQty: "1" }, view));
    const far = split(1000, 1, { market: view });
    expect(refusalOf(() => cheap.when(far)).message).toContain("nothing would be left");
  });

  it("because the check denies its new terms is named with what the check says", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "10", "100");
    rest(live, "buy", { price: "98" });
    const halted = { market: market({ instrument: { isHalted: true } }) };
    expect(refusalOf(() => live.when(split(2, 1, halted))).message).toContain("halted");
  });

  it("because of its broker's or its strategy's word is named in the same way", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "10", "100");
    rest(live, "new", { price: "98" });
    const standing = [
      { orderId: "new", reason: "it is pendingNew", cancel: { type: "order", id: "new" } },
      {
        orderId: "algo-1",
        reason: "its strategy works it",
        cancel: { type: "algo", id: "algo-1" },
      },
    ];
    expect(refusalOf(() => live.when(split(2, 1, { standing }))).data).toMatchObject({
      orders: [{ orderId: "new" }, { orderId: "algo-1" }],
    });
    const { orders, told } = adjusted(live, split(2, 1, { standing, ...CANCEL }));
    expect(orders).toMatchObject([
      { orderId: "new", isCanceled: true },
      { orderId: "algo-1", isCanceled: true },
    ]);
    expect(told).toEqual([
      { to: "order:new", command: { type: "RequestCancel", requestedBy: "user-1", ifOpen: true } },
      { to: "algo:algo-1", command: { type: "RequestCancel", requestedBy: "user-1" } },
    ]);
  });

  it("is canceled where the caller wants it, with the whole of what it is a part of, once", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "10", "100");
    rest(live, "a", { price: "98" });
    rest(live, "b", { price: "97", parent: { type: "group", id: "pair" }, ocoGroup: "pair" });
    rest(live, "c", { price: "96", parent: { type: "group", id: "pair" }, ocoGroup: "pair" });
    rest(live, "d", { price: "95", parent: { type: "group", id: "basket" } });
    const { orders, told } = adjusted(live, split(2, 1, { ...CANCEL, baskets: ["basket"] }));
    expect(orders.map(({ orderId, isCanceled }) => [orderId, isCanceled ?? false])).toEqual([
      ["a", false],
      ["b", true],
      ["c", true],
      ["d", true],
    ]);
    expect(told.map(({ to }) => to)).toEqual(["order:a", "group:pair", "order:d"]);
  });

  it("because its broker does not take the amendment is canceled, and only then", () => {
    const live = holding(opened({ initialCash: "100000" }), "AAPL", "10", "100");
    rest(live, "one", { price: "98" });
    rest(live, "two", { price: "97" });
    adjusted(live, split(2, 1));
    expect(conclude(live, "one", true).effects).toEqual([]);
    expect(conclude(live, "two", false).effects).toMatchObject([
      { to: { type: "order", id: "two" }, command: { type: "RequestCancel", ifOpen: true } },
    ]);
    expect(live.replayed()).toEqual(live.state);
  });
});

describe("the market in new units", () => {
  const of = { symbol: "AAPL", newUnits: 2, oldUnits: 1, lotSize: "1", effectiveAtMs: 1_000 };

  it("is the quote of before the split, its prices divided and its sizes multiplied", () => {
    const view = market({ last: "101", bid: "100", ask: null, tsEventMs: 1_000 });
    const quote = view.quote && { ...view.quote, bidSize: "30" };
    expect(marketInNewUnits({ ...view, quote }, of).quote).toMatchObject({
      last: "50.5",
      bid: "50",
      ask: null,
      bidSize: "60",
    });
  });

  it("is the quote itself when it is from after the split", () => {
    const view = market({ last: "50", tsEventMs: 1_001 });
    expect(marketInNewUnits(view, of)).toEqual(view);
  });
});
