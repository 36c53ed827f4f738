import {
  callPrice,
  type MarginState,
  marginState,
} from "../../../../../domain/portfolio/margin/margin-state.ts";
import { DEFAULT_MARGIN } from "../../../../../domain/portfolio/margin/terms.ts";
import type { RiskBoard } from "../../../../../domain/portfolio/market-view.ts";
import { type LivePortfolio, release, request, signal, verdict } from "../given.ts";
import { ask, boardWith, marginPortfolio, seen, trade } from "./margin-desk.ts";

function stateOf(live: LivePortfolio, marks: RiskBoard["marks"]): MarginState {
  const { baseCurrency, cash, reserved, margin } = live.summary();
  if (margin === undefined) throw new Error("not a margin portfolio");
  const input = { baseCurrency, cash: [{ currency: baseCurrency, amount: cash }], reserved };
  const state = marginState(
    { ...input, lines: margin.lines, terms: margin.terms },
    boardWith(marks),
  );
  if ("missing" in state) throw new Error(`missing ${state.missing.join()}`);
  return state;
}

function lineOf({ lines }: MarginState) {
  const [line] = lines;
  if (line === undefined) throw new Error("nothing is held");
  return line;
}

const codes = (found: ReturnType<typeof ask>) =>
  found === "approved" ? found : found.map(({ code }) => code);

describe("margin, by known answers", () => {
  // SEC, "Investor Bulletin: Understanding Margin Accounts" (Margin: Borrowing Money to Pay for Stocks): 16,000 of stock, half of it
  // borrowed, falls to 12,000: equity 4,000 is above 25 % (3,000), and 800 below 40 % (4,800).
  it("is that of the SEC's example, at 25 % and at 40 % of maintenance", () => {
    const live = marginPortfolio({ initialCash: "8000" });
    trade(live, { orderId: "o", side: "buy", quantity: "160", price: "100" });
    expect(live.summary().cash).toBe("-8000");
    expect(stateOf(live, { AAPL: "75" })).toMatchObject({
      equity: "4000",
      long: "12000",
      maintenance: "3000",
      maintenanceExcess: "1000",
      leverage: "3",
    });
    const strict = marginPortfolio({
      initialCash: "8000",
      margin: { ...DEFAULT_MARGIN, maintenance: "0.4" },
    });
    trade(strict, { orderId: "o", side: "buy", quantity: "160", price: "100" });
    expect(stateOf(strict, { AAPL: "75" })).toMatchObject({
      maintenance: "4800",
      maintenanceExcess: "-800",
    });
  });

  it("is called at loan / (1 − m): 8000 / 0.75 for the 160 shares of that example", () => {
    const live = marginPortfolio({ initialCash: "8000" });
    trade(live, { orderId: "o", side: "buy", quantity: "160", price: "100" });
    for (const mark of ["100", "75", "60"]) {
      const state = stateOf(live, { AAPL: mark });
      expect(callPrice(lineOf(state), state)).toBe("66.66666667");
    }
  });

  // Bodie, Kane, Marcus, "Investments", Examples 3.3 and 3.4: 1,000 shares sold short at 100 with 50,000 of margin; at 30 % of
  // maintenance the call comes at 150,000 / 1,300 = 115.38.
  it("of a short sale is called where the textbook says: 115.38", () => {
    const live = marginPortfolio({ initialCash: "50000" });
    trade(live, { orderId: "s", side: "sell", quantity: "1000", price: "100" });
    expect(live.summary().cash).toBe("150000");
    const state = stateOf(live, { AAPL: "100" });
    expect(state).toMatchObject({
      equity: "50000",
      short: "100000",
      initial: "50000",
      excess: "0",
    });
    expect(Number(callPrice(lineOf(state), state)).toFixed(2)).toBe("115.38");
    expect(stateOf(live, { AAPL: "116" })).toMatchObject({
      equity: "34000",
      maintenance: "34800",
      maintenanceExcess: "-800",
    });
  });

  it("buys twice the cash at 50 %, and not a share more", () => {
    const live = marginPortfolio();
    expect(stateOf(live, {}).buyingPower).toBe("20000");
    const denied = ask(live, { orderId: "a", side: "buy", quantity: "201", price: "100" });
    expect(denied).toMatchObject([
      { code: "INSUFFICIENT_MARGIN", limit: "10000", observed: "10050" },
    ]);
    expect(ask(live, { orderId: "b", side: "buy", quantity: "200", price: "100" })).toBe(
      "approved",
    );
    expect(stateOf(live, { AAPL: "100" })).toMatchObject({ excess: "0", buyingPower: "0" });
  });

  it("goes by the instrument's own rates before the portfolio's", () => {
    const live = marginPortfolio();
    const instrument = { initialMargin: "0.8", maintenanceMargin: "0.6" };
    const view = seen("100", { instrument });
    expect(
      codes(ask(live, { orderId: "a", side: "buy", quantity: "126", price: "100" }, view)),
    ).toEqual(["INSUFFICIENT_MARGIN"]);
    trade(live, { orderId: "b", side: "buy", quantity: "125", price: "100" }, view);
    expect(stateOf(live, { AAPL: "100" })).toMatchObject({ initial: "10000", maintenance: "7500" });
  });
});

