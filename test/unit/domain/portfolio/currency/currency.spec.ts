import { Refusal } from "../../../../../domain/shared/errors.ts";
import { fill, holding, newOrder, opened, request, signal, verdict } from "../given.ts";
import {
  accountsOf,
  AUTO,
  balanceOf,
  convert,
  deposit,
  euros,
  keeping,
  withdraw,
} from "./currency-desk.ts";
import { DEFAULT_CURRENCIES } from "../../../../../domain/portfolio/currency/terms.ts";
import { valuePortfolio } from "../../../../../domain/portfolio/valuation.ts";

const SAP = { symbol: "SAP", currency: "EUR" } as const;

function codes(reply: Parameters<typeof verdict>[0]): readonly string[] {
  const found = verdict(reply);
  return found.verdict === "denied" ? found.reasons.map(({ code }) => code) : [];
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return "none";
}

describe("cash in several currencies", () => {
  it("is deposited and withdrawn each by itself, and costs what it was worth", () => {
    const live = keeping();
    live.when(deposit("1000", "EUR", "1.1"));
    live.when(deposit("1000", "EUR", "1.2"));
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({ cash: "2000", cashCost: "2300" });
    live.when(withdraw("500", "EUR", "1.25"));
    const { currencies } = live.summary();
    // Average cost 1.15: 500 × (1.25 − 1.15) = 50 are realised.
    expect(currencies).toMatchObject({ fxPnl: "50", totals: { netDeposits: "1675" } });
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({
      cash: "1500",
      cashCost: "1725",
      netDeposits: "1500",
    });
    expect(live.summary().cash).toBe("10000");
    expect(accountsOf(live)).toEqual({
      "cash USD": "10000",
      "capital USD": "-10000",
      "cash EUR": "1500",
      "capital EUR": "-1500",
    });
    expect(live.replayed()).toEqual(live.state);
  });

  it("is none of a portfolio of one currency, nor of currencies that it does not keep", () => {
    expect(refusal(() => opened().when(deposit("1", "EUR", "1.1")))).toBe("CURRENCY_NOT_ALLOWED");
    const live = keeping({ ...DEFAULT_CURRENCIES, allowed: ["EUR"] });
    expect(refusal(() => live.when(deposit("1", "JPY", "0.01")))).toBe("CURRENCY_NOT_ALLOWED");
    expect(refusal(() => live.when(convert("USD", "JPY", "1", "100")))).toBe(
      "CURRENCY_NOT_ALLOWED",
    );
    expect(refusal(() => live.when(deposit("1", "EUR")))).toBe("FX_RATE_MISSING");
    expect(live.recorded).toHaveLength(1);
  });

  it("is converted at a rate, each currency balanced over the clearing account", () => {
    const live = keeping({ ...DEFAULT_CURRENCIES, feeBps: "10" });
    const { reply } = live.when(convert("USD", "EUR", "1100", "0.909090909"));
    // 1100 × 0.909090909 = 999.9999999, down to 999.99; 10 bps of it up to 1.00.
    expect(reply).toMatchObject({ conversion: { sold: "1100", bought: "998.99", fee: "1" } });
    expect(accountsOf(live)).toEqual({
      "capital USD": "-10000",
      "cash USD": "8900",
      "fx USD": "1100",
      "cash EUR": "998.99",
      "fees EUR": "1",
      "fx EUR": "-999.99",
    });
    expect(live.replayed()).toEqual(live.state);
  });

  // 1,000 EUR bought at 1.10 and sold at 1.16 gain 60 USD: 1000 × (1.16 − 1.10).
  it("realises what the rate has done when it is converted back", () => {
    const live = keeping();
    live.when(convert("USD", "EUR", "1100", "0.90909090909090909"));
    expect(balanceOf(live.summary(), "EUR").cash).toBe("999.99");
    live.when(deposit("0.01", "EUR", "1.1"));
    live.when(convert("EUR", "USD", "1000", "1.16"));
    const { cash, currencies } = live.summary();
    expect(cash).toBe("10060");
    // 0.011 of them were the cent deposited.
    expect(currencies).toMatchObject({ fxPnl: "59.989", totals: { netDeposits: "0.011" } });
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({ cash: "0", cashCost: "0" });
  });

  it("goes from one foreign currency to another by what it is worth in the base currency", () => {
    const live = keeping();
    live.when(deposit("1000", "EUR", "1.1"));
    live.when(convert("EUR", "JPY", "500", "160", "1.2"));
    expect(balanceOf(live.summary(), "JPY")).toMatchObject({ cash: "80000", cashCost: "600" });
    expect(live.summary().currencies?.fxPnl).toBe("50");
    expect(live.summary().cash).toBe("10000");
  });

  it("cannot be converted beyond what is there, held or settled, nor into nothing", () => {
    const live = keeping();
    expect(refusal(() => live.when(convert("USD", "EUR", "10000.01", "0.9")))).toBe(
      "CONVERSION_EXCEEDS_CASH",
    );
    expect(refusal(() => live.when(convert("EUR", "USD", "1", "1.1")))).toBe(
      "CONVERSION_EXCEEDS_CASH",
    );
    expect(refusal(() => live.when(convert("USD", "EUR", "0.01", "0.5")))).toBe("AMOUNT_TOO_SMALL");
    live.when(request({ orderQty: "90" }));
    expect(refusal(() => live.when(convert("USD", "EUR", "9000", "0.9")))).toBe(
      "CONVERSION_EXCEEDS_CASH",
    );
  });
});

