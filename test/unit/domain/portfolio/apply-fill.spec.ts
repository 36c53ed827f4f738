import type { FillApplied, LotMethod } from "../../../../domain/portfolio/messages.ts";
import { fill, holding, type LivePortfolio, opened, release, request } from "./given.ts";

function booked(live: LivePortfolio, command: ReturnType<typeof fill>): FillApplied {
  const [event] = live.when(command).events;
  if (event?.type !== "FillApplied") throw new Error(`expected a fill, found ${event?.type}`);
  return event;
}

const DERIVED_ID: unknown = expect.stringMatching(/^trade\//);

describe("a fill", () => {
  it("turns the hold into position and cash, with ledger and trade in the same event", () => {
    const live = opened();
    live.when(request());
    const event = booked(live, fill({ price: "101", fees: "1.01" }));
    expect(event).toMatchObject({
      cash: "8988.99",
      cashChange: "-1011.01",
      realizedPnl: "0",
      fee: "1.01",
      position: { symbol: "AAPL", quantity: "10", averagePrice: "101", cost: "1010", fees: "1.01" },
      hold: { freedCash: "1051.15", remaining: null },
      alarms: [],
    });
    expect(event.ledger.map(({ account, debit, credit }) => [account, debit, credit])).toEqual([
      ["unsettled:payable", "0", "1011.01"],
      ["positions:AAPL", "1010", "0"],
      ["fees", "1.01", "0"],
    ]);
    expect(event.trade).toEqual({
      tradeId: DERIVED_ID,
      execId: "exec-1",
      venue: "PAPER",
      orderId: "order-1",
      portfolioId: "pf-1",
      tenantId: "tenant-1",
      symbol: "AAPL",
      side: "buy",
      price: "101",
      quantity: "10",
      fees: "1.01",
      currency: "USD",
      liquidity: "taker",
      executedAtMs: 950_000,
      recordedAtMs: 1_000_000,
      settlementDate: "2026-03-04",
      settlementStatus: "pending",
      realizedPnl: "0",
    });
    expect(live.summary()).toMatchObject({
      cash: "8988.99",
      reserved: "0",
      buyingPower: "8988.99",
      fees: "1.01",
      openOrders: 0,
      positions: [{ symbol: "AAPL", quantity: "10", cost: "1010" }],
    });
  });

  it("in part charges the hold and leaves the rest of it", () => {
    const live = opened();
    live.when(request());
    const event = booked(live, fill({ quantity: "4", price: "100", fees: "0.40" }));
    expect(event.hold).toMatchObject({
      freedCash: "400.4",
      remaining: { quantity: "6", cash: "650.75" },
    });
    expect(live.summary()).toMatchObject({ reserved: "650.75", buyingPower: "8948.85" });
  });

  it("counts once by venue and execId, while its order is open and after it", () => {
    const live = opened();
    live.when(request());
    live.when(fill({ quantity: "4" }));
    const repeat = { events: [], effects: [], reply: { execId: "exec-1", tradeId: null } };
    expect(live.when(fill({ quantity: "4" }))).toEqual(repeat);
    live.when(fill({ quantity: "6", execId: "exec-2" }));
    expect(live.when(fill({ quantity: "4" }))).toEqual(repeat);
    expect(live.summary().positions).toMatchObject([{ quantity: "10" }]);
  });

  it("after a cancel still counts, once, against free cash", () => {
    const live = opened();
    live.when(request());
    live.when(release());
    const event = booked(live, fill());
    expect(event).toMatchObject({ hold: null, cash: "9000", alarms: [] });
    expect(live.when(fill()).events).toEqual([]);
  });

  it("of several children averages their prices", () => {
    // original-product.md §4.2 case 27: 100 in 5 children at 160.0 … 160.4 average 160.20
    const live = opened({ initialCash: "20000" });
    for (const [index, price] of ["160.0", "160.1", "160.2", "160.3", "160.4"].entries())
      live.when(fill({ execId: `exec-${index}`, quantity: "20", price }));
    expect(live.summary().positions).toMatchObject([{ quantity: "100", averagePrice: "160.2" }]);
  });

  it("of a sale realises profit gross of its fee", () => {
    // original-product.md §4.2 case 10: 100 shares from 150 to 140 realise −1,000
    const live = holding(opened({ initialCash: "20000" }), "AAPL", "100", "150");
    const event = booked(live, fill({ side: "sell", quantity: "100", price: "140", fees: "1" }));
    expect(event).toMatchObject({ realizedPnl: "-1000", cash: "18999" });
    expect(event.ledger.map(({ account, debit, credit }) => [account, debit, credit])).toEqual([
      ["unsettled:receivable", "13999", "0"],
      ["positions:AAPL", "0", "15000"],
      ["fees", "1", "0"],
      ["realizedPnl", "1000", "0"],
    ]);
    expect(live.summary()).toMatchObject({ realizedPnl: "-1000", fees: "1", positions: [] });
  });

  it("counts the multiplier in cost, cash and profit", () => {
    const live = opened({ initialCash: "1000000" });
    live.when(fill({ quantity: "2", price: "4000", multiplier: "50" }));
    expect(live.summary().positions).toMatchObject([
      { averagePrice: "4000", cost: "400000", multiplier: "50" },
    ]);
    const sale = fill({
      execId: "exec-2",
      side: "sell",
      quantity: "1",
      price: "4010",
      multiplier: "50",
    });
    expect(booked(live, sale)).toMatchObject({ realizedPnl: "500", cash: "800500" });
  });

  it("of a rebate credits fees", () => {
    const event = booked(opened(), fill({ fees: "-0.25" }));
    expect(event).toMatchObject({ fee: "-0.25", cash: "9000.25" });
    expect(event.ledger).toContainEqual(
      expect.objectContaining({ account: "fees", debit: "0", credit: "0.25" }),
    );
  });
});

function sold(lotMethod: LotMethod): LivePortfolio {
  const live = opened({ lotMethod });
  live.when(fill({ execId: "1", quantity: "10", price: "10" }));
  live.when(fill({ execId: "2", quantity: "10", price: "20" }));
  live.when(fill({ execId: "3", side: "sell", quantity: "15", price: "30" }));
  return live;
}

describe("the lots of a position", () => {
  // 10 at 10 and 10 at 20; 15 sold at 30 bring 450
  it.each([
    ["fifo", "250", "100"],
    ["lifo", "200", "50"],
    ["average", "225", "75"],
  ] as const)("are released by %s", (lotMethod, realizedPnl, cost) => {
    expect(sold(lotMethod).summary()).toMatchObject({
      realizedPnl,
      positions: [{ quantity: "5", cost, realizedPnl }],
    });
  });

  it("release cost rounded half to even, and the last sale what is left", () => {
    const live = opened();
    live.when(fill({ execId: "0", quantity: "3", price: "0.33333333" }));
    live.when(fill({ execId: "1", quantity: "4", price: "0.25" }));
    const costs = ["1", "2", "4"].map((quantity, index) => {
      const sale = fill({ execId: `s${index}`, side: "sell", quantity, price: "1" });
      return booked(live, sale).position.cost;
    });
    // 1.99999999 / 7 = 0.285714284 → 0.28571428; then 2/6 of 1.71428571 = 0.57142857
    expect(costs).toEqual(["1.71428571", "1.14285714", "0"]);
    expect(live.summary().realizedPnl).toBe("5.00000001");
  });

  it("keep a closed position's profit and fees for when it is opened again", () => {
    const live = opened();
    live.when(fill({ execId: "1", fees: "1" }));
    live.when(fill({ execId: "2", side: "sell", price: "110", fees: "1" }));
    expect(live.summary().positions).toEqual([]);
    live.when(fill({ execId: "3", quantity: "1", fees: "1" }));
    expect(live.summary().positions).toMatchObject([
      { quantity: "1", cost: "100", realizedPnl: "100", fees: "3" },
    ]);
  });
});

describe("a fill that should not have happened is a fact, and", () => {
  it("one that costs more than hold and free cash is booked with an alarm", () => {
    const live = opened({ initialCash: "1100" });
    live.when(request());
    const event = booked(live, fill({ price: "120" }));
    expect(event).toMatchObject({ cash: "-100", alarms: ["BuyingPowerExceeded"] });
    expect(live.summary().buyingPower).toBe("-100");
    expect(live.when(request({ orderId: "order-2", orderQty: "1" })).reply).toMatchObject({
      reasons: [{ code: "INSUFFICIENT_BUYING_POWER", limit: "-100" }],
    });
  });

  it("one beyond its hold takes free cash without an alarm", () => {
    const live = opened();
    live.when(request());
    const event = booked(live, fill({ quantity: "9", price: "120" }));
    expect(event).toMatchObject({
      hold: { freedCash: "1051.15", remaining: { quantity: "1", cash: "0" } },
      alarms: [],
    });
    expect(live.summary()).toMatchObject({ cash: "8920", reserved: "0", buyingPower: "8920" });
  });

  it("one that sells more than there is leaves a short position and an alarm", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    const event = booked(live, fill({ side: "sell", quantity: "15", price: "110" }));
    expect(event).toMatchObject({
      cash: "10650",
      realizedPnl: "100",
      position: { quantity: "-5", cost: "-550", averagePrice: "110" },
      alarms: ["PositionOversold"],
    });
    const part = booked(live, fill({ execId: "exec-2", quantity: "2", price: "100" }));
    expect(part).toMatchObject({ realizedPnl: "20", position: { quantity: "-3" }, alarms: [] });
    const rest = booked(live, fill({ execId: "exec-3", quantity: "3", price: "100" }));
    expect(rest).toMatchObject({ realizedPnl: "30", position: { quantity: "0" }, alarms: [] });
  });

  it("one of no quantity, or in another currency, cannot be booked", () => {
    expect(() => opened().when(fill({ quantity: "0" }))).toThrow(
      expect.objectContaining({ code: "FILL_QUANTITY_NOT_POSITIVE" }),
    );
    expect(() => opened().when(fill({ currency: "EUR" }))).toThrow(
      expect.objectContaining({ code: "FILL_CURRENCY_MISMATCH" }),
    );
  });
});
