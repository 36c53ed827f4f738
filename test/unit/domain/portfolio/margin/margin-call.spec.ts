import type { MarginReceipt } from "../../../../../domain/portfolio/margin/messages.ts";
import { DEFAULT_MARGIN } from "../../../../../domain/portfolio/margin/terms.ts";
import type { MarketView, RiskBoard } from "../../../../../domain/portfolio/market-view.ts";
import { portfolio } from "../../../../../domain/portfolio/portfolio.ts";
import type { Env, ReminderChange } from "../../../../../domain/shared/decider.ts";
import { type Command, type LivePortfolio } from "../given.ts";
import { ask, boardWith, filled, marginPortfolio, seen, trade } from "./margin-desk.ts";

const HOUR_MS = 3_600_000;

function check(live: LivePortfolio, marks: RiskBoard["marks"]): MarginReceipt {
  const command: Command<"CheckMargin"> = { type: "CheckMargin", board: boardWith(marks) };
  return receipt(live.when(command).reply);
}

function receipt(reply: unknown): MarginReceipt {
  // sound: what the margin's commands are answered with
  return reply as MarginReceipt;
}

/** What the reminder does once it is due. */
function pursue(live: LivePortfolio, callId: string | null) {
  return live.when({ type: "PursueMarginCall", callId: callId ?? "" });
}

function liquidate(
  live: LivePortfolio,
  callId: string | null,
  markets: readonly MarketView[],
  marks: RiskBoard["marks"] = {},
) {
  const command = { type: "LiquidateForMargin", markets, board: boardWith(marks) } as const;
  return receipt(live.when({ ...command, callId: callId ?? "" }).reply);
}

/** 10,000 of cash, 200 shares at 100. */
function leveraged(changes: Partial<Command<"Open">> = {}): LivePortfolio {
  const live = marginPortfolio(changes);
  trade(live, { orderId: "b", side: "buy", quantity: "200", price: "100" });
  return live;
}

describe("a margin call", () => {
  it("is raised once, with its deficit and due time, and is met by a deposit", () => {
    const live = leveraged();
    expect(check(live, { AAPL: "66.67" }).status).toBe("none");
    const raised = check(live, { AAPL: "60" });
    expect(raised.status).toBe("open");
    expect(live.recorded.at(-1)?.event).toMatchObject({
      type: "MarginCallRaised",
      equity: "2000",
      maintenance: "3000",
      deficit: "1000",
      dueMs: live.nowMs + 24 * HOUR_MS,
    });
    expect(check(live, { AAPL: "50" })).toEqual(raised);
    const deposit = { type: "MoveCash", direction: "deposit", memo: "", effectiveAtMs: 1 } as const;
    live.when({ ...deposit, amount: "999" });
    expect(check(live, { AAPL: "60" }).status).toBe("open");
    live.when({ ...deposit, amount: "1" });
    expect(check(live, { AAPL: "60" }).status).toBe("met");
    expect(live.summary().margin).toMatchObject({
      call: null,
      pastCalls: [{ callId: raised.callId, deficit: "1000", metAtMs: live.nowMs }],
    });
  });

  it("is met by prices that come back, and raised again under another id", () => {
    const live = leveraged();
    const first = check(live, { AAPL: "60" });
    expect(check(live, { AAPL: "70" }).status).toBe("met");
    const second = check(live, { AAPL: "60" });
    expect(second.callId).not.toBe(first.callId);
  });

  it("is not judged while a price is not known, nor of a cash portfolio", () => {
    const live = leveraged();
    expect(check(live, {})).toEqual({ callId: null, status: "none", orders: [] });
    expect(live.recorded.at(-1)?.event.type).toBe("FillApplied");
  });

  it("lets only what reduces pass while it is open", () => {
    const live = leveraged();
    check(live, { AAPL: "60" });
    const order = { orderId: "x", quantity: "1", price: "60" } as const;
    const denied = ask(live, { ...order, side: "buy" });
    expect(denied).toMatchObject([{ code: "INSUFFICIENT_MARGIN" }, { code: "MARGIN_CALL_OPEN" }]);
    expect(ask(live, { ...order, orderId: "y", side: "sell" })).toBe("approved");
  });

  it("sets a reminder that repeats until it is met, and takes it away then", () => {
    const live = leveraged({ margin: { ...DEFAULT_MARGIN, callHours: 0 } });
    const raised = decide(live, { type: "CheckMargin", board: boardWith({ AAPL: "60" }) });
    expect(raised).toMatchObject([
      { set: "margin-call", dueMs: live.nowMs, misfire: "fireOnce", command: { callId: "call" } },
    ]);
    check(live, { AAPL: "60" });
    const met = decide(live, { type: "CheckMargin", board: boardWith({ AAPL: "80" }) });
    expect(met).toEqual([{ cancel: "margin-call" }]);
    expect(decide(live, { type: "PursueMarginCall", callId: "another" })).toEqual([
      { cancel: "margin-call" },
    ]);
  });
});

