import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { GroupTerms } from "../../../../../domain/execution/group/messages.ts";
import { marginState } from "../../../../../domain/portfolio/margin/margin-state.ts";
import { values } from "../../../../../domain/shared/bucket-map.ts";
import { Decimal, dec, text } from "../../../../../domain/shared/decimal.ts";
import { fill, type LivePortfolio, newOrder, request, signal, verdict } from "../given.ts";
import { boardWith, filled, marginPortfolio, seen } from "../margin/margin-desk.ts";

interface Wanted {
  readonly orderId: string;
  readonly side: "buy" | "sell";
  readonly quantity: string;
  readonly price: string;
  readonly positionId?: string;
  readonly reduceOnly?: true;
}

function hedged(): LivePortfolio {
  return marginPortfolio({ accounting: "hedging" });
}

function ask(live: LivePortfolio, { quantity, ...wanted }: Wanted): "approved" | readonly string[] {
  const order = { ...wanted, orderQty: quantity, ordType: "limit" } as const;
  const found = verdict(live.when(request(order, seen(wanted.price))).reply);
  return found.verdict === "denied" ? found.reasons.map(({ code }) => code) : "approved";
}

function trade(live: LivePortfolio, wanted: Wanted): void {
  assert.equal(ask(live, wanted), "approved");
  filled(live, wanted);
}

const sides = (live: LivePortfolio) =>
  live.summary().positions.map(({ positionId, quantity, cost }) => [positionId, quantity, cost]);

