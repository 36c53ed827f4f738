import * as fc from "fast-check";
import { tradeChangesOf } from "../../../../domain/portfolio/trade-changes.ts";
import type { LotMethod, PortfolioSummary } from "../../../../domain/portfolio/messages.ts";
import { dec, Decimal } from "../../../../domain/shared/decimal.ts";
import { Refusal } from "../../../../domain/shared/errors.ts";
import type { TradeRow } from "../../../../domain/shared/journal.ts";
import { Desk } from "./desk.ts";
import { type Command, fill, holding, market, opened, request } from "./given.ts";

const AT = { memo: "", effectiveAtMs: 1_500_000 };
const DUE = "2026-03-04";

const deposit = (amount: string): Command<"MoveCash"> => ({
  type: "MoveCash",
  direction: "deposit",
  amount,
  ...AT,
});
const withdraw = (amount: string): Command<"MoveCash"> => ({
  ...deposit(amount),
  direction: "withdraw",
});
const dividend = (perUnit: string, withholdingRate = "0"): Command<"PayDividend"> => ({
  type: "PayDividend",
  symbol: "AAPL",
  perUnit,
  withholdingRate,
  ...AT,
});
const split = (
  newUnits: number,
  oldUnits: number,
  changes: Partial<Command<"SplitPosition">> = {},
): Command<"SplitPosition"> => ({
  type: "SplitPosition",
  symbol: "AAPL",
  newUnits,
  oldUnits,
  lotSize: "1",
  cashInLieuPrice: null,
  ...AT,
  ...changes,
});
const settle = (tradeIds: readonly string[], asOf = DUE): Command<"SettleTrades"> => ({
  type: "SettleTrades",
  tradeIds,
  asOf,
});
const refusal = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return "none";
};
const money = ({ cash, settledCash, unsettledCash }: PortfolioSummary) => ({
  cash,
  settledCash,
  unsettledCash,
});

describe("settlement", () => {
  it("moves a trade's money on its date and not before, once", () => {
    const desk = new Desk();
    const { tradeId } = desk.trade("buy", "10", "100", "1");
    const live = desk.of("pf-1");
    expect(money(live.summary())).toEqual({
      cash: "8999",
      settledCash: "10000",
      unsettledCash: "-1001",
    });
    expect(desk.send("pf-1", settle([tradeId], "2026-03-03"))).toEqual([]);
    const [event] = desk.send("pf-1", settle([tradeId, tradeId, "unknown"]));
    expect(event).toMatchObject({ type: "TradeSettled", tradeId, asOf: DUE, amount: "-1001" });
    expect(money(live.summary())).toEqual({
      cash: "8999",
      settledCash: "8999",
      unsettledCash: "0",
    });
    expect(desk.send("pf-1", settle([tradeId]))).toEqual([]);
  });

  it("that failed leaves the money where it was, and is made up for later", () => {
    const desk = new Desk();
    const { tradeId } = desk.trade("buy", "10", "100");
    const fail = { type: "FailSettlement", tradeId, reason: "no delivery" } as const;
    expect(desk.send("pf-1", fail)).toEqual([
      { type: "SettlementFailed", tradeId, reason: "no delivery" },
    ]);
    expect(desk.send("pf-1", fail)).toEqual([]);
    expect(desk.of("pf-1").summary().settledCash).toBe("10000");
    desk.send("pf-1", settle([tradeId]));
    expect(desk.of("pf-1").summary().settledCash).toBe("9000");
    expect(refusal(() => desk.send("pf-1", fail))).toBe("TRADE_SETTLED");
  });

  it("of crypto comes with the trade, of others never, even when their date is over", () => {
    const transactTimeMs = Date.parse("2026-03-04T12:00:00Z");
    const moved = { cash: "9000", settledCash: "9000", unsettledCash: "0" };
    const claimed = { cash: "9000", settledCash: "10000", unsettledCash: "-1000" };
    for (const [assetClass, expected] of [
      ["crypto", moved],
      ["equity", claimed],
    ] as const) {
      const live = opened();
      const view = market();
      const instrument = view.instrument && { ...view.instrument, assetClass };
      live.when(request({}, { ...view, instrument }));
      live.when(fill({ transactTimeMs }));
      expect(money(live.summary())).toEqual(expected);
    }
  });

  it("is told of trades on record in the order of the events", () => {
    const desk = new Desk();
    const { tradeId } = desk.trade("buy", "10", "100");
    desk.send("pf-1", { type: "FailSettlement", tradeId, reason: "no delivery" });
    desk.send("pf-1", settle([tradeId]));
    const { state, recorded } = desk.of("pf-1");
    const changes = tradeChangesOf(state, recorded);
    expect(changes.map((change) => change.settlement?.status)).toEqual(["failed", "settled"]);
  });
});

