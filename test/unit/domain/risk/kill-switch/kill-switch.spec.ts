import type { RiskCommand } from "../../../../../domain/risk/kill-switch/messages.ts";
import { standingOf, type Switch } from "../../../../../domain/risk/kill-switch/switch.ts";
import { LiveBook } from "../../../../../domain/risk/live/live-book.ts";
import type { LiveView } from "../../../../../domain/risk/live/live-view.ts";
import {
  approved,
  fill,
  holding,
  type LivePortfolio,
  market,
  opened,
  openCommand,
  request,
  throughJson,
  verdict,
} from "../../portfolio/given.ts";
import { facts } from "../live/facts.ts";

const halted: Switch = {
  seq: 1,
  scope: "portfolio",
  symbol: null,
  state: "halted",
  reason: "a drill",
  by: "manager-1",
  atMs: 0,
  expiresAtMs: null,
};
const set = (
  changes: Partial<Switch> = {},
  more: { readonly cancelOpenOrders?: boolean; readonly flatten?: boolean } = {},
): RiskCommand => ({
  type: "SetSwitch",
  switch: { ...halted, ...changes },
  cancelOpenOrders: false,
  flatten: false,
  ...more,
});
const codes = (live: LivePortfolio, ...asked: Parameters<typeof request>) => {
  const { reply } = live.when(request(...asked));
  const found = verdict(reply);
  return found.verdict === "denied" ? found.reasons.map(({ code }) => code) : found.verdict;
};

describe("what stands of several switches", () => {
  const of = (switches: readonly Switch[], symbol = "AAPL", nowMs = 10) =>
    standingOf("active", switches, symbol, nowMs).state;

  it.each<[string, readonly Switch[], string]>([
    ["none", [], "active"],
    ["one that was resumed", [{ ...halted, state: "active" }], "active"],
    ["one of another symbol", [{ ...halted, symbol: "MSFT" }], "active"],
    ["one of the symbol", [{ ...halted, symbol: "AAPL" }], "halted"],
    ["one that has ended", [{ ...halted, expiresAtMs: 10 }], "active"],
    ["one that is to end", [{ ...halted, expiresAtMs: 11 }], "halted"],
    [
      "the strictest",
      [
        { ...halted, state: "reducing" },
        { ...halted, scope: "global" },
      ],
      "halted",
    ],
  ])("%s", (_, switches, state) => {
    expect(of(switches)).toBe(state);
  });

  it("never loosens what the portfolio says itself", () => {
    const reducing = { ...halted, state: "reducing" } as const;
    expect(standingOf("halted", [reducing], "AAPL", 0)).toEqual({ state: "halted", by: null });
  });
});

