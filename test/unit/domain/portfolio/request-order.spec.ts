import type { PortfolioReply } from "../../../../domain/portfolio/messages.ts";
import {
  approved,
  fill,
  holding,
  type LivePortfolio,
  market,
  opened,
  release,
  request,
} from "./given.ts";

const BIRTH_ID: unknown = expect.stringMatching(/^birth\//);

describe("an order that passes", () => {
  it("holds its worst case in the turn that checked it, and is told to its actor", () => {
    const live = opened();
    const { events, effects, reply } = live.when(request());
    const { order } = approved(reply);
    // 10 × 105 × 1.001, and a cent of rounding for each of the 10 fills that it may come in
    expect(order.hold).toEqual({
      orderId: "order-1",
      symbol: "AAPL",
      side: "buy",
      quantity: "10",
      cash: "1051.15",
      currency: "USD",
      worstPrice: "105",
    });
    expect(order).toMatchObject({
      orderQty: "10",
      venue: "PAPER",
      currency: "USD",
      multiplier: "1",
      lotSize: "1",
      assetClass: "equity",
    });
    expect(events).toEqual([{ type: "OrderApproved", order, signal: null }]);
    expect(effects).toEqual([
      {
        kind: "tell",
        to: { type: "order", id: "order-1" },
        command: { type: "Place", order },
        commandId: BIRTH_ID,
        isBirth: true,
        isJoint: true,
        graceMs: 500,
      },
    ]);
    expect(live.summary()).toMatchObject({
      cash: "10000",
      reserved: "1051.15",
      buyingPower: "8948.85",
      openOrders: 1,
    });
  });

  it("leaves the next one only what is not held: the second of two that need the same cash is denied", () => {
    const live = opened({ initialCash: "1500" });
    live.when(request());
    expect(live.when(request({ orderId: "order-2" })).reply).toMatchObject({
      verdict: "denied",
      reasons: [{ code: "INSUFFICIENT_BUYING_POWER", limit: "448.85", observed: "1051.15" }],
    });
  });

  it("holds shares when it sells, so that they cannot be sold twice", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    const first = live.when(request({ side: "sell", orderQty: "6" }));
    expect(approved(first.reply).order.hold).toMatchObject({
      quantity: "6",
      cash: "0",
      worstPrice: null,
    });
    const second = live.when(request({ orderId: "order-2", side: "sell", orderQty: "6" }));
    expect(second.reply).toMatchObject({
      reasons: [{ code: "SHORT_NOT_ALLOWED", limit: "4", observed: "6" }],
    });
  });

  it("carries no field that it was not asked for", () => {
    const smuggled = { ...request().order, role: "admin" };
    const { reply } = opened().when({ type: "RequestOrder", order: smuggled, market: market() });
    expect(approved(reply).order).not.toHaveProperty("role");
  });
});

describe("an order that is denied", () => {
  it("is recorded with every reason, and holds nothing", () => {
    const live = opened({ initialCash: "100", limits: { restrictedSymbols: ["AAPL"] } });
    const { events, effects, reply } = live.when(request({ orderQty: "10.5" }));
    const reasons = [
      { code: "QUANTITY_OFF_LOT", limit: "1", observed: "10.5" },
      { code: "SYMBOL_RESTRICTED", limit: "none of AAPL", observed: "AAPL" },
      { code: "INSUFFICIENT_BUYING_POWER", limit: "100", observed: "1103.7125" },
    ];
    expect(reply).toMatchObject({ verdict: "denied", order: { orderId: "order-1" }, reasons });
    expect(events).toMatchObject([{ type: "OrderDenied", reasons, signal: null }]);
    expect(effects).toMatchObject([
      { to: { type: "order", id: "order-1" }, command: { type: "RecordDenial", reasons } },
    ]);
    expect(live.summary()).toMatchObject({ reserved: "0", openOrders: 0 });
  });
});

