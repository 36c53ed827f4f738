import { fill, holding, LivePortfolio, opened, openCommand, release, request } from "./given.ts";

describe("opening a portfolio", () => {
  it("debits cash and credits capital", () => {
    const { events, reply } = new LivePortfolio().when(openCommand({ initialCash: "10000.50" }));
    const entry = { portfolioId: "pf-1", currency: "USD", memo: "initial cash", tradeId: null };
    expect(events).toMatchObject([
      {
        type: "PortfolioOpened",
        initialCash: "10000.5",
        ledger: [
          { ...entry, index: 0, account: "cash", debit: "10000.5", credit: "0" },
          { ...entry, index: 1, account: "capital", debit: "0", credit: "10000.5" },
        ],
      },
    ]);
    expect(reply).toMatchObject({
      cash: "10000.5",
      reserved: "0",
      buyingPower: "10000.5",
      status: "open",
      positions: [],
      createdAtMs: 1_000_000,
    });
  });

  it("twice with the same content changes nothing, even after an update", () => {
    const live = opened();
    live.when({ type: "Update", name: "renamed" });
    const { events, reply } = live.when(openCommand({ initialCash: "10000.00" }));
    expect(events).toEqual([]);
    expect(reply).toMatchObject({ name: "renamed", cash: "10000" });
  });

  it("again with other content is refused, naming the field", () => {
    const live = opened();
    expect(() => live.when(openCommand({ initialCash: "5" }))).toThrow(
      expect.objectContaining({
        kind: "conflict",
        code: "PORTFOLIO_EXISTS",
        data: { field: "initialCash" },
      }),
    );
  });

  it("with debt is refused", () => {
    expect(() => opened({ initialCash: "-1" })).toThrow(
      expect.objectContaining({ kind: "invalid", code: "INITIAL_CASH_NEGATIVE" }),
    );
  });

  it("without cash writes no ledger rows of zero", () => {
    expect(new LivePortfolio().when(openCommand({ initialCash: "0" })).events).toMatchObject([
      { ledger: [] },
    ]);
  });
});

describe("a portfolio that was never opened", () => {
  it.each([
    [{ type: "Update", name: "x" } as const],
    [{ type: "Close" } as const],
    [request()],
    [fill()],
    [release()],
  ])("is not found by %j", (command) => {
    expect(() => new LivePortfolio().when(command)).toThrow(
      expect.objectContaining({ kind: "notFound", code: "PORTFOLIO_NOT_FOUND" }),
    );
  });
});

describe("updating a portfolio", () => {
  it("replaces name and limits, each alone or both", () => {
    const live = opened({ limits: { maxOrderNotional: "5" } });
    live.when({ type: "Update", name: "second" });
    expect(live.summary()).toMatchObject({ name: "second", limits: { maxOrderNotional: "5" } });
    live.when({ type: "Update", limits: { maxOrdersPerMinute: 2 } });
    expect(live.summary()).toMatchObject({ name: "second", limits: { maxOrdersPerMinute: 2 } });
    expect(live.summary().limits).not.toHaveProperty("maxOrderNotional");
  });

  it("with what it is already records nothing", () => {
    expect(opened().when({ type: "Update", name: "first", limits: {} }).events).toEqual([]);
  });

  it("is refused once it is closed", () => {
    const live = opened();
    live.when({ type: "Close" });
    expect(() => live.when({ type: "Update", name: "x" })).toThrow(
      expect.objectContaining({ code: "PORTFOLIO_CLOSED" }),
    );
  });
});

describe("closing a portfolio", () => {
  it("needs it flat", () => {
    const live = holding(opened(), "AAPL", "1", "100");
    expect(() => live.when({ type: "Close" })).toThrow(
      expect.objectContaining({
        kind: "conflict",
        code: "PORTFOLIO_NOT_FLAT",
        data: { positions: ["AAPL"], orders: [] },
      }),
    );
  });

  it("needs it without open orders", () => {
    const live = opened();
    live.when(request());
    expect(() => live.when({ type: "Close" })).toThrow(
      expect.objectContaining({ data: { positions: [], orders: ["order-1"] } }),
    );
    live.when(release());
    expect(live.when({ type: "Close" }).reply).toMatchObject({ status: "closed" });
  });

  it("twice records it once", () => {
    const live = opened();
    live.when({ type: "Close" });
    expect(live.when({ type: "Close" }).events).toEqual([]);
  });

  it("lets no order in, and books a late fill all the same", () => {
    const live = opened();
    live.when({ type: "Close" });
    expect(live.when(request()).reply).toMatchObject({
      verdict: "denied",
      reasons: [{ code: "PORTFOLIO_CLOSED", limit: "open", observed: "closed" }],
    });
    live.when(fill({ orderId: "late" }));
    expect(live.summary().positions).toMatchObject([{ symbol: "AAPL", quantity: "10" }]);
  });
});