describe("a portfolio that is stopped from outside", () => {
  it("denies from the next order on, saying who stopped it and why", () => {
    const live = opened();
    expect(live.when(set()).events).toEqual([
      { type: "SwitchSet", switch: halted, flatten: false },
    ]);
    const { reply } = live.when(request());
    expect(verdict(reply)).toMatchObject({
      reasons: [
        {
          code: "TRADING_HALTED",
          message: "trading is halted: the portfolio was stopped by manager-1: a drill",
        },
      ],
    });
    expect(live.replayed()).toEqual(throughJson(live.state));
  });

  it("heeds only the newest of a key, in whatever order they come, and however often", () => {
    const live = opened();
    live.when(set({ seq: 5, state: "active" }));
    expect(live.when(set({ seq: 4 })).events).toEqual([]);
    expect(live.when(set({ seq: 5, state: "active" })).events).toEqual([]);
    expect(codes(live)).toBe("approved");
    live.when(set({ seq: 6, symbol: "MSFT" }));
    expect(codes(live, { orderId: "order-2" })).toBe("approved");
  });

  it("ends by itself, at the time of the turn", () => {
    const live = opened();
    live.when(set({ expiresAtMs: live.nowMs + 1 }));
    expect(codes(live)).toEqual(["TRADING_HALTED"]);
    live.nowMs += 1;
    expect(codes(live, { orderId: "order-2" })).toBe("approved");
  });

  it("is opened so when its tenant is stopped", () => {
    const standing = { switches: [{ ...halted, scope: "global" }] as const, tenant: null };
    const live = opened({ standing });
    expect(codes(live)).toEqual(["TRADING_HALTED"]);
    // A repeat of its opening may know of another standing.
    expect(live.when(openCommand()).events).toEqual([]);
  });

  it("asks open orders of the switch's symbol to be canceled, and what waits without any", () => {
    const live = opened();
    live.when(request());
    live.when(request({ orderId: "order-2", symbol: "MSFT" }, market({ symbol: "MSFT" })));
    const { effects, reply } = live.when(set({ symbol: "MSFT" }, { cancelOpenOrders: true }));
    expect(effects).toEqual([
      {
        kind: "tell",
        to: { type: "order", id: "order-2" },
        command: { type: "RequestCancel", requestedBy: "kill-switch:1", ifOpen: true },
        isJoint: true,
      },
      { kind: "cancelStanding", payload: { seq: 1, symbol: "MSFT" } },
    ]);
    expect(reply).toMatchObject({ canceling: 1 });
  });

  it("closes what it holds, whatever its limits and its halt say, until it is flat", () => {
    const live = holding(opened({ limits: { maxOrderNotional: "1" } }), "AAPL", "10", "100");
    const halt = live.when(set({}, { flatten: true }));
    expect(halt.effects).toContainEqual({ kind: "flattenPositions", payload: { seq: 1 } });
    const flatten: RiskCommand = { type: "FlattenPositions", seq: 1, markets: [market()] };
    const { events, reply } = live.when(flatten);
    expect(events).toMatchObject([
      {
        type: "OrderApproved",
        order: { side: "sell", orderQty: "10", reduceOnly: true, placedBy: "kill-switch:1" },
      },
    ]);
    // All of it is offered: once more changes nothing.
    expect(live.when(flatten).events).toEqual([]);
    expect(live.when({ type: "PursueFlatten", seq: 1 }).effects).toEqual([
      { kind: "flattenPositions", payload: { seq: 1 } },
    ]);
    const [orderId] = "closing" in reply ? reply.closing : [];
    live.when(fill({ orderId: orderId ?? "none", execId: "exec-2", side: "sell" }));
    const end = live.when({ type: "PursueFlatten", seq: 1 });
    expect(end.events).toEqual([{ type: "FlattenEnded", seq: 1, isFlat: true }]);
    expect(live.when(flatten).events).toEqual([]);
    expect(live.replayed()).toEqual(throughJson(live.state));
  });

  it("names what it cannot close, once, and closes it when it can", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    live.when(set({}, { flatten: true }));
    const flatten = (isStale: boolean): RiskCommand => ({
      type: "FlattenPositions",
      seq: 1,
      markets: [market({ isStale })],
    });
    const { events } = live.when(flatten(true));
    expect(events).toMatchObject([
      { type: "FlattenHindered", seq: 1, left: [{ symbol: "AAPL", quantity: "10" }] },
    ]);
    expect(JSON.stringify(events)).toContain("STALE_MARKET_DATA");
    expect(live.when(flatten(true)).events).toEqual([]);
    expect(live.when(flatten(false)).events.map(({ type }) => type)).toEqual([
      "OrderApproved",
      "FlattenHindered",
    ]);
    expect(live.summary().risk?.flatten).toEqual({ seq: 1, symbol: null, left: [] });
  });

  it("stops closing when trading is resumed", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    live.when(set({}, { flatten: true }));
    expect(live.when(set({ seq: 2, state: "active" })).events.map(({ type }) => type)).toEqual([
      "SwitchSet",
      "FlattenEnded",
    ]);
    const flatten: RiskCommand = { type: "FlattenPositions", seq: 1, markets: [market()] };
    expect(live.when(flatten).events).toEqual([]);
  });
});

