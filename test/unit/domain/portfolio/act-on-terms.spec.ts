import type { GroupCommand } from "../../../../domain/execution/group/messages.ts";
import type { OrderVerdict } from "../../../../domain/portfolio/messages.ts";
import {
  entryTerms,
  exitTerms,
  type SignalTerms,
} from "../../../../domain/portfolio/signal-terms.ts";
import { dec } from "../../../../domain/shared/decimal.ts";
import { approved, type Command, type LivePortfolio, request, signal, verdict } from "./given.ts";
import { marginPortfolio, seen, trade } from "./margin/margin-desk.ts";

const MARKET: SignalTerms = { orderType: "market", offsetBps: "0", timeInForce: "gtc" };
const EXITS: SignalTerms = { ...MARKET, stopLossBps: "200", takeProfitBps: "300" };

type Acting = Partial<Omit<Command<"ActOnSignal">, "type" | "signal">>;

let count = 0;
function act(live: LivePortfolio, side: "buy" | "sell", changes: Acting = {}) {
  count += 1;
  const given = signal({ side, signalId: `signal-${count}`, asOfMs: count });
  const command = { fraction: "0.5", market: seen("100"), ...changes } as const;
  return live.when({ type: "ActOnSignal", signal: given, ...command });
}

describe("the order that a signal leads to", () => {
  const priced = (terms: Partial<SignalTerms>, side: "buy" | "sell", last = "100") =>
    entryTerms({ ...MARKET, ...terms }, side, seen(last));

  it("with a limit is better than the touch by the offset, rounded so that it gives away no more", () => {
    const limit = { orderType: "limit", offsetBps: "33" } as const;
    // 100.01 · 0.9967 = 99.679967, and · 1.0033 = 100.340033
    expect(priced(limit, "buy", "100.01")).toMatchObject({ ordType: "limit", price: "99.67" });
    expect(priced(limit, "sell", "100.01")).toMatchObject({ ordType: "limit", price: "100.35" });
  });

  it("with a marketable limit reaches beyond the touch by the offset and no further", () => {
    const limit = { orderType: "marketableLimit", offsetBps: "25", timeInForce: "ioc" } as const;
    expect(priced(limit, "buy")).toEqual({ ordType: "limit", price: "100.25", timeInForce: "ioc" });
    expect(priced(limit, "sell")?.price).toBe("99.75");
    expect(priced(limit, "buy", "100.01")?.price).toBe("100.26");
  });

  it("is sized by its own price, and held for at it", () => {
    const terms = { ...MARKET, orderType: "limit", offsetBps: "100" } as const;
    const { reply } = act(marginPortfolio(), "buy", { terms });
    expect(approved(reply).order).toMatchObject({ ordType: "limit", price: "99", orderQty: "50" });
  });

  it("that ends a position is a market order whatever the terms", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "first", side: "buy", quantity: "20", price: "100" });
    const terms = { ...MARKET, orderType: "limit", offsetBps: "100" } as const;
    const { reply } = act(live, "sell", { terms });
    expect(approved(reply).order).toMatchObject({ ordType: "market", orderQty: "20" });
  });
});

describe("exits", () => {
  it("stand at their distance from the entry, rounded away from it", () => {
    const entry = dec("100.01");
    // 98.0098, 103.0103
    expect(exitTerms(EXITS, "buy", entry, "0.01")).toEqual([
      { role: "takeProfit", ordType: "limit", price: "103.02" },
      { role: "stopLoss", ordType: "stop", stopPx: "98" },
    ]);
    // 102.0102, 97.0097
    expect(exitTerms(EXITS, "sell", entry, "0.01")).toEqual([
      { role: "takeProfit", ordType: "limit", price: "97" },
      { role: "stopLoss", ordType: "stop", stopPx: "102.02" },
    ]);
    expect(exitTerms({ ...MARKET, trailingStopBps: "150" }, "buy", entry, "0.01")).toEqual([
      { role: "stopLoss", ordType: "trailingStop", trail: { bps: "150" } },
    ]);
  });

  it("begin with their entry as one group, in one turn", () => {
    const { reply, effects } = act(marginPortfolio(), "buy", { terms: EXITS });
    const { order } = approved(reply);
    expect(order).toMatchObject({ side: "buy", orderQty: "50", parent: { type: "group" } });
    const told = effects.flatMap((effect) =>
      "to" in effect && effect.to.type === "group" ? [effect.command as GroupCommand] : [],
    );
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      type: "Start",
      denied: [],
      terms: {
        kind: "bracket",
        groupId: order.parent?.id,
        legs: [
          { role: "entry", order: { orderId: order.orderId } },
          { role: "takeProfit", order: { side: "sell", price: "103", ocoGroup: order.parent?.id } },
          { role: "stopLoss", order: { side: "sell", stopPx: "98", timeInForce: "gtc" } },
        ],
      },
    });
  });

  it("are added to by nothing", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "first", side: "buy", quantity: "20", price: "100" });
    const found = verdict(act(live, "buy", { terms: EXITS }).reply);
    expect(found).toMatchObject({ verdict: "none", reason: /exits stands/u });
  });
});

describe("a signal with two parts", () => {
  it("closes at the market, then opens with its terms, and has acted only then", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "first", side: "buy", quantity: "20", price: "100" });
    const given = signal({ side: "sell", signalId: "turn", asOfMs: 1_000 });
    const both = { signal: given, fraction: "0.5", market: seen("100") };
    const close = { type: "ActOnSignal", ...both, goal: "flat", ends: "first" } as const;
    expect(approved(live.when(close).reply).order).toMatchObject({ side: "sell", orderQty: "20" });
    const open = { type: "ActOnSignal", ...both, goal: "short", terms: EXITS } as const;
    const { order } = approved(live.when(open).reply);
    expect(order).toMatchObject({ side: "sell", orderQty: "50", clOrdId: "turn" });
    expect(verdict(live.when(open).reply)).toMatchObject({ verdict: "none", reason: /before/u });
  });
});

describe("a signal", () => {
  it("opens no more positions than the strategy may have", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "first", side: "buy", quantity: "20", price: "100", symbol: "MSFT" });
    const maxOpen = { positions: 1, symbols: ["AAPL", "MSFT"] };
    const found: OrderVerdict = verdict(act(live, "buy", { maxOpen }).reply);
    expect(found).toMatchObject({ verdict: "none", reason: /1 positions/u });
    const more = {
      maxOpen: { ...maxOpen, positions: 2 },
      market: seen("100", {}, { MSFT: "100" }),
    };
    expect(verdict(act(live, "buy", more).reply).verdict).toBe("approved");
  });

  it("waits for orders that are to be over, and closes in the place of exits", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "first", side: "buy", quantity: "20", price: "100" });
    const leg = { orderId: "exit", clOrdId: "exit", side: "sell", orderQty: "20" } as const;
    const terms = { ordType: "limit", price: "110", timeInForce: "gtc", ocoGroup: "g" } as const;
    live.when(request({ ...leg, ...terms }, seen("100")));
    expect(verdict(act(live, "sell").reply)).toMatchObject({ verdict: "none" });
    expect(() => act(live, "sell", { after: ["exit"] })).toThrow(/still holds/u);
    const { order } = approved(act(live, "sell", { insteadOf: "g" }).reply);
    expect(order).toMatchObject({ orderQty: "20", ocoGroup: "g", side: "sell" });
  });
});