describe("cash", () => {
  it("that comes and goes is capital, no profit", () => {
    const live = opened();
    live.when(deposit("500"));
    live.when(withdraw("1500"));
    expect(live.summary()).toMatchObject({
      cash: "9000",
      netDeposits: "-1000",
      realizedPnl: "0",
      initialCash: "10000",
    });
    const { account } = live.state;
    expect(account?.dayStart.equity).toBe("9000");
  });

  it("of a sale cannot be withdrawn before it has settled, nor what an order holds", () => {
    const desk = new Desk();
    const live = desk.of("pf-1");
    desk.trade("buy", "10", "100");
    const bought = desk.trade("sell", "10", "110");
    expect(live.summary().cash).toBe("10100");
    expect(refusal(() => desk.send("pf-1", withdraw("10001")))).toBe("WITHDRAWAL_EXCEEDS_CASH");
    desk.send("pf-1", settle([bought.tradeId]));
    desk.send("pf-1", request());
    const { buyingPower } = live.summary();
    expect(refusal(() => desk.send("pf-1", withdraw("10000")))).toBe("WITHDRAWAL_EXCEEDS_CASH");
    desk.send("pf-1", withdraw(buyingPower));
    expect(live.summary().buyingPower).toBe("0");
  });
});

describe("a dividend", () => {
  it("comes in for what is held, less the tax, both to the cent and never too much", () => {
    const live = holding(opened(), "AAPL", "33", "100");
    const [event] = live.when(dividend("0.2357", "0.15")).events;
    // 33 × 0.2357 = 7.7781; 15 % of 7.77 is 1.1655
    expect(event).toMatchObject({ gross: "7.77", withheld: "1.17", net: "6.6" });
    expect(live.summary()).toMatchObject({ dividends: "6.6", cash: "6706.6", realizedPnl: "0" });
  });

  it("is paid by who is short, and rounded against them", () => {
    const live = opened();
    live.when(fill({ side: "sell", quantity: "33", price: "100" }));
    expect(live.when(dividend("0.2357", "0.15")).events).toMatchObject([
      { gross: "-7.78", withheld: "0", net: "-7.78" },
    ]);
  });

  it("needs a position", () => {
    expect(refusal(() => opened().when(dividend("1")))).toBe("POSITION_NOT_HELD");
  });
});