describe("a portfolio's limits of exposure, in its turn", () => {
  const seen = (marks: Readonly<Record<string, string>>): LiveView => ({
    book: new LiveBook(),
    facts: facts({ marks }),
    others: null,
  });
  const ask = (marks: Readonly<Record<string, string>>, symbol = "AAPL") => ({
    ...market({ symbol }),
    live: seen(marks),
  });

  it("counts what open orders will add, so that no two orders use the same room", () => {
    const live = opened({ limits: { maxGrossLeverage: "0.5" } });
    const view = ask({ AAPL: "100" });
    const answers = Array.from({ length: 10 }, (_, i) =>
      codes(live, { orderId: `order-${i}`, orderQty: "10" }, view),
    );
    expect(answers.filter((answer) => answer === "approved")).toHaveLength(5);
    expect(answers[5]).toEqual(["LEVERAGE_EXCEEDS_LIMIT"]);
  });

  it("denies without a price of what it holds, or without anybody who looked, and lets sells pass", () => {
    const live = holding(opened({ limits: { maxGrossLeverage: "2" } }), "MSFT", "10", "100");
    expect(codes(live, {}, ask({ AAPL: "100" }))).toEqual(["RISK_DATA_MISSING"]);
    expect(codes(live, { orderId: "order-2" }, market())).toEqual(["RISK_DATA_MISSING"]);
    const sell = { orderId: "order-3", symbol: "MSFT", side: "sell", orderQty: "4" } as const;
    expect(codes(live, sell, market({ symbol: "MSFT" }))).toBe("approved");
  });

  it("measures a fall from the highest equity that was marked, deposits counted in", () => {
    const live = holding(opened({ limits: { maxDrawdownPct: "0.1" } }), "AAPL", "50", "100");
    const at = (price: string, orderId: string) =>
      codes(live, { orderId, orderQty: "1" }, ask({ AAPL: price }));
    live.when({ type: "MarkEquity", equity: "12000" });
    expect(live.summary().risk?.highWater).toBe("12000");
    // 5,000 of cash and 50 × 116: a tenth below 12,000.
    expect(at("116", "order-1")).toBe("approved");
    expect(at("115.99", "order-2")).toEqual(["DRAWDOWN_EXCEEDED"]);
    live.when({
      type: "MoveCash",
      direction: "deposit",
      amount: "1000",
      memo: "",
      effectiveAtMs: 0,
    });
    expect(live.summary().risk?.highWater).toBe("13000");
    expect(at("114", "order-3")).toBe("approved");
  });

  it("marks the first equity of a day, and heights that are worth it", () => {
    const live = opened();
    const mark = (equity: string) => live.when({ type: "MarkEquity", equity }).events.length;
    // The day on which it was opened began with what was put in.
    expect(mark("9000")).toBe(2);
    expect(live.summary().risk).toMatchObject({ dayOpen: { day: 0, equity: "10000" } });
    expect(mark("9500")).toBe(0);
    expect(mark("10010")).toBe(0);
    expect(mark("10011")).toBe(1);
    live.nowMs += 86_400_000;
    expect(mark("9999")).toBe(1);
    expect(live.summary().risk).toMatchObject({
      highWater: "10011",
      dayOpen: { day: 1, equity: "9999" },
    });
  });

  it("keeps the desk's limits beside its owner's, and an override until it ends", () => {
    const live = opened({ limits: { maxOrderNotional: "2000" } });
    const policy = { limits: { maxOrderNotional: "500" }, warnings: {}, triggers: {} };
    live.when({ type: "SetDeskLimits", policy, by: "manager-1" });
    expect(live.when({ type: "SetDeskLimits", policy, by: "manager-1" }).events).toEqual([]);
    expect(codes(live)).toEqual(["NOTIONAL_EXCEEDS_LIMIT"]);
    live.when({ type: "Update", limits: {} });
    expect(codes(live, { orderId: "order-2" })).toEqual(["NOTIONAL_EXCEEDS_LIMIT"]);
    const override = {
      limit: "maxOrderNotional",
      untilMs: live.nowMs + 1,
      reason: "agreed",
      by: "manager-1",
      atMs: live.nowMs,
    } as const;
    live.when({ type: "OverrideLimit", override });
    expect(approved(live.when(request({ orderId: "order-3" })).reply).order.orderId).toBe(
      "order-3",
    );
    live.nowMs += 1;
    expect(codes(live, { orderId: "order-4" })).toEqual(["NOTIONAL_EXCEEDS_LIMIT"]);
    expect(() => live.when({ type: "OverrideLimit", override })).toThrow("would end before");
    expect(live.replayed()).toEqual(throughJson(live.state));
  });

  it("heeds the newest limits of its tenant only", () => {
    const live = opened();
    const policy = (maxOrderNotional: string) => ({
      limits: { maxOrderNotional },
      warnings: {},
      triggers: {},
    });
    live.when({ type: "SetTenantLimits", version: 2, policy: policy("500") });
    live.when({ type: "SetTenantLimits", version: 1, policy: policy("5000") });
    expect(codes(live)).toEqual(["NOTIONAL_EXCEEDS_LIMIT"]);
  });
});