describe("an order in another currency", () => {
  it("holds and spends that currency, and no other", () => {
    const live = keeping();
    live.when(deposit("5000", "EUR", "1.1"));
    const { reply } = live.when(request(SAP_ORDER, euros("1.1", { last: "50" })));
    expect(verdict(reply)).toMatchObject({
      verdict: "approved",
      order: { baseRate: "1.1", hold: { currency: "EUR", cash: "525", isForeign: true } },
    });
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({
      reserved: "525",
      buyingPower: "4475",
    });
    expect(live.summary()).toMatchObject({ reserved: "0", buyingPower: "10000" });
    live.when(fill({ ...SAP, price: "50", fees: "1" }));
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({
      cash: "4499",
      reserved: "0",
      unsettledCash: "-501",
      settledCash: "5000",
      fees: "1",
      cashCost: "4948.9",
    });
    const [position] = live.summary().positions;
    expect(position).toMatchObject({ currency: "EUR", cost: "500", baseCost: "550" });
    expect(live.replayed()).toEqual(live.state);
  });

  it("is denied by the name of the currency that does not suffice", () => {
    const live = keeping();
    live.when(deposit("500", "EUR", "1.1"));
    const { reply } = live.when(request(SAP_ORDER, euros("1.1", { last: "50" })));
    expect(verdict(reply)).toMatchObject({
      reasons: [{ code: "INSUFFICIENT_BUYING_POWER", limit: "500 EUR", observed: "525 EUR" }],
    });
  });

  it("is denied without a rate, and where it has to be converted at one that is too old", () => {
    const live = keeping();
    live.when(deposit("5000", "EUR", "1.1"));
    expect(codes(live.when(request(SAP_ORDER, euros(null))).reply)).toEqual(["FX_RATE_MISSING"]);
    const auto = keeping(AUTO);
    const stale = euros("1.1", { last: "50", exchange: { isStale: true } });
    expect(codes(auto.when(request(SAP_ORDER, stale)).reply)).toEqual(["FX_RATE_MISSING"]);
    const none = { ...DEFAULT_CURRENCIES, allowed: ["JPY"] };
    expect(codes(keeping(none).when(request(SAP_ORDER, euros("1.1"))).reply)).toEqual([
      "CURRENCY_MISMATCH",
      "INSUFFICIENT_BUYING_POWER",
    ]);
  });

  it("counts in the base currency against limits of value", () => {
    const limits = { maxOrderNotional: "549" };
    const live = keeping(DEFAULT_CURRENCIES, { limits });
    live.when(deposit("5000", "EUR", "1.1"));
    expect(codes(live.when(request(SAP_ORDER, euros("1.1", { last: "50" }))).reply)).toEqual([
      "NOTIONAL_EXCEEDS_LIMIT",
    ]);
    const share = keeping(DEFAULT_CURRENCIES, { limits: { maxPositionPct: "0.035" } });
    share.when(deposit("5000", "EUR", "1.1"));
    // 550 of 15,500: 3.55 %.
    expect(codes(share.when(request(SAP_ORDER, euros("1.1", { last: "50" }))).reply)).toEqual([
      "POSITION_EXCEEDS_LIMIT",
    ]);
  });

  it("draws the base currency where the portfolio converts by itself, at the ask of the check", () => {
    const live = keeping({ ...AUTO, feeBps: "10", holdMargin: "0.01" });
    const seen = euros("1.1", { last: "50", exchange: { ask: "1.11" } });
    const { reply } = live.when(request(SAP_ORDER, seen));
    // 525 × 1.11 × 1.01 × 1.001
    expect(verdict(reply)).toMatchObject({
      order: {
        hold: {
          currency: "USD",
          cash: "589.1660775",
          conversion: { currency: "EUR", rate: "1.11" },
        },
      },
    });
    expect(live.summary().reserved).toBe("589.1660775");
    live.when(fill({ ...SAP, price: "50", fees: "0" }));
    // 500 × 1.11 = 555, and 10 bps of it.
    expect(live.summary()).toMatchObject({ cash: "9444.445", reserved: "0", fees: "0.555" });
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({ cash: "0", settledCash: "500" });
    // Half the spread: 500 × (1.11 − 1.10).
    expect(live.summary().currencies?.fxPnl).toBe("-5");
    expect(accountsOf(live)).toEqual({
      "capital USD": "-10000",
      "cash USD": "9444.445",
      "fees USD": "0.555",
      "fx USD": "555",
      "cash EUR": "500",
      "fx EUR": "-500",
      "positions:SAP EUR": "500",
      "unsettled:payable EUR": "-500",
    });
    expect(live.replayed()).toEqual(live.state);
  });

  it("converts at the rate of the fill where that is told", () => {
    const live = keeping(AUTO);
    live.when(request(SAP_ORDER, euros("1.1", { last: "50" })));
    live.when({ ...fill({ ...SAP, price: "50" }), baseRate: "1.15", baseAsk: "1.16" });
    const { cash, positions, currencies } = live.summary();
    expect(cash).toBe("9420");
    expect(positions).toMatchObject([{ baseCost: "575" }]);
    expect(currencies?.fxPnl).toBe("-5");
  });

  it("is paid by its own currency first, and an amendment of it in the same", () => {
    const live = keeping(AUTO);
    live.when(deposit("600", "EUR", "1.1"));
    const limit = { ...SAP_ORDER, ordType: "limit", price: "50" } as const;
    live.when(request(limit, euros("1.1", { last: "50" })));
    expect(balanceOf(live.summary(), "EUR").reserved).toBe("500");
    const amend = {
      type: "AmendOrder",
      orderId: "order-1",
      amendId: "amend-1",
      changes: { orderQty: "13" },
      market: euros("1.1", { last: "50" }),
      requestedBy: "user-1",
    } as const;
    expect(live.when(amend).reply).toMatchObject({
      verdict: "denied",
      reasons: [{ code: "INSUFFICIENT_BUYING_POWER", limit: "600 EUR", observed: "650 EUR" }],
    });
    expect(live.when({ ...amend, changes: { orderQty: "12" } }).reply).toMatchObject({
      verdict: "amended",
    });
    expect(balanceOf(live.summary(), "EUR").reserved).toBe("600");
    live.when({ type: "ReleaseHold", orderId: "order-1", reason: "canceled" });
    expect(balanceOf(live.summary(), "EUR").reserved).toBe("0");
  });

  it("whose fill comes after its cancel may overdraw its currency, with an alarm", () => {
    const live = keeping();
    live.when(deposit("100", "EUR", "1.1"));
    const { events } = live.when(fill({ ...SAP, price: "50" }));
    expect(events).toMatchObject([{ type: "FillApplied", alarms: ["BuyingPowerExceeded"] }]);
    expect(balanceOf(live.summary(), "EUR").cash).toBe("-400");
    expect(live.replayed()).toEqual(live.state);
  });

  it("of a signal is sized in the base currency, and by what can be spent in its own", () => {
    const act = (view: ReturnType<typeof euros>) =>
      ({
        type: "ActOnSignal",
        signal: signal({ symbol: "SAP" }),
        fraction: "0.1",
        market: view,
      }) as const;
    const live = keeping();
    live.when(deposit("5000", "EUR", "1.25"));
    // A tenth of 16,250 dollars is 1,300 euros: 26 at 50.
    const { reply } = live.when(act(euros("1.25", { last: "50" })));
    expect(verdict(reply)).toMatchObject({ order: { orderQty: "26", hold: { currency: "EUR" } } });
    const poor = keeping();
    poor.when(deposit("110", "EUR", "1.25"));
    expect(verdict(poor.when(act(euros("1.25", { last: "50" }))).reply)).toMatchObject({
      order: { orderQty: "2" },
    });
    const auto = keeping(AUTO);
    expect(verdict(auto.when(act(euros("1.25", { last: "50" }))).reply)).toMatchObject({
      order: { orderQty: "16", hold: { conversion: { rate: "1.25" } } },
    });
    expect(verdict(keeping().when(act(euros(null, { last: "50" }))).reply)).toMatchObject({
      verdict: "none",
    });
  });

  it("can be sold without a rate, as that only makes the position smaller", () => {
    const live = keeping();
    live.when(deposit("1000", "EUR", "1.1"));
    live.when(fill({ ...SAP, price: "50" }));
    const sell = { ...SAP_ORDER, orderId: "order-2", side: "sell" } as const;
    expect(verdict(live.when(request(sell, euros(null))).reply).verdict).toBe("approved");
  });
});