describe("a dividend that adjusts orders", () => {
  const resting = (orderId: string, changes: Parameters<typeof request>[0]) =>
    request({ orderId, ordType: "limit", timeInForce: "gtc", ...changes });
  const adjust = { market: market(), requestedBy: "user-1" };

  it("lowers what rests below the market and outlives the day, to the next tick below", () => {
    const live = holding(opened(), "AAPL", "20", "100");
    live.when(resting("buy", { price: "99.5", orderQty: "1" }));
    live.when(resting("day", { price: "99.5", orderQty: "1", timeInForce: "day" }));
    live.when(resting("sell", { price: "105", orderQty: "1", side: "sell" }));
    live.when(
      request({
        orderId: "stop",
        ordType: "stop",
        side: "sell",
        stopPx: "95",
        orderQty: "5",
        timeInForce: "gtc",
      }),
    );
    const { events, effects, reply } = live.when({ ...dividend("0.243"), adjust });
    expect(reply).toMatchObject({
      adjustedOrders: [
        { orderId: "buy", price: "99.25", reason: null },
        { orderId: "stop", stopPx: "94.75", reason: null },
      ],
    });
    expect(events.map(({ type }) => type)).toEqual([
      "DividendPaid",
      "AmendApproved",
      "AmendApproved",
    ]);
    const told = effects.map((effect) => ("to" in effect ? effect.to.id : effect.kind));
    expect(told).toEqual(["buy", "stop"]);
    const ids = effects.map((effect) => ("commandId" in effect ? effect.commandId : null));
    expect(new Set(ids).size).toBe(2);
  });

  it("says which order stays as it is, and why; the dividend is paid all the same", () => {
    const live = holding(opened(), "AAPL", "20", "100");
    live.when(resting("twice", { price: "99", orderQty: "1" }));
    live.when(resting("cheap", { price: "60", orderQty: "1" }));
    const first = live.when({ ...dividend("0.5"), adjust });
    expect(first.reply).toMatchObject({ adjustedOrders: [{ reason: null }, { reason: null }] });
    const { reply } = live.when({ ...dividend("70"), adjust });
    expect(reply).toMatchObject({
      cashChange: "1400",
      adjustedOrders: [
        { orderId: "cheap", reason: expect.stringContaining("nothing would be left") },
        { orderId: "twice", reason: expect.stringContaining("under way") },
      ],
    });
  });
});

describe("a split", () => {
  it("changes units and not cost", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    live.when(split(4, 1));
    expect(live.summary().positions).toMatchObject([
      { quantity: "40", cost: "1000", averagePrice: "25" },
    ]);
  });

  it("pays a fraction of a lot out at the price that is given, and takes its cost", () => {
    const live = holding(opened(), "AAPL", "25", "10");
    expect(refusal(() => live.when(split(1, 10)))).toBe("SPLIT_LEAVES_FRACTION");
    live.when(split(1, 10, { cashInLieuPrice: "120" }));
    expect(live.summary()).toMatchObject({
      cash: "9810",
      realizedPnl: "10",
      positions: [{ quantity: "2", cost: "200", averagePrice: "100" }],
    });
  });

  it("that leaves nothing but a fraction closes the position", () => {
    const live = holding(opened(), "AAPL", "3", "10");
    live.when(split(1, 10, { cashInLieuPrice: "90" }));
    expect(live.summary()).toMatchObject({ cash: "9997", realizedPnl: "-3", positions: [] });
  });

  it("waits until no order in the symbol is open", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    live.when(request());
    expect(refusal(() => live.when(split(2, 1)))).toBe("OPEN_ORDERS_IN_SYMBOL");
  });

  it("keeps the laws and the sum of the lots at any ratio, and there and back is where it was", () => {
    const lots = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 90 })),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const units = fc.integer({ min: 1, max: 12 });
    const methods = fc.constantFrom<LotMethod>("average", "fifo", "lifo");
    fc.assert(
      fc.property(lots, units, units, methods, (bought, newUnits, oldUnits, lotMethod) => {
        const desk = new Desk({ initialCash: "1000000", lotMethod });
        for (const [quantity, price] of bought) desk.trade("buy", `${quantity}`, `${price}`);
        const before = desk.of("pf-1").summary();
        const held = dec(before.positions[0]?.quantity ?? "0");
        desk.send("pf-1", split(newUnits, oldUnits, { cashInLieuPrice: "7.77" }));
        const after = desk.of("pf-1").summary();
        const now = after.positions[0]?.quantity ?? "0";
        expect(now).toBe(held.times(newUnits).dividedToIntegerBy(oldUnits).toFixed());
        const isWhole = held.times(newUnits).modulo(oldUnits).isZero();
        if (!isWhole) return;
        expect(after.cash).toBe(before.cash);
        desk.send("pf-1", split(oldUnits, newUnits));
        const { positions } = desk.of("pf-1").summary();
        expect(positions).toEqual(before.positions);
      }),
    );
  });
});