describe("an order that was asked for before", () => {
  it("gets the same verdict and holds once", () => {
    const live = opened();
    const first = live.when(request());
    live.when(fill({ quantity: "3", price: "99" }));
    const second = live.when(request({ orderQty: "10.0" }));
    expect(second).toEqual({ events: [], effects: [], reply: first.reply });
  });

  it("with another content is refused, naming the field", () => {
    const live = opened();
    live.when(request());
    expect(() => live.when(request({ orderQty: "11" }))).toThrow(
      expect.objectContaining({
        kind: "conflict",
        code: "ORDER_ID_REUSED",
        data: { field: "orderQty" },
      }),
    );
  });

  it.each(["filled", "canceled", "denied"])("and was %s is not born again", (fate) => {
    const live = opened();
    live.when(request({ orderQty: fate === "denied" ? "1000" : "10" }));
    if (fate === "filled") live.when(fill());
    if (fate === "canceled") live.when(release());
    expect(() => live.when(request())).toThrow(
      expect.objectContaining({ kind: "conflict", code: "ORDER_ID_REUSED" }),
    );
  });

  it("is forgotten after 256 others were decided, so that the state stays small", () => {
    const live = opened({ limits: { restrictedSymbols: ["AAPL"] } });
    for (let index = 0; index <= 256; index += 1) live.when(request({ orderId: `order-${index}` }));
    expect(live.state.account?.decided).toHaveLength(256);
    expect(live.when(request({ orderId: "order-0" })).reply).toMatchObject({ verdict: "denied" });
    expect(() => live.when(request({ orderId: "order-256" }))).toThrow("was decided before");
  });

  it("under another order id with the same clOrdId is refused: to the broker it would be one order", () => {
    const live = opened();
    live.when(request());
    expect(() => live.when(request({ orderId: "order-2", clOrdId: "cl-order-1" }))).toThrow(
      expect.objectContaining({ code: "CL_ORD_ID_REUSED", data: { orderId: "order-1" } }),
    );
  });

  it("leaves its clOrdId free for another once it is closed", () => {
    const live = opened();
    live.when(request());
    live.when(release());
    const { reply } = live.when(request({ orderId: "order-2", clOrdId: "cl-order-1" }));
    expect(reply).toMatchObject({ verdict: "approved" });
  });
});

describe("an order of somebody else", () => {
  it.each([{ tenantId: "tenant-2" }, { portfolioId: "pf-2" }])(
    "(%j) finds no portfolio",
    (other) => {
      expect(() => opened().when(request(other))).toThrow(
        expect.objectContaining({ kind: "notFound", code: "PORTFOLIO_NOT_FOUND" }),
      );
    },
  );
});

function oneMore(live: LivePortfolio, orderId: string): PortfolioReply {
  return live.when(request({ orderId, orderQty: "1" })).reply;
}

describe("the order rate", () => {
  it("counts the approved orders of the last 60 s, a window that slides", () => {
    const live = opened({ limits: { maxOrdersPerMinute: 2 } });
    expect(oneMore(live, "a")).toMatchObject({ verdict: "approved" });
    live.nowMs += 30_000;
    expect(oneMore(live, "b")).toMatchObject({ verdict: "approved" });
    live.nowMs += 29_999;
    expect(oneMore(live, "c")).toMatchObject({
      reasons: [{ code: "ORDER_RATE_EXCEEDED", limit: "2", observed: "3" }],
    });
    live.nowMs += 1;
    expect(oneMore(live, "d")).toMatchObject({ verdict: "approved" });
  });

  it("remembers no more than the limit needs", () => {
    const live = opened({ limits: { maxOrdersPerMinute: 2 } });
    for (const orderId of ["a", "b", "c", "d"]) {
      oneMore(live, orderId);
      live.nowMs += 60_000;
    }
    expect(live.state.account?.approvedAtMs).toHaveLength(2);
    const free = opened();
    oneMore(free, "a");
    expect(free.state.account?.approvedAtMs).toHaveLength(0);
  });
});

describe("releasing a hold", () => {
  it("frees what is left of it, once", () => {
    const live = opened();
    live.when(request());
    live.when(fill({ quantity: "4", price: "100" }));
    const { events, reply } = live.when(release());
    expect(events).toMatchObject([
      { type: "HoldReleased", hold: { quantity: "6", cash: "651.15" }, reason: "canceled" },
    ]);
    expect(reply).toMatchObject({ orderId: "order-1", released: { cash: "651.15" } });
    expect(live.summary()).toMatchObject({ cash: "9600", reserved: "0", openOrders: 0 });
    expect(live.when(release())).toEqual({
      events: [],
      effects: [],
      reply: { orderId: "order-1", released: null },
    });
  });
});