describe("the check of a margin portfolio", () => {
  it("needs the worse of all buys filled and all sells filled, and not both", () => {
    const live = marginPortfolio();
    expect(ask(live, { orderId: "b", side: "buy", quantity: "190", price: "100" })).toBe(
      "approved",
    );
    const view = seen("100", { bid: "99", ask: "101" });
    const sell = { orderId: "s", side: "sell", quantity: "190", price: "101" } as const;
    expect(ask(live, sell, view)).toBe("approved");
    expect(stateOf(live, { AAPL: "100" }).initial).toBe("9500");
    expect(codes(ask(live, { ...sell, orderId: "s2", quantity: "11" }, view))).toEqual([
      "INSUFFICIENT_MARGIN",
    ]);
  });

  it("closes and opens with one order, and needs margin for what it opens", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "b", side: "buy", quantity: "100", price: "100" });
    expect(
      codes(ask(live, { orderId: "s1", side: "sell", quantity: "301", price: "100" })),
    ).toEqual(["INSUFFICIENT_MARGIN"]);
    trade(live, { orderId: "s2", side: "sell", quantity: "300", price: "100" });
    expect(live.summary()).toMatchObject({
      cash: "30000",
      realizedPnl: "0",
      positions: [{ quantity: "-200", cost: "-20000", averagePrice: "100" }],
    });
    expect(stateOf(live, { AAPL: "100" }).excess).toBe("0");
  });

  it("lets what only reduces pass, whatever is missing", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "b", side: "buy", quantity: "200", price: "100" });
    const lower = seen("60");
    expect(ask(live, { orderId: "s", side: "sell", quantity: "200", price: "60" }, lower)).toBe(
      "approved",
    );
    expect(live.summary().reserved).toBe("0");
  });

  it("holds what fees and slippage may cost, and gives it back bit by bit", () => {
    const live = marginPortfolio();
    const view = seen("100", { feeBps: "10" });
    const found = live.when(request({ side: "sell", orderQty: "10" }, view));
    // 10 × (100 − 95) of slippage; fees of 10 bps on 105 at most, a cent for each of ten fills
    expect(verdict(found.reply)).toMatchObject({
      order: { hold: { cash: "51.15", quantity: "10" } },
    });
    live.when(release());
    expect(live.summary().reserved).toBe("0");
  });

  it("denies while a price of something else is not known, and names it", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "b", side: "buy", quantity: "10", price: "100" });
    const msft = { orderId: "m", side: "buy", quantity: "1", price: "50", symbol: "MSFT" } as const;
    const view = (board?: RiskBoard["marks"]) => seen("50", { symbol: "MSFT" }, board);
    for (const [index, board] of [undefined, {}, { AAPL: null }, { AAPL: "0" }].entries())
      expect(ask(live, { ...msft, orderId: `m${index}` }, view(board))).toMatchObject([
        { code: "RISK_DATA_MISSING", observed: "none of AAPL" },
      ]);
    expect(ask(live, msft, view({ AAPL: "100" }))).toBe("approved");
  });

  it("counts what others have lost since", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "b", side: "buy", quantity: "150", price: "100" });
    const msft = {
      orderId: "m",
      side: "buy",
      quantity: "10",
      price: "50",
      symbol: "MSFT",
    } as const;
    const denied = ask(live, msft, seen("50", { symbol: "MSFT" }, { AAPL: "66" }));
    // equity −5,000 + 9,900 = 4,900; AAPL needs 4,950
    expect(denied).toMatchObject([{ code: "INSUFFICIENT_MARGIN", limit: "-50", observed: "250" }]);
  });

  it("sells nothing short that cannot be borrowed", () => {
    const live = marginPortfolio();
    const view = seen("100", { instrument: { shortable: false } });
    trade(live, { orderId: "b", side: "buy", quantity: "5", price: "100" }, view);
    const sell = { orderId: "s", side: "sell", quantity: "6", price: "100" } as const;
    expect(ask(live, sell, view)).toMatchObject([
      { code: "SHORT_NOT_ALLOWED", limit: "5", observed: "6" },
    ]);
    expect(ask(live, { ...sell, orderId: "s2", quantity: "5" }, view)).toBe("approved");
  });

  it("sizes a signal by the margin that is free", () => {
    const live = marginPortfolio();
    const act = (fraction: string) =>
      verdict(
        live.when({ type: "ActOnSignal", signal: signal(), fraction, market: seen("100") }).reply,
      );
    // each share: 50 of margin and 5 of slippage
    expect(act("1")).toMatchObject({ verdict: "approved", order: { orderQty: "100" } });
    const poor = marginPortfolio({
      initialCash: "5000",
      margin: { ...DEFAULT_MARGIN, initial: "1" },
    });
    const found = poor.when({
      type: "ActOnSignal",
      signal: signal(),
      fraction: "1",
      market: seen("100"),
    });
    expect(verdict(found.reply)).toMatchObject({ verdict: "approved", order: { orderQty: "47" } });
  });

  it("gives cash out as far as no position needs it, and borrows for it", () => {
    const live = marginPortfolio();
    trade(live, { orderId: "b", side: "buy", quantity: "100", price: "100" });
    const withdraw = (amount: string, marks?: RiskBoard["marks"]) => () =>
      live.when({
        type: "MoveCash",
        direction: "withdraw",
        amount,
        memo: "",
        effectiveAtMs: 1,
        ...(marks && { board: boardWith(marks) }),
      });
    expect(withdraw("1")).toThrow("without a price");
    expect(withdraw("5001", { AAPL: "100" })).toThrow("5001 is more than the 5000");
    expect(withdraw("5000", { AAPL: "100" })).not.toThrow();
    expect(live.summary().cash).toBe("-5000");
  });
});