describe("an allocation", () => {
  it("makes the part a trade of the other portfolio, as if it had been bought there", () => {
    const desk = new Desk();
    const trade = desk.trade("buy", "30", "100", "0.10");
    desk.allocate(trade, "10");
    desk.deliverAll();
    expect(desk.of("pf-1").summary()).toMatchObject({
      cash: "7999.93",
      fees: "0.07",
      realizedPnl: "0",
      unsettledCash: "-2000.07",
      positions: [{ quantity: "20", cost: "2000" }],
    });
    expect(desk.of("pf-2").summary()).toMatchObject({
      cash: "3999.97",
      fees: "0.03",
      unsettledCash: "-1000.03",
      positions: [{ quantity: "10", cost: "1000" }],
    });
    const taken = desk.of("pf-2").recorded.at(-1)?.event;
    expect(taken).toMatchObject({
      type: "FillApplied",
      trade: { allocatedFrom: trade.tradeId, settlementDate: DUE, settlementStatus: "pending" },
    });
    const { state, recorded } = desk.of("pf-1");
    expect(tradeChangesOf(state, recorded).at(-1)).toMatchObject({
      tradeId: trade.tradeId,
      allocations: [{ portfolioId: "pf-2", quantity: "10", fees: "0.03", status: "taken" }],
    });
  });

  it("that the other cannot take comes back whole", () => {
    const desk = new Desk({}, { initialCash: "500" });
    const trade = desk.trade("buy", "30", "100", "0.10");
    const before = desk.of("pf-1").summary();
    desk.allocate(trade, "10");
    expect(desk.of("pf-1").summary().positions).toMatchObject([{ quantity: "20" }]);
    desk.deliverAll();
    const after = desk.of("pf-1").summary();
    expect({ ...after, updatedAtMs: 0 }).toEqual({ ...before, updatedAtMs: 0 });
    expect(desk.of("pf-2").summary().positions).toEqual([]);
    // What came back can be given again.
    desk.send("pf-2", deposit("5000"));
    desk.allocate(trade, "30");
    desk.deliverAll();
    expect(desk.of("pf-1").summary().positions).toEqual([]);
  });

  it("keeps the portfolio open until it is decided", () => {
    const desk = new Desk();
    const trade = desk.trade("buy", "10", "100");
    desk.allocate(trade, "10");
    expect(refusal(() => desk.send("pf-1", { type: "Close" }))).toBe("PORTFOLIO_NOT_FLAT");
    desk.deliverAll();
    desk.send("pf-1", { type: "Close" });
    expect(desk.of("pf-1").summary().status).toBe("closed");
  });

  it("of a sale takes the units from the other portfolio", () => {
    const desk = new Desk();
    holding(desk.of("pf-2"), "AAPL", "10", "50");
    desk.trade("buy", "10", "60");
    const sold = desk.trade("sell", "10", "80");
    desk.allocate(sold, "10");
    desk.deliverAll();
    expect(desk.of("pf-2").summary()).toMatchObject({ realizedPnl: "300", positions: [] });
    expect(desk.of("pf-1").summary().positions).toMatchObject([{ quantity: "10", cost: "800" }]);
  });

  it("takes no more than the trade has left and the portfolio still holds", () => {
    const desk = new Desk();
    const trade = desk.trade("buy", "30", "100");
    desk.allocate(trade, "10");
    expect(refusal(() => desk.allocate(trade, "21"))).toBe("ALLOCATION_EXCEEDS_TRADE");
    desk.trade("sell", "15", "100");
    expect(refusal(() => desk.allocate(trade, "6"))).toBe("ALLOCATION_NOT_COVERED");
    desk.allocate(trade, "5");
    desk.deliverAll();
    expect(desk.of("pf-2").summary().positions).toMatchObject([{ quantity: "15" }]);
  });

  it("after settlement moves settled cash", () => {
    const desk = new Desk();
    const trade = desk.trade("buy", "10", "100");
    desk.send("pf-1", settle([trade.tradeId]));
    desk.allocate(trade, "10");
    desk.deliverAll();
    expect(money(desk.of("pf-1").summary())).toEqual({
      cash: "10000",
      settledCash: "10000",
      unsettledCash: "0",
    });
  });
});