function decide(
  live: LivePortfolio,
  command: Command<"CheckMargin"> | Command<"PursueMarginCall">,
): readonly ReminderChange[] {
  const actor = { type: "portfolio", id: "pf-1" };
  const { nowMs } = live;
  const env: Env = { actor, nowMs, commandId: "c", id: () => "call", random: () => 0.5 };
  return portfolio.decide(live.state, command, env).reminders ?? [];
}

describe("a margin call that is not met in time", () => {
  it("has open orders canceled, each or what it is a part of", () => {
    const live = leveraged();
    ask(live, { orderId: "s", side: "sell", quantity: "10", price: "150" }, seen("100"));
    const { callId } = check(live, { AAPL: "60" });
    const { events, effects } = pursue(live, callId);
    expect(events).toEqual([{ type: "MarginCallExpired", callId }]);
    expect(effects).toMatchObject([
      { kind: "tell", to: { type: "order", id: "s" }, command: { type: "RequestCancel" } },
      { kind: "liquidateForMargin", payload: { callId } },
    ]);
    expect(pursue(live, callId)).toMatchObject({
      events: [],
      effects: [{ kind: "liquidateForMargin" }],
    });
  });

  it("closes as much of the largest position as frees what is missing, and no more", () => {
    const live = leveraged();
    const { callId } = check(live, { AAPL: "60" });
    expect(liquidate(live, callId, [seen("60")]).orders).toEqual([]);
    pursue(live, callId);
    const { orders } = liquidate(live, callId, [seen("60")]);
    expect(orders).toHaveLength(1);
    // 1,000 are missing; a share frees 60 × (0.25 − 0.01): 69.4 of them
    const approved = live.recorded.at(-1)?.event;
    expect(approved).toMatchObject({
      type: "OrderApproved",
      order: {
        side: "sell",
        orderQty: "70",
        reduceOnly: true,
        ordType: "market",
        placedBy: `margin-call:${callId}`,
      },
    });
    expect(liquidate(live, callId, [seen("60")]).orders).toEqual([]);
    filled(live, { orderId: orders[0] ?? "", side: "sell", quantity: "70", price: "60" });
    expect(check(live, { AAPL: "60" }).status).toBe("met");
  });

  it("goes on with the next position, buys shorts back, and again after a market was closed", () => {
    const live = marginPortfolio({ initialCash: "20000" });
    trade(live, { orderId: "b", side: "buy", quantity: "100", price: "100" });
    const msft = {
      orderId: "m",
      side: "sell",
      quantity: "500",
      price: "50",
      symbol: "MSFT",
    } as const;
    trade(live, msft, seen("50", { symbol: "MSFT" }, { AAPL: "100" }));
    const marks = { AAPL: "20", MSFT: "70" };
    const { callId } = check(live, marks);
    pursue(live, callId);
    const shut = seen("70", { symbol: "MSFT", instrument: { shortable: true, isHalted: true } });
    const first = liquidate(live, callId, [seen("20"), shut], marks);
    expect(first.orders).toHaveLength(1);
    expect(live.recorded.at(-1)?.event).toMatchObject({
      order: { symbol: "AAPL", side: "sell", orderQty: "100" },
    });
    const open = seen("70", { symbol: "MSFT" });
    const second = liquidate(live, callId, [seen("20"), open], marks);
    expect(second.orders).toHaveLength(1);
    expect(live.recorded.at(-1)?.event).toMatchObject({ order: { symbol: "MSFT", side: "buy" } });
  });

  it("is kept by no limit of its owner's, and by the instrument's largest order only for a while", () => {
    const limits = { maxOrderNotional: "100", maxOrdersPerMinute: 1, restrictedSymbols: ["AAPL"] };
    const live = leveraged();
    live.when({ type: "Update", limits });
    const { callId } = check(live, { AAPL: "60" });
    pursue(live, callId);
    const market = seen("60", { instrument: { maxQuantity: "50", maxNotional: "2400" } });
    expect(liquidate(live, callId, [market]).orders).toHaveLength(1);
    expect(live.recorded.at(-1)?.event).toMatchObject({ order: { orderQty: "40" } });
    live.nowMs += 5_000;
    expect(liquidate(live, callId, [market]).orders).toHaveLength(1);
    expect(live.recorded.at(-1)?.event).toMatchObject({ order: { orderQty: "30" } });
  });

  it("keeps a portfolio that owes from being closed", () => {
    const live = leveraged();
    trade(live, { orderId: "s", side: "sell", quantity: "200", price: "40" });
    expect(live.summary()).toMatchObject({ positions: [], cash: "-2000" });
    expect(() => live.when({ type: "Close" })).toThrow("owes 2000");
  });

  it("ends without an order when prices have come back in the meantime", () => {
    const live = leveraged();
    const { callId } = check(live, { AAPL: "60" });
    pursue(live, callId);
    expect(liquidate(live, callId, [seen("90")])).toEqual({ callId, status: "met", orders: [] });
  });
});