describe("a hedging portfolio", () => {
  it("has long and short positions of one symbol side by side, each under the order that opened it", () => {
    const live = hedged();
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    trade(live, { orderId: "b", side: "sell", quantity: "20", price: "110" });
    trade(live, { orderId: "c", side: "buy", quantity: "10", price: "105" });
    expect(sides(live)).toEqual([
      ["a", "30", "3000"],
      ["b", "-20", "-2200"],
      ["c", "10", "1050"],
    ]);
    expect(live.replayed()).toEqual(live.state);
  });

  it("closes a position by its id, in parts, and realises its profit alone", () => {
    const live = hedged();
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    trade(live, { orderId: "b", side: "sell", quantity: "20", price: "110" });
    trade(live, { orderId: "x", side: "sell", quantity: "10", price: "120", positionId: "a" });
    trade(live, { orderId: "y", side: "buy", quantity: "20", price: "90", positionId: "b" });
    expect(sides(live)).toEqual([["a", "20", "2000"]]);
    expect(live.summary().realizedPnl).toBe("600");
    const { account } = live.state;
    assert(account !== null);
    expect(
      values(account.positions)
        .map(({ realizedPnl }) => realizedPnl)
        .toSorted(),
    ).toEqual(["200", "400"]);
  });

  it("takes no order that adds to a position it names, goes beyond it, or names none that is open", () => {
    const live = hedged();
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    const close = { side: "sell", price: "100", positionId: "a" } as const;
    expect(ask(live, { ...close, orderId: "1", quantity: "31" })).toEqual([
      "REDUCE_ONLY_WOULD_INCREASE",
    ]);
    expect(ask(live, { ...close, orderId: "2", side: "buy", quantity: "1" })).toEqual([
      "REDUCE_ONLY_WOULD_INCREASE",
    ]);
    expect(ask(live, { ...close, orderId: "3", quantity: "20" })).toBe("approved");
    expect(ask(live, { ...close, orderId: "4", quantity: "11" })).toEqual([
      "REDUCE_ONLY_WOULD_INCREASE",
    ]);
    expect(ask(live, { ...close, orderId: "5", quantity: "10" })).toBe("approved");
    for (const positionId of ["z", "AAPL", "__proto__"])
      expect(ask(live, { ...close, orderId: `n${positionId}`, quantity: "1", positionId })).toEqual(
        ["POSITION_NOT_FOUND"],
      );
    const reduceOnly = {
      orderId: "r",
      side: "sell",
      quantity: "1",
      price: "101",
      reduceOnly: true,
    } as const;
    expect(ask(live, reduceOnly)).toEqual(["REDUCE_ONLY_WOULD_INCREASE"]);
  });

  it("is what a netting portfolio is not: that one takes no names of positions", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    const close = {
      orderId: "x",
      side: "sell",
      quantity: "1",
      price: "100",
      positionId: "a",
    } as const;
    expect(ask(live, close)).toEqual(["POSITION_NOT_FOUND"]);
  });

  it("needs the margin of both sides", () => {
    const live = hedged();
    trade(live, { orderId: "a", side: "buy", quantity: "100", price: "100" });
    trade(live, { orderId: "b", side: "sell", quantity: "100", price: "100" });
    const { margin, cash, reserved } = live.summary();
    assert(margin !== undefined);
    const input = { baseCurrency: "USD", cash: [{ currency: "USD", amount: cash }], reserved };
    const state = marginState({ ...input, ...margin }, boardWith({ AAPL: "100" }));
    expect(state).toMatchObject({
      equity: "10000",
      initial: "10000",
      maintenance: "5500",
      excess: "0",
    });
    expect(ask(live, { orderId: "c", side: "buy", quantity: "1", price: "100" })).toEqual([
      "INSUFFICIENT_MARGIN",
    ]);
  });

  it("pays and receives dividends by position, and splits each", () => {
    const live = hedged();
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    trade(live, { orderId: "b", side: "sell", quantity: "20", price: "100" });
    const about = { symbol: "AAPL", memo: "", effectiveAtMs: 1 } as const;
    const paid = live.when({ type: "PayDividend", perUnit: "1", withholdingRate: "0.1", ...about });
    expect(paid.events).toMatchObject([{ quantity: "10", gross: "10", withheld: "3", net: "7" }]);
    live.when({
      type: "SplitPosition",
      newUnits: 3,
      oldUnits: 1,
      lotSize: "1",
      cashInLieuPrice: null,
      ...about,
    });
    expect(sides(live)).toEqual([
      ["a", "90", "3000"],
      ["b", "-60", "-2000"],
    ]);
    const ids = live.recorded
      .slice(-2)
      .flatMap(({ event }) => (event.type === "PositionSplit" ? [event.transactionId] : []));
    expect(new Set(ids).size).toBe(2);
  });

  it("is split only when what closes its positions is not open", () => {
    const live = hedged();
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    ask(live, { orderId: "x", side: "sell", quantity: "30", price: "120", positionId: "a" });
    const split = {
      type: "SplitPosition",
      symbol: "AAPL",
      newUnits: 2,
      oldUnits: 1,
      lotSize: "1",
    } as const;
    expect(() =>
      live.when({ ...split, cashInLieuPrice: null, memo: "", effectiveAtMs: 1 }),
    ).toThrow("orders in AAPL are open");
  });

  it("counts all positions of a side against the limit of one", () => {
    const live = marginPortfolio({ accounting: "hedging", limits: { maxPositionPct: "0.5" } });
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    trade(live, { orderId: "b", side: "buy", quantity: "20", price: "100" });
    expect(ask(live, { orderId: "c", side: "buy", quantity: "1", price: "100" })).toEqual([
      "POSITION_EXCEEDS_LIMIT",
    ]);
    expect(ask(live, { orderId: "d", side: "sell", quantity: "49", price: "101" })).toBe(
      "approved",
    );
  });

  it("books a fill that its order's end has overtaken under the same position", () => {
    const live = hedged();
    trade(live, { orderId: "a", side: "buy", quantity: "30", price: "100" });
    const late = fill({
      orderId: "gone",
      execId: "late",
      side: "sell",
      quantity: "30",
      price: "100",
    });
    live.when({ ...late, positionId: "a" });
    expect(sides(live)).toEqual([]);
  });

  it("has the exits of a bracket close what its entry opens", () => {
    const live = hedged();
    const entry = newOrder({ orderId: "e", ordType: "limit", price: "100" });
    const exits = [
      newOrder({ orderId: "tp", side: "sell", ordType: "limit", price: "120" }),
      newOrder({ orderId: "sl", side: "sell", ordType: "stop", stopPx: "90" }),
    ];
    const [takeProfit, stopLoss] = exits;
    assert(takeProfit !== undefined && stopLoss !== undefined);
    const leg = { lotSize: "1", canReplace: true };
    const terms: GroupTerms = {
      groupId: "g",
      kind: "bracket",
      tenantId: "tenant-1",
      portfolioId: "pf-1",
      requestedBy: "user-1",
      legs: [
        { role: "entry", order: entry, ...leg },
        { role: "takeProfit", order: takeProfit, ...leg },
        { role: "stopLoss", order: stopLoss, ...leg },
      ],
    };
    const market = seen("100");
    const { effects } = live.when({
      type: "RequestBasket",
      terms,
      mode: "independent",
      orders: [{ order: entry, market }],
      later: exits.map((order) => ({ order, market })),
    });
    const [told] = effects;
    assert(told !== undefined && "command" in told);
    expect(told.command).toMatchObject({
      type: "Start",
      denied: [],
      terms: {
        legs: [
          { order: { orderId: "e" } },
          { order: { positionId: "e" } },
          { order: { positionId: "e" } },
        ],
      },
    });
  });

  it("acts on no signal, which names no position", () => {
    const found = hedged().when({
      type: "ActOnSignal",
      signal: signal(),
      fraction: "1",
      market: seen("100"),
    });
    expect(verdict(found.reply)).toMatchObject({ verdict: "none" });
  });

  it("conserves cash, cost and profit, whatever is opened and closed", () => {
    const step = fc.record({
      side: fc.constantFrom("buy" as const, "sell" as const),
      quantity: fc.integer({ min: 1, max: 40 }),
      cents: fc.integer({ min: 9_000, max: 11_000 }),
      closes: fc.option(fc.nat(20)),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
        const live = hedged();
        for (const [index, { side, quantity, cents, closes }] of steps.entries()) {
          const open = live.summary().positions;
          const target = closes === null ? undefined : open[closes % Math.max(open.length, 1)];
          const units =
            target === undefined ? quantity : Math.min(quantity, Math.abs(Number(target.quantity)));
          const wanted: Wanted = {
            orderId: `o${index}`,
            side: target === undefined ? side : target.quantity.startsWith("-") ? "buy" : "sell",
            quantity: String(units),
            price: (cents / 100).toFixed(2),
            ...(target?.positionId !== undefined && { positionId: target.positionId }),
          };
          if (ask(live, wanted) === "approved") filled(live, wanted);
        }
        const { cash, realizedPnl, positions, fees } = live.summary();
        const cost = Decimal.sum(0, ...positions.map((position) => position.cost));
        expect(text(cost.plus(cash).plus(fees).minus(realizedPnl))).toBe("10000");
        assert(positions.every(({ quantity }) => !dec(quantity).isZero()));
        assert.deepEqual(live.replayed(), live.state);
      }),
      { numRuns: 60 },
    );
  });
});