type Step =
  | { readonly kind: "trade"; side: "buy" | "sell"; lots: number; price: number }
  | { readonly kind: "settle"; trade: number; isDue: boolean }
  | { readonly kind: "fail"; trade: number }
  | { readonly kind: "cash"; amount: number; isIn: boolean }
  | { readonly kind: "dividend"; cents: number }
  | { readonly kind: "allocate"; trade: number; lots: number }
  | { readonly kind: "deliver"; letter: number };

const index = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("trade" as const),
    side: fc.constantFrom("buy" as const, "buy" as const, "sell" as const),
    lots: fc.integer({ min: 1, max: 30 }),
    price: fc.integer({ min: 90, max: 110 }),
  }),
  fc.record({ kind: fc.constant("settle" as const), trade: index, isDue: fc.boolean() }),
  fc.record({ kind: fc.constant("fail" as const), trade: index }),
  fc.record({
    kind: fc.constant("cash" as const),
    amount: fc.integer({ min: 1, max: 3000 }),
    isIn: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("dividend" as const), cents: fc.integer({ min: 1, max: 999 }) }),
  fc.record({
    kind: fc.constant("allocate" as const),
    trade: index,
    lots: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ kind: fc.constant("deliver" as const), letter: index }),
);

function take(desk: Desk, trades: TradeRow[], next: Step): void {
  const at = (position: number) => trades[position % Math.max(trades.length, 1)];
  switch (next.kind) {
    case "trade":
      trades.push(desk.trade(next.side, `${next.lots}`, `${next.price}`, "0.07"));
      return;
    case "settle": {
      const tradeId = at(next.trade)?.tradeId ?? "none";
      desk.send("pf-1", settle([tradeId], next.isDue ? DUE : "2026-03-03"));
      desk.send("pf-2", settle([tradeId], DUE));
      return;
    }
    case "fail":
      attempt(() =>
        desk.send("pf-1", {
          type: "FailSettlement",
          tradeId: at(next.trade)?.tradeId ?? "none",
          reason: "late",
        }),
      );
      return;
    case "cash":
      attempt(() =>
        desk.send("pf-2", next.isIn ? deposit(`${next.amount}`) : withdraw(`${next.amount}`)),
      );
      return;
    case "dividend":
      attempt(() => desk.send("pf-2", dividend(`${next.cents / 100}`, "0.3")));
      return;
    case "allocate": {
      const trade = at(next.trade);
      if (trade !== undefined) attempt(() => desk.allocate(trade, `${next.lots}`));
      return;
    }
    case "deliver":
      desk.deliver(next.letter);
  }
}

/** A refusal is an answer; anything else is a fault. */
function attempt(action: () => unknown): void {
  refusal(action);
}

describe("after any trades, settlements, failures, cash, dividends and allocations, in any order of delivery", () => {
  it("every law holds in both portfolios, and no unit or fee of a trade is lost or made", () => {
    const methods = fc.constantFrom<LotMethod>("average", "fifo", "lifo");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), methods, (steps, lotMethod) => {
        const desk = new Desk({ initialCash: "20000", lotMethod });
        const trades: TradeRow[] = [];
        for (const next of steps) take(desk, trades, next);
        desk.deliverAll();
        const [one, two] = [desk.of("pf-1").summary(), desk.of("pf-2").summary()];
        const units = [one, two].flatMap(({ positions }) => positions.map((p) => p.quantity));
        const traded = trades.map(({ side, quantity }) =>
          side === "buy" ? quantity : `-${quantity}`,
        );
        expect(Decimal.sum(0, ...units).toFixed()).toBe(Decimal.sum(0, ...traded).toFixed());
        const fees = trades.map((trade) => trade.fees);
        expect(dec(one.fees).plus(two.fees).toFixed()).toBe(Decimal.sum(0, ...fees).toFixed());
        expect(desk.of("pf-1").replayed()).toEqual(desk.of("pf-1").state);
      }),
      { numRuns: 200 },
    );
  });
});