const SAP_ORDER = { symbol: "SAP", orderQty: "10" } as const;

describe("what comes of a position in another currency", () => {
  function held() {
    const live = keeping();
    live.when(deposit("1000", "EUR", "1.1"));
    live.when(fill({ ...SAP, price: "50", quantity: "10" }));
    return live;
  }

  // The textbook attribution: 500 EUR at 1.10 become 600 EUR at 1.20, 720 − 550 = 170 dollars: 100 EUR of price at 1.20 are
  // 120, and 500 EUR that rose by 0.10 are 50.
  it("is split into price and currency, exactly", () => {
    const summary = held().summary();
    const value = valuePortfolio(summary, { SAP: "60" }, { EUR: "1.2" });
    expect(value.positions[0]).toMatchObject({
      marketValue: "600",
      unrealizedPnl: "100",
      inBase: {
        rate: "1.2",
        marketValue: "720",
        unrealizedPnl: "170",
        priceEffect: "120",
        fxEffect: "50",
      },
    });
    expect(value).toMatchObject({ cash: "10600", equity: "11320", unrealizedPnl: "170" });
  });

  it("has no value while its rate is not known", () => {
    const value = valuePortfolio(held().summary(), { SAP: "60" }, {});
    expect(value).toMatchObject({ cash: null, equity: null, unrealizedPnl: null, exposure: null });
    expect(value.positions[0]).toMatchObject({ marketValue: "600", inBase: null });
  });

  it("pays dividends, taxed in its currency's unit, into that currency", () => {
    const live = held();
    live.when({
      type: "PayDividend",
      symbol: "SAP",
      perUnit: "0.333",
      withholdingRate: "0.25",
      baseRate: "1.2",
      memo: "",
      effectiveAtMs: 960_000,
    });
    // 3.33, of which 0.83 up of 0.8325 is kept: 0.84.
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({ cash: "502.49", dividends: "2.49" });
    expect(live.summary().currencies?.totals.dividends).toBe("2.988");
    expect(live.summary().dividends).toBe("0");
    expect(live.replayed()).toEqual(live.state);
  });

  it("is split, and what its fraction is paid out at comes in its currency", () => {
    const live = held();
    live.when({
      type: "SplitPosition",
      symbol: "SAP",
      newUnits: 1,
      oldUnits: 4,
      lotSize: "1",
      cashInLieuPrice: "220",
      baseRate: "1.2",
      memo: "",
      effectiveAtMs: 960_000,
    });
    const [position] = live.summary().positions;
    expect(position).toMatchObject({ quantity: "2", cost: "400", baseCost: "440" });
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({ cash: "610", realizedPnl: "10" });
    // 10 EUR of price at 1.20, and the 100 EUR of cost that rose by 0.10.
    expect(live.summary().currencies).toMatchObject({ totals: { realizedPnl: "12" }, fxPnl: "10" });
    expect(live.replayed()).toEqual(live.state);
  });

  it("realises price and currency apart when it is sold", () => {
    const live = held();
    live.when({
      ...fill({ ...SAP, orderId: "order-2", execId: "exec-2", side: "sell", price: "60" }),
      baseRate: "1.2",
    });
    const { currencies } = live.summary();
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({ cash: "1100", realizedPnl: "100" });
    expect(currencies).toMatchObject({ totals: { realizedPnl: "120" }, fxPnl: "50" });
    expect(balanceOf(live.summary(), "EUR").cashCost).toBe("1270");
  });

  it("settles in its currency", () => {
    const live = held();
    const event = live.recorded.at(-1)?.event;
    if (event?.type !== "FillApplied") throw new Error("no fill");
    const { tradeId } = event.trade;
    expect(balanceOf(live.summary(), "EUR").settledCash).toBe("1000");
    live.when({ type: "SettleTrades", tradeIds: [tradeId], asOf: "2026-03-04" });
    expect(balanceOf(live.summary(), "EUR")).toMatchObject({
      settledCash: "500",
      unsettledCash: "0",
    });
    expect(accountsOf(live)["cash EUR"]).toBe("500");
  });
});

describe("a portfolio of one currency", () => {
  it("takes no order and no fill in another, as ever, and does not mention any", () => {
    const live = holding(opened(), "AAPL", "10", "100");
    expect(codes(live.when(request(SAP_ORDER, euros("1.1"))).reply)).toEqual(["CURRENCY_MISMATCH"]);
    expect(refusal(() => live.when(fill({ ...SAP, orderId: "o", execId: "e" })))).toBe(
      "FILL_CURRENCY_MISMATCH",
    );
    expect(JSON.stringify(live.recorded)).not.toMatch(
      /inBase|isForeign|conversion|baseRate|baseCost/,
    );
    expect(live.summary()).not.toHaveProperty("currencies");
    expect(newOrder()).not.toHaveProperty("currency");
  });
});
