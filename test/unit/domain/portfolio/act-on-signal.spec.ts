import type { MarketView, Signal } from "../../../../domain/portfolio/messages.ts";
import {
  approved,
  type Command,
  fill,
  holding,
  market,
  opened,
  release,
  request,
  signal,
} from "./given.ts";

function act(
  changes: Partial<Signal> = {},
  fraction = "0.5",
  view: MarketView = market(),
): Command<"ActOnSignal"> {
  return { type: "ActOnSignal", signal: signal(changes), fraction, market: view };
}

const DERIVED_ID: unknown = expect.stringMatching(/^order\/command-/);

describe("a buy signal", () => {
  it("becomes a market order for its fraction of equity, in whole lots", () => {
    const live = opened();
    const { reply, effects } = live.when(act({}, "0.125", market({ last: "99.99" })));
    // 10,000 × 0.125 / 99.99 = 12.50
    expect(approved(reply).order).toMatchObject({
      orderId: DERIVED_ID,
      clOrdId: "signal-1",
      signalId: "signal-1",
      symbol: "AAPL",
      side: "buy",
      ordType: "market",
      orderQty: "12",
      placedBy: "strategy:cross",
      tenantId: "tenant-1",
      portfolioId: "pf-1",
    });
    expect(effects).toMatchObject([{ to: { type: "order" }, command: { type: "Place" } }]);
  });

  it("counts its own symbol at the market and others at cost", () => {
    const live = holding(holding(opened(), "AAPL", "10", "50"), "MSFT", "10", "200");
    // equity 7,500 + 10 × 100 + 2,000 = 10,500; half of it is 52 shares, 10 are there
    expect(approved(live.when(act()).reply).order.orderQty).toBe("42");
  });

  it("counts open orders as done: a second one buys nothing twice", () => {
    const live = opened();
    live.when(act());
    const { events, reply } = live.when(act({ signalId: "signal-2", asOfMs: 900_001 }));
    expect(events).toEqual([]);
    expect(reply).toEqual({ verdict: "none", reason: "the position is at its target of 50" });
  });

  it("fills up what an open sell is about to take away", () => {
    const live = holding(opened(), "AAPL", "50", "100");
    live.when(request({ side: "sell", orderQty: "50" }));
    expect(approved(live.when(act({}, "0.4")).reply).order.orderQty).toBe("40");
  });

  it("does not sell what is above the target", () => {
    const live = holding(opened(), "AAPL", "90", "100");
    expect(live.when(act()).reply).toMatchObject({ verdict: "none" });
  });

  it("is capped by buying power at the worst price, fees included", () => {
    const live = opened();
    const { order } = approved(live.when(act({}, "1")).reply);
    // 95 × 105 × 1.001 + 95 × 0.01 = 9,985.925; one share more would need 10,091.04
    expect(order.orderQty).toBe("95");
    expect(order.hold.cash).toBe("9985.925");
  });

  it("for less than a lot asks for nothing", () => {
    expect(opened({ initialCash: "150" }).when(act()).reply).toMatchObject({
      verdict: "none",
      reason: "the position is at its target of 0",
    });
    expect(opened({ initialCash: "100" }).when(act({}, "1")).reply).toMatchObject({
      verdict: "none",
      reason: "buying power 100 does not cover a lot of 1",
    });
  });

  it("without a price cannot be sized, and on a stale one is denied", () => {
    const live = opened();
    expect(live.when(act({}, "0.5", market({ last: null }))).reply).toMatchObject({
      verdict: "none",
      reason: "AAPL has no price, so the order cannot be sized",
    });
    expect(live.when(act({}, "0.5", market({ isStale: true }))).reply).toMatchObject({
      verdict: "denied",
      reasons: [{ code: "STALE_MARKET_DATA" }],
    });
  });

  it("passes the same check as any other order", () => {
    const live = opened({ limits: { maxOrderNotional: "1000" } });
    const { events, reply } = live.when(act());
    expect(reply).toMatchObject({
      verdict: "denied",
      reasons: [{ code: "NOTIONAL_EXCEEDS_LIMIT", limit: "1000", observed: "5000" }],
    });
    expect(events).toMatchObject([{ type: "OrderDenied", signal: { signalId: "signal-1" } }]);
  });
});

describe("a sell signal", () => {
  it("offers everything that is held and not yet offered", () => {
    const live = holding(opened(), "AAPL", "50", "100");
    live.when(request({ side: "sell", orderQty: "20" }));
    expect(approved(live.when(act({ side: "sell" })).reply).order).toMatchObject({
      side: "sell",
      orderQty: "30",
    });
  });

  it("of what is not there asks for nothing", () => {
    expect(opened().when(act({ side: "sell" })).reply).toEqual({
      verdict: "none",
      reason: "there is no AAPL left to sell",
    });
  });
});

describe("a signal", () => {
  it("to hold, or of an unknown symbol, asks for nothing", () => {
    expect(opened().when(act({ side: "hold" })).reply).toMatchObject({ verdict: "none" });
    const unknown = { ...market(), instrument: null };
    expect(opened().when(act({}, "0.5", unknown)).reply).toMatchObject({
      verdict: "none",
      reason: "AAPL is not known, so the order cannot be sized",
    });
  });

  it("acts once, also when its order is long gone", () => {
    const live = opened();
    const orderId = approved(live.when(act()).reply).order.orderId;
    live.when(release(orderId));
    expect(live.when(act())).toMatchObject({ events: [], reply: { verdict: "none" } });
  });

  it("that is older than the last one acted upon is ignored", () => {
    const live = opened();
    const orderId = approved(live.when(act({ asOfMs: 2000 })).reply).order.orderId;
    live.when(fill({ orderId, quantity: "50" }));
    const older = act({ signalId: "signal-0", side: "sell", asOfMs: 1000 });
    expect(live.when(older)).toMatchObject({ events: [], reply: { verdict: "none" } });
    const newer = act({ signalId: "signal-2", side: "sell", asOfMs: 3000 });
    expect(live.when(newer).reply).toMatchObject({ verdict: "approved" });
  });

  it("whose id an open order has for its clOrdId keeps that name taken, whichever of the two ends first", () => {
    const live = opened();
    const named = (orderId: string) => request({ orderId, clOrdId: "signal-1", orderQty: "1" });
    live.when(named("order-1"));
    const orderId = approved(live.when(act()).reply).order.orderId;
    const refused = (user: string) =>
      expect.objectContaining({ code: "CL_ORD_ID_REUSED", data: { orderId: user } });
    expect(() => live.when(named("order-2"))).toThrow(refused("order-1"));
    live.when(release("order-1"));
    expect(() => live.when(named("order-2"))).toThrow(refused(orderId));
    live.when(release(orderId));
    expect(live.when(named("order-2")).reply).toMatchObject({ verdict: "approved" });
  });

  it("of another strategy is not held back by it", () => {
    const live = opened();
    live.when(act({ asOfMs: 2000 }, "0.2"));
    const other = act({ signalId: "signal-0", strategyId: "mean", asOfMs: 1000 }, "0.4");
    expect(approved(live.when(other).reply).order.orderQty).toBe("20");
  });

  it("that was denied has acted too", () => {
    const live = opened({ limits: { maxOrderNotional: "1" } });
    live.when(act());
    expect(live.when(act()).reply).toMatchObject({ verdict: "none" });
  });
});
